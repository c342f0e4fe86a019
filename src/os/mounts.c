#include "os/mounts.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"

void mounts_add(struct mounts *m, struct mount one)
{
	if ((m->n & (m->n - 1)) == 0) /* full: it doubles */
		m->items = mem_array(m->items, m->n > 0 ? m->n * 2 : 1, sizeof(one));
	m->items[m->n++] = one;
}

static const struct mount *by_id(const struct mounts *m, unsigned id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].id == id)
			return &m->items[i];
	return NULL;
}

/* A mount whose parent cannot be seen from here is a root; so may be one that is its own parent. */
static size_t depth_of(const struct mounts *m, const struct mount *one)
{
	size_t depth = 0;

	while (depth < m->n && one->parent != one->id && (one = by_id(m, one->parent)) != NULL)
		depth++;
	return depth;
}

void mounts_set_depths(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		m->items[i].depth = depth_of(m, &m->items[i]);
}

void mounts_free(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].root);
		free(m->items[i].point);
		free(m->items[i].options);
		free(m->items[i].type);
		free(m->items[i].source);
	}
	free(m->items);
	*m = (struct mounts){0};
}

const struct mount *mounts_next(const struct mounts *m, const char *dataset,
				const struct mount *last)
{
	for (size_t i = last != NULL ? (size_t)(last - m->items) + 1 : 0; i < m->n; i++)
		if (strcmp(m->items[i].type, "zfs") == 0 &&
		    strcmp(m->items[i].source, dataset) == 0)
			return &m->items[i];
	return NULL;
}

/* Of two at one depth the later one may cover the earlier. */
static int deepest_first(const void *a, const void *b)
{
	const struct mount *x = *(const struct mount *const *)a;
	const struct mount *y = *(const struct mount *const *)b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? 1 : -1;
	return (x < y) - (x > y);
}

const struct mount **mounts_within(const struct mounts *m, char *const *names, size_t n,
				   size_t *found)
{
	const struct mount **all = mem_array(NULL, m->n, sizeof(*all));

	*found = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *one = &m->items[i];
		if (strcmp(one->type, "zfs") != 0 || !name_is_dataset(one->source))
			continue;
		for (size_t j = 0; j < n; j++)
			if (name_within(one->source, names[j])) {
				all[(*found)++] = one;
				break;
			}
	}
	if (*found > 1)
		qsort(all, *found, sizeof(*all), deepest_first);
	return all;
}

const char *mounts_point_of(const struct mounts *m, const dev_t *devs, size_t n)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < n; j++)
			if (m->items[i].dev == devs[j])
				return m->items[i].point;
	return NULL;
}
