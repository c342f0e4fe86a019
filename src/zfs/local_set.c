/* Properties. User properties of a whole batch are set by one channel program: one transaction group
 * for hundreds of them; and where something is expected, it compares that before, and sets all or none, up to 20,000. Channel
 * programs are for root; everybody else, and native properties, take `zfs set` and `zfs inherit`. */
#include "zfs/local_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/sorted.h"
#include "zfs/local.h"
#include "zfs/local_by.h"
#include "zfs/local_expect.h"
#include "zfs/local_get.h"
#include "zfs/local_many.h"
#include "zfs/local_seen.h"
#include "zfs/program.h"

/* Compares first: with `expect` what must be set, with `unset` what must not be. If all is so, sets what it
 * can. Gives back errors: name -> errno, and differs: name -> what is not so. */
static const char program[] =
    STATE_PROGRAM "args = ...\n"
		  "errors = {}\n"
		  "differs = {}\n"
		  "same = true\n"
		  "function get(name, prop)\n"
		  "  if not zfs.exists(name) then return nil, nil end\n"
		  "  return zfs.get_prop(name, prop)\n"
		  "end\n"
		  "function differ(name, prop, value)\n"
		  "  same = false\n"
		  "  differs[name] = {prop = prop, is = value or ''}\n"
		  "end\n"
		  "for name, props in pairs(args['expect']) do\n"
		  "  for prop, want in pairs(props) do\n"
		  "    value, source = get(name, prop)\n"
		  "    if source ~= name and source ~= '$recvd' then value = nil end\n"
		  "    if value ~= want then differ(name, prop, value) end\n"
		  "  end\n"
		  "end\n"
		  "for name, props in pairs(args['unset']) do\n"
		  "  if not zfs.exists(name) then differ(name, 'name', nil) end\n"
		  "  for prop, want in pairs(props) do\n"
		  "    value, source = get(name, prop)\n"
		  "    if source ~= name then value = '' end\n"
		  "    if value ~= '' then differ(name, prop, value) end\n"
		  "  end\n"
		  "end\n"
		  "for name, want in pairs(args['state']) do\n"
		  "  what = state_differs(name, want)\n"
		  "  if what ~= nil then differ(name, what, nil) end\n"
		  "end\n"
		  "if not same then return {errors = errors, differs = differs} end\n"
		  "for name, props in pairs(args['set']) do\n"
		  "  for prop, value in pairs(props) do\n"
		  "    e = zfs.sync.set_prop(name, prop, value)\n"
		  "    if e ~= 0 then errors[name] = e end\n"
		  "  end\n"
		  "end\n"
		  "for name, props in pairs(args['clear']) do\n"
		  "  for prop, value in pairs(props) do\n"
		  "    e = zfs.sync.inherit(name, prop)\n"
		  "    if e ~= 0 then errors[name] = e end\n"
		  "  end\n"
		  "end\n"
		  "return {errors = errors, differs = differs}\n";

static bool is_target(const char *name)
{
	return name_is_dataset(name) || name_is_snapshot(name);
}

static struct err *check(const nvlist_t *props)
{
	nv_each(props, d) {
		const nvlist_t *one = nv_nv(props, nvpair_name(d));
		if (!is_target(nvpair_name(d)))
			return err_new(ERR_FAILED, "\"%.300s\" is no dataset name", nvpair_name(d));
		nv_each(one, p)
			if (!name_is_prop(nvpair_name(p)) ||
			    (nv_str(one, nvpair_name(p)) == NULL && !nv_flag(one, nvpair_name(p))))
				return err_new(ERR_FAILED, "\"%.300s\" is no property to set",
					       nvpair_name(p));
	}
	return NULL;
}

static void note_errors(struct local *l, const nvlist_t *out, nvlist_t *result)
{
	const nvlist_t *errors = nv_nv(nv_nv(out, ZCP_RET_RETURN), "errors");

	nv_each(errors, p) {
		int64_t code = EIO;
		(void)nvpair_value_int64(p, &code);
		local_add_error(result, nvpair_name(p),
				local_error(l, (int)code, "set properties of", nvpair_name(p)));
	}
}

/* --- by `zfs` --- */

/* A native property has to be allowed by its own name. */
static struct err *denied(struct local *l, const struct strv *argv, const char *name)
{
	struct err *e = err_new(ERR_FAILED, "cannot set properties of %s on %s: permission denied",
				name, l->host);
	struct buf more = {0};

