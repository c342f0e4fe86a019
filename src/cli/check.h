/* What check has to say, for another verb that asks for it. */
#ifndef ZREP_CLI_CHECK_H
#define ZREP_CLI_CHECK_H

#include "engine/context.h"
#include "plan/health/finding.h"

/* By dataset. */
struct check_verdicts {
	struct strv names;
	struct health *healths;
};

/* Asks both sides of each of the datasets, of all where there are none; nothing is locked or changed. max_lag in seconds, 0: no
 * limit but what each is wished for. The caller frees, also after an error. */
struct err *check_all(struct ctx *c, const struct strv *datasets, uint64_t max_lag,
		      struct check_verdicts *out);
void check_verdicts_free(struct check_verdicts *v);

#endif
