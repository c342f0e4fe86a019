/* What check and status -m print: one line and an exit status, as monitoring plugins have them. */
#ifndef ZREP_CMD_MONITOR_H
#define ZREP_CMD_MONITOR_H

#include "cli/verb.h"
#include "plan/health/finding.h"

struct monitor {
	char *const *names; /* of the datasets, with a health for each */
	const struct health *healths;
	size_t n;
	uint64_t max_lag; /* seconds; 0: no limit */
	size_t paused;    /* datasets that were left out for that */
};

/* The first of the worst findings of one dataset, which has one. */
const struct finding *monitor_worst(const struct health *h);

/* --max-lag, in seconds; 0: not given. */
struct err *monitor_max_lag(const struct ctx *c, uint64_t *seconds);

/* Prints the line (with -v all findings, with --json those instead). The exit status. */
int monitor_tell(const struct ctx *c, const struct monitor *m);

/* Nothing could be looked at at all. Takes e over. The exit status. */
int monitor_unknown(const struct ctx *c, struct err *e);

#endif
