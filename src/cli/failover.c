#include "cli/failover_run.h"
#include "cli/verb.h"

static int run_failover(struct ctx *c)
{
	return failover_run(c, MOVE_AWAY);
}

const struct verb verb_failover = {
    .name = "failover",
    .flags = "L",
    .options = " discard limit end-sync ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[--end-sync] [-L [--discard]] DATASET[@SNAP]... | all [HOST]",
    .group = VERBS_ROLES,
    .summary = "make the other side the master (on the master)",
    .text = "Syncs, makes DATASET read-only, sends the rest, and hands the master's role to the\n"
	    "other side, all of it or nothing: when something fails before the decision, DATASET\n"
	    "stays the master and is writable again. Datasets below that zrep replicates move\n"
	    "with it. HOST: only those whose other side is there. What a crash left half done,\n"
	    "the next command finishes or undoes.\n"
	    "  --end-sync   a sync of this host's that has DATASET locked is ended: it is gone on\n"
	    "               with where it was\n"
	    "  -L           do not ask the other side: DATASET is reverted to what was sent last\n"
	    "               (or to SNAP), and is a read-only replica then. What was written since\n"
	    "               is preserved as DATASET_kept_TIME\n"
	    "  --discard    with -L: what was written since is destroyed\n"
	    "Hooks in /etc/zrep/hooks.d: see zrep(8).\n",
    .run = run_failover,
};
