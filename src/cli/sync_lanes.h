/* `sync all` and `refresh all`: the datasets of each host and pool go their way by themselves. */
#ifndef ZREP_CLI_SYNC_LANES_H
#define ZREP_CLI_SYNC_LANES_H

#include "cli/sync_state.h"

/* Does all of it, and says what came of it. False: it is one lane only, and nothing was done. `hosts` and `fss` say where the
 * other sides of `names` are. */
bool sync_lanes(struct sync_state *r, const struct strv *names, const struct strv *hosts,
		const struct strv *fss, int *status);

#endif
