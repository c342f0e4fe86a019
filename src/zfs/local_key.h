/* Keys of encrypted datasets: by which they are wrapped, whether what is loaded opens them, and whose they use. */
#ifndef ZREP_ZFS_LOCAL_KEY_H
#define ZREP_ZFS_LOCAL_KEY_H

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Adds `key` (see OP_LIST) to each encrypted one of `datasets`, as listed with their snapshots. `opens`: also whether the
 * key that is loaded opens it. What cannot be found out is left out. */
struct err *local_keys(struct local *l, bool opens, nvlist_t *datasets);

/* OP_KEY_OWN and OP_KEY_INHERIT, see ops.h. */
struct err *local_key_own(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_key_inherit(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
