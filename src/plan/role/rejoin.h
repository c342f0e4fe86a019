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

/* The step by which the destination comes over (plan_comes_over()): it gives the other link up, or sends by it from then on.
 * Nothing where it does not come over. What it has and the source has not stays there, and is a replica's own change from then on:
 * a refusal where plan_rejoin() with these options would not take it back then, or were to discard that. */
void plan_come_over(const struct pair *pair, const struct revert_opts *opts, struct plan *out);

#endif
