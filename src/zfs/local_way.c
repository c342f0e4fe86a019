/* One `zfs list` of snapshots with their clones; one `zfs get` of room. Only what may go back is asked
 * about. */
#include "zfs/local_way.h"

#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/parse_way.h"

static uint64_t value_of(const nvlist_t *got, const char *name, const char *prop)
{
	const char *text = nv_str(nv_nv(nv_nv(got, name), "value"), prop);
	uint64_t n = 0;

	return text != NULL && num_parse_u64(text, &n) ? n : 0;
}

/* refquota of the datasets, and what is left to those that they are in. */
static struct err *get_room(struct local *l, const nvlist_t *datasets, nvlist_t *got)
{
	static const char *const props[] = {"refquota", "available"};
	nvlist_t *once = nv_new();
	struct strv names = {0};

	nv_each(datasets, p) {
		char *parent = name_parent(nvpair_name(p));
		nv_add_flag(once, nvpair_name(p));
		if (parent != NULL)
			nv_add_flag(once, parent);
		free(parent);
	}
	nv_each(once, p)
		strv_add(&names, nvpair_name(p));
	nv_free(once);
	struct err *e = local_get(l, props, ARRAY_LEN(props), names.items, names.n, got);
	strv_free(&names);
	return e;
}

static struct err *list_way(struct local *l, const nvlist_t *refquotas, nvlist_t *datasets)
{
	struct strv argv = {0}, names = {0};
	struct buf out = {0};

	nv_each(datasets, p)
		strv_add(&names, nvpair_name(p));
	strv_split(&argv, "zfs list -Hp -d 1 -t snapshot -o name,referenced,clones");
	struct err *e = local_listing_of(l, &argv, names.items, names.n, &out);
	if (e == NULL)
		e = err_wrap(parse_way(buf_str(&out), refquotas, datasets), "%s", l->host);
	strv_free(&names);
	buf_free(&out);
	return e;
}

void local_way_holders(const char *snap, const char *tag, struct strv *out)
{
	nvlist_t *holds = NULL;

	if (lzc_get_holds(snap, &holds) == 0)
		nv_each(holds, p) {
			char *clean = str_clean(mem_strdup(nvpair_name(p)));
			if (!str_same(nvpair_name(p), tag))
				strv_add(out, clean);
			free(clean);
		}
	nvlist_free(holds);
	sorted_sort(out->items, out->n);
}

static nvlist_t *holders_of(const char *dataset, const char *tag, const nvlist_t *snaps)
{
	size_t n, m, k;
	char **names = nv_strs(snaps, "name", &n);
	uint64_t *holds = nv_u64s(snaps, "holds", &m), *held = nv_u64s(snaps, "held", &k);
	nvlist_t *all = nv_new();

	for (size_t i = 0; i < n && n == m && n == k; i++) {
		struct strv tags = {0};
		if (holds[i] <= held[i])
			continue;
		char *snap = str_fmt("%s@%s", dataset, names[i]);
		local_way_holders(snap, tag, &tags);
		if (tags.n > 0)
			nv_add_strs(all, names[i], tags.items,
				    tags.n < WAY_NAMED ? tags.n : WAY_NAMED);
		strv_free(&tags);
		free(snap);
	}
	return all;
}

static void add_rest(const char *name, const char *tag, const nvlist_t *got, nvlist_t *one)
{
	nvlist_t *way = nv_nv(one, "way") != NULL ? nv_dup(nv_nv(one, "way")) : nv_new(),
		 *holders = holders_of(name, tag, nv_nv(one, "snaps"));
	char *parent = name_parent(name);

	nv_add_nv(way, "holders", holders);
	if (parent != NULL && nv_nv(got, parent) != NULL)
		nv_add_u64(way, "room", value_of(got, parent, "available"));
	nv_add_nv(one, "way", way);
	nv_free(holders);
	nv_free(way);
	free(parent);
}

struct err *local_way(struct local *l, const char *tag, nvlist_t *datasets)
{
	nvlist_t *got = nv_new(), *refquotas = nv_new();
	struct err *e = get_room(l, datasets, got);

	nv_each(datasets, p) {
		uint64_t most = value_of(got, nvpair_name(p), "refquota");
		if (most != 0)
			nv_add_u64(refquotas, nvpair_name(p), most);
	}
	if (e == NULL)
		e = list_way(l, refquotas, datasets);
	nv_each(datasets, p)
		if (e == NULL)
			add_rest(nvpair_name(p), tag, got, nv_nv(datasets, nvpair_name(p)));
	nv_free(refquotas);
	nv_free(got);
	return e;
}
