/* OP_DRILL, OP_DRILL_END. */
#ifndef ZREP_ZFS_LOCAL_DRILL_H
#define ZREP_ZFS_LOCAL_DRILL_H

#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_drill(struct local *l, const nvlist_t *args, nvlist_t *result);

struct err *local_drill_end(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
