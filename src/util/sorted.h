/* Names in the order of their bytes, and one found among them by bisection. */
#ifndef ZREP_UTIL_SORTED_H
#define ZREP_UTIL_SORTED_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline int sorted_by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void sorted_sort(char **names, size_t n)
{
	if (n > 1)
		qsort(names, n, sizeof(char *), sorted_by_text);
}

/* The index of the first that is not less than `name`; n where there is none. The n items, of `size` bytes each, are in the
 * order of their names, to which their first member points. */
static inline size_t sorted_first(const void *items, size_t n, size_t size, const char *name)
{
	const char *base = items;
	size_t first = 0;

	while (n > 0) {
		size_t half = n / 2;
		if (strcmp(*(char *const *)(const void *)(base + (first + half) * size), name) <
		    0) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return first;
}

/* The same of names alone. */
static inline size_t sorted_from(char *const *names, size_t n, const char *name)
{
	return sorted_first(names, n, sizeof(*names), name);
}

static inline bool sorted_has(char *const *names, size_t n, const char *name)
{
	size_t i = sorted_from(names, n, name);

	return i < n && strcmp(names[i], name) == 0;
}

#endif
