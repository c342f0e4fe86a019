/* OP_MOUNT and OP_UNMOUNT. */
#ifndef ZREP_ZFS_LOCAL_MOUNT_H
#define ZREP_ZFS_LOCAL_MOUNT_H

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_mount(struct local *l, const nvlist_t *args, nvlist_t *result);

/* Is there a symbolic link on the way to that path, or at its end? */
bool local_mount_by_link(const char *point);

struct err *local_unmount(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
