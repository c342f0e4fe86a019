/* Snapshots that others take of a replica. ZFS receives only where the base is the newest, and tools that take snapshots run
 * everywhere: what holds nothing that the base does not hold makes room for the next sync, and that is told. */
#ifndef ZREP_PLAN_MAKE_ROOM_H
#define ZREP_PLAN_MAKE_ROOM_H

#include <stdbool.h>

#include "plan/pair.h"

struct dataset;
struct plan;
struct snap;

/* Has d snapshots newer than `base` (one of its own), all of them taken by others, and was nothing written to it since the
 * base? */
bool plan_is_only_marked(const struct dataset *d, const struct snap *base);

/* The first of them that somebody needs all the same, as a refusal; NULL: they may go. */
struct err *plan_check_room(const struct pair *pair, const struct snap *base);

/* Of the destination: the steps that destroy them, if still nothing is written then, and the note that names them. */
void plan_make_room(const struct pair *pair, const struct snap *base, struct plan *out);

#endif
