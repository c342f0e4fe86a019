/* Changes of the role that the other side is not asked about: takeover -L and failover -L. */
#ifndef ZREP_PLAN_ROLE_FORCED_H
#define ZREP_PLAN_ROLE_FORCED_H

#include "plan/pair.h"
#include "plan/role/revert.h"

struct plan;

/* takeover -L: pair->dst.d becomes the master without its other side. Hooks first (`prepare`), then the
 * step itself. */
void plan_force_promote_prepare(const struct pair *pair, const struct revert_opts *opts,
				struct plan *out);
void plan_force_promote(const struct pair *pair, const struct revert_opts *opts, struct plan *out);
/* For -n: what settling does then. */
void plan_force_promote_end(const struct pair *pair, const struct revert_opts *opts,
			    struct plan *out);

/* failover -L: pair->src.d gives the role up without its other side. First it makes way (plan_demote),
 * then it goes back to what was sent; settling does the rest. */
void plan_force_demote_check(const struct pair *pair, const struct revert_opts *opts,
			     struct plan *out);

/* The role is where it was to go. Why that is not what was asked for all the same: it was to be taken back to a snapshot, and was
 * not; or the dataset is to be the master (`at` PAIR_DST), and has made way, receives, or is known to be led under another tag.
 * NULL: it is. `alone`: the other side was not asked, and notes do not count. */
struct err *plan_check_arrived(const struct pair *pair, enum pair_side at,
			       const struct revert_opts *opts, bool alone);

/* Would more be destroyed than was told (`told`) before it made way? Then it has to be asked again. */
void plan_check_loss(const struct pair *pair, const struct revert_opts *opts,
		     const struct revert_risk *told, struct plan *out);

void plan_force_demote(const struct pair *pair, const struct revert_opts *opts, struct plan *out);

#endif
