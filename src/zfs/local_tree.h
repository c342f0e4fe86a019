/* OP_RENAME, OP_CLONE and OP_PROMOTE. */
#ifndef ZREP_ZFS_LOCAL_TREE_H
#define ZREP_ZFS_LOCAL_TREE_H

#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_rename(struct local *l, const nvlist_t *args, nvlist_t *result);

struct err *local_clone(struct local *l, const nvlist_t *args, nvlist_t *result);

struct err *local_unclone(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_promote(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
