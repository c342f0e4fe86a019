#include "zfs/local_confine.h"

#include <stdlib.h>
#include <string.h>

#include "state/switch_state.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/source.h"
#include "zfs/confine.h"
#include "zfs/filter.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_guid.h"
#include "zfs/local_tokens.h"

/* --- what a request is about --- */

static void add(struct strv *names, const char *name)
{
	char *dataset = name_dataset(name);

	if (!strv_has(names, dataset))
		strv_add(names, dataset);
	free(dataset);
}

/* The datasets that arguments name, each once. */
static struct strv datasets_of(const nvlist_t *args)
{
	static const char *const arrays[] = {"datasets", "snaps", "bookmarks", "bookmark"};
	static const char *const lists[] = {"items", "props"};
	const char *snap = nv_str(args, "snap");
	struct strv names = {0};

	for (size_t k = 0; k < ARRAY_LEN(arrays); k++) {
		size_t n;
		char **all = nv_strs(args, arrays[k], &n);
		for (size_t i = 0; i < n; i++)
			add(&names, all[i]);
	}
	for (size_t k = 0; k < ARRAY_LEN(lists) && snap == NULL; k++)
		nv_each(nv_nv(args, lists[k]), p)
			add(&names, nvpair_name(p));
	if (snap != NULL)
		add(&names, snap);
	return names;
}

/* Properties of those that there are: name -> {value, source}. */
static struct err *look(struct local *l, const char *const *props, size_t n,
			const struct strv *names, nvlist_t **out)
{
	*out = nv_new();
	return names->n > 0 ? local_get(l, props, n, names->items, names->n, *out) : NULL;
}

static const char *local_value(const nvlist_t *got, const char *name, const char *prop)
{
	const nvlist_t *one = nv_nv(got, name);

	return source_is_local(nv_str(nv_nv(one, "source"), prop))
		   ? nv_str(nv_nv(one, "value"), prop)
		   : NULL;
}

/* --- a replica that leads by now is not its former master's any more --- */

static struct err *check_masters(struct local *l, const char *op, const nvlist_t *args)
{
	const struct confine *c = l->confine;
	char *master = str_fmt("%s:master", c->tag);
	const char *props[] = {master, "origin"};
	struct strv names = datasets_of(args);
	nvlist_t *got;
	struct err *e = look(l, props, ARRAY_LEN(props), &names, &got);

	for (size_t i = 0; i < names.n && e == NULL; i++)
		if (str_same(local_value(got, names.items[i], master), "yes"))
			e = confine_refuse(c, op, names.items[i], "it is the master by now");
	nv_free(got);
	strv_free(&names);
	free(master);
	return e;
}

/* --- a clone from elsewhere, promoted, would take its snapshots from there --- */

static struct err *check_origins(struct local *l, const char *op, const nvlist_t *args)
{
	static const char *const props[] = {"origin"};
	struct strv names = datasets_of(args);
	nvlist_t *got;
	struct err *e = look(l, props, ARRAY_LEN(props), &names, &got);

	for (size_t i = 0; i < names.n && e == NULL; i++) {
		const char *of = nv_str(nv_nv(nv_nv(got, names.items[i]), "value"), "origin");
		if (of != NULL && strcmp(of, "-") != 0 && *of != '\0' &&
		    !confine_has(l->confine, of))
			e = confine_refuse(
			    l->confine, op, names.items[i],
			    "it is a clone of what is not below what the key is for");
	}
	nv_free(got);
	strv_free(&names);
	return e;
}

/* --- what is set --- */

/* Does what was put aside of it, or what it was made from, have that property set to that? */
static bool other_end_has(const nvlist_t *got, const char *name, const char *prop,
			  const char *value)
{
	bool has = false;

	nv_each(got, p)
		has = has || (preserved_is_of(nvpair_name(p), name) &&
			      str_same(local_value(got, nvpair_name(p), prop), value));
	return has;
}

/* What lies beside a dataset and may be what was put aside of it. */
static struct err *add_asides(struct local *l, const char *name, struct strv *names)
{
	char *parent = name_parent(name), *parents[] = {parent};
	struct strv argv = {0};
	struct buf out = {0};
	struct err *e = NULL;

	strv_split(&argv, "zfs list -Hp -d 1 -o name -t filesystem,volume");
	if (parent != NULL)
		e = local_listing_of(l, &argv, parents, 1, &out);
	else
		strv_free(&argv);
	char *save = NULL;
	for (char *line = out.data ? strtok_r(out.data, "\n", &save) : NULL;
	     line != NULL && e == NULL; line = strtok_r(NULL, "\n", &save))
		if (preserved_is_of(line, name) && confine_has(l->confine, line))
			strv_add(names, line);
	buf_free(&out);
	free(parent);
	return e;
}

