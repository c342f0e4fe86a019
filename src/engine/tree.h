/* Recursive pairs: the datasets below one become jobs beside it. */
#ifndef ZREP_ENGINE_TREE_H
#define ZREP_ENGINE_TREE_H

#include "engine/session.h"

/* Adds to the jobs, which both sides have been looked at for, those of what is below a recursive pair among them
 * (with `make`: below every one), after setting right there what was renamed or destroyed here. What was taken out
 * of a tree is dropped. */
void tree_expand(struct session *s, bool make, unsigned list_flags);

/* What is dropped is no job any more, and is not listed any more: it can be added again. */
void tree_forget_dropped(struct session *s);

#endif
