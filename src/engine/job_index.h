/* The jobs of a run by the names of their datasets, to be found without looking at all of them. It is of one moment: jobs
 * that are added later, dropped, or turned round are not in it as they are then. */
#ifndef ZREP_ENGINE_JOB_INDEX_H
#define ZREP_ENGINE_JOB_INDEX_H

#include "engine/peers.h"

struct job_index {
	struct job_ref {
		const char *name;
		size_t i; /* of the session's jobs, or of a run's tasks */
	} * items;        /* by name, and those of one name as they stand in the session */
	size_t n;
};

/* By the names on one side of the pairs; those that have none there are left out. */
void job_index_make(const struct session *s, enum pair_side side, struct job_index *out);
/* Of items that are its own. */
void job_index_sort(struct job_index *x);
void job_index_free(struct job_index *x);

/* The first place of that name, or of the first that follows it: x->items[place.. ]. */
size_t job_index_from(const struct job_index *x, const char *name);

/* Goes over the jobs of one name: `place` is a size_t. */
#define job_index_each(x, wanted, place)                                                           \
	for (size_t place = job_index_from(x, wanted);                                             \
	     place < (x)->n && strcmp((x)->items[place].name, wanted) == 0; place++)

#endif
