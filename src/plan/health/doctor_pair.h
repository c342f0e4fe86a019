/* What is odd about a pair, and can only be told of both sides. */
#ifndef ZREP_PLAN_HEALTH_DOCTOR_PAIR_H
#define ZREP_PLAN_HEALTH_DOCTOR_PAIR_H

#include <stdbool.h>

#include "plan/pair.h"

struct diagnosis;

/* False: one of them is in the middle of a role change, which is all that can be said. */
bool doctor_pair(const struct pair *pair, struct diagnosis *out);

#endif
