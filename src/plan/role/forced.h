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

/* Would more be destroyed than was told (`told`) before it made way? Then it has to be asked again. */
void plan_check_loss(const struct pair *pair, const struct revert_opts *opts,
		     const struct revert_risk *told, struct plan *out);

void plan_force_demote(const struct pair *pair, const struct revert_opts *opts, struct plan *out);

#endif
