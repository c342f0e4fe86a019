/* A run of one of the verbs that transfer. */
#ifndef ZREP_CLI_SYNC_RUN_H
#define ZREP_CLI_SYNC_RUN_H

#include "cli/sync_state.h"

/* Of r, the caller has set c, and which of the verbs it is: how it lists, locks and plans. */
void sync_prepare(struct sync_state *r);

/* Of r, the caller sets c, args, and which of the verbs it is. The exit status. */
int sync_run(struct sync_state *r);

/* For other verbs: syncs datasets (with `pull`, fetches), saying only what went wrong. The exit status. */
int sync_run_names(struct ctx *c, const struct strv *names, bool pull);

#endif
