/* A master that makes way before it is known who follows (zrep yield): it offers its role to its replica, which may then take
 * it without asking; or, where the replica cannot be asked, it rests. Either is taken back by the master's own takeover
 * (DESIGN.md, "Moving the role"). */
#ifndef ZREP_PLAN_ROLE_OFFER_H
#define ZREP_PLAN_ROLE_OFFER_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;
struct dataset;
struct snap;

/* Is `replica` offered the role of `master`, which still makes way for it? Then it may take it at any moment, and the
 * master must stay as it is until the offer was withdrawn under the replica's lock. Either may be NULL: not known. */
bool plan_offer_stands(const struct dataset *master, const struct dataset *replica);

/* The snapshot by which the replica has all that it was offered the role with, and nothing else; NULL: it has not, or was
 * offered none. */
const struct snap *plan_offer_holds(const struct dataset *replica);

/* dst is offered src's role. src makes way for it already (plan_demote()), and dst has all that it has: else a refusal.
 * With `predict` (for -n) both are still to come. */
void plan_offer(const struct pair *pair, bool predict, struct plan *out);

/* src makes way for nobody in particular: marked, its services stopped, read-only. If it makes way for somebody already, it
 * does so only with `asked_nobody`: it was this run that has said so, and to nobody else. */
void plan_rest(const struct pair *pair, bool asked_nobody, struct plan *out);

/* What an offer on `at` has become: it is void where its master makes way no more, and withdrawn where that wants its role
 * back (pair->moves). */
void plan_recover_offered(const struct pair *pair, enum pair_side at, struct plan *out);

/* A resting master that wants its role back (pair->moves) is writable again, unless the other side leads. */
void plan_recover_resting(const struct pair *pair, enum pair_side at, struct plan *out);

#endif
