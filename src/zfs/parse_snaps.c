/* The listing of snapshots. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/snap_columns.h"
#include "zfs/parse.h"
#include "zfs/parse_int.h"

/* The snapshots of one dataset while they are collected. */
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
	qsort(sorted, s->n, sizeof(char *), parse_by_text);
	for (size_t i = 1; i < s->n; i++)
		twice = twice || strcmp(sorted[i - 1], sorted[i]) == 0;
	free(sorted);
	return twice;
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
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
	for (size_t i = 0; i < SNAP_LISTED; i++)
		free(s->num[i]);
	*s = (struct snaps){0};
	return e;
}

static struct err *parse_snap_line(char *line, char dataset[NAME_DATASET_MAX + 1], struct snaps *s,
				   nvlist_t *datasets)
{
	char *f[SNAP_LISTED + 2];
	uint64_t num[SNAP_LISTED];
	struct err *e = NULL;

	if (!parse_split(line, f, ARRAY_LEN(f)) || !name_is_snapshot(f[0]) ||
	    strcmp(f[0], f[SNAP_LISTED + 1]) != 0)
		return parse_unexpected("list", line);
	for (size_t i = 0; i < SNAP_LISTED; i++) {
		if (num_parse_u64(f[i + 1], &num[i]))
			continue;
		if (snap_columns[i].zfs != NULL)
			return parse_unexpected("list", f[0]);
		num[i] = 0;
	}
	char *at = strchr(f[0], '@');
	*at = '\0';
	if (strcmp(f[0], dataset) != 0)
		e = snaps_flush(s, dataset, datasets);
	strcpy(dataset, f[0]); /* shorter than a checked snapshot name */
	snaps_add(s, at + 1, num);
	return e;
}

struct err *parse_snaps(const char *text, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	char dataset[NAME_DATASET_MAX + 1] = "";
	struct snaps s = {0};
	struct err *e = NULL;

	while (e == NULL && (line = parse_next_line(&rest)) != NULL)
		e = parse_snap_line(line, dataset, &s, datasets);
	free(copy);
	return err_first(e, snaps_flush(&s, dataset, datasets));
}
