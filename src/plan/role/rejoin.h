/* rejoin: the side that lost comes back as the replica. */
#ifndef ZREP_PLAN_ROLE_REJOIN_H
#define ZREP_PLAN_ROLE_REJOIN_H

#include "plan/pair.h"

struct revert_opts;
struct revert_risk;
struct plan;

/* rejoin: the side that lost (src: the winner, dst: the loser) comes back as the replica. `risk` (may be
 * NULL) gets what is at stake. */
void plan_rejoin(const struct pair *pair, const struct revert_opts *opts, struct revert_risk *risk,
		 struct plan *out);

/* Why the loser cannot come back for the sake of other pairs, on it or below it: of a tree, none does then. NULL if it
 * can. */
struct err *plan_rejoin_hurts(const struct pair *pair, const struct revert_opts *opts);

#endif
