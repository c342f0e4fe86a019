/* A master that makes way before it is known who follows (zrep yield): it offers its role to its replica, which may then take
 * it without asking; or, where the replica cannot be asked, it rests. Either is taken back by the master's own takeover
 * (DESIGN.md, "Moving the role"). */
#ifndef ZREP_PLAN_ROLE_OFFER_H
#define ZREP_PLAN_ROLE_OFFER_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* dst is offered src's role. src makes way for it already (plan_demote()), and dst has all that it has: else a refusal.
 * With `predict` (for -n) both are still to come. */
void plan_offer(const struct pair *pair, bool predict, struct plan *out);

/* src makes way for nobody in particular: marked, its services stopped, read-only. If it makes way for somebody already, it
 * does so only with `asked_nobody`: it was this run that has said so, and to nobody else. Otherwise it goes on to do that, and
 * rests where nothing has come of it. */
void plan_rest(const struct pair *pair, bool asked_nobody, struct plan *out);

#endif
