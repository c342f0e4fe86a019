/* Is the other side the dataset that this one means? */
#ifndef ZREP_PLAN_NAMED_H
#define ZREP_PLAN_NAMED_H

#include "plan/pair.h"

/* Is pair->dst.d the dataset that pair->src.d means, by host, name and GUID? Where pair->pull, that has to be proven; else the
 * source has reached it by its own words. An error if it is not. */
struct err *plan_check_named(const struct pair *pair);

/* The same as far as one side can tell by itself: a copy of a replica, see struct dataset. NULL if it is none. */
struct err *plan_check_copy(const struct dataset *d, const char *host);

/* Adds T:dest-self for a side of the pair (its dataset, NULL: none yet), where it is another than is stored. */
void plan_note_self(nvlist_t *props, const struct pair *pair, const struct dataset *d);

#endif
