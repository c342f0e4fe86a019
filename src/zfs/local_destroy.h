/* Snapshots are destroyed: each by itself, or, where it is by the operator's word, all of a dataset or nothing of it. */
#ifndef ZREP_ZFS_LOCAL_DESTROY_H
#define ZREP_ZFS_LOCAL_DESTROY_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* At most so many snapshots are destroyed in one transaction: while it runs, nothing else about the pool is answered. */
#define DESTROY_AT_ONCE 500u

/* OP_DESTROY. */
struct err *local_destroy(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
