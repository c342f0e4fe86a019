/* What else there is on this host beside what is zrep's: datasets that somebody may have forgotten. */
#ifndef ZREP_ZFS_LOCAL_BESIDE_H
#define ZREP_ZFS_LOCAL_BESIDE_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Adds `beside` to result: every filesystem and volume in the pools of `datasets`, but for these, see OP_LIST. */
struct err *local_beside(struct local *l, const char *tag, const nvlist_t *datasets,
			 nvlist_t *result);

#endif
