/* What stands in the way of a dataset that goes back, as `zfs` lists it. */
#ifndef ZREP_ZFS_PARSE_WAY_H
#define ZREP_ZFS_PARSE_WAY_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"

/* `zfs list -Hp -d 1 -t snapshot,bookmark -o name,guid,createtxg,referenced,clones NAMES`: nobody can write a value of
 * these. Adds to the `way` of each of `datasets` what OP_LIST says of it, but for `room` and `holders`; `refquotas` has
 * the refquota of those that have one. Something of another dataset, and what is no line of these, is an error. */
struct err *parse_way(const char *text, const nvlist_t *refquotas, nvlist_t *datasets);

/* The value of a snapshot's property `clones`: adds those that are datasets to `clones`, WAY_NAMED at most. True: one is
 * the first part of what is being received. */
bool parse_clones(char *value, struct strv *clones);

/* So many clones or holds of a snapshot are named. */
#define WAY_NAMED 16

#endif
