/* What stands in the way of datasets that may go back to an older snapshot, on this host. */
#ifndef ZREP_ZFS_LOCAL_WAY_H
#define ZREP_ZFS_LOCAL_WAY_H

#include "util/err.h"
#include "util/nv.h"

struct local;
struct strv;

/* Adds `way` to each of `datasets`, whose `snaps` are listed already. `tag`: whose own holds are no matter. */
struct err *local_way(struct local *l, const char *tag, nvlist_t *datasets);

/* Adds the tags of the holds on a snapshot, but `tag` (NULL: all), fit to be printed and in order. */
void local_way_holders(const char *snap, const char *tag, struct strv *out);

#endif
