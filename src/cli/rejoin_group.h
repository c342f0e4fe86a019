/* The way back of datasets, none of which is within another: a dataset takes those below it along when it is renamed. */
#ifndef ZREP_CLI_REJOIN_GROUP_H
#define ZREP_CLI_REJOIN_GROUP_H

#include "cli/rejoin_loser.h"

/* From their names, of which none is within another, to their report. All of them go step by step together, and each succeeds or
 * fails for itself. The exit status. */
int rejoin_group(struct rejoin_run *run, const struct strv *names);

#endif
