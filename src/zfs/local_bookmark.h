/* Bookmarks: what stays of a snapshot that was sent, so that its successors can be sent also when it is gone. */
#ifndef ZREP_ZFS_LOCAL_BOOKMARK_H
#define ZREP_ZFS_LOCAL_BOOKMARK_H

#include <stddef.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

/* OP_BOOKMARK and OP_DESTROY_BOOKMARK, see ops.h. */
struct err *local_bookmark(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_destroy_bookmark(struct local *l, const nvlist_t *args, nvlist_t *result);

/* What is bookmarked in the transaction that takes snapshots. */
struct marks {
	const char *tag;
	nvlist_t
	    *of; /* snapshot -> GUID that it has to have; 0: it is one of those that are taken */
	nvlist_t *made; /* snapshot -> GUID, of those that were taken */
	nvlist_t *done; /* snapshot -> flag, of those that have their bookmark now */
};

/* Takes n snapshots of one pool, all or none, and makes the bookmarks of m that are of that pool. A bookmark that cannot
 * be made is none of `done`, and no failure. Returns as lzc_snapshot() does, with its *errs; EPERM: nothing was done, as
 * only root may do it this way, or these are too many for it, or the pool has not the room that it would want for them. */
int bookmark_with_snapshots(const struct marks *m, char *const *snaps, size_t n, nvlist_t **errs);

#endif
