#include "cli/failover_run.h"
#include "cli/verb.h"

static int run_takeover(struct ctx *c)
{
	return failover_run(c, MOVE_HERE);
}

const struct verb verb_takeover = {
    .name = "takeover",
    .flags = "L",
    .options = " force discard fenced limit ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[--force] [-L [--discard] [--fenced]] DATASET[@SNAP]... | all [HOST]",
    .group = VERBS_ROLES,
    .summary = "become the master (on the replica)",
    .text =
	"The same as failover, asked for on the replica's host.\n"
	"  -L           do not ask the master, because it is gone. What it had not sent is\n"
	"               missing here; when it comes back, `zrep rejoin` preserves that there.\n"
	"               With SNAP, revert to that first\n"
	"  --force      with -L, on a master in doubt: take the role back whatever the other\n"
	"               side decided; if it is locked by a zrep that hangs and does not end:\n"
	"               go on without the lock. Without -L, if nobody is the master because\n"
	"               one side was set back to an older image: go on with this side\n"
	"  --fenced     with -L: the master's host is off, and somebody has seen to that, as a\n"
	"               cluster manager does; the hook fence is not run\n"
	"  --discard    with -L and SNAP: what is newer than SNAP is destroyed, not\n"
	"               preserved\n",
    .run = run_takeover,
};
