/* Properties. User properties of a whole batch are set by one channel program: one transaction group
 * for a thousand of them, and all or none after a crash; and it compares what is expected before. Channel
 * programs are for root; everybody else, and native properties, take `zfs set` and `zfs inherit`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"

/* Compares first: with `expect` what must be set, with `unset` what must not be. If all is so, sets what it
 * can. Gives back errors: name -> errno, and differs: name -> what is not so. */
static const char program[] = "args = ...\n"
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

/* Far above what a thousand datasets take; a limit there must be. */
#define PROGRAM_INSTRUCTIONS 100000000u
#define PROGRAM_MEMORY (64u << 20)

bool local_is_user_prop(const char *prop)
{
	return strchr(prop, ':') != NULL;
}

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

/* Adds to out[dataset] the properties of `one` that are (not) user's and are (not) cleared. */
static void pick(nvlist_t *out, const char *name, const nvlist_t *one, bool user, bool clear)
{
	nvlist_t *picked = nv_new();

	nv_each(one, p) {
		const char *prop = nvpair_name(p), *value = nv_str(one, prop);
		if (local_is_user_prop(prop) != user || (value == NULL) != clear)
			continue;
		nv_add_str(picked, prop, value ? value : "");
	}
	if (!nv_empty(picked))
		nv_add_nv(out, name, picked);
	nv_free(picked);
}

/* The part of props that is in `pool`. */
static nvlist_t *of_pool(const nvlist_t *props, const char *pool, size_t len)
{
	nvlist_t *args = nv_new(), *set = nv_new(), *clear = nv_new();

	nv_each(props, d) {
		const char *name = nvpair_name(d);
		if (name_pool_len(name) != len || strncmp(name, pool, len) != 0)
			continue;
		pick(set, name, nv_nv(props, name), true, false);
		pick(clear, name, nv_nv(props, name), true, true);
	}
	nv_add_nv(args, "set", set);
	nv_add_nv(args, "clear", clear);
	nv_free(set);
	nv_free(clear);
	return args;
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

static struct err *zfs_said(struct local *l, const char *name, const char *said)
{
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
		local_add_error(result, name, zfs_said(l, name, buf_str(&said)));
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
		if (local_is_user_prop(prop) != user || (value == NULL && !user))
			continue;
		if (set->n == 0) {
			strv_add(set, "zfs");
			strv_add(set, "set");
		}
		strv_addf(set, "%s=%s", prop, value ? value : "");
	}
}

/* The slow way: one `zfs set`, which is one transaction for all that it sets, then one `zfs inherit` for each
 * that is cleared. */
static struct err *zfs_set(struct local *l, const char *name, const nvlist_t *one, bool user,
			   nvlist_t *result)
{
	struct strv set = {0};
	struct err *e = NULL;

	add_values(&set, one, user);
	if (set.n > 0)
		e = run_set(l, &set, name, result);
	strv_free(&set);
	nv_each(one, p) {
		const char *prop = nvpair_name(p);
		struct strv clear = {0};
		if (local_is_user_prop(prop) != user || nv_str(one, prop) != NULL || e != NULL ||
		    nv_nv(nv_nv(result, "errors"), name) != NULL)
			continue;
		strv_add(&clear, "zfs");
		strv_add(&clear, "inherit");
		strv_add(&clear, prop);
		e = run_set(l, &clear, name, result);
	}
	return e;
}

/* Of all names in a pool. `said` is what the program said of that, NULL for nothing. */
static void fail_pool(struct local *l, const nvlist_t *all, const char *pool, size_t len, int code,
		      const char *said, nvlist_t *result)
{
	nv_each(all, d) {
		const char *name = nvpair_name(d);
		if (name_pool_len(name) != len || strncmp(name, pool, len) != 0)
			continue;
		struct err *e = local_error(l, code, "set properties of", name);
		local_add_error(result, name,
				said != NULL ? err_wrap(e, "%.*s", (int)strcspn(said, "\n"), said)
					     : e);
	}
}

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
								      "expect", "unset", NULL};
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
	if (found != NULL)
		*differs = nv_dup(found);
	if (nv_str(out, ZCP_RET_ERROR) != NULL)
		*said = mem_strdup(nv_str(out, ZCP_RET_ERROR));
	nv_free(out);
	return rc;
}

/* Compares, and sets the user properties of a pool. Only who may not run channel programs goes the slow way: after any
 * other failure it is not known what is there. */
static enum way set_pool(struct local *l, const nvlist_t *props, const nvlist_t *expect,
			 const char *pool, size_t len, nvlist_t *result, struct err **e)
{
	nvlist_t *batch = of_pool(props, pool, len), *differs = NULL;
	enum way way = WAY_DONE;
	char *said = NULL;

	expected_args(expect, pool, len, batch);
	/* A role changes by user properties, so these are compared last, where nothing can come in between. */
	*e = expected_look(l, expect, pool, len, true, &differs);
	int rc = *e == NULL && differs == NULL
		     ? run_program(l, batch, pool, result, &differs, &said)
		     : 0;
	if (rc == EPERM) {
		way = WAY_SLOW;
		*e = expected_look(l, expect, pool, len, false, &differs);
	} else if (rc != 0) {
		way = WAY_REFUSED;
		fail_pool(l, props, pool, len, rc, said, result);
		fail_pool(l, expect, pool, len, rc, said, result);
	}
	if (!nv_empty(differs)) {
		way = WAY_REFUSED;
		expected_refuse(l, props, expect, pool, len, differs, result);
	}
	nv_free(differs);
	nv_free(batch);
	free(said);
	return way;
}

/* What became of the pool that `name` is in; `ways` remembers it. */
static enum way way_of(struct local *l, const nvlist_t *props, const nvlist_t *expect,
		       const char *name, nvlist_t *ways, nvlist_t *result, struct err **e)
{
	char pool[NAME_DATASET_MAX + 1];
	size_t len = name_pool_len(name);

	memcpy(pool, name, len);
	pool[len] = '\0';
	enum way way = (enum way)nv_u64(ways, pool, WAY_NONE);
	if (way == WAY_NONE) {
		way = set_pool(l, props, expect, pool, len, result, e);
		nv_add_u64(ways, pool, way);
	}
	return way;
}

struct err *local_set(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *props = nv_nv(args, "props"), *expect = nv_nv(args, "expect");
	nvlist_t *ways = nv_new();
	struct err *e = check(props);

	if (e == NULL)
		e = expected_check(expect);
	nv_each(expect, d)
		if (e == NULL)
			(void)way_of(l, props, expect, nvpair_name(d), ways, result, &e);
	nv_each(props, d) {
		const char *name = nvpair_name(d);
		if (e != NULL)
			break;
		enum way way = way_of(l, props, expect, name, ways, result, &e);
		if (way == WAY_REFUSED)
			continue;
		if (way == WAY_SLOW && e == NULL)
			e = zfs_set(l, name, nv_nv(props, name), true, result);
		if (e == NULL)
			e = zfs_set(l, name, nv_nv(props, name), false, result);
	}
	nv_free(ways);
	return e;
}
