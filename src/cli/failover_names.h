/* Which datasets a failover or takeover is about. */
#ifndef ZREP_CLI_FAILOVER_NAMES_H
#define ZREP_CLI_FAILOVER_NAMES_H

#include "engine/switchover.h"

/* Reads the operands, DATASET[@SNAP]... [HOST] or all [HOST], into r: names, groups, host, the snapshot to go back to.
 * The trees among them are synced first. *status: 0, or that failed, and was said. */
struct err *failover_names(struct switchover *r, int *status);

#endif
