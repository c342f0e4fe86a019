/* What stands in the way of a dataset that is to go back to an older snapshot. All of it is found before anything is
 * done: nothing is destroyed unless all of it can be, and nothing is moved that could not be moved all the way. */
#ifndef ZREP_PLAN_OBSTACLES_H
#define ZREP_PLAN_OBSTACLES_H

#include "util/err.h"

struct dataset;
struct snap;

/* Why d cannot lose what is newer than `to` (one of its own): a refusal that names all that keeps it, each with what to
 * do. NULL: nothing does. `otherwise`: how to go back without losing anything, as a clause of the remedy; NULL: there
 * is no such way. */
struct err *plan_obstacles(const struct dataset *d, const struct snap *to, const char *host,
			   const char *otherwise);

/* Why there could be no clone of d beside it, as far as that can be told before; NULL: nothing is known against it. */
struct err *plan_no_room(const struct dataset *d, const char *host);

#endif
