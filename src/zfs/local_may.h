/* What a user without privileges is allowed. */
#ifndef ZREP_ZFS_LOCAL_MAY_H
#define ZREP_ZFS_LOCAL_MAY_H

#include "util/nv.h"

struct local;

/* Adds `may`, see OP_LIST, to those of `datasets` on which whoever runs this lacks what syncs and role changes need. Of root
 * nothing; what cannot be found out is left out. */
void local_may(struct local *l, nvlist_t *datasets);

#endif
