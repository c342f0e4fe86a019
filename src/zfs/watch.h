/* Is ZFS on this host slow, or does it hang? A call may take minutes without a sign of life: a listing prints at its
 * end, and a destroy or the end of a receive says nothing at all. So while one does, ZFS is asked something small
 * now and then, by a thread of its own: whether the pools in question are there (a suspended pool says that it
 * is not available), and then to commit. As long as that comes back, the call is slow; where it does not,
 * nothing is said any more, and whoever waits for the call gives up at his time-out. */
#ifndef ZREP_ZFS_WATCH_H
#define ZREP_ZFS_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/nv.h"

struct local;
struct watch;

/* One call that runs. Its memory is the caller's; fields are under the watch's lock. */
struct watched {
	struct watch *watch;
	struct watched *next;
	struct strv pools; /* that it is about; none: it may be all */
	uint64_t tick;     /* milliseconds without a sign of life after which ZFS is asked */
	uint64_t since;    /* of the last one */
	bool free;         /* it has a time limit of its own: a hook */
	void (*alive)(void *ctx);
	void *ctx;
	const atomic_uint_least64_t *bytes; /* of its stream; NULL without one */
	uint64_t seen;
};

/* l must outlive it. */
struct watch *watch_new(struct local *l);

/* False, and it is not freed: it waits for ZFS. NULL is fine. */
bool watch_free(struct watch *w);

/* Between these two, `alive` (may be NULL) is called for each sign of life, from any thread: at least four times in
 * `timeout` seconds where there is one. `bytes` as above. watch_end() does not return while it runs. */
void watch_begin(struct watch *w, struct watched *d, const char *op, const nvlist_t *args,
		 unsigned timeout, const atomic_uint_least64_t *bytes, void (*alive)(void *ctx),
		 void *ctx);
void watch_end(struct watched *d);

/* From now on these are the bytes of its stream; NULL: it has none any more. */
void watch_bytes(struct watched *d, const atomic_uint_least64_t *bytes);

/* When the last sign of life was, of any call. */
uint64_t watch_since(struct watch *w);

#endif
