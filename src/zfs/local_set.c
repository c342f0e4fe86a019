/* Properties. User properties of a whole batch are set by one channel program: one transaction group
 * for a thousand of them, and all or none after a crash. Channel programs are for root; everybody
 * else, and native properties, take `zfs set` and `zfs inherit`. */
#include <errno.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"

/* Gives back name -> errno for what failed. */
static const char program[] = "args = ...\n"
			      "errors = {}\n"
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
			      "return errors\n";

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
	const nvlist_t *errors = nv_nv(out, ZCP_RET_RETURN);

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

/* True when the program could not run at all and the slow way must do. */
static bool run_program(struct local *l, const char *pool, const nvlist_t *args, nvlist_t *result)
{
	nvlist_t *out = NULL;
	int rc = lzc_channel_program(pool, program, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY,
				     (nvlist_t *)(uintptr_t)args, &out);

	if (rc == 0)
		note_errors(l, out, result);
	nv_free(out);
	return rc != 0;
}

struct err *local_set(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const nvlist_t *props = nv_nv(args, "props");
	nvlist_t *done = nv_new(); /* pools whose user properties are set */
	struct err *e = check(props);

	nv_each(props, d) {
		const char *name = nvpair_name(d);
		char pool[NAME_DATASET_MAX + 1];
		size_t len = name_pool_len(name);
		if (e != NULL)
			break;
		memcpy(pool, name, len);
		pool[len] = '\0';
		if (nv_str(done, pool) == NULL) {
			nvlist_t *batch = of_pool(props, pool, len);
			bool user =
			    !nv_empty(nv_nv(batch, "set")) || !nv_empty(nv_nv(batch, "clear"));
			bool slow = user && run_program(l, pool, batch, result);
			nv_add_str(done, pool, slow ? "slow" : "done");
			nv_free(batch);
		}
		if (strcmp(nv_str(done, pool), "slow") == 0)
			e = zfs_set(l, name, nv_nv(props, name), true, result);
		if (e == NULL)
			e = zfs_set(l, name, nv_nv(props, name), false, result);
	}
	nv_free(done);
	return e;
}
