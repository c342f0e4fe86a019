/* What does not stand where it should below a destination: renamed as on the source, or put aside. Nothing of it is ever
 * destroyed. */
#ifndef ZREP_PLAN_TREE_RECONCILE_H
#define ZREP_PLAN_TREE_RECONCILE_H

#include "plan/tree/members.h"

/* Why a dataset that was renamed cannot be renamed there; NULL: it can. */
struct err *tree_no_move(const struct tree *t, const struct dataset *src, const char *place);

/* Would the names of it, and of all that is in it, be too long there? */
struct err *tree_check_length(const struct tree *t, const struct dataset *d, const char *place);

/* What keeps a replica from being put aside; NULL: nothing. */
const struct dataset *tree_stays_for(const struct tree *t, const struct dataset *d);

/* The steps that set right what was renamed, replaced or destroyed. */
void tree_tidy(const struct tree *t, struct plan *out);

/* Is what it is in put aside? */
bool tree_in_preserved(const struct tree *t, const struct dataset *d);

#endif
