/* What is known of this host's datasets, as numbers. */
#ifndef ZREP_CLI_METRICS_H
#define ZREP_CLI_METRICS_H

#include "engine/context.h"
#include "ui/metrics.h"

/* Adds what status and status -m tell of a side's datasets. */
void metrics_add_side(const struct ctx *c, const struct side *side, struct metrics *m);

/* Adds what this host was seen to be the master of in pools that are not imported, of which only that is known, and appends
 * their names to `away`. `side` is everything that is zrep's, listed with LIST_SEEN. */
void metrics_add_away(const struct side *side, struct metrics *m, struct strv *away);

#endif
