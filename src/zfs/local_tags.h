/* What all other tags say on a dataset. */
#ifndef ZREP_ZFS_LOCAL_TAGS_H
#define ZREP_ZFS_LOCAL_TAGS_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Adds to each dataset of a listing what all other tags say on it (see OP_LIST). Where that cannot be read, the dataset is
 * moved to `unreadable`, see local_get_apart(). */
struct err *local_tags(struct local *l, const char *tag, nvlist_t *datasets, nvlist_t *unreadable);

#endif
