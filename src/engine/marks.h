/* The bookmarks of a long way of snapshots: made and destroyed in turn with the transfers (see plan_bookmark_in_turn()). */
#ifndef ZREP_ENGINE_MARKS_H
#define ZREP_ENGINE_MARKS_H

#include "engine/task.h"

/* Where a task is with them; all 0 at first. Places in its plan. */
struct marks_turn {
	size_t made, /* the bookmarks before it are made */
	    passed,  /* for those before it the next is found */
	    gone;    /* what is destroyed before it is destroyed */
};

/* Before the transfer at `next` in the plan begins: what comes before it and what it brings has its bookmark. `arrived`: the
 * place of the newest transfer that has come to its end, SIZE_MAX for none. Failures are notes of the task; a host that cannot
 * be reached is its error. */
void marks_in_turn(struct run *r, struct task *t, struct marks_turn *turn, size_t next,
		   size_t arrived);

/* All has arrived: what is left to be destroyed is, with what else goes at the end. */
void marks_end(struct task *t);

#endif
