/* A tree: a recursive pair, and what below it belongs to it. */
#ifndef ZREP_PLAN_TREE_MEMBERS_H
#define ZREP_PLAN_TREE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/pair.h"

struct plan;

/* A recursive pair with all that is below it, on both sides. */
struct tree {
	const struct pair *top;
	/* By name, so that parents come first. */
	const struct dataset *const *src, *const *dst;
	size_t n_src, n_dst;
	bool
	    still; /* what has another place stays as it is, and out of the tree: it could not be set right */
};

/* A dataset below the source that belongs to the tree. */
struct child {
	const struct dataset *src;
	char *dst_name;
	bool is_new;         /* it is to be made there, or taken as it is there: plan_init() */
	struct err *refusal; /* why nothing can be done with it; NULL: something can */
};

struct children {
	struct child *items; /* parents first */
	size_t n;
};

/* What belongs to the tree. Where something of it has another place there than here, because it was renamed or is
 * gone here, `out` has the steps that set that right first (then `again`: all of it is to be looked at anew): a
 * dataset that was renamed here is renamed there; one that is gone here is put aside there, with all that it has.
 * The caller frees with children_free(). */
void plan_tree(const struct tree *t, struct children *children, struct plan *out);
void children_free(struct children *c);

/* Does a pair below a recursive one go the same way, so that it is part of its tree? Perhaps with other roles than
 * the top, while these change. */
bool plan_is_part(const struct dataset *top, const struct dataset *d);

/* What is below a pair belongs to it from now on, on both sides: also when the role has moved. */
void plan_recursive(const struct pair *pair, struct plan *out);

#endif
