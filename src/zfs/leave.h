/* Work in a thread of its own, because it may hang inside ZFS, where it can be neither ended nor waited for: it is left
 * behind then, with all that it may yet touch, and frees that itself if it ever comes to its end. */
#ifndef ZREP_ZFS_LEAVE_H
#define ZREP_ZFS_LEAVE_H

#include <pthread.h>
#include <stdbool.h>

#include "util/patience.h"

struct leave {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool over, left; /* under lock */
};

/* Between these two, the others. */
void leave_init(struct leave *w);
void leave_destroy(struct leave *w);

/* Starts the thread, which calls leave_over() last. 0, or why not. */
int leave_start(struct leave *w, void *(*fn)(void *arg), void *arg);

/* True: the thread was left behind, and has to free all that there is. Otherwise it may be gone at once. */
bool leave_over(struct leave *w);

/* Waits for the thread and joins it. False: patience (NULL: without end) was over before. */
bool leave_wait(struct leave *w, const struct patience *patience);

/* After that: a `zfs` that hangs has been killed by now, which mostly helps, so it is waited for a moment longer. True: it
 * is left behind, and what it may touch is its own from now on. False: it was joined. */
bool leave_behind(struct leave *w);

#endif
