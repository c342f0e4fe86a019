#include "zfs/parse_way.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/parse_line.h"

/* What is collected of one dataset. */
struct way {
	char *dataset; /* NULL: nothing is */
	nvlist_t *clones;
	struct strv receiving, large;
};

bool parse_clones(char *value, struct strv *clones)
{
	char *save = NULL;
	bool receiving = false;

	for (char *c = strtok_r(value, ",", &save); c != NULL; c = strtok_r(NULL, ",", &save)) {
		receiving = receiving || strstr(c, "/%recv") != NULL;
		if (name_is_dataset(c) && clones->n < WAY_NAMED)
			strv_add(clones, c);
	}
	sorted_sort(clones->items, clones->n);
	return receiving;
}

static void way_free(struct way *w)
{
	free(w->dataset);
	nv_free(w->clones);
	strv_free(&w->receiving);
	strv_free(&w->large);
	*w = (struct way){0};
}

/* Hands what was collected to its dataset. */
static struct err *flush(struct way *w, nvlist_t *datasets)
{
	nvlist_t *one = w->dataset != NULL ? nv_nv(datasets, w->dataset) : NULL;
	struct err *e = NULL;

	if (one != NULL && nv_nv(one, "way") == NULL) {
		nvlist_t *way = nv_new();
		nv_add_nv(way, "clones", w->clones);
		nv_add_strs(way, "receiving", w->receiving.items, w->receiving.n);
		nv_add_strs(way, "too_large", w->large.items, w->large.n);
		nv_add_nv(one, "way", way);
		nv_free(way);
	} else if (w->dataset != NULL) {
		e = parse_unexpected("list", w->dataset);
	}
	way_free(w);
	return e;
}

static bool add_snapshot(struct way *w, const char *part, const char *referenced, char *clones,
			 const nvlist_t *refquotas)
{
	struct strv names = {0};
	uint64_t bytes, most = nv_u64(refquotas, w->dataset, 0);

	if (!num_parse_u64(referenced, &bytes))
		return false;
	if (parse_clones(clones, &names))
		strv_add(&w->receiving, part);
	if (names.n > 0)
		nv_add_strs(w->clones, part, names.items, names.n);
	if (most != 0 && bytes > most)
		strv_add(&w->large, part);
	strv_free(&names);
	return true;
}

static struct err *parse_line(char *line, struct way *w, const nvlist_t *refquotas,
			      nvlist_t *datasets)
{
	char *f[3];
	struct err *e = NULL;

	if (!parse_split(line, f, ARRAY_LEN(f)) || !name_is_snapshot(f[0]))
		return parse_unexpected("list", line);
	char *at = strchr(f[0], '@');
	*at = '\0';
	if (!str_same(f[0], w->dataset)) {
		e = flush(w, datasets);
		w->dataset = mem_strdup(f[0]);
		w->clones = nv_new();
	}
	bool ok = add_snapshot(w, at + 1, f[1], f[2], refquotas);
	return ok ? e : err_first(e, parse_unexpected("list", f[0]));
}

struct err *parse_way(const char *text, const nvlist_t *refquotas, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	struct err *e = NULL;
	struct way w = {0};

	while (e == NULL && (line = parse_next_line(&rest)) != NULL)
		e = parse_line(line, &w, refquotas, datasets);
	e = err_first(e, flush(&w, datasets));
	free(copy);
	return e;
}
