/* What is asked of whole trees before one of their datasets comes back. */
#ifndef ZREP_CLI_REJOIN_TREES_H
#define ZREP_CLI_REJOIN_TREES_H

#include "cli/rejoin_loser.h"

/* One after the other they come back; but if one of a tree cannot for the sake of another pair, none of it does: notes
 * that in run->refused. It is only looked, without locks: each is looked at again when its turn comes. */
void rejoin_trees_check(struct rejoin_run *run);

#endif
