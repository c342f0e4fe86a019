/* OP_HOOK, OP_HOOKS. */
#ifndef ZREP_ZFS_LOCAL_HOOK_H
#define ZREP_ZFS_LOCAL_HOOK_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Adds `hooks`: of those around a snapshot the ones that there are. */
void local_add_snapshot_hooks(struct local *l, nvlist_t *result);

struct err *local_hook(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_hooks(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
