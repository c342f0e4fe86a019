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

/* The index of the first that is not less than `name`; n where there is none. */
static inline size_t sorted_from(char *const *names, size_t n, const char *name)
{
	size_t first = 0;

	while (n > 0) {
		size_t half = n / 2;
		if (strcmp(names[first + half], name) < 0) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return first;
}

static inline bool sorted_has(char *const *names, size_t n, const char *name)
{
	size_t i = sorted_from(names, n, name);

	return i < n && strcmp(names[i], name) == 0;
}

#endif
