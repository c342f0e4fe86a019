/* What the roles are made of: properties, readonly, hooks. */
#ifndef ZREP_PLAN_ROLE_ROLE_PROPS_H
#define ZREP_PLAN_ROLE_ROLE_PROPS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/step.h"

struct plan;

/* The tag's properties that say where a change of roles stands. What sets one of them, or readonly, expects them as they
 * were seen (see plan_expect()): whoever has other locks may have settled the dataset as well, and more. */
#define ROLE_MARKS "switch epoch master"

/* The properties that make an end the replica of its other side. `other` is NULL, or not a master, where
 * it does not know; epoch 0: left as it is. */
nvlist_t *plan_replica_props(const struct pair *pair, enum pair_side at, uint64_t epoch);

/* The properties that make an end the master. */
nvlist_t *plan_master_props(const struct pair *pair, enum pair_side at, uint64_t epoch,
			    uint64_t fork);

/* A step of a hook, with its facts: the epoch that is about to be, the role that the side has then. */
void plan_hook(struct plan *p, const struct pair *pair, enum pair_side at, enum step_phase phase,
	       uint64_t epoch, const char *role);

/* The note on an end's readonly before zrep sets it, as a property to set with others; and its way back. */
void plan_remember_readonly(nvlist_t *props, const char *tag, const struct dataset *d);
void plan_restore_readonly(struct plan *p, const struct pair *pair, enum pair_side at);

/* What ends a readonly=on of its own: `set`, readonly=off; else what comes from above. The caller frees. */
nvlist_t *plan_readonly_off(bool set);

/* What makes a replica writable that is to be the master: that way back, and away with what is on for another reason. NULL:
 * it is to stay read-only, or is not. The caller frees. */
nvlist_t *plan_writable_props(const struct dataset *d);

#endif
