/* What must be so on a dataset at the moment when something is set (see OP_SET): the check of what was asked for, its
 * part in the channel program's arguments, the comparison without that program, and what is said if it is not so. */
#include "zfs/local_expect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/source.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_guid.h"
#include "zfs/parse_line.h"

/* More different ones nobody asks about; each is a column of one `zfs get`. */
#define PROPS_MAX 64
/* Of a user property, with the NUL: ZFS has no longer ones. */
#define VALUE_MAX 8192

static bool is_fit(const nvlist_t *one, const char *prop)
{
	const char *value = nv_str(one, prop);

	if (!name_is_prop(prop) || (value == NULL && !nv_flag(one, prop)))
		return false;
	if (value != NULL && (*value == '\0' || strlen(value) >= VALUE_MAX))
		return false;
	return name_is_user_prop(prop) || (value != NULL && strcmp(prop, "readonly") == 0);
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

/* Adds to out[name] the user properties of `one` that have a value, or not. */
static void pick(nvlist_t *out, const char *name, const nvlist_t *one, bool has)
{
	nvlist_t *picked = nv_new();

	nv_each(one, p) {
		const char *prop = nvpair_name(p), *value = nv_str(one, prop);
		if (name_is_user_prop(prop) && (value != NULL) == has)
			nv_add_str(picked, prop, value ? value : "");
	}
	if (!nv_empty(picked))
		nv_add_nv(out, name, picked);
	nv_free(picked);
}

void props_args(const nvlist_t *props, const char *pool, const char *with, const char *without,
		nvlist_t *args)
{
	nvlist_t *has = nv_new(), *lacks = nv_new();

	nv_each(props, d) {
		const char *name = nvpair_name(d);
		if (!name_same_pool(name, pool))
			continue;
		pick(has, name, nv_nv(props, name), true);
		pick(lacks, name, nv_nv(props, name), false);
	}
	nv_add_nv(args, with, has);
	nv_add_nv(args, without, lacks);
	nv_free(has);
	nv_free(lacks);
}

/* --- without a channel program --- */

/* Is it to be compared here? */
static bool is_meant(const char *prop, bool native)
{
	return !native || !name_is_user_prop(prop);
}

static void note(nvlist_t **differs, const char *name, const char *prop, const char *is)
{
	nvlist_t *what = nv_new();

	nv_add_str(what, "prop", prop);
	nv_add_str(what, "is", is);
	if (*differs == NULL)
		*differs = nv_new();
	nv_add_nv(*differs, name, what);
	nv_free(what);
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
		if (is == NULL || (name_is_user_prop(prop) && !(want != NULL ? own : local)))
			is = "";
		if (there != NULL && strcmp(is, want != NULL ? want : "") == 0)
			continue;
		note(differs, name, there != NULL ? prop : "name", is);
	}
}

