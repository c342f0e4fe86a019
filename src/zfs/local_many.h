/* A `zfs` command that is a transaction for each of its names. */
#ifndef ZREP_ZFS_LOCAL_MANY_H
#define ZREP_ZFS_LOCAL_MANY_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

struct local;

/* Runs `argv` for n names. Several processes at a time, in no order, because the transactions of one pool are shared by
 * whoever waits for one; or, `in_order`, one after the other. *failed: one of them exited non-zero; what they wrote to
 * standard error is added to `said`. */
struct err *local_many(struct local *l, const struct strv *argv, char *const *names, size_t n,
		       bool in_order, struct buf *said, bool *failed);

#endif
