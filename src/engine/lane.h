/* Parts of a run that wait for nobody but themselves: the datasets of one host and pool on either side. A host or a pool
 * that hangs holds up its own lanes only. Transfers at a time are of the whole run: each lane can always have its share of
 * them, and whatever the others leave. */
#ifndef ZREP_ENGINE_LANE_H
#define ZREP_ENGINE_LANE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct lanes;

struct lane {
	struct lanes *all;
	unsigned running; /* transfers; under the lock of all */
	bool begun;       /* it may have some; nothing is kept for one that nobody has begun */
	bool over;        /* it will have no more */
};

struct lanes {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned parallel; /* transfers at a time */
	struct lane *items;
	size_t n;
};

/* Which of the datasets (their names; the hosts and names of their other sides) go together: by dataset the number of its lane,
 * from 0 on, the first one's first. The caller frees. Pure. */
size_t *lanes_of(const struct strv *names, const struct strv *hosts, const struct strv *fss,
		 size_t *n_lanes);

void lanes_init(struct lanes *l, size_t n, unsigned parallel);
void lanes_free(struct lanes *l);

/* May a lane begin one more transfer? Pure; the lock is the caller's. */
bool lane_may(const struct lane *lane);

/* Waits for its turn, and gives it back. NULL is fine. */
void lane_enter(struct lane *lane);
void lane_leave(struct lane *lane);
/* Somebody is at it. */
void lane_begin(struct lane *lane);
/* It transfers nothing any more. */
void lane_end(struct lane *lane);

#endif
