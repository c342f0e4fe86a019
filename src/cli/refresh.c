#include "cli/sync_run.h"
#include "cli/verb.h"

static int run_refresh(struct ctx *c)
{
	struct sync_state r = {.c = c, .args = &c->args, .pull = true};

	return sync_run(&r);
}

const struct verb verb_refresh = {
    .name = "refresh",
    .flags = "cfrIq:",
    .options = " recursive parallel limit ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[-fIR] [-P N] [-q SECONDS] DATASET... | all",
    .group = VERBS_DAILY,
    .summary = "the same, asked for on the replica's host",
    .text = "Fetches what is new from the master of each DATASET, which is a replica on this\n"
	    "host. `all` is every replica on this host. The master's host is asked for\n"
	    "everything, and needs no access to this one. Options are those of sync.\n"
	    "  -c, -r  accepted for the script's sake\n",
    .run = run_refresh,
    .gives_way = true,
};
