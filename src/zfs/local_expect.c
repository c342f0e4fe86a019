/* What must be so on a dataset at the moment when something is set (see OP_SET): the check of what was asked for, its
 * part in the channel program's arguments, the comparison without that program, and what is said if it is not so. */
#include <string.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/source.h"
#include "zfs/local.h"

/* More different ones nobody asks about; each is a column of one `zfs get`. */
#define PROPS_MAX 64
/* Of a user property, with the NUL: ZFS has no longer ones. */
#define VALUE_MAX 8192

static bool is_in(const char *name, const char *pool, size_t len)
{
	return name_pool_len(name) == len && strncmp(name, pool, len) == 0;
}

static bool is_fit(const nvlist_t *one, const char *prop)
{
	const char *value = nv_str(one, prop);

	if (!name_is_prop(prop) || (value == NULL && !nv_flag(one, prop)))
		return false;
	if (value != NULL && (*value == '\0' || strlen(value) >= VALUE_MAX))
		return false;
	return local_is_user_prop(prop) || (value != NULL && strcmp(prop, "readonly") == 0);
}

static void add_once(struct strv *all, const char *text)
{
	if (!strv_has(all, text))
		strv_add(all, text);
}

struct err *expected_check(const nvlist_t *expect)
{
	struct strv props = {0};
	struct err *e = NULL;

	nv_each(expect, d) {
		const char *name = nvpair_name(d);
		const nvlist_t *one = nv_nv(expect, name);
		if (e == NULL && (!name_is_dataset(name) || one == NULL))
			e = err_new(ERR_FAILED, "\"%.300s\" is no dataset to expect anything of",
				    name);
		nv_each(one, p) {
			if (e == NULL && !is_fit(one, nvpair_name(p)))
				e = err_new(ERR_FAILED, "\"%.300s\" is no property to expect",
					    nvpair_name(p));
			if (e == NULL)
				add_once(&props, nvpair_name(p));
			if (e == NULL && props.n > PROPS_MAX)
				e = err_new(ERR_FAILED, "too many different properties to expect");
		}
	}
	strv_free(&props);
	return e;
}

/* Adds to out[name] the user properties of `one` that are to be set, or not. */
static void pick(nvlist_t *out, const char *name, const nvlist_t *one, bool unset)
{
	nvlist_t *picked = nv_new();

	nv_each(one, p) {
		const char *prop = nvpair_name(p), *value = nv_str(one, prop);
		if (local_is_user_prop(prop) && (value == NULL) == unset)
			nv_add_str(picked, prop, value ? value : "");
	}
	if (!nv_empty(picked))
		nv_add_nv(out, name, picked);
	nv_free(picked);
}

void expected_args(const nvlist_t *expect, const char *pool, size_t len, nvlist_t *args)
{
	nvlist_t *set = nv_new(), *unset = nv_new();

	nv_each(expect, d) {
		const char *name = nvpair_name(d);
		if (!is_in(name, pool, len))
			continue;
		pick(set, name, nv_nv(expect, name), false);
		pick(unset, name, nv_nv(expect, name), true);
	}
	nv_add_nv(args, "expect", set);
	nv_add_nv(args, "unset", unset);
	nv_free(set);
	nv_free(unset);
}

/* --- without a channel program --- */

/* Is it to be compared here? */
static bool is_meant(const char *prop, bool native)
{
	return !native || !local_is_user_prop(prop);
}

static void compare(const char *name, const nvlist_t *one, const nvlist_t *there, bool native,
		    nvlist_t **differs)
{
	const nvlist_t *values = nv_nv(there, "value"), *sources = nv_nv(there, "source");

	nv_each(one, p) {
		const char *prop = nvpair_name(p), *want = nv_str(one, prop);
		const char *is = nv_str(values, prop), *source = nv_str(sources, prop);
		bool local = source_is_local(source), own = source_is_own(source);
		if (!is_meant(prop, native))
			continue;
		if (is == NULL || (local_is_user_prop(prop) && !(want != NULL ? own : local)))
			is = "";
		if (there != NULL && strcmp(is, want != NULL ? want : "") == 0)
			continue;
		nvlist_t *what = nv_new();
		nv_add_str(what, "prop", there != NULL ? prop : "name");
		nv_add_str(what, "is", is);
		if (*differs == NULL)
			*differs = nv_new();
		nv_add_nv(*differs, name, what);
		nv_free(what);
	}
}

