/* expire --release: the space that is kept for a replica that is away. */
#ifndef ZREP_PLAN_RETENTION_GIVE_UP_H
#define ZREP_PLAN_RETENTION_GIVE_UP_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* Destroys the snapshots of zrep's own on the master (the source) that it keeps to send from, and lets go of what else it
 * holds. Their bookmarks stay, and the next sync goes on from those. Refused where there is no bookmark of the newest that
 * the other side is known to have. What keep wants, or somebody else holds, stays. */
void plan_give_up(const struct pair *pair, struct plan *out);

/* Could plan_give_up() be done? */
bool plan_can_give_up(const struct dataset *d);

#endif
