/* Names of this host, for completion. */
#ifndef ZREP_ZFS_LOCAL_KNOWN_H
#define ZREP_ZFS_LOCAL_KNOWN_H

#include "util/buf.h"
#include "util/err.h"
#include "zfs/ops.h"

struct local;

/* Names of this host, for completion: sorted, each once. */
struct err *local_complete_names(struct local *l, enum known what, const char *tag,
				 struct strv *names);

#endif