struct err *expected_look(struct local *l, const nvlist_t *expect, const char *pool, size_t len,
			  bool native, nvlist_t **differs)
{
	struct strv props = {0}, names = {0};
	nvlist_t *there = nv_new();
	struct err *e = NULL;

	nv_each(expect, d) {
		const char *name = nvpair_name(d);
		bool any = false;
		nv_each(nv_nv(expect, name), p)
			if (is_in(name, pool, len) && is_meant(nvpair_name(p), native)) {
				add_once(&props, nvpair_name(p));
				any = true;
			}
		if (any)
			strv_add(&names, name);
	}
	strv_add(&props, "guid"); /* see parse_get() */
	if (names.n > 0)
		e = local_get(l, (const char *const *)props.items, props.n, names.items, names.n,
			      there);
	for (size_t i = 0; i < names.n && e == NULL; i++)
		compare(names.items[i], nv_nv(expect, names.items[i]), nv_nv(there, names.items[i]),
			native, differs);
	nv_free(there);
	strv_free(&names);
	strv_free(&props);
	return e;
}

/* --- what is said --- */

static struct err *not_so(struct local *l, const char *name, const nvlist_t *one,
			  const nvlist_t *what)
{
	const char *prop = nv_str(what, "prop"), *is = nv_str(what, "is");
	const char *want = prop != NULL ? nv_str(one, prop) : NULL;
	struct buf text = {0};

	if (prop == NULL || is == NULL || strcmp(prop, "name") == 0)
		buf_addf(&text, "it is not there any more");
	else if (*is == '\0')
		buf_addf(&text, "%s is not set any more, and was \"%.200s\"", prop,
			 want ? want : "");
	else if (want == NULL)
		buf_addf(&text, "%s is \"%.200s\", and was not set", prop, is);
	else
		buf_addf(&text, "%s is \"%.200s\", and was \"%.200s\"", prop, is, want);
	struct err *e = err_new(
	    ERR_REFUSED, "%s on %s was changed by somebody else meanwhile: %s; nothing was set",
	    name, l->host, text.data);
	e->code = SET_NOT_SO;
	buf_free(&text);
	return e;
}

static void refuse(struct local *l, const char *name, const nvlist_t *expect,
		   const nvlist_t *differs, nvlist_t *result)
{
	const nvlist_t *what = nv_nv(differs, name);
	struct err *e;

	if (nv_nv(nv_nv(result, "errors"), name) != NULL)
		return;
	if (what != NULL)
		e = not_so(l, name, nv_nv(expect, name), what);
	else
		e = err_new(ERR_REFUSED,
			    "%s on %s was left as it is, because %s was changed by somebody else "
			    "meanwhile",
			    name, l->host, nvpair_name(nv_next(differs, NULL)));
	local_add_error(result, name,
			err_remedy(e,
				   "find out who else runs zrep on %s (each user has locks of his "
				   "own), then run the same command again",
				   l->host));
}

void expected_refuse(struct local *l, const nvlist_t *props, const nvlist_t *expect,
		     const char *pool, size_t len, const nvlist_t *differs, nvlist_t *result)
{
	nv_each(expect, d)
		if (is_in(nvpair_name(d), pool, len))
			refuse(l, nvpair_name(d), expect, differs, result);
	nv_each(props, d)
		if (is_in(nvpair_name(d), pool, len))
			refuse(l, nvpair_name(d), expect, differs, result);
}