	for (size_t i = 2; i + 1 < argv->n; i++) {
		int n = (int)strcspn(argv->items[i], "=");
		if (memchr(argv->items[i], ':', (size_t)n) == NULL &&
		    strncmp(argv->items[i], "readonly", (size_t)n) != 0)
			buf_addf(&more, ",%.*s", n, argv->items[i]);
	}
	e->code = EPERM;
	local_allow(l, e, name, (int)strcspn(name, "@"), buf_str(&more));
	buf_free(&more);
	return e;
}

/* `what`: "PROPERTY=VALUE", if it was one; else NULL. */
static struct err *zfs_said(struct local *l, const char *name, const char *what, const char *said)
{
	if (what != NULL && strstr(said, "size is less than current") != NULL) {
		struct err *e =
		    err_new(ERR_FAILED, "%s on %s cannot have %s: more than that is in use there",
			    name, l->host, what);
		/* Of the data itself, snapshots are no part. */
		if (strncmp(what, "ref", 3) == 0)
			err_remedy(e,
				   "delete what is not needed in it, then on %s: {zfs set %s %s}",
				   l->host, what, name);
		else
			err_remedy(e,
				   "destroy snapshots that are not needed there, then on %s: {zfs "
				   "set %s %s}",
				   l->host, what, name);
		return e;
	}
	struct err *e = err_new(ERR_FAILED, "%s: %s", l->host, said);

	if (strstr(said, "available space") != NULL) /* what was to be reserved */
		err_remedy(e, "free space in pool %.*s on %s", (int)name_pool_len(name), name,
			   l->host);
	return e;
}

static struct err *run_set(struct local *l, struct strv *argv, const char *name, nvlist_t *result)
{
	struct buf out = {0}, said = {0};
	bool failed = false;

	strv_add(argv, name);
	struct err *e = local_zfs(l, argv->items, &out, &said, &failed);
	if (e == NULL && failed && strstr(buf_str(&said), "ermission") != NULL)
		local_add_error(result, name, denied(l, argv, name));
	else if (e == NULL && failed)
		local_add_error(
		    result, name,
		    zfs_said(l, name, argv->n == 4 ? argv->items[2] : NULL, buf_str(&said)));
	strv_free(argv);
	buf_free(&out);
	buf_free(&said);
	return e;
}

/* Adds to the command what is set; user properties that are to go are emptied by it, which says the same
 * to whoever reads them (see state/picture.c). */
static void add_values(struct strv *set, const nvlist_t *one, bool user)
{
	nv_each(one, p) {
		const char *prop = nvpair_name(p), *value = nv_str(one, prop);
		if (name_is_user_prop(prop) != user || (value == NULL && !user))
			continue;
		if (set->n == 0) {
			strv_add(set, "zfs");
			strv_add(set, "set");
		}
		strv_addf(set, "%s=%s", prop, value ? value : "");
	}
}

/* A command that lacks only the names of datasets, and those that it is for. */
struct command {
	struct strv argv, names;
	bool in_order; /* what a role depends on: parents first */
};

struct commands {
	struct command *items;
	size_t n;
};

