/* What the kernel counts by itself for each dataset: it changes with every write, before that is committed, and nothing has to
 * be asked of ZFS for it. */
#ifndef ZREP_OS_WRITTEN_H
#define ZREP_OS_WRITTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/nv.h"

struct written_counters;

/* Where counters were found, kept from one reading to the next. NULL is fine for the others. */
struct written_counters *written_counters_new(void);
void written_counters_free(struct written_counters *w);

/* Adds to `counts` (dataset -> uint64) what is counted of the datasets (n names, sorted), or with `trees` of all that are below
 * each of them as well, summed up. What is not counted, as on a system that does not, is missing. */
void written_count(struct written_counters *w, char *const *names, size_t n, bool trees,
		   nvlist_t *counts);

#endif
