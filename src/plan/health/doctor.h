/* doctor: what is odd about a dataset of zrep's, why, and the steps that mend it. */
#ifndef ZREP_PLAN_HEALTH_DOCTOR_H
#define ZREP_PLAN_HEALTH_DOCTOR_H

#include "plan/pair.h"

struct diagnosis;

/* Looks at both sides of a pair; at one only where the other is away, and then nothing that needs its word is
 * mended. Either may be NULL, not both. The caller frees with diagnosis_free(). */
void plan_doctor(const struct pair *pair, struct diagnosis *out);

#endif
