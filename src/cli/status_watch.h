/* status -w: the table, live. */
#ifndef ZREP_CLI_STATUS_WATCH_H
#define ZREP_CLI_STATUS_WATCH_H

#include "engine/context.h"

/* Shows it on the terminal until a signal comes. `names`: of which datasets, NULL: all; `replicas`: those on this host as well.
 * The exit status. */
int status_watch(struct ctx *c, const struct strv *names, bool replicas);

#endif
