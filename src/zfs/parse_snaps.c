/* The listing of snapshots. */
#include "zfs/parse_snaps.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/snap_columns.h"
#include "util/sorted.h"
#include "zfs/parse.h"
#include "zfs/parse_line.h"

/* The snapshots of one dataset while they are collected, or its bookmarks. */
struct snaps {
	size_t n, cap;
	char **name;
	uint64_t *num[SNAP_LISTED];
};

static void snaps_add(struct snaps *s, const char *part, const uint64_t num[SNAP_LISTED])
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->name = mem_array(s->name, s->cap, sizeof(char *));
		for (size_t i = 0; i < SNAP_LISTED; i++)
			s->num[i] = mem_array(s->num[i], s->cap, sizeof(uint64_t));
	}
	s->name[s->n] = mem_strdup(part);
	for (size_t i = 0; i < SNAP_LISTED; i++)
		s->num[i][s->n] = num[i];
	s->n++;
}

static bool has_twice(const struct snaps *s)
{
	char **sorted = mem_array(NULL, s->n, sizeof(char *));
	bool twice = false;

	memcpy(sorted, s->name, s->n * sizeof(char *));
	sorted_sort(sorted, s->n);
	for (size_t i = 1; i < s->n; i++)
		twice = twice || strcmp(sorted[i - 1], sorted[i]) == 0;
	free(sorted);
	return twice;
}

static void snaps_clear(struct snaps *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
	for (size_t i = 0; i < SNAP_LISTED; i++)
		free(s->num[i]);
	*s = (struct snaps){0};
}

/* Hands the collected snapshots to their dataset and begins anew. */
static struct err *snaps_flush(struct snaps *s, const char *dataset, nvlist_t *datasets)
{
	nvlist_t *one = s->n > 0 ? nv_nv(datasets, dataset) : NULL;
	struct err *e = NULL;

	if (one != NULL && nv_nv(one, "snaps") == NULL && !has_twice(s)) {
		nvlist_t *snaps = nv_new(), *copy = nv_dup(one);
		nv_add_strs(snaps, "name", s->name, s->n);
		for (size_t i = 0; i < SNAP_LISTED; i++)
			nv_add_u64s(snaps, snap_columns[i].key, s->num[i], s->n);
		nv_add_nv(copy, "snaps", snaps);
		nv_add_nv(datasets, dataset, copy);
		nv_free(copy);
		nv_free(snaps);
	} else if (s->n > 0) {
		e = parse_unexpected("list", dataset);
	}
	snaps_clear(s);
	return e;
}

/* The same with bookmarks. */
static struct err *bookmarks_flush(struct snaps *s, const char *dataset, nvlist_t *datasets)
{
	nvlist_t *one = s->n > 0 ? nv_nv(datasets, dataset) : NULL;
	struct err *e = NULL;

	if (one != NULL && nv_nv(one, "bookmarks") == NULL && !has_twice(s)) {
		nvlist_t *marks = nv_new();
		nv_add_strs(marks, "name", s->name, s->n);
		for (size_t i = 0; i < SNAP_LISTED; i++)
			if (snap_columns[i].bookmarks)
				nv_add_u64s(marks, snap_columns[i].key, s->num[i], s->n);
		nv_add_nv(one, "bookmarks", marks);
		nv_free(marks);
	} else if (s->n > 0) {
		e = parse_unexpected("list", dataset);
	}
	snaps_clear(s);
	return e;
}

/* What stands in one line, and what is collected of it. They come dataset by dataset; but between the snapshots of one
 * and its bookmarks may be those of another, whose name has a blank where the '#' is. */
struct kind {
	char dataset[NAME_DATASET_MAX + 1];
	struct snaps rows;
};

static struct err *flush(struct kind *k, bool bookmarks, nvlist_t *datasets)
{
	return bookmarks ? bookmarks_flush(&k->rows, k->dataset, datasets)
			 : snaps_flush(&k->rows, k->dataset, datasets);
}

static struct err *parse_snap_line(char *line, struct kind kinds[2], nvlist_t *datasets)
{
	char *f[SNAP_LISTED + 2];
	uint64_t num[SNAP_LISTED];
	struct err *e = NULL;

	if (!parse_split(line, f, ARRAY_LEN(f)) || strcmp(f[0], f[SNAP_LISTED + 1]) != 0)
		return parse_unexpected("list", line);
	bool bookmark = name_is_bookmark(f[0]);
	if (!bookmark && !name_is_snapshot(f[0]))
		return parse_unexpected("list", line);
	for (size_t i = 0; i < SNAP_LISTED; i++) {
		if (num_parse_u64(f[i + 1], &num[i]))
			continue;
		if (snap_columns[i].zfs != NULL && (!bookmark || snap_columns[i].bookmarks))
			return parse_unexpected("list", f[0]);
		num[i] = 0;
	}
	struct kind *k = &kinds[bookmark];
	char *at = strchr(f[0], bookmark ? '#' : '@');
	*at = '\0';
	if (strcmp(f[0], k->dataset) != 0)
		e = flush(k, bookmark, datasets);
	strcpy(k->dataset, f[0]); /* shorter than a checked snapshot name */
	snaps_add(&k->rows, at + 1, num);
	return e;
}

struct err *parse_snaps(const char *text, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	struct kind kinds[2] = {0};
	struct err *e = NULL;

	while (e == NULL && (line = parse_next_line(&rest)) != NULL)
		e = parse_snap_line(line, kinds, datasets);
	free(copy);
	for (int i = 0; i < 2; i++)
		e = err_first(e, flush(&kinds[i], i != 0, datasets));
	return e;
}
