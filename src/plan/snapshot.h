/* snaponly: the half of a sync that asks nobody. */
#ifndef ZREP_PLAN_SNAPSHOT_H
#define ZREP_PLAN_SNAPSHOT_H

#include "plan/pair.h"

struct plan;
struct sync_opts;

/* Only the snapshot of a sync, taken without the other side: what is newer than it is for the next. */
void plan_snapshot(const struct pair *pair, const struct sync_opts *opts, struct plan *out);

/* Adds the hooks around a snapshot of the source, where its host has some. */
void plan_snapshot_hooks(const struct pair *pair, struct plan *out);

#endif
