/* What a half-done change of roles has become, and its end. */
#ifndef ZREP_PLAN_ROLE_RECOVER_H
#define ZREP_PLAN_ROLE_RECOVER_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* Finishes or undoes what either side's T:switch says, and nothing else. `again` where it takes another
 * look. A refusal (ERR_UNREACHABLE) where the other side has to be asked and cannot be. */
void plan_recover(const struct pair *pair, struct plan *out);

/* The ordinary end of a planned change, in the plan that decides: pair->dst is made ready as the master of that epoch as soon
 * as it has decided, and pair->src becomes its replica if it still is as it was seen, both without another look. `fork`: the
 * GUID of the base; `predict`: all that pair->src has is yet to be sent; `decision`: what that stores. Nothing where the host cannot (`makes_writable`), or another tag forbids it: recovery does it then. */
void plan_finish_switch(const struct pair *pair, uint64_t epoch, uint64_t fork, bool predict,
			const nvlist_t *decision, struct plan *out);

/* For -n: what recovery does at pair->dst once that has decided to be the master of that epoch. */
void plan_finish_promotion(const struct pair *pair, uint64_t epoch, struct plan *out);

/* Is there a role change that a crash left, or that is under way? */
bool plan_needs_recovery(const struct pair *pair);

#endif
