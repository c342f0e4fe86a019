/* Recursive pairs: what the plans of their datasets have to know of each other. */
#ifndef ZREP_ENGINE_TREE_PLAN_H
#define ZREP_ENGINE_TREE_PLAN_H

#include "engine/session.h"
#include "plan/setup/init.h"

/* What the plan of a new job is made from; what is in `o` already and is not of one dataset alone, stays. */
void tree_init_opts(const struct session *s, struct job *j, struct init_opts *o);

/* The number that new snapshots of the tree that a job is part of have, after tree_number() has looked at all of them;
 * 0: it is in none. */
void tree_number(struct session *s);
/* Where something of a tree cannot go back, nothing of it does: half a tree of another time is of no use. */
void tree_keep_whole(const struct session *w, struct plan *plans);

uint64_t tree_seq(const struct session *s, const struct job *j);

/* A paused one, if any is: the source of the recursive pair among the jobs that job j is part of; NULL: of none. */
const struct dataset *tree_of(const struct session *s, const struct job *j);

#endif
