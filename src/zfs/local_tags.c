/* Other tags of zrep's on a dataset. Their names are not known beforehand; but whoever has a tag has snapshots that
 * are called after it, so those are looked at, and then it is asked whether that tag really is one. */
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/parse.h"

/* More than anybody has destinations. What is beyond counts as somebody else's snapshots. */
#define TAGS_MAX 32u

/* The tags that snapshots of one dataset are called after, save `tag`. False: none. */
static bool add_candidates(const char *tag, const nvlist_t *one, struct strv *tags)
{
	char other[NAME_TAG_MAX + 1];
	bool any = false;
	size_t n;
	char **names = nv_strs(nv_nv(one, "snaps"), "name", &n);

	for (size_t i = 0; i < n; i++) {
		if (!name_seq_tag(names[i], other) || strcmp(other, tag) == 0)
			continue;
		any = any || strv_has(tags, other) || tags->n < TAGS_MAX;
		if (!strv_has(tags, other) && tags->n < TAGS_MAX)
			strv_add(tags, other);
	}
	return any;
}

/* What is set on the dataset itself; NULL otherwise. */
static const char *own(const nvlist_t *one, const char *tag, const char *prop, bool received)
{
	char *key = str_fmt("%s:%s", tag, prop);
	const char *source = nv_str(nv_nv(one, "source"), key);
	const char *value = nv_str(nv_nv(one, "value"), key);

	free(key);
	if (source == NULL || value == NULL || *value == '\0')
		return NULL;
	bool set = strcmp(source, "local") == 0 || (received && strcmp(source, "received") == 0);
	return set ? value : NULL;
}

/* What `said` has of the tags, into the dataset `one`. */
static void add_tags(const struct strv *tags, const char *dataset, const nvlist_t *said,
		     nvlist_t *one)
{
	struct strv found = {0};
	bool relay = false;

	for (size_t i = 0; i < tags->n; i++) {
		const char *tag = tags->items[i], *dest = own(said, tag, "dest-fs", true);
		const char *master = own(said, tag, "master", false);
		if (own(said, tag, "src-fs", true) == NULL)
			continue;
		strv_add(&found, tag);
		relay = relay || (dest != NULL && strcmp(dest, dataset) == 0 &&
				  (master == NULL || strcmp(master, "yes") != 0));
	}
	if (found.n > 0)
		nv_add_strs(one, "tags", found.items, found.n);
	if (relay)
		nv_add_flag(one, "relay");
	strv_free(&found);
}

struct err *local_tags(struct local *l, const char *tag, nvlist_t *datasets)
{
	struct strv names = {0}, tags = {0}, props = {0};
	nvlist_t *said = nv_new();
	struct err *e = NULL;

	nv_each(datasets, p)
		if (add_candidates(tag, nv_nv(datasets, nvpair_name(p)), &tags))
			strv_add(&names, nvpair_name(p));
	for (size_t i = 0; i < tags.n; i++) {
		strv_addf(&props, "%s:src-fs", tags.items[i]);
		strv_addf(&props, "%s:dest-fs", tags.items[i]);
		strv_addf(&props, "%s:master", tags.items[i]);
	}
	strv_add(&props, "origin"); /* see parse_get() */
	if (names.n > 0)
		e = local_get(l, (const char *const *)props.items, props.n, names.items, names.n,
			      said);
	for (size_t i = 0; e == NULL && i < names.n; i++)
		if (nv_nv(said, names.items[i]) != NULL)
			add_tags(&tags, names.items[i], nv_nv(said, names.items[i]),
				 nv_nv(datasets, names.items[i]));
	nv_free(said);
	strv_free(&names);
	strv_free(&tags);
	strv_free(&props);
	return e;
}

struct err *local_leads(struct local *l, const char *dataset, const char *said, nvlist_t *one)
{
	char *names[] = {(char *)(uintptr_t)dataset};
	struct strv tags = {0}, props = {0}, found = {0};
	nvlist_t *all = nv_new();
	struct err *e = NULL;

	parse_leads(said, &tags);
	for (size_t i = 0; i < tags.n && i < TAGS_MAX; i++)
		strv_addf(&props, "%s:master", tags.items[i]);
	strv_add(&props, "origin"); /* see parse_get() */
	if (tags.n > 0)
		e = local_get(l, (const char *const *)props.items, props.n, names, 1, all);
	for (size_t i = 0; i < tags.n && i < TAGS_MAX; i++) {
		const char *master = own(nv_nv(all, dataset), tags.items[i], "master", false);
		if (master != NULL && strcmp(master, "yes") == 0)
			strv_add(&found, tags.items[i]);
	}
	if (found.n > 0)
		nv_add_strs(one, "leads", found.items, found.n);
	nv_free(all);
	strv_free(&tags);
	strv_free(&props);
	strv_free(&found);
	return e;
}
