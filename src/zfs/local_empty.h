/* Snapshots that are to go because nothing is written in them. */
#ifndef ZREP_ZFS_LOCAL_EMPTY_H
#define ZREP_ZFS_LOCAL_EMPTY_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Somebody may need one all the same: whoever holds it, has a clone of it, or a bookmark. Each of the n snapshots of which
 * that is so gets an error in `result` that says by whom; so do all others of its dataset. */
struct err *empty_check(struct local *l, char *const *snaps, size_t n, nvlist_t *result);

/* Compares `state` (see OP_SET) without a channel program, for snapshots of one pool: adds SET_NOT_SO to errs for each whose
 * dataset is not so. Is there one? */
bool empty_is_touched(struct local *l, char *const *snaps, size_t n, const nvlist_t *state,
		      nvlist_t *errs);

#endif
