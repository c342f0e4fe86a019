/* Locks: one file per dataset and tag under the run directory, held with flock(2). The kernel drops
 * them when the process ends, however it ends: there is no stale lock. */
#ifndef ZREP_ZFS_LOCK_H
#define ZREP_ZFS_LOCK_H

#include <stdbool.h>

#include "util/err.h"
#include "util/spawn.h"

struct locks;

struct locks *locks_new(const char *run_dir);

/* Drops all and frees. NULL is fine. */
void locks_free(struct locks *l);

/* Takes the lock of a dataset ("": of a whole batch). When somebody else has it, *busy says who (the
 * caller frees) and nothing was taken. Taking one that is held already is fine. */
struct err *locks_take(struct locks *l, const char *tag, const char *dataset, char **busy);

/* For a child that changes a dataset: while it lives, so do the locks held when it was started, even if
 * we are killed. For none that stays: ssh, hooks. Valid as long as l. */
struct spawn_lend locks_lend(struct locks *l);

void locks_drop(struct locks *l, const char *tag, const char *dataset);

#endif
