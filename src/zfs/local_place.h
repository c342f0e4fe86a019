/* What stands where datasets would be mounted. */
#ifndef ZREP_ZFS_LOCAL_PLACE_H
#define ZREP_ZFS_LOCAL_PLACE_H

#include "os/mounts.h"
#include "util/nv.h"

struct local;

/* Adds `place`, see OP_LIST, to those of `datasets` that `zfs mount` would mount, or has mounted, at a path where there is
 * something else. What cannot be found out is left out. */
void local_places(struct local *l, nvlist_t *datasets);

/* Mounts by their paths. `items` is to be freed, not what it points to. */
struct places {
	const struct mount **items;
	size_t n;
};
void places_sort(const struct mounts *m, struct places *out);

/* Pure, for one dataset: adds `over` and `hides` to place, by what is mounted. May what is at `point` be looked into as well,
 * without waiting for another host or pool? */
bool place_by_mounts(const struct places *p, const char *name, const char *point, bool mounted,
		     nvlist_t *place);

#endif
