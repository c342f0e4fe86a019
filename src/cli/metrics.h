/* What is known of this host's datasets, as numbers. */
#ifndef ZREP_CLI_METRICS_H
#define ZREP_CLI_METRICS_H

#include "engine/context.h"
#include "ui/metrics.h"

/* Adds what status and status -m tell of a side's datasets. */
void metrics_add_side(const struct ctx *c, const struct side *side, struct metrics *m);

#endif
