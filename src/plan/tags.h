/* Several tags on one dataset: each is a pair of its own and knows nothing of the others. What one of them does to the
 * dataset it does to all; so whatever would hurt another one is refused here, in one place. */
#ifndef ZREP_PLAN_TAGS_H
#define ZREP_PLAN_TAGS_H

#include "plan/plan.h"

/* What is about to be done to a dataset. */
enum deed {
	DEED_SEND,     /* it is read: a snapshot is taken and sent */
	DEED_RECEIVE,  /* a replica gets an increment */
	DEED_ROLLBACK, /* what is newer there is destroyed */
	DEED_ROLE, /* it takes the master's role or gives it up; what it sends to others it goes on to send */
	DEED_BACK,  /* it gives the role up, or takes it, at an older snapshot than its newest */
	DEED_ADOPT, /* it becomes a replica as it stands there */
	DEED_ASIDE, /* it gets another name */
	DEED_READONLY,
	DEED_WRITABLE,
};

/* Why that cannot be done to an end of the pair because of another tag on it; NULL if it can, or there is no such
 * dataset. */
struct err *tags_check(const struct pair *pair, enum pair_side at, enum deed deed);

/* The same of a dataset on that end's host that is not the end itself. */
struct err *tags_check_dataset(const struct pair *pair, enum pair_side at, const struct dataset *d,
			       enum deed deed);

/* Is the dataset in a change of roles under another tag, one that this zrep can end? */
bool tags_changing(const struct dataset *d);

/* Why an end of the pair cannot become read-only because of what is below it (endpoint.below): a master, under any tag,
 * that has readonly from it would become so as well. NULL if none would. */
struct err *tags_check_below(const struct pair *pair, enum pair_side at);

/* Of the source of a pair that is to be, in the tree at `top`: why, once it belongs to that, the role of the tree could not move.
 * It is a replica under another tag, and of nothing that the tree is the replica of. NULL: it is none. */
struct err *tags_check_new(const struct pair *pair, const struct dataset *top);

/* The same as a refusal of the plan. True: it is refused. */
bool tags_refuse(const struct pair *pair, enum pair_side at, enum deed deed, struct plan *out);

/* Why an end of the pair, by what a sync under another tag has found, has no role to give with its consent; NULL: it may have. */
struct err *tags_check_led(const struct pair *pair, enum pair_side at);

#endif
