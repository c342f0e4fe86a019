/* Runs over everything, and -q: what another run is working on may stay as it is. */
#ifndef ZREP_CLI_SYNC_ALL_H
#define ZREP_CLI_SYNC_ALL_H

#include "cli/sync_state.h"

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
