/* What this host was seen to be master of, and what its replicas were, so that a pool that is gone can be told from one that never had anything of
 * zrep's: ZFS knows nothing of a pool that is not imported. One file for each tag and pool, a line "GUID NAME" for each
 * dataset, in $ZREP_STATEDIR (/var/lib/zrep). It is a hint: no role follows from it, and that it cannot be written is no
 * error. */
#ifndef ZREP_ZFS_LOCAL_SEEN_H
#define ZREP_ZFS_LOCAL_SEEN_H

#include "util/buf.h"
#include "util/nv.h"

/* What it is here. */
enum seen_as { SEEN_MASTER, SEEN_REPLICA };

/* A listing, with TAG:master and TAG:dest-fs: what of it is a master, or a replica, is remembered, and what is none is
 * forgotten. */
void local_seen_listed(const char *tag, enum seen_as as, const nvlist_t *datasets);

/* All masters of this host, or all replicas, and perhaps others: what is none of these, in a pool that is there, is
 * forgotten. */
void local_seen_all(const char *tag, enum seen_as as, const struct strv *names);

/* What was set, as OP_SET was given it, but for what failed. A replica is known by the next listing. */
void local_seen_set(const nvlist_t *props, const nvlist_t *result);

/* Adds `seen` and `seen_guids` to result: the masters whose pool is not imported; 0 where a GUID is not known. And `seen_in`.
 * The same of replicas: `seen_replicas`, `seen_replicas_guids`, `seen_replicas_in`. */
void local_seen_away(const char *tag, nvlist_t *result);

#endif
