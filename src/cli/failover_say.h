/* What a failover or takeover says of its datasets. */
#ifndef ZREP_CLI_FAILOVER_SAY_H
#define ZREP_CLI_FAILOVER_SAY_H

#include "engine/switchover.h"

/* Of the i-th job, when all is over: a line where the role has moved. Collects it as well. */
void failover_say(const struct switchover *r, size_t i);

#endif
