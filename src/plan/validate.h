/* What no plan may do, whoever made it: the invariants of DESIGN.md, asserted on the steps themselves. */
#ifndef ZREP_PLAN_VALIDATE_H
#define ZREP_PLAN_VALIDATE_H

#include "plan/plan.h"

/* Goes through the steps in the order of execution, on the picture that the plan was made from. NULL if each of these
 * holds, else a refusal that names the first that does not:
 *
 *  - The base, the newest snapshot that both sides have at that step, is destroyed on neither side. Where the other side
 *    is not known, the last one sent counts as the base, and nothing newer is destroyed.
 *  - A new base is held before the old one is let go; or, by the operator's word (plan.gives_up), the source has a bookmark
 *    of it.
 *  - A bookmark that the next sync could have to begin from is not destroyed.
 *  - Nothing foreign is destroyed or rolled back without the operator's word (plan.discards), and then only what is newer
 *    than the snapshot that is gone back to; nothing but the pair's own datasets is renamed, cloned or promoted.
 *  - At most one side is the master: a second one is made only of a side whose other side has promised to make way and is
 *    proven to stand by it, or by the operator's word (plan.alone), and only if the side is as it was seen.
 *  - Of a new pair, the master's property comes last.
 *
 * A plan that was refused has no steps, and is fine. */
struct err *plan_validate(const struct pair *pair, const struct plan *plan);

#endif
