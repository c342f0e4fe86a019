/* Shared by tree.c, which knows what belongs to a tree, and tree_tidy.c, which sets right what does not stand where it
 * should. */
#ifndef ZREP_PLAN_TREE_INT_H
#define ZREP_PLAN_TREE_INT_H

#include "plan/plan.h"
#include "plan/tree/members.h"

/* A dataset below the destination by its name; NULL if it is not there. */
const struct dataset *tree_find_dst(const struct tree *t, const char *name);

/* Where a dataset below the source is to be. The caller frees. */
char *tree_place_of(const struct tree *t, const char *name);

/* Is it below, and not the top itself? */
bool tree_is_below(const char *name, const char *top);

/* It, or something that it is in, was taken out of the tree. */
bool tree_is_excluded(const struct tree *t, const struct dataset *d);

/* Its properties are those of the pair that it was under another name of the tree. */
bool tree_is_moved(const struct tree *t, const struct dataset *d);

/* A replica of this tree's, under the name that its pair has for it, and nothing else. */
bool tree_is_ours(const struct tree *t, const struct dataset *d);

/* Was it put aside, perhaps with what it was in, by a run that died before it could forget it? */
bool tree_was_aside(const struct tree *t, const struct dataset *d);

/* Why a replica is to be put aside, as the end of a sentence; NULL: it is not. */
const char *tree_why_aside(const struct tree *t, const struct dataset *d);

/* What would lose its name if a dataset of the destination (the replica of src, or of nothing) got another one;
 * NULL: nothing. */
const struct dataset *tree_stranger_in(const struct tree *t, const struct dataset *d,
				       const struct dataset *src);

/* A replica of this tree's in `d`, or itself, that another tag needs under its name; NULL: none. *why says so, and is
 * the caller's. */
const struct dataset *tree_tagged_in(const struct tree *t, const struct dataset *d,
				     struct err **why);

/* Why a dataset that was renamed cannot be renamed there; NULL: it can. */
struct err *tree_no_move(const struct tree *t, const struct dataset *src, const char *place);

/* Would the names of it, and of all that is in it, be too long there? */
struct err *tree_check_length(const struct tree *t, const struct dataset *d, const char *place);

/* What keeps a replica from being put aside; NULL: nothing. */
const struct dataset *tree_stays_for(const struct tree *t, const struct dataset *d);

/* The steps that set right what was renamed, replaced or destroyed. */
void tree_tidy(const struct tree *t, struct plan *out);

/* Is what it is in put aside? */
bool tree_in_aside(const struct tree *t, const struct dataset *d);

#endif
