/* OP_TOKEN. */
#ifndef ZREP_ZFS_LOCAL_TOKENS_H
#define ZREP_ZFS_LOCAL_TOKENS_H

#include "util/err.h"
#include "util/nv.h"

struct local;

struct err *local_tokens(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
