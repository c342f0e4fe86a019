#include <string.h>

#include "cli/rewind.h"
#include "cli/sync_run.h"
#include "cli/verb.h"

static int run_sync(struct ctx *c)
{
	struct sync_state r = {.c = c, .args = &c->args};

	for (size_t i = 0; i < c->args.n; i++)
		if (strchr(c->args.items[i], '@') != NULL)
			return rewind_replica(c);
	return sync_run(&r);
}

const struct verb verb_sync = {
    .name = "sync",
    .shorthand = "-S",
    .flags = "cfrIq:",
    .options = " recursive parallel limit ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[-fIR] [-P N] [-q SECONDS] DATASET... | all | DATASET@SNAP",
    .group = VERBS_DAILY,
    .summary = "bring replicas up to date",
    .text = "Sends what is new in each DATASET to its replica. `all` is every dataset that this\n"
	    "host is master of; one that fails does not stop the others. A dataset in which\n"
	    "nothing was written since the last time is only marked as up to date.\n"
	    "  -f          roll the destination back if somebody changed it (says what is lost);\n"
	    "              also sync a dataset that is paused\n"
	    "  -I          with a tag of its own: also the snapshots of others in between\n"
	    "  -P N        at most N transfers at a time (32)\n"
	    "  -q SECONDS  ignore a dataset that is busy with another zrep, if its last sync is\n"
	    "              at most SECONDS ago\n"
	    "  -c, -r      accepted for the script's sake: both are always on\n"
	    "With @SNAP the replica is rolled back to that snapshot instead: zrep names what is\n"
	    "newer there and destroys it, and DATASET is paused.\n",
    .run = run_sync,
    .gives_way = true,
};
