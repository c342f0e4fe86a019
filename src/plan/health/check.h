/* check: would a change of the role succeed now, and what would be lost without the master? */
#ifndef ZREP_PLAN_HEALTH_CHECK_H
#define ZREP_PLAN_HEALTH_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"

struct health;

struct check_opts {
	uint64_t max_lag;            /* seconds; 0: no limit */
	const struct err *peer_away; /* why the side that is away could not be asked */
	/* Why something below it cannot become a pair, as each of them says ("NAME: why"); NULL: nothing is known. */
	const struct strv *left_out;
	/* What else is known to be on dst's host. */
	const struct dataset *const *there;
	size_t n_there;
	/* Of src's `along`, those that a takeover does not move; NULL: none. */
	const struct strv *along;
	/* The highest one above dst that is the replica of a pair of the same session, and has a limit of its own that is
	 * lifted before anything is sent (health_is_bounded()); NULL: none has. */
	const struct dataset *lifted_above;
};

void plan_check_health(const struct pair *pair, const struct check_opts *opts, struct health *out);

/* Of a pair, after plan_check_health(): how many of the unsent bytes have no room reserved for them alone. */
uint64_t plan_check_needs(const struct pair *pair, const struct health *h);

/* Of the top of a tree, after plan_check_health(): is there room for what is not sent of it together with what is below it,
 * which needs `below` bytes, and has `reserves` reserved as the masters (each by its struct health)? What each of them has room
 * for is one room. */
void plan_check_tree_room(const struct pair *top, uint64_t below, uint64_t reserves,
			  struct health *h);

#endif