/* On its way back a dataset gets what it had, mountpoint and all; from what was put aside, and from nowhere else. */
static struct err *check_origin_of_props(struct local *l, const char *op, const char *name,
					 const nvlist_t *set)
{
	struct strv props = {0}, names = {0};
	nvlist_t *got = NULL;
	struct err *e = NULL;

	nv_each(set, p)
		if (confine_wants_origin(nvpair_name(p), nv_str(set, nvpair_name(p))))
			strv_add(&props, nvpair_name(p));
	if (props.n > 0) {
		size_t n = props.n;
		strv_add(&props, "origin"); /* see parse_get() */
		e = add_asides(l, name, &names);
		if (e == NULL)
			e = look(l, (const char *const *)props.items, props.n, &names, &got);
		for (size_t i = 0; i < n && e == NULL; i++)
			if (!other_end_has(got, name, props.items[i],
					   nv_str(set, props.items[i]))) {
				char *what = str_fmt("%.100s=%.100s of %.80s", props.items[i],
						     nv_str(set, props.items[i]), name);
				e = confine_refuse(l->confine, op, what,
						   "it is for this host to say");
				free(what);
			}
	}
	nv_free(got);
	strv_free(&names);
	strv_free(&props);
	return e;
}

/* Who fetches a tree makes what is new in it a part of the pair: as what is above it says, and nothing that it was. */
static struct err *check_part_of_tree(struct local *l, const char *op, const char *name,
				      const nvlist_t *set)
{
	const char *tag = l->confine->tag;
	char *keys[] = {str_fmt("%s:master", tag), str_fmt("%s:src-host", tag),
			str_fmt("%s:dest-host", tag), str_fmt("%s:src-fs", tag)};
	const char *asked[] = {keys[0], keys[1], keys[2], keys[3], "origin"};
	char *parent = name_parent(name);
	struct strv names = {0};
	nvlist_t *got = NULL;
	struct err *e = NULL;
	bool wants = false, fits = parent != NULL && confine_has(l->confine, parent);

	nv_each(set, p)
		wants = wants || confine_wants_tree(l->confine, nvpair_name(p));
	if (wants && fits) {
		strv_add(&names, name);
		strv_add(&names, parent);
		e = look(l, asked, ARRAY_LEN(asked), &names, &got);
		fits = local_value(got, name, keys[3]) == NULL &&
		       str_same(local_value(got, parent, keys[0]), "yes") &&
		       str_same(nv_str(set, keys[3]), name);
		for (size_t k = 1; k < 3; k++)
			fits = fits &&
			       str_same(nv_str(set, keys[k]), local_value(got, parent, keys[k]));
	}
	if (e == NULL && wants && !fits)
		e = confine_refuse(l->confine, op, name,
				   "what makes a pair is for who has the source to say");
	for (size_t k = 0; k < ARRAY_LEN(keys); k++)
		free(keys[k]);
	free(parent);
	nv_free(got);
	strv_free(&names);
	return e;
}

static const char *const kept_by[] = {"savecount", "keep", "foreign-keep"};

/* How long this host keeps what it has is its own affair, once that was said. */
static struct err *check_retention(struct local *l, const char *op, const nvlist_t *props)
{
	char *keys[ARRAY_LEN(kept_by)];
	const char *asked[ARRAY_LEN(kept_by) + 1];
	struct strv names = {0};
	nvlist_t *got;

	for (size_t i = 0; i < ARRAY_LEN(kept_by); i++)
		asked[i] = keys[i] = str_fmt("%s:%s", l->confine->tag, kept_by[i]);
	asked[ARRAY_LEN(kept_by)] = "origin";
	nv_each(props, p)
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (nvlist_exists(nv_value(p), keys[i]) &&
			    !strv_has(&names, nvpair_name(p)))
				strv_add(&names, nvpair_name(p));
	struct err *e = look(l, asked, ARRAY_LEN(asked), &names, &got);
	for (size_t i = 0; i < names.n && e == NULL; i++)
		for (size_t k = 0; k < ARRAY_LEN(keys) && e == NULL; k++) {
			const nvlist_t *set = nv_nv(props, names.items[i]);
			const char *is = local_value(got, names.items[i], keys[k]);
			if (nvlist_exists((nvlist_t *)(uintptr_t)set, keys[k]) && is != NULL &&
			    !str_same(is, nv_str(set, keys[k])))
				e = confine_refuse(l->confine, op, names.items[i],
						   "how long snapshots are kept is said there");
		}
	nv_free(got);
	strv_free(&names);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		free(keys[i]);
	return e;
}

static struct err *check_set(struct local *l, const char *op, const nvlist_t *args)
{
	const nvlist_t *props = nv_nv(args, "props");
	struct err *e = NULL;

	if (l->confine->append_only)
		e = check_retention(l, op, props);
	nv_each(props, p)
		if (e == NULL && strchr(nvpair_name(p), '@') == NULL &&
		    (e = check_origin_of_props(l, op, nvpair_name(p), nv_value(p))) == NULL)
			e = check_part_of_tree(l, op, nvpair_name(p), nv_value(p));
	return e;
}

