#include "cli/failover_run.h"
#include "cli/verb.h"

static int run_yield(struct ctx *c)
{
	return failover_run(c, MOVE_OFFER);
}

const struct verb verb_yield = {
    .name = "yield",
    .flags = "L",
    .options = " limit end-sync ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[--end-sync] [-L] DATASET... | all [HOST]",
    .group = VERBS_ROLES,
    .summary = "make way, and offer the role (on the master)",
    .text =
	"Syncs, makes DATASET read-only, sends the rest, and offers the master's role to the\n"
	"other side: nobody is writable then. `zrep takeover` there takes it, without asking\n"
	"this host, which may be off by then; `zrep takeover` here takes it back. For cluster\n"
	"managers, which decide who leads after somebody has made way. Datasets below that zrep\n"
	"replicates make way with it. Where the other side cannot be asked, DATASET is made\n"
	"read-only all the same, and nobody is offered its role.\n"
	"  --end-sync   a sync of this host's that has DATASET locked is ended: it is gone on\n"
	"               with where it was\n"
	"  -L           do not ask the other side\n",
    .run = run_yield,
};
