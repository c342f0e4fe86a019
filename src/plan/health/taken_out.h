/* What was taken out of a tree (T:exclude), and has another name since. */
#ifndef ZREP_PLAN_HEALTH_TAKEN_OUT_H
#define ZREP_PLAN_HEALTH_TAKEN_OUT_H

#include "plan/pair.h"

struct health;

/* Its replica does not follow, and a takeover of the tree is refused for that. The pair is that of a tree's top, and has what is
 * below its source (pair->src.below); else there is nothing to tell. */
void health_taken_out(const struct pair *pair, struct health *h);

#endif
