/* Locks without open files of ours. A run of more datasets than a process may have open files leaves the files of its
 * locks to children, a few hundred or thousand to each, who do nothing but hold them: a lock of flock(2) lives as long as
 * anybody has it open. Such a child ends, and with it what it holds, when the last of those who have the other end of its
 * socket has gone: this process, and whoever that was lent to. */
#ifndef ZREP_ZFS_LOCK_PARK_H
#define ZREP_ZFS_LOCK_PARK_H

#include <stdbool.h>
#include <stddef.h>

struct lock_park; /* one child */

/* So many locks are held by this process itself, by its limit of open files. */
size_t lock_park_room(void);

/* Leaves all of these to a new child, and closes them here; it knows them by the same numbers. NULL: no child could be
 * had, and they are still here. */
struct lock_park *lock_park_new(const int *fds, size_t n);

/* Lets go of one of them. */
void lock_park_drop(struct lock_park *p, int fd);

/* As flock(), of one of them: 0, or the errno. */
int lock_park_flock(struct lock_park *p, int fd, int operation);

/* What a process that is to go on holding them is lent. */
int lock_park_end(const struct lock_park *p);

/* Ends it. NULL is fine. */
void lock_park_free(struct lock_park *p);

#endif
