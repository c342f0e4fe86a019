/* The way back of one dataset. */
#ifndef ZREP_CLI_REJOIN_ONE_H
#define ZREP_CLI_REJOIN_ONE_H

#include "cli/rejoin_loser.h"

/* From its name to its report. A dataset takes those below it along when it is renamed, so several of them come back one
 * after the other. The exit status. */
int rejoin_one(struct rejoin_run *run, const char *name);

#endif
