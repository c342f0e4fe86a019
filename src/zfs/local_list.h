/* OP_LIST, and how `zfs` is asked for a list. */
#ifndef ZREP_ZFS_LOCAL_LIST_H
#define ZREP_ZFS_LOCAL_LIST_H

#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_list(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
