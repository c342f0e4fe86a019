/* What a program that stays wants to know every second, or every few: for what it is there, and what of that has changed. */
#ifndef ZREP_ZFS_LOCAL_ROSTER_H
#define ZREP_ZFS_LOCAL_ROSTER_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* OP_ROSTER and OP_WRITTEN, see ops.h. */
struct err *local_roster(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_written(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