static bool is_same(const struct strv *a, const struct strv *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

/* Takes argv; an empty one is no command. */
static void add_command(struct commands *all, struct strv *argv, const char *name, bool in_order)
{
	size_t k = 0;

	if (argv->n == 0)
		return;
	while (k < all->n && !is_same(&all->items[k].argv, argv))
		k++;
	if (k == all->n) {
		all->items = mem_array(all->items, all->n + 1, sizeof(*all->items));
		all->items[all->n++] = (struct command){.argv = *argv, .in_order = in_order};
		*argv = (struct strv){0};
	}
	strv_add(&all->items[k].names, name);
	strv_free(argv);
}

/* What sets the user properties of `one`, or its native ones: a `zfs set`, which is one transaction for all that it sets
 * on a dataset, then a `zfs inherit` for each that is cleared. */
static void add_commands(struct commands *all, const char *name, const nvlist_t *one, bool user)
{
	struct strv argv = {0};

	add_values(&argv, one, user);
	add_command(all, &argv, name, user);
	nv_each(one, p) {
		if (name_is_user_prop(nvpair_name(p)) != user ||
		    nv_str(one, nvpair_name(p)) != NULL)
			continue;
		strv_split(&argv, "zfs inherit");
		strv_add(&argv, nvpair_name(p));
		add_command(all, &argv, name, user);
	}
}

static struct strv argv_of(const struct command *c)
{
	struct strv argv = {0};

	for (size_t i = 0; i < c->argv.n; i++)
		strv_add(&argv, c->argv.items[i]);
	return argv;
}

/* What failed in `from` and has not failed in `result` yet. */
static void take_errors(const nvlist_t *from, nvlist_t *result)
{
	const nvlist_t *errors = nv_nv(from, "errors");

	nv_each(errors, p)
		if (!local_has_failed(result, nvpair_name(p)))
			local_add_error(result, nvpair_name(p),
					nv_err(errors, nvpair_name(p), NULL));
}

/* Of several native properties one may be what this pool or this user cannot have: the others are set all the same. */
static struct err *set_singly(struct local *l, const struct command *c, const char *name,
			      nvlist_t *result)
{
	struct err *e = NULL;

	for (size_t i = 2; i < c->argv.n && e == NULL; i++) {
		struct strv argv = {0};
		nvlist_t *one = nv_new();
		strv_split(&argv, "zfs set");
		strv_add(&argv, c->argv.items[i]);
		e = run_set(l, &argv, name, one);
		/* The first says enough. */
		take_errors(one, result);
		nv_free(one);
	}
	return e;
}

/* Runs it for all that have not failed. Where that does not work it is run for each: which of them it was, `zfs` says in
 * words only. */
static struct err *run_command(struct local *l, const struct command *c, nvlist_t *result)
{
	struct strv names = {0};
	struct err *e = NULL;
	bool failed = false;

	for (size_t i = 0; i < c->names.n; i++)
		if (!local_has_failed(result, c->names.items[i]))
			strv_add(&names, c->names.items[i]);
	if (names.n > 1) {
		struct buf said = {0};
		e = local_many(l, &c->argv, names.items, names.n, c->in_order, &said, &failed);
		buf_free(&said);
	}
	for (size_t i = 0; (names.n == 1 || failed) && i < names.n && e == NULL; i++) {
		struct strv argv = argv_of(c);
		nvlist_t *one = nv_new();
		bool apart = !c->in_order && c->argv.n > 3;
		e = run_set(l, &argv, names.items[i], apart ? one : result);
		if (e == NULL && local_has_failed(one, names.items[i]))
			e = set_singly(l, c, names.items[i], result);
		nv_free(one);
	}
	strv_free(&names);
	return e;
}

/* Takes what `all` has, and e; with an error nothing is run. */
static struct err *run_commands(struct local *l, struct commands *all, nvlist_t *result,
				struct err *e)
{
	nvlist_t *before = nv_dup(result);

	for (size_t i = 0; i < all->n; i++) {
		/* One native property that fails is no reason to leave out the next. */
		nvlist_t *one = nv_dup(before);
		if (e == NULL && all->items[i].in_order)
			e = run_command(l, &all->items[i], result);
		else if (e == NULL)
			e = run_command(l, &all->items[i], one);
		take_errors(one, result);
		nv_free(one);
		strv_free(&all->items[i].argv);
		strv_free(&all->items[i].names);
	}
	nv_free(before);
	free(all->items);
	return e;
}

/* --- both, pool by pool --- */

/* Of all names in a pool. `said` is what the program said of that, NULL for nothing. */
static void fail_pool(struct local *l, const nvlist_t *all, const char *pool, int code,
		      const char *said, nvlist_t *result)
{
	nv_each(all, d) {
		const char *name = nvpair_name(d);
		if (!name_same_pool(name, pool))
			continue;
		struct err *e = local_error(l, code, "set properties of", name);
		local_add_error(result, name,
				said != NULL ? err_wrap(e, "%.*s", (int)strcspn(said, "\n"), said)
					     : e);
	}
}

/* What is set, and what has to be so. */
struct set {
	const nvlist_t *props, *expect, *state;
	bool looks; /* only whether it is so: nothing is set yet */
};

enum way {
	WAY_NONE,    /* not begun */
	WAY_DONE,    /* the user properties of the pool are set */
	WAY_SLOW,    /* they are to be set name by name */
	WAY_REFUSED, /* nothing may be set */
};

static bool is_nothing(const nvlist_t *args, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (!nv_empty(nv_nv(args, *keys)))
			return false;
	return true;
}

/* Compares and sets user properties in one transaction. What is not so is in *differs then. The errno. */
static int run_program(struct local *l, const nvlist_t *batch, const char *pool, nvlist_t *result,
		       nvlist_t **differs, char **said)
{
	static const char *const sets[] = {"set", "clear", NULL}, *const compares[] = {
								      "expect", "unset", "state",
								      NULL};
	nvlist_t *out = NULL, *args = (nvlist_t *)(uintptr_t)batch;
	int rc = 0;

	if (!is_nothing(batch, sets))
		rc = lzc_channel_program(pool, program, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY, args,
					 &out);
	else if (!is_nothing(batch, compares)) /* no transaction is waited for */
		rc = lzc_channel_program_nosync(pool, program, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY,
						args, &out);
	const nvlist_t *found = nv_nv(nv_nv(out, ZCP_RET_RETURN), "differs");
	if (rc == 0)
		note_errors(l, out, result);
	/* Of the last of several, none of which compares, or of the only one. */
	if (found != NULL) {
		nv_free(*differs);
		*differs = nv_dup(found);
	}
	free(*said);
	*said = NULL;
	if (nv_str(out, ZCP_RET_ERROR) != NULL)
		*said = mem_strdup(nv_str(out, ZCP_RET_ERROR));
	nv_free(out);
	return rc;
}

/* While a program runs, nothing else of the pool does: with a few properties each, two thousand datasets were a minute on a
 * busy host. What is to be compared first, as all of a change of roles, is one transaction, as long as ZFS can do it in one. */
#ifndef DATASETS_AT_ONCE
#define DATASETS_AT_ONCE 500u
#endif

/* Properties that one program may set: ZFS adds up what room they could take, 96 KiB each, in an `int` (zri_space_used of
 * sys/zcp.h, to 2.4), and calls the pool full when that is too small for it. */
#ifndef SETS_AT_ONCE
#define SETS_AT_ONCE 20000u
#endif

/* What `all` has by name, of so many datasets from that on, and of their snapshots. */
static nvlist_t *part_of(const nvlist_t *all, const struct strv *datasets, size_t from)
{
	nvlist_t *part = nv_new();

	nv_each(all, p) {
		const char *name = nvpair_name(p);
		char *dataset = name_dataset(name);
		size_t at = sorted_from(datasets->items, datasets->n, dataset);
		if (at >= from && at < from + DATASETS_AT_ONCE && at < datasets->n &&
		    strcmp(datasets->items[at], dataset) == 0)
			nv_add_nv(part, name, nv_nv(all, name));
		free(dataset);
	}
	return part;
}

/* The datasets of a pool on which, or on whose snapshots, something is set, in order, each once. */
static struct strv datasets_in(const nvlist_t *props, const char *pool)
{
	struct strv all = {0}, once = {0};

	nv_each(props, p) {
		char *dataset = name_dataset(nvpair_name(p));
		if (name_same_pool(dataset, pool))
			strv_add(&all, dataset);
		free(dataset);
	}
	sorted_sort(all.items, all.n);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || strcmp(all.items[i], all.items[i - 1]) != 0)
			strv_add(&once, all.items[i]);
	strv_free(&all);
	return once;
}

