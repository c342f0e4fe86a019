/* OP_QUIESCE. */
#ifndef ZREP_ZFS_LOCAL_QUIESCE_H
#define ZREP_ZFS_LOCAL_QUIESCE_H

#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_quiesce(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
