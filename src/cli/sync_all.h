/* Runs over everything, and -q: what another run is working on may stay as it is. */
#ifndef ZREP_CLI_SYNC_ALL_H
#define ZREP_CLI_SYNC_ALL_H

#include "cli/sync_state.h"

/* Appends what belongs to `all` and cannot be seen, so that it is told: what cannot be listed, and the masters, or the replicas, in
 * pools that are not imported. What is to be said of these is printed. */
void sync_all_unseen(const struct ctx *c, const struct side *side, bool replicas,
		     struct strv *names);

/* What `all` stands for: the masters of this host, or its replicas, and where their other sides are. */
struct err *sync_all_names(const struct sync_state *r, struct strv *names, struct strv *hosts,
			   struct strv *fss);

/* A run over everything excludes another one. *excused: another has it, and -q says that nothing is older than it may
 * be: there is nothing to do. */
struct err *sync_all_lock(struct sync_state *r, bool *excused);

/* Reads -q into r. */
struct err *sync_all_quiet(struct sync_state *r);

/* A busy dataset that was synced recently enough is fine as it is. */
void sync_all_excuse(struct sync_state *r);

#endif