/* `batch` is all of it, for one program. */
static int run_programs(struct local *l, const struct set *s, const nvlist_t *batch,
			const char *pool, nvlist_t *result, nvlist_t **differs, char **said)
{
	static const char *const compares[] = {"expect", "unset", "state", NULL};
	struct strv datasets = {0};
	int rc = 0;

	if (is_nothing(batch, compares))
		datasets = datasets_in(s->props, pool);
	if (datasets.n <= DATASETS_AT_ONCE)
		rc = run_program(l, batch, pool, result, differs, said);
	else
		for (size_t i = 0; rc == 0 && i < datasets.n; i += DATASETS_AT_ONCE) {
			nvlist_t *some = part_of(s->props, &datasets, i), *args = nv_new();
			props_args(some, pool, "set", "clear", args);
			props_args(NULL, pool, "expect", "unset", args);
			state_args(NULL, pool, args);
			rc = run_program(l, args, pool, result, differs, said);
			nv_free(args);
			nv_free(some);
		}
	strv_free(&datasets);
	return rc;
}

static enum way set_pool(struct local *l, const struct set *s, const char *pool, nvlist_t *result,
			 struct err **e);

/* Those have to wait for what comes before them in the same change, which was not set. */
static void fail_rest(struct local *l, const nvlist_t *props, const struct strv *datasets,
		      size_t from, nvlist_t *result)
{
	nv_each(props, p) {
		char *dataset = name_dataset(nvpair_name(p));
		size_t at = sorted_from(datasets->items, datasets->n, dataset);
		if (at >= from && at < datasets->n && strcmp(datasets->items[at], dataset) == 0 &&
		    !local_has_failed(result, nvpair_name(p))) {
			struct err *e = err_refuse(REASON_WITHDRAWN,
						   "nothing is set on %s on %s: of the same change "
						   "something else could not be set, and %s was",
						   nvpair_name(p), l->host,
						   from > DATASETS_AT_ONCE ? "some" : "nothing");
			e->code = SET_NOT_SO;
			local_add_error(result, nvpair_name(p), e);
		}
		free(dataset);
	}
}

