/* The verbs that transfer are one: sync sends to the replicas of this host's masters, refresh fetches for the
 * replicas of this host; snaponly and synconly are the two halves of a sync. */
#ifndef ZREP_CLI_SYNC_STATE_H
#define ZREP_CLI_SYNC_STATE_H

#include "engine/session.h"
#include "plan/sync.h"

struct sync_state {
	struct ctx *c;
	const struct strv *args; /* datasets, or "all" */
	bool silent;             /* only what went wrong is said */
	struct session w;
	bool pull, all;
	bool sync_only; /* no snapshot is taken */
	bool snap_only; /* nothing is sent, nobody asked */
	struct sync_opts opts;
	uint64_t most;     /* bytes: what has more to send is left out, with `all`; 0: nothing is */
	struct strv large; /* what was */
	uint64_t quiet;    /* -q, 0 without it */
	struct strv
	    adopted; /* what was there already became the replica: what is newer is still to be sent */
	unsigned trees; /* how what is below is listed */
	/* Of trees that are synced for another verb: what this host was seen to have, and where it is said what came of it. */
	const struct side *seen;
	struct sync_trees *of_trees;
	struct held batch; /* the lock of the whole run, see OP_LOCK */
};

#endif
