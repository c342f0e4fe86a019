/* Which snapshots have served their time. */
#ifndef ZREP_PLAN_RETENTION_EXPIRE_H
#define ZREP_PLAN_RETENTION_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

struct arriving;
struct plan;

/* Expire on one side. Without the other's word the newest marked or held snapshot counts as base, and what
 * is newer stays. */
void plan_expire(const struct pair *pair, enum pair_side at, struct plan *out);

/* Says on a snapshot of the destination, where it has the name `name_there`, that it was passed on: as what the
 * destination keeps as its own, or only so that another member of the set can go on from it. */
void plan_cascaded(struct plan *p, const struct pair *pair, const char *dataset,
		   const struct snap *snap, const char *name_there);
void plan_ground(struct plan *p, const struct pair *pair, const char *dataset,
		 const struct snap *snap, const char *name_there);

/* Adds steps that destroy own snapshots of a side that neither its savecount nor its keep wants. `base` (a
 * GUID) is never touched. */
void plan_expire_side(struct plan *p, const struct pair *pair, enum pair_side at,
		      const struct arriving *arriving, uint64_t base);

#endif