struct err *expected_look(struct local *l, const nvlist_t *expect, const char *pool, bool native,
			  nvlist_t **differs)
{
	struct strv props = {0}, names = {0};
	nvlist_t *there = nv_new();
	struct err *e = NULL;

	nv_each(expect, d) {
		const char *name = nvpair_name(d);
		bool any = false;
		nv_each(nv_nv(expect, name), p)
			if (name_same_pool(name, pool) && is_meant(nvpair_name(p), native)) {
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

/* --- what it holds --- */

struct err *state_check(const nvlist_t *state)
{
	nv_each(state, d) {
		const char *name = nvpair_name(d), *snap = nv_str(nv_nv(state, name), "snap");
		if (!name_is_dataset(name) || nv_nv(state, name) == NULL)
			return err_new(ERR_FAILED, "\"%.300s\" is no dataset to expect anything of",
				       name);
		char *full = snap != NULL ? str_fmt("%s@%s", name, snap) : NULL;
		bool good = full == NULL || name_is_snapshot(full);
		free(full);
		if (!good)
			return err_new(ERR_FAILED,
				       "\"%.300s\" is no snapshot to expect anything since", snap);
	}
	return NULL;
}

void state_args(const nvlist_t *state, const char *pool, nvlist_t *args)
{
	nvlist_t *out = nv_new();

	nv_each(state, d) {
		const nvlist_t *one = nv_nv(state, nvpair_name(d));
		nvlist_t *want = nv_new();
		/* Lua's numbers have a sign; a GUID is the same bits there and here. */
		nv_add_i64(want, "newest", (int64_t)nv_u64(one, "newest", 0));
		nv_add_i64(want, "written", (int64_t)(nv_u64(one, "written", 0) & INT64_MAX));
		nv_add_str(want, "snap", nv_str(one, "snap") != NULL ? nv_str(one, "snap") : "");
		if (name_same_pool(nvpair_name(d), pool))
			nv_add_nv(out, nvpair_name(d), want);
		nv_free(want);
	}
	nv_add_nv(args, "state", out);
	nv_free(out);
}

/* The newest snapshot of each dataset: name -> GUID. Of two of one transaction group it is the one that is wanted. */
static struct err *read_newest(struct local *l, const struct strv *names, const nvlist_t *state,
			       nvlist_t *newest)
{
	struct strv argv = {0};
	struct buf out = {0};
	nvlist_t *txgs = nv_new();

	strv_split(&argv, "zfs list -Hp -d 1 -t snapshot -o name,guid,createtxg");
	struct err *e = local_listing_of(l, &argv, names->items, names->n, &out);
	char *copy = mem_strdup(buf_str(&out)), *rest = copy, *line;
	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		char *f[3];
		uint64_t guid, txg;
		if (!parse_split(line, f, 3) || !num_parse_u64(f[1], &guid) ||
		    !num_parse_u64(f[2], &txg)) {
			e = err_wrap(parse_unexpected("list", line), "%s", l->host);
			break;
		}
		f[0][strcspn(f[0], "@")] = '\0';
		uint64_t last = nv_u64(txgs, f[0], 0);
		if (txg > last ||
		    (txg == last && guid == nv_u64(nv_nv(state, f[0]), "newest", 0))) {
			nv_add_u64(txgs, f[0], txg);
			nv_add_u64(newest, f[0], guid);
		}
	}
	free(copy);
	buf_free(&out);
	nv_free(txgs);
	return e;
}

/* Newer snapshots than the one that is meant count for nothing, if nothing is written after that. */
static struct err *look_since(struct local *l, const char *name, const nvlist_t *want,
			      nvlist_t **differs)
{
	const char *snap = nv_str(want, "snap"), *text;
	char *prop = str_fmt("written@%s", snap), *full = str_fmt("%s@%s", name, snap);
	const char *const props[] = {prop, "guid"};
	char *names[] = {(char *)(uintptr_t)name}, *snaps[] = {full};
	nvlist_t *guids = nv_new(), *there = nv_new();
	uint64_t written;
	struct err *e = guid_read(l, snaps, 1, guids);
	bool same = nv_u64(guids, full, 0) == nv_u64(want, "newest", 0);

	if (e == NULL && same)
		e = local_get(l, props, ARRAY_LEN(props), names, 1, there);
	text = nv_str(nv_nv(nv_nv(there, name), "value"), prop);
	if (e == NULL && !same)
		note(differs, name, "newest", "");
	else if (e == NULL && (text == NULL || !num_parse_u64(text, &written) ||
			       written > nv_u64(want, "written", 0)))
		note(differs, name, "written", "");
	nv_free(guids);
	nv_free(there);
	free(full);
	free(prop);
	return e;
}

struct err *state_look(struct local *l, const nvlist_t *state, const char *pool, nvlist_t **differs)
{
	static const char *const props[] = {"written", "guid"};
	nvlist_t *newest = nv_new(), *there = nv_new();
	struct strv names = {0};
	struct err *e = NULL;

	nv_each(state, d)
		if (name_same_pool(nvpair_name(d), pool))
			strv_add(&names, nvpair_name(d));
	if (names.n > 0 && (e = read_newest(l, &names, state, newest)) == NULL)
		e = local_get(l, props, ARRAY_LEN(props), names.items, names.n, there);
	for (size_t i = 0; e == NULL && i < names.n; i++) {
		const char *name = names.items[i];
		const nvlist_t *want = nv_nv(state, name);
		const char *text = nv_str(nv_nv(nv_nv(there, name), "value"), "written");
		bool same = nv_u64(newest, name, 0) == nv_u64(want, "newest", 0);
		uint64_t written;
		if (text == NULL || !num_parse_u64(text, &written))
			note(differs, name, "name", "");
		else if (!same && nv_str(want, "snap") != NULL)
			e = look_since(l, name, want, differs);
		else if (!same)
			note(differs, name, "newest", "");
		else if (written > nv_u64(want, "written", 0))
			note(differs, name, "written", "");
	}
	nv_free(newest);
	nv_free(there);
	strv_free(&names);
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
		buf_addf(&text, "it does not exist any more");
	else if (strcmp(prop, "newest") == 0)
		buf_addf(&text, "its newest snapshot is another one");
	else if (strcmp(prop, "written") == 0)
		buf_addf(&text, "something was written to it");
	else if (*is == '\0')
		buf_addf(&text, "%s is not set any more, and was \"%.200s\"", prop,
			 want ? want : "");
	else if (want == NULL)
		buf_addf(&text, "%s is \"%.200s\", and was not set", prop, is);
	else
		buf_addf(&text, "%s is \"%.200s\", and was \"%.200s\"", prop, is, want);
	struct err *e =
	    err_refuse(REASON_WITHDRAWN,
		       "%s on %s was changed by somebody else meanwhile: %s; nothing was set", name,
		       l->host, text.data);
	e->code = SET_NOT_SO;
	buf_free(&text);
	return e;
}

static void refuse(struct local *l, const char *name, const nvlist_t *expect,
		   const nvlist_t *differs, nvlist_t *result)
{
	const nvlist_t *what = nv_nv(differs, name);
	struct err *e;

	if (local_has_failed(result, name))
		return;
	if (what != NULL)
		e = not_so(l, name, nv_nv(expect, name), what);
	else
		e = err_refuse(
		    REASON_WITHDRAWN,
		    "%s on %s was left as it is, because %s was changed by somebody else "
		    "meanwhile",
		    name, l->host, nvpair_name(nv_next(differs, NULL)));
	local_add_error(result, name,
			err_remedy(e,
				   "find out who else changes it on %s, then run the same command "
				   "again",
				   l->host));
}

void expected_refuse(struct local *l, const nvlist_t *props, const nvlist_t *expect,
		     const nvlist_t *state, const char *pool, const nvlist_t *differs,
		     nvlist_t *result)
{
	const nvlist_t *const all[] = {expect, state, props};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		nv_each(all[i], d)
			if (name_same_pool(nvpair_name(d), pool))
				refuse(l, nvpair_name(d), expect, differs, result);
}
