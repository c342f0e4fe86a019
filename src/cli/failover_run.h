/* A run of failover or takeover. */
#ifndef ZREP_CLI_FAILOVER_RUN_H
#define ZREP_CLI_FAILOVER_RUN_H

#include <stdbool.h>

struct ctx;

/* The exit status. */
int failover_run(struct ctx *c, bool takeover);

#endif