/* More than one transaction can do, and it is compared: once for all of it, so that nothing is begun that cannot be, and again
 * with each part, of which each dataset is set with what is said of it. The first part that is not set is the last that is
 * tried: what was before it is set, and nothing after it. */
static enum way set_in_parts(struct local *l, const struct set *s, const char *pool,
			     nvlist_t *result, struct err **e)
{
	const struct set all = {s->props, s->expect, s->state, .looks = true};
	enum way way = set_pool(l, &all, pool, result, e);
	struct strv datasets = datasets_in(s->props, pool);

	for (size_t i = 0; way == WAY_DONE && *e == NULL && i < datasets.n; i += DATASETS_AT_ONCE) {
		nvlist_t *props = part_of(s->props, &datasets, i),
			 *expect = part_of(s->expect, &datasets, i),
			 *state = part_of(s->state, &datasets, i);
		const struct set part = {props, expect, state, .looks = false};
		enum way now = set_pool(l, &part, pool, result, e);
		if (now == WAY_SLOW) /* which the look was not */
			fail_pool(l, props, pool, EPERM, NULL, result);
		if (now != WAY_DONE)
			fail_rest(l, s->props, &datasets, i + DATASETS_AT_ONCE, result);
		nv_free(props);
		nv_free(expect);
		nv_free(state);
		if (now != WAY_DONE)
			break;
	}
	strv_free(&datasets);
	return way;
}

/* Is something in there of that pool? */
static bool has_of(const nvlist_t *all, const char *pool)
{
	nv_each(all, d)
		if (name_same_pool(nvpair_name(d), pool))
			return true;
	return false;
}

static bool is_for_one_program(const struct set *s, const char *pool)
{
	size_t n = 0;

	if (s->looks || !(has_of(s->expect, pool) || has_of(s->state, pool)))
		return true;
	nv_each(s->props, d)
		if (name_same_pool(nvpair_name(d), pool))
			nv_each(nv_nv(s->props, nvpair_name(d)), p)
				n += name_is_user_prop(nvpair_name(p));
	struct strv datasets = n > SETS_AT_ONCE ? datasets_in(s->props, pool) : (struct strv){0};
	bool fits = datasets.n <= DATASETS_AT_ONCE; /* no fewer at once */
	strv_free(&datasets);
	return fits;
}

/* Compares, and sets the user properties of a pool. Only who may not run channel programs goes the slow way: after any
 * other failure it is not known what is there. */
static enum way set_pool(struct local *l, const struct set *s, const char *pool, nvlist_t *result,
			 struct err **e)
{
	const nvlist_t *props = s->props, *expect = s->expect;
	nvlist_t *batch, *differs = NULL;
	enum way way = WAY_DONE;
	char *said = NULL;

	if (!is_for_one_program(s, pool))
		return set_in_parts(l, s, pool, result, e);
	batch = nv_new();
	props_args(s->looks ? NULL : props, pool, "set", "clear", batch);
	props_args(expect, pool, "expect", "unset", batch);
	state_args(s->state, pool, batch);
	/* A role changes by user properties, so these are compared last, where nothing can come in between. */
	*e = local_is_given_up() ? local_hung(l, OP_SET)
				 : expected_look(l, expect, pool, true, &differs);
	int rc = *e == NULL && differs == NULL
		     ? run_programs(l, s, batch, pool, result, &differs, &said)
		     : 0;
	if (rc == EPERM) {
		way = WAY_SLOW;
		*e = expected_look(l, expect, pool, false, &differs);
		if (*e == NULL)
			*e = state_look(l, s->state, pool, &differs);
	} else if (rc != 0) {
		way = WAY_REFUSED;
		fail_pool(l, props, pool, rc, said, result);
		fail_pool(l, expect, pool, rc, said, result);
		fail_pool(l, s->state, pool, rc, said, result);
	}
	if (!nv_empty(differs)) {
		way = WAY_REFUSED;
		expected_refuse(l, props, expect, s->state, pool, differs, result);
	}
	nv_free(differs);
	nv_free(batch);
	free(said);
	return way;
}