/* --- streams --- */

/* The GUID of what has that name: into `guids`, if it exists. The operation has not begun by then, nor ZFS's library. */
static struct err *look_up(struct local *l, const char *name, nvlist_t *guids)
{
	char *names[] = {(char *)(uintptr_t)name};
	struct err *e = local_init(l);

	return e != NULL ? e : guid_read(l, names, 1, guids);
}

/* `zfs send -t` looks through the pool for the GUID in a token, whatever name stands beside it. So it must be that. `one` is what
 * the token stands for. */
static struct err *check_explained(struct local *l, const char *op, const nvlist_t *one)
{
	nvlist_t *guids = nv_new();
	struct err *e = NULL;
	const char *name = nv_str(one, "toname");

	if (name == NULL || !name_is_snapshot(name) || !confine_has(l->confine, name))
		e = confine_refuse(l->confine, op, "by that resume token",
				   "it is of what is not below what the key is for");
	if (e == NULL && nv_str(one, "dead") == NULL)
		e = look_up(l, name, guids);
	if (e == NULL && nv_str(one, "dead") == NULL &&
	    nv_u64(guids, name, 0) != nv_u64(one, "toguid", 1))
		e = confine_refuse(l->confine, op, name, "the resume token is of another snapshot");
	nv_free(guids);
	return e;
}

static struct err *check_token(struct local *l, const char *op, const char *token)
{
	nvlist_t *one = nv_new();
	struct err *e = tokens_explain(l, token, one);

	if (e == NULL)
		e = check_explained(l, op, one);
	nv_free(one);
	return e;
}

/* With a filter nobody has seen what the stream is before `zfs` does. And what comes with the first stream of a dataset is set on
 * one that is there as well: with append_only, how long it keeps what it has is not to be changed so. */
static struct err *check_receive(struct local *l, const char *op, const nvlist_t *args)
{
	const nvlist_t *props = nv_nv(args, "props");

	/* A dataset that is there keeps what it has; a new one would be writable. */
	if (nv_empty(props)) {
		char *there = name_dataset(nv_str(args, "snap"));
		nvlist_t *guids = nv_new();
		struct err *e = look_up(l, there, guids);
		if (e == NULL && nv_empty(guids))
			e = confine_refuse(l->confine, op, nv_str(args, "snap"),
					   "a new replica has to be read-only");
		nv_free(guids);
		free(there);
		return e;
	}
	if (l->confine->append_only) {
		nvlist_t *of = nv_new();
		char *dataset = name_dataset(nv_str(args, "snap"));
		nv_add_nv(of, dataset, props);
		struct err *e = check_retention(l, op, of);
		free(dataset);
		nv_free(of);
		if (e != NULL)
			return e;
	}
	if (!filter_is_set(false))
		return NULL;
	return confine_refuse(
	    l->confine, op, nv_str(args, "snap"),
	    "with ZREP_INFILTER a new replica is made by this host's own zrep only");
}

/* --- all of it --- */

struct err *local_confine(struct local *l, const char *op, const nvlist_t *args)
{
	const struct confine *c = l->confine;
	struct err *e = NULL;

	if (c == NULL)
		return NULL;
	if (c->role == CONFINE_REPLICA && confine_changes(op))
		e = check_masters(l, op, args);
	if (e == NULL && strcmp(op, OP_PROMOTE) == 0)
		e = check_origins(l, op, args);
	if (e == NULL &&
	    (strcmp(op, OP_SET) == 0 || strcmp(op, OP_DECIDE) == 0 || strcmp(op, OP_OFFER) == 0))
		e = check_set(l, op, args);
	if (e == NULL && strcmp(op, OP_SEND) == 0 && nv_str(args, "token") != NULL)
		e = check_token(l, op, nv_str(args, "token"));
	if (e == NULL && strcmp(op, OP_RECEIVE) == 0)
		e = check_receive(l, op, args);
	return e;
}

bool local_confine_tells(const struct local *l, const char *name)
{
	return l->confine == NULL || confine_has(l->confine, name);
}

/* What somebody else's token stands for. */
static void filter_tokens(struct local *l, nvlist_t *result)
{
	nvlist_t *all = nv_nv(result, "tokens");
	struct strv gone = {0};

	nv_each(all, p) {
		struct err *e = check_explained(l, OP_TOKEN, nv_value(p));
		if (e != NULL)
			strv_add(&gone, nvpair_name(p));
		if (e != NULL)
			local_add_error(result, nvpair_name(p), e);
	}
	for (size_t i = 0; i < gone.n; i++)
		nv_remove(all, gone.items[i]);
	strv_free(&gone);
}

void local_confine_result(struct local *l, const char *op, const nvlist_t *args, nvlist_t *result)
{
	if (l->confine == NULL || result == NULL)
		return;
	confine_filter(l->confine, op, args, result);
	if (strcmp(op, OP_TOKEN) == 0)
		filter_tokens(l, result);
}
