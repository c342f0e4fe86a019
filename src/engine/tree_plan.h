/* Recursive pairs: what the plans of their datasets have to know of each other. */
#ifndef ZREP_ENGINE_TREE_PLAN_H
#define ZREP_ENGINE_TREE_PLAN_H

#include "engine/job_index.h"
#include "engine/session.h"
#include "plan/setup/init.h"

/* By which a job finds those that it has to do with, see job_index.h: by source, by destination, and clones by the dataset
 * that they are of. */
struct tree_index {
	struct job_index src, dst, clones;
	struct strv origins; /* the names of the last */
};

void tree_index_make(const struct session *s, struct tree_index *out);
void tree_index_free(struct tree_index *x);

/* What the plan of a new job is made from; what is in `o` already and is not of one dataset alone, stays. */
void tree_init_opts(const struct session *s, const struct tree_index *x, struct job *j,
		    struct init_opts *o);

/* The number that new snapshots of the tree that a job is part of have, after tree_number() has looked at all of them;
 * 0: it is in none. */
void tree_number(struct session *s);
/* Where something of a tree cannot go back, nothing of it does: half a tree of another time is of no use. */
void tree_keep_whole(const struct session *w, struct plan *plans);

uint64_t tree_seq(const struct session *s, const struct job *j);

/* A paused one, if any is: the source of the recursive pair among the jobs that job j is part of; NULL: of none. */
const struct dataset *tree_of(const struct session *s, const struct job_index *by_src,
			      const struct job *j);

#endif
