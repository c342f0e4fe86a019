/* What other tags of zrep's say on a dataset. Their names are not known beforehand: all that is set on it is asked for,
 * by name only; then, where there are any, their values. A channel program for each pool gives the names without a
 * process and without text. Only root may run one; for all others it is `zfs get`, where names are safe to read, as none
 * can hold a line break. */
#include "zfs/local_tags.h"

#include <stdlib.h>

#include "util/buf.h"
#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/parse.h"
#include "zfs/program.h"

/* More than anybody has destinations. Where there are more, that is said, and plans refuse. */
#define TAGS_MAX 32u

/* What of a tag makes a pair and its role. */
static const char *const parts[] = {"src-host", "src-fs", "dest-host", "dest-fs", "master",
				    "switch",   "epoch",  "set",       "error"};

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
		       nvlist_t *datasets, nvlist_t *unreadable)
{
	struct strv props = {0};
	nvlist_t *said = nv_new();

	for (size_t i = 0; i < tags->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(parts); k++)
			strv_addf(&props, "%s:%s", tags->items[i], parts[k]);
	strv_add(&props, "origin"); /* see parse_get() */
	struct err *e = local_get_apart(l, (const char *const *)props.items, props.n, names->items,
					names->n, said, unreadable);
	for (size_t i = 0; e == NULL && i < names->n; i++)
		if (nv_nv(said, names->items[i]) != NULL)
			add_others(nv_nv(said, names->items[i]), nv_nv(datasets, names->items[i]));
		else /* unreadable, or gone meanwhile: whoever looks at it finds no tags and must not believe that */
			nv_remove(datasets, names->items[i]);
	strv_free(&props);
	nv_free(said);
	return e;
}

/* Datasets that have the same few tags are asked for together, so that it is one process where there is one second
 * destination for all. */
static struct err *ask_all(struct local *l, const struct strv *tagged, nvlist_t *datasets,
			   nvlist_t *unreadable)
{
	struct strv tags = {0}, names = {0};
	struct err *e = NULL;

	for (size_t i = 0; i < tagged->n && e == NULL; i++) {
		size_t n, more = 0;
		char **its = nv_strs(nv_nv(datasets, tagged->items[i]), "tags", &n);
		for (size_t k = 0; k < n; k++)
			more += !strv_has(&tags, its[k]);
		if (tags.n + more > TAGS_MAX) {
			e = ask(l, &tags, &names, datasets, unreadable);
			strv_free(&tags);
			strv_free(&names);
		}
		for (size_t k = 0; k < n; k++)
			if (!strv_has(&tags, its[k]))
				strv_add(&tags, its[k]);
		strv_add(&names, tagged->items[i]);
	}
	if (e == NULL && names.n > 0)
		e = ask(l, &tags, &names, datasets, unreadable);
	strv_free(&tags);
	strv_free(&names);
	return e;
}

/* The user properties that are set on each dataset itself, local or received: name -> {property = true}. */
static const char program[] =
    "found = {}\n"
    "for i, name in ipairs((...)['names']) do\n"
    "  if zfs.exists(name) then\n"
    "    props = {}\n"
    "    for prop, value, source in zfs.list.user_properties(name) do\n"
    "      if source == name or source == '$recvd' then props[prop] = true end\n"
    "    end\n"
    "    found[name] = props\n"
    "  end\n"
    "end\n"
    "return found\n";

struct listing {
	const char *tag;
	nvlist_t *datasets;
};

static void answer(void *ctx, const nvlist_t *found)
{
	const struct listing *to = ctx;

	nv_each(found, d) {
		nvlist_t *one = nv_nv(to->datasets, nvpair_name(d));
		if (one == NULL)
			continue;
		nv_each(nv_nv(found, nvpair_name(d)), p)
			parse_tag_prop(nvpair_name(p), to->tag, TAGS_MAX, one);
	}
}

static struct err *find_tags(struct local *l, const char *tag, const struct strv *names,
			     nvlist_t *datasets)
{
	struct listing listing = {.tag = tag, .datasets = datasets};
	const struct program_question q = {
	    .text = program, .at_once = 500, .answer = answer, .ctx = &listing};
	struct strv argv = {0};
	struct buf out = {0};

	if (program_ask(&q, names->items, names->n))
		return NULL;
	strv_split(&argv, "zfs get -Hp -s local,received -o name,property all");
	struct err *e = local_listing_of(l, &argv, names->items, names->n, &out);
	if (e == NULL)
		e = err_wrap(parse_tags(buf_str(&out), tag, TAGS_MAX, datasets), "%s", l->host);
	buf_free(&out);
	return e;
}

struct err *local_tags(struct local *l, const char *tag, nvlist_t *datasets, nvlist_t *unreadable)
{
	struct strv names = {0}, tagged = {0};

	nv_each(datasets, p)
		strv_add(&names, nvpair_name(p));
	struct err *e = find_tags(l, tag, &names, datasets);
	for (size_t i = 0; e == NULL && i < names.n; i++) {
		size_t n;
		if (nv_strs(nv_nv(datasets, names.items[i]), "tags", &n) != NULL && n > 0)
			strv_add(&tagged, names.items[i]);
	}
	if (e == NULL)
		e = ask_all(l, &tagged, datasets, unreadable);
	for (size_t i = 0; e == NULL && i < tagged.n; i++)
		if (nv_nv(datasets, tagged.items[i]) != NULL)
			nv_remove(nv_nv(datasets, tagged.items[i]), "tags");
	strv_free(&names);
	strv_free(&tagged);
	return e;
}
