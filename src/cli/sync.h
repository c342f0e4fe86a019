/* What other verbs want of sync. */
#ifndef ZREP_CLI_SYNC_H
#define ZREP_CLI_SYNC_H

#include "engine/session.h"

/* Syncs datasets (with `pull`, fetches), saying only what went wrong. The exit status. */
int sync_names(struct ctx *c, const struct strv *names, bool pull);

#endif
