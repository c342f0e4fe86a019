/* The planned change of the master's role (DESIGN.md, "Moving the role"). */
#ifndef ZREP_PLAN_ROLE_SWITCHOVER_H
#define ZREP_PLAN_ROLE_SWITCHOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

struct plan;
struct snap;

/* Would the role of pair->src.d come to pair->dst.d? A refusal, or none, and notes. Also where nobody is
 * master, because src gave it up. */
void plan_check_switchover(const struct pair *pair, struct plan *out);

/* src makes way: marked, its services stopped, read-only. Where nothing comes of that, it stays closed if that is meant
 * (pair->offers), or if it was resting. */
void plan_demote(const struct pair *pair, struct plan *out);

/* The epoch that src makes way for: what plan_demote stores. */
uint64_t plan_next_epoch(const struct pair *pair);

/* Is src still making way for that epoch, as this run has stored? A refusal where somebody else has taken that back, or
 * moved the role, since. */
void plan_check_promise(const struct pair *pair, uint64_t epoch, struct plan *out);

/* The snapshot by which dst has everything that src has, src making way; a step proves that it still does. NULL: refused. With
 * `predict` (for -n) the last sync is still to come. */
const struct snap *plan_prove_whole(const struct pair *pair, bool predict, struct plan *out);

/* The decision: dst is the master, in one step. Refused if it has not everything that src has. With
 * `predict` (for -n) the last sync is still to come. */
void plan_promote(const struct pair *pair, bool predict, struct plan *out);

#endif
