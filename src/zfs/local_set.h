/* OP_SET. */
#ifndef ZREP_ZFS_LOCAL_SET_H
#define ZREP_ZFS_LOCAL_SET_H

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_set(struct local *l, const nvlist_t *args, nvlist_t *result);

/* OP_WRITABLE. */
struct err *local_writable(struct local *l, const nvlist_t *args, nvlist_t *result);

/* OP_DECIDE, OP_OFFER. */
struct err *local_decide(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
