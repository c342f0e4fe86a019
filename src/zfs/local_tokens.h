/* OP_TOKEN. */
#ifndef ZREP_ZFS_LOCAL_TOKENS_H
#define ZREP_ZFS_LOCAL_TOKENS_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* What one stands for, as OP_TOKEN tells it. */
struct err *tokens_explain(struct local *l, const char *token, nvlist_t *one);

struct err *local_tokens(struct local *l, const nvlist_t *args, nvlist_t *result);

#endif
