/* Listings of snapshots. */
#ifndef ZREP_ZFS_PARSE_SNAPS_H
#define ZREP_ZFS_PARSE_SNAPS_H

#include "util/err.h"
#include "util/nv.h"

/* `zfs list -Hp -t snapshot -o name,COLUMNS,name`, as util/snap_columns.h has them: adds the arrays of OP_LIST's
 * `snaps` to the datasets they belong to. Snapshots of other datasets are an
 * error. One of zrep's own that is no number counts as none. The name stands at both ends because such a value
 * may hold whole lines: whatever lines it makes up, the first or the last of them breaks this or
 * names a snapshot twice, which is an error. */
struct err *parse_snaps(const char *text, nvlist_t *datasets);

#endif
