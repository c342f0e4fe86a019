#include "cli/sync_run.h"
#include "cli/verb.h"

static int run_synconly(struct ctx *c)
{
	struct sync_state r = {.c = c, .args = &c->args, .sync_only = true};

	return sync_run(&r);
}

const struct verb verb_synconly = {
    .name = "synconly",
    .flags = "fIq:",
    .options = " recursive parallel limit ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[-fIR] [-P N] [-q SECONDS] DATASET... | all",
    .summary = "only the transfer of a sync",
    .text = "Sends the snapshots that exist, and takes none. Options are those of sync.\n",
    .run = run_synconly,
    .gives_way = true,
};
