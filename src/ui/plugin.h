/* What check and status -m print: one line and an exit status, as monitoring plugins have them. */
#ifndef ZREP_UI_PLUGIN_H
#define ZREP_UI_PLUGIN_H

#include "plan/plan.h"
#include "ui/ui.h"

struct plugin {
	char *const *names; /* of the datasets, with a health for each */
	const struct health *healths;
	size_t n;
	uint64_t max_lag; /* seconds; 0: no limit */
	size_t paused;    /* datasets that were left out for that */
};

/* The exit status of what cannot be judged; to monitoring, 2 is "critical". */
#define PLUGIN_UNKNOWN ((int)CHECK_UNKNOWN)

/* The first of the worst findings of one dataset, which has one. */
const struct finding *plugin_worst(const struct health *h);

/* Prints the line, with -v all findings as well. The exit status. */
int plugin_print(const struct ui *u, const struct plugin *p);

/* Nothing could be looked at at all. Takes e over. The exit status. */
int plugin_unknown(const struct ui *u, struct err *e);

#endif
