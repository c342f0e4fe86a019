/* What is odd about one side of a pair, and can be told without the other. */
#ifndef ZREP_PLAN_HEALTH_DOCTOR_ONE_H
#define ZREP_PLAN_HEALTH_DOCTOR_ONE_H

#include <stdbool.h>

#include "plan/pair.h"

struct diagnosis;

/* Nothing where there is no dataset. */
void doctor_one(const struct pair *pair, enum pair_side at, struct diagnosis *out);

/* Would it be the master if TAG:master were not received or inherited? */
bool doctor_claims(const struct dataset *d, const char *tag);

/* All four properties of the pair. */
bool doctor_has_pair(const struct dataset *d);

#endif
