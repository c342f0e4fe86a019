/* Before a takeover that asks nobody: is there a member of the set that can be reached and should lead instead? */
#ifndef ZREP_PLAN_ROLE_BETTER_H
#define ZREP_PLAN_ROLE_BETTER_H

#include "plan/plan.h"

/* Another member, as it is known here. */
struct member {
	const char *tag, *host,
	    *fs; /* the tag that this host's dataset sends there under, or its source */
	const struct dataset *d; /* NULL: it could not be reached, or there is no such dataset */
};

/* Why the pair's destination is not to lead, naming the member that leads or has more; NULL: none of those that could be
 * reached does. */
struct err *plan_check_better(const struct pair *pair, const struct member *members, size_t n);

/* Has it more than the other one, beyond the newest snapshot that both have, and that newer than what the other one has? */
bool plan_has_more(const struct dataset *its, const struct dataset *mine);

/* Of a pair of which neither end leads: why the destination is not to, because the source has more; NULL: it may. It may by the
 * operator's word (pair->accepted), and where it went back by that to what the source has. */
struct err *plan_check_behind(const struct pair *pair);

/* Why that end of the pair, a master, is neither to give its role away nor to be opened again where it has made way: another
 * member leads, of a later epoch or of the same one, and there would be two. NULL: none of those that could be reached does. */
struct err *plan_check_led(const struct pair *pair, enum pair_side at, const struct member *members,
			   size_t n);

/* Of a pair of which neither end leads: why neither is to be opened beside who leads at its epoch, at the one that was given up, or later. `members` are those that the end `at` knows. NULL: none of
 * those that could be reached leads. */
struct err *plan_check_unled(const struct pair *pair, enum pair_side at,
			     const struct member *members, size_t n);

#endif
