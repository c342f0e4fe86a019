/* What goes by the operator's word: all of a dataset that was to go, or nothing of it. */
#ifndef ZREP_ZFS_LOCAL_DESTROY_H
#define ZREP_ZFS_LOCAL_DESTROY_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* At most so many snapshots are destroyed in one transaction: while it runs, nothing else about the pool is answered. */
#define DESTROY_AT_ONCE 500u

/* OP_DESTROY with `together`; `names` have been checked. */
void local_destroy_together(struct local *l, char *const *names, const uint64_t *guids, size_t n,
			    nvlist_t *result);

#endif
