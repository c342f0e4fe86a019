/* A sync in two halves, and one backwards. */
#ifndef ZREP_PLAN_SNAPSHOT_H
#define ZREP_PLAN_SNAPSHOT_H

#include "plan/pair.h"

struct plan;
struct sync_opts;

/* Only the snapshot of a sync, taken without the other side: what is newer than it is for the next. */
void plan_snapshot(const struct pair *pair, const struct sync_opts *opts, struct plan *out);

/* The destination goes back to a snapshot of the source (`snap`, the part after '@') that it has as well. What is
 * newer there is destroyed; here it only loses its marks. The pair is paused, so that the next `sync all` does not
 * undo it. */
void plan_sync_back(const struct pair *pair, const char *snap, struct plan *out);

#endif
