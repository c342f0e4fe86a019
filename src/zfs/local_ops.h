/* The table of operations (zfs/ops.h) on this host. */
#ifndef ZREP_ZFS_LOCAL_OPS_H
#define ZREP_ZFS_LOCAL_OPS_H

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Looks op up in the table of operations and does it. */
struct err *local_call(struct local *l, const char *op, const nvlist_t *args, nvlist_t **result);

/* The host's zrep, of that version, knows no such operation. Refused, with who has to upgrade. */
struct err *local_unknown(const char *host, const char *version, const char *op);

/* The names of all that this host can be asked for, in no order, ending with NULL. */
const char *const *local_operations(void);

/* Is op one of the two with a stream? */
bool local_has_stream(const char *op);

/* Drops the locks that were given back while something that was still under way might change their dataset. */
void local_let_go(struct local *l);

#endif
