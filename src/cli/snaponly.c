#include "cli/sync_run.h"
#include "cli/verb.h"

static int run_snaponly(struct ctx *c)
{
	struct sync_state r = {.c = c, .args = &c->args, .snap_only = true};

	return sync_run(&r);
}

const struct verb verb_snaponly = {
    .name = "snaponly",
    .flags = "",
    .options = " recursive ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[-R] DATASET... | all",
    .summary = "only the snapshot of a sync",
    .text = "Takes the snapshots, of all datasets of a pool at once, and asks no other host.\n"
	    "`zrep synconly` sends them later, so that a database can go on at once.\n",
    .run = run_snaponly,
};
