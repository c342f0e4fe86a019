/* What does not stand where it should below a destination: renamed as on the source, or put aside. Nothing of it is ever
 * destroyed. */
#ifndef ZREP_PLAN_TREE_RECONCILE_H
#define ZREP_PLAN_TREE_RECONCILE_H

#include "plan/tree/members.h"

/* Why a dataset that was renamed cannot be renamed there; NULL: it can. */
struct err *tree_no_move(const struct tree *t, const struct dataset *src, const char *place);

/* What of a tree in which nothing is to be set right at once was renamed, and waits for what. The caller frees (NULL: nothing). */
struct tree_waits;
struct tree_waits *tree_find_waits(const struct tree *t);
void tree_waits_free(struct tree_waits *w);

/* A source that cannot be renamed there yet (`why`, of kind ERR_BUSY, see tree_no_move()): the refusal, with what to do, if no
 * sync that follows will bring that about by itself; NULL: what this one sends does. The caller's. */
struct err *tree_stays_waiting(const struct tree *t, const struct tree_waits *w,
			       const struct dataset *src, const struct err *why);

/* Would the names of it, and of all that is in it, be too long there? */
struct err *tree_check_length(const struct tree *t, const struct dataset *d, const char *place);

/* What keeps a replica from being put aside; NULL: nothing. */
const struct dataset *tree_stays_for(const struct tree *t, const struct dataset *d);

/* The steps that set right what was renamed, replaced or destroyed. */
void tree_tidy(const struct tree *t, struct plan *out);

/* Is what it is in put aside? */
bool tree_in_preserved(const struct tree *t, const struct dataset *d);

#endif
