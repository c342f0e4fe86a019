/* What other tags of zrep's say on a dataset. Their names are not known beforehand: all that is set on it is asked for,
 * by name only, as no property's name can hold a line break; then, where there are any, their values. */
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/parse.h"

/* More than anybody has destinations. Where there are more, that is said, and plans refuse. */
#define TAGS_MAX 32u

/* What of a tag makes a pair and its role. */
static const char *const parts[] = {"src-host", "src-fs", "dest-host", "dest-fs",
				    "master",   "switch", "epoch"};

/* Adds to the dataset `one` what was said of the tags that are set on it. */
static void add_others(const nvlist_t *said, nvlist_t *one)
{
	nvlist_t *others = nv_new();
	size_t n;
	char **tags = nv_strs(one, "tags", &n);

	for (size_t i = 0; i < n; i++) {
		nvlist_t *tag = nv_new(), *value = nv_new(), *source = nv_new();
		for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
			char *key = str_fmt("%s:%s", tags[i], parts[k]);
			const char *v = nv_str(nv_nv(said, "value"), key);
			const char *s = nv_str(nv_nv(said, "source"), key);
			if (v != NULL && s != NULL) {
				nv_add_str(value, key, v);
				nv_add_str(source, key, s);
			}
			free(key);
		}
		nv_add_nv(tag, "value", value);
		nv_add_nv(tag, "source", source);
		nv_add_nv(others, tags[i], tag);
		nv_free(tag);
		nv_free(value);
		nv_free(source);
	}
	nv_add_nv(one, "others", others);
	nv_free(others);
}

/* Asks for all of `tags` on those datasets. */
static struct err *ask(struct local *l, const struct strv *tags, const struct strv *names,
		       nvlist_t *datasets)
{
	struct strv props = {0};
	nvlist_t *said = nv_new();

	for (size_t i = 0; i < tags->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(parts); k++)
			strv_addf(&props, "%s:%s", tags->items[i], parts[k]);
	strv_add(&props, "origin"); /* see parse_get() */
	struct err *e =
	    local_get(l, (const char *const *)props.items, props.n, names->items, names->n, said);
	for (size_t i = 0; e == NULL && i < names->n; i++)
		if (nv_nv(said, names->items[i]) != NULL)
			add_others(nv_nv(said, names->items[i]), nv_nv(datasets, names->items[i]));
		else /* gone meanwhile: whoever looks at it finds no tags and must not believe that */
			nv_remove(datasets, names->items[i]);
	strv_free(&props);
	nv_free(said);
	return e;
}

/* Datasets that have the same few tags are asked for together, so that it is one process where there is one second
 * destination for all. */
static struct err *ask_all(struct local *l, const struct strv *tagged, nvlist_t *datasets)
{
	struct strv tags = {0}, names = {0};
	struct err *e = NULL;

	for (size_t i = 0; i < tagged->n && e == NULL; i++) {
		size_t n, more = 0;
		char **its = nv_strs(nv_nv(datasets, tagged->items[i]), "tags", &n);
		for (size_t k = 0; k < n; k++)
			more += !strv_has(&tags, its[k]);
		if (tags.n + more > TAGS_MAX) {
			e = ask(l, &tags, &names, datasets);
			strv_free(&tags);
			strv_free(&names);
		}
		for (size_t k = 0; k < n; k++)
			if (!strv_has(&tags, its[k]))
				strv_add(&tags, its[k]);
		strv_add(&names, tagged->items[i]);
	}
	if (e == NULL && names.n > 0)
		e = ask(l, &tags, &names, datasets);
	strv_free(&tags);
	strv_free(&names);
	return e;
}

struct err *local_tags(struct local *l, const char *tag, nvlist_t *datasets)
{
	struct strv argv = {0}, names = {0}, tagged = {0};
	struct buf out = {0};

	nv_each(datasets, p)
		strv_add(&names, nvpair_name(p));
	strv_split(&argv, "zfs get -Hp -s local,received -o name,property all");
	struct err *e = local_listing_of(l, &argv, names.items, names.n, &out);
	if (e == NULL)
		e = err_wrap(parse_tags(buf_str(&out), tag, TAGS_MAX, datasets), "%s", l->host);
	for (size_t i = 0; e == NULL && i < names.n; i++) {
		size_t n;
		if (nv_strs(nv_nv(datasets, names.items[i]), "tags", &n) != NULL && n > 0)
			strv_add(&tagged, names.items[i]);
	}
	if (e == NULL)
		e = ask_all(l, &tagged, datasets);
	for (size_t i = 0; e == NULL && i < tagged.n; i++)
		if (nv_nv(datasets, tagged.items[i]) != NULL)
			nv_remove(nv_nv(datasets, tagged.items[i]), "tags");
	strv_free(&names);
	strv_free(&tagged);
	buf_free(&out);
	return e;
}
