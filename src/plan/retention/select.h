/* What a side's keep wants of its snapshots. */
#ifndef ZREP_PLAN_RETENTION_SELECT_H
#define ZREP_PLAN_RETENTION_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"

/* Own snapshots that a dataset will have got by the time it expires. */
struct arriving {
	size_t n;                 /* all of them */
	const uint64_t *creation; /* times of those that the other side has already */
	size_t n_known;           /* how many these are */
};

/* Which of d's snapshots its keep wants, of own ones up to last_txg: a flag for each, the caller frees.
 * Periods are counted by what is there or coming. One that has yet to be made counts the next time: what
 * its time will be is not known. */
bool *plan_retained(const struct dataset *d, uint64_t last_txg, const struct arriving *arriving);

/* The same of other tools' snapshots, by T:foreign-keep of ages, up to last_txg. */
bool *plan_retained_foreign(const struct dataset *d, uint64_t last_txg);

/* Other tools': no tag's own, and nothing that zrep has marked. */
bool plan_is_foreign(const struct snap *s);

/* Does it expire? Ours by its name, or passed on by us. */
bool plan_is_ours(const struct snap *s);

#endif
