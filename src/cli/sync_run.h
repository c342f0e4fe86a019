/* A run of one of the verbs that transfer. */
#ifndef ZREP_CLI_SYNC_RUN_H
#define ZREP_CLI_SYNC_RUN_H

#include "cli/sync_state.h"

/* What came of a sync of trees. */
struct sync_trees {
	bool
	    as_seen; /* every dataset of them was synced, and is what it was seen to be: nothing was added, renamed or settled */
	struct strv synced; /* if so: they all, by name */
};

/* Of r, the caller has set c, and which of the verbs it is: how it lists, locks and plans. */
void sync_prepare(struct sync_state *r);

/* Of r, the caller sets c, args, and which of the verbs it is. The exit status. */
int sync_run(struct sync_state *r);

/* For other verbs: syncs recursive pairs (with `pull`, fetches), of what this host was seen to have a moment ago, saying only what
 * went wrong. The exit status. The caller frees out->synced. */
int sync_run_trees(struct ctx *c, const struct strv *tops, const struct side *seen, bool pull,
		   struct sync_trees *out);

#endif
