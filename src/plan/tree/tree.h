/* A tree as a whole: who takes part in it, and first what sets it right. */
#ifndef ZREP_PLAN_TREE_TREE_H
#define ZREP_PLAN_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/tree/members.h"

struct plan;

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
void plan_tree(const struct tree *tree, struct children *children, struct plan *out);
void children_free(struct children *c);

#endif
