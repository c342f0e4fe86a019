/* Is ZFS on this host slow, or does it hang? A call may take minutes without a sign of life: a listing prints at its
 * end, and a destroy or the end of a receive says nothing at all. So while one does, ZFS is asked something small
 * now and then, for each pool by a thread of its own: whether it is there (a suspended pool says that it is not
 * available), and then to commit. As long as all pools that a call is about answer, it is slow; where one does not,
 * nothing is said of the call any more, and whoever waits for it gives up at his time-out. A pool that hangs holds up no
 * word about another one. */
#ifndef ZREP_ZFS_WATCH_H
#define ZREP_ZFS_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"
#include "util/patience.h"

struct local;
struct watch;

/* How long a call may be quiet before ZFS is asked: a quarter of the time-out, and no longer than this. Milliseconds. */
#define WATCH_TICK_MAX 2000u

/* One call that runs. Its memory is the caller's; fields are under the watch's lock. */
struct watched {
	struct watch *watch;
	struct watched *next;
	struct strv pools; /* that it is about; none: it may be all */
	bool all;          /* they are too many to be asked one by one */
	struct strv names; /* that it may change, see lock_about() */
	uint64_t tick;     /* milliseconds without a sign of life after which ZFS is asked */
	uint64_t since;    /* of the last one */
	bool free;         /* it has a time limit of its own: a hook */
	void (*alive)(void *ctx);
	void *ctx;
	const atomic_uint_least64_t *bytes; /* of its stream; NULL without one */
	uint64_t seen;
	atomic_bool given_up;
	/* With this call: it is over when ZFS has done nothing about it for l->timeout seconds (0: never), or when l->leaving
	 * is set. Whoever is left behind then may go on asking. */
	struct patience patience;
};

/* l must outlive it. */
struct watch *watch_new(struct local *l);

/* False, and it is not freed: it waits for ZFS. NULL is fine. */
bool watch_free(struct watch *w);

/* Between these two, `alive` (may be NULL) is called for each sign of life, from any thread: at least four times in
 * `timeout` seconds where there is one. `bytes` as above. watch_end() does not return while it runs. On an error nothing
 * has begun. */
struct err *watch_begin(struct watch *w, struct watched *d, const char *op, const nvlist_t *args,
			unsigned timeout, const atomic_uint_least64_t *bytes,
			void (*alive)(void *ctx), void *ctx);
void watch_end(struct watched *d);

/* A call that was given up, and left behind, has come to its end after all: it changes nothing any more. */
void watch_over(struct watch *w, const char *op, const nvlist_t *args);

/* May a call that runs, or that was given up and perhaps goes on, change that dataset? Its lock is not let go of then. */
bool watch_is_changing(struct watch *w, const char *dataset);

/* From now on these are the bytes of its stream; NULL: it has none any more. */
void watch_bytes(struct watched *d, const atomic_uint_least64_t *bytes);

/* Has a pool that this is about been given up already? Then it is not to be waited for once more. */
bool watch_is_hung(struct watch *w, const nvlist_t *args);

/* Does a call run? Then *quiet has the milliseconds since the last sign of life of any. */
bool watch_waits(struct watch *w, uint64_t *quiet);

#endif
