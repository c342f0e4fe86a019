#ifndef ZREP_ZFS_LOCAL_REACH_H
#define ZREP_ZFS_LOCAL_REACH_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* OP_REACH, see ops.h. */
struct err *local_reach(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
