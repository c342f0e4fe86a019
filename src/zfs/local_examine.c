/* What only `doctor` asks for: one zfs process for each of the two, however many datasets. */
#include "zfs/local_examine.h"

#include <string.h>

#include "util/buf.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_way.h"
#include "zfs/parse.h"
#include "zfs/parse_line.h"

/* Every property with our tag that is set, by name only: the values that are known are read with care. */
static struct err *list_tagged(struct local *l, const char *tag, nvlist_t *datasets)
{
	struct strv argv = {0};
	struct buf out = {0};

	strv_split(&argv, "zfs get -H -s local,received -o name,property all");
	nv_each(datasets, p)
		strv_add(&argv, nvpair_name(p));
	struct err *e = local_listing(l, &argv, &out);
	if (e == NULL)
		e = err_wrap(parse_tagged(buf_str(&out), tag, datasets), "%s", l->host);
	buf_free(&out);
	return e;
}

/* What was kept aside lies beside the dataset. */
static struct err *list_kept(struct local *l, nvlist_t *datasets)
{
	struct strv argv = {0};
	struct buf out = {0};
	struct err *e = NULL;
	bool any = false;

	strv_split(&argv, "zfs list -Hp -d 1 -o name,used -t filesystem,volume");
	nv_each(datasets, p) {
		char *parent = name_parent(nvpair_name(p));
		if (parent == NULL)
			continue;
		strv_add(&argv, parent);
		free(parent);
		any = true;
	}
	if (any)
		e = local_listing(l, &argv, &out);
	else
		strv_free(&argv);
	if (any && e == NULL)
		e = err_wrap(parse_preserved(buf_str(&out), datasets), "%s", l->host);
	buf_free(&out);
	return e;
}

/* Holds that are told of a dataset that was kept aside: as many as fit into what is typed. */
#define HOLDS_MAX 32

/* The lines are "NAME HOLDS", of snapshots. */
static void add_holds(char *lines, nvlist_t *one)
{
	struct strv snaps = {0}, by = {0};
	char *line;

	while ((line = parse_next_line(&lines)) != NULL && by.n < HOLDS_MAX) {
		struct strv tags = {0};
		char *f[2];
		if (!parse_split(line, f, 2) || strcmp(f[1], "0") == 0)
			continue;
		local_way_holders(f[0], NULL, &tags);
		for (size_t i = 0; i < tags.n && by.n < HOLDS_MAX; i++) {
			strv_add(&snaps, f[0]);
			strv_add(&by, tags.items[i]);
		}
		strv_free(&tags);
	}
	if (by.n > 0) {
		nv_add_strs(one, "kept_snap", snaps.items, snaps.n);
		nv_add_strs(one, "kept_holder", by.items, by.n);
	}
	strv_free(&snaps);
	strv_free(&by);
}

/* What would be in the way if somebody destroyed them. There are few, if any. */
static struct err *list_kept_holds(struct local *l, nvlist_t *datasets)
{
	struct err *e = NULL;

	nv_each(datasets, p) {
		nvlist_t *one = nv_nv(datasets, nvpair_name(p));
		struct strv argv = {0};
		struct buf out = {0};
		size_t n = 0;
		char **kept = one != NULL ? nv_strs(one, "kept", &n) : NULL;
		if (n == 0 || e != NULL)
			continue;
		strv_split(&argv, "zfs list -Hp -r -t snapshot -o name,userrefs");
		for (size_t i = 0; i < n; i++)
			strv_add(&argv, kept[i]);
		if ((e = local_listing(l, &argv, &out)) == NULL && out.data != NULL)
			add_holds(out.data, one);
		buf_free(&out);
	}
	return e;
}

struct err *local_list_for_doctor(struct local *l, const char *tag, nvlist_t *datasets)
{
	struct err *e = list_tagged(l, tag, datasets);

	if (e == NULL)
		e = list_kept(l, datasets);
	return e != NULL ? e : list_kept_holds(l, datasets);
}