/* What became of the pool that `name` is in; `ways` remembers it. */
static enum way way_of(struct local *l, const struct set *s, const char *name, nvlist_t *ways,
		       nvlist_t *result, struct err **e)
{
	char *pool = name_pool(name);
	enum way way = (enum way)nv_u64(ways, pool, WAY_NONE);
	if (way == WAY_NONE) {
		way = set_pool(l, s, pool, result, e);
		nv_add_u64(ways, pool, way);
	}
	free(pool);
	return way;
}

struct err *local_set(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *given = nv_nv(args, "props");
	struct err *e = check(given);
	nvlist_t *props = e == NULL ? by_add(l, given) : nv_new();
	const struct set s = {props, nv_nv(args, "expect"), nv_nv(args, "state"), .looks = false};
	struct commands users = {0}, natives = {0};
	nvlist_t *ways = nv_new();

	if (e == NULL)
		e = expected_check(s.expect);
	if (e == NULL)
		e = state_check(s.state);
	nv_each(s.expect, d)
		if (e == NULL)
			(void)way_of(l, &s, nvpair_name(d), ways, result, &e);
	nv_each(s.state, d)
		if (e == NULL)
			(void)way_of(l, &s, nvpair_name(d), ways, result, &e);
	nv_each(props, d) {
		const char *name = nvpair_name(d);
		if (e != NULL)
			break;
		enum way way = way_of(l, &s, name, ways, result, &e);
		if (way == WAY_SLOW)
			add_commands(&users, name, nv_nv(props, name), true);
		if (way != WAY_REFUSED)
			add_commands(&natives, name, nv_nv(props, name), false);
	}
	e = run_commands(l, &users, result, e);
	e = run_commands(l, &natives, result, e);
	if (e == NULL)
		local_seen_set(props, result);
	nv_free(ways);
	nv_free(props);
	return e;
}

struct err *local_decide(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *props = nv_nv(args, "props"), *expect = nv_nv(args, "expect");

	nv_each(props, d)
		if (nv_empty(nv_nv(expect, nvpair_name(d))))
			return err_new(
			    ERR_FAILED,
			    "\"%.300s\" is to be decided about without a word on what it has to be",
			    nvpair_name(d));
	return local_set(l, args, result);
}

/* Of those that are read-only all the same, the ones whose readonly comes from above all of the batch. */
static struct err *find_readonly(struct local *l, const nvlist_t *props, const nvlist_t *result,
				 struct strv *out)
{
	static const char *const asked[] = {"readonly", "guid"};
	struct strv names = {0};
	nvlist_t *there = nv_new();

	nv_each(props, d)
		if (!local_has_failed(result, nvpair_name(d)))
			strv_add(&names, nvpair_name(d));
	sorted_sort(names.items, names.n);
	struct err *e =
	    names.n > 0 ? local_get(l, asked, ARRAY_LEN(asked), names.items, names.n, there) : NULL;
	for (size_t i = 0; e == NULL && i < names.n; i++) {
		const char *is = nv_str(nv_nv(nv_nv(there, names.items[i]), "value"), "readonly");
		bool covered = false;
		for (size_t k = 0; k < out->n; k++)
			covered = covered || name_within(names.items[i], out->items[k]);
		if (is != NULL && strcmp(is, "on") == 0 && !covered)
			strv_add(out, names.items[i]);
	}
	nv_free(there);
	strv_free(&names);
	return e;
}

struct err *local_writable(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *props = nv_nv(args, "props");
	struct commands commands = {0};
	struct strv names = {0};
	nvlist_t *said = nv_new();

	nv_each(props, d)
		nv_each(nv_nv(props, nvpair_name(d)), p)
			if (strcmp(nvpair_name(p), "readonly") != 0) {
				nv_free(said);
				return err_new(ERR_FAILED,
					       "\"%.300s\" is not what makes %s writable",
					       nvpair_name(p), nvpair_name(d));
			}
	struct err *e = local_set(l, args, result);
	if (e == NULL)
		e = find_readonly(l, props, result, &names);
	for (size_t i = 0; i < names.n; i++) {
		struct strv argv = {0};
		strv_split(&argv, "zfs set readonly=off");
		add_command(&commands, &argv, names.items[i], false);
		nv_add_str(said, names.items[i],
			   "gets readonly=off: it would inherit readonly=on from what is above it");
	}
	e = run_commands(l, &commands, result, e);
	nv_add_nv(result, "said", said);
	nv_free(said);
	strv_free(&names);
	return e;
}
