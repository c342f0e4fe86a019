/* What a half-done change of roles has become, and its end. */
#ifndef ZREP_PLAN_ROLE_RECOVER_H
#define ZREP_PLAN_ROLE_RECOVER_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* Finishes or undoes what either side's T:switch says, and nothing else. `again` where it takes another
 * look. A refusal (ERR_UNREACHABLE) where the other side has to be asked and cannot be. */
void plan_settle(const struct pair *pair, struct plan *out);

/* Is there anything to settle? */
bool plan_is_settled(const struct pair *pair);

#endif
