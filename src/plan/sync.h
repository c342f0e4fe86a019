/* A sync: what the source has behind the newest snapshot that both have goes to the destination. */
#ifndef ZREP_PLAN_SYNC_H
#define ZREP_PLAN_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

struct plan;

struct sync_opts {
	bool force;     /* roll a changed destination back */
	bool zrep_only; /* send no foreign snapshots */
	bool all;       /* send all, those of other tags as well */
	bool leaving;   /* the last sync of a source that makes way */
	bool
	    said; /* where nothing is to be sent, a sync right before has said so: it is not marked again */
	bool no_snapshot; /* of what snapshots there are: none is taken */
	uint64_t seq;     /* the number of a new snapshot, at least */
	bool recursive;   /* what is below it belongs to it, from now on */
	bool no_expire;   /* old snapshots stay */
	bool
	    light; /* one of many: what another soon does as well (holds, marks, what expires) is left to that */
};

void plan_sync(const struct pair *pair, const struct sync_opts *opts, struct plan *out);

/* Would a sync of d send this snapshot, if it is newer than the base? */
bool plan_is_sent(const struct dataset *d, const struct snap *s, const struct sync_opts *opts);

#endif
