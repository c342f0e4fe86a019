/* Who is at a change of a role. Locks keep two zreps apart, but not one that was started with another run directory: it would
 * find a master that makes way, take it for one that a crash has left, and undo that. So beside TAG:switch stands TAG:by, the
 * process that set it, when that began, and its run directory. */
#ifndef ZREP_ZFS_LOCAL_BY_H
#define ZREP_ZFS_LOCAL_BY_H

#include <stdbool.h>

#include "util/nv.h"

struct local;

/* What OP_SET is to set, with TAG:by where TAG:switch says that a dataset makes way ("leaving E"), and without it where that
 * ends. The caller frees. */
nvlist_t *by_add(const struct local *l, const nvlist_t *props);

/* Of a listed dataset: does the process that its TAG:by names live, under locks that are not ours? */
bool by_another(const struct local *l, const char *tag, const nvlist_t *one);

#endif
