/* sync DATASET@SNAP. */
#ifndef ZREP_PLAN_REWIND_H
#define ZREP_PLAN_REWIND_H

#include "plan/pair.h"

struct plan;

/* The destination goes back to a snapshot of the source (`snap`, the part after '@') that it has as well. What is
 * newer there is destroyed; here it only loses its marks. The pair is paused, so that the next `sync all` does not
 * undo it. */
void plan_rewind(const struct pair *pair, const char *snap, struct plan *out);

#endif
