/* What doctor found, and the plan that mends it. */
#ifndef ZREP_PLAN_HEALTH_DIAGNOSIS_H
#define ZREP_PLAN_HEALTH_DIAGNOSIS_H

#include "plan/health/finding.h"
#include "plan/plan.h"

/* Levels of findings: OK, nothing depends on it; WARNING, zrep works, and something is not as it should be; CRITICAL,
 * zrep refuses, or somebody has to decide. */
struct diagnosis {
	struct finding *findings;
	size_t n;
	struct plan plan; /* mends what has a `mend` */
};

/* Adds a finding; its `mend` and `remedy` are the caller's to fill in, before the next one is added. */
struct finding *diagnosis_add(struct diagnosis *out, enum check_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of an error, its reason and its remedy. Takes NULL. */
void diagnosis_add_err(struct diagnosis *out, enum check_level level, const struct err *e);

/* The plan sets TAG:prop of an end's dataset; value NULL: clears it. */
void diagnosis_set(struct diagnosis *out, const struct pair *pair, const struct endpoint *me,
		   const char *prop, const char *value);

/* Frees what it has, not itself. */
void diagnosis_free(struct diagnosis *d);

#endif
