/* What stands where datasets would be mounted. */
#ifndef ZREP_ZFS_LOCAL_PLACE_H
#define ZREP_ZFS_LOCAL_PLACE_H

#include "os/mounts.h"
#include "util/nv.h"

struct local;

/* Adds `place`, see OP_LIST, to those of `datasets` that `zfs mount` would mount, or has mounted, at a path where there is
 * something else. What cannot be found out is left out. */
void local_places(struct local *l, nvlist_t *datasets);

/* Pure, for one dataset: adds `over` and `hides` to place, by what is mounted. Is it worth looking at the directory as well? */
bool place_by_mounts(const struct mounts *m, const char *name, const char *point, bool mounted,
		     nvlist_t *place);

#endif
