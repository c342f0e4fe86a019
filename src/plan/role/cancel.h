/* A change of roles that is taken back. */
#ifndef ZREP_PLAN_ROLE_CANCEL_H
#define ZREP_PLAN_ROLE_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

struct plan;

/* Takes T:switch back off a dataset: one whose way back could not begin (nothing if it has begun), or a
 * master that made way for nobody, as whoever set the mark knows who asked nobody else since. One that rested before that
 * (pair->before) rests again. */
void plan_cancel_switch(const struct pair *pair, enum pair_side at, struct plan *out);

/* A master stays what it was. readonly first and the mark last: dying in between, the next one comes here again. */
void plan_undo_demote(const struct pair *pair, const struct endpoint *me, uint64_t epoch,
		      struct plan *out);

/* A master that has made way, and whom nobody has come to lead in the place of, stays closed: it rests, as of that epoch. */
void plan_rest_again(const struct pair *pair, const struct endpoint *me, uint64_t epoch,
		     struct plan *out);

/* The last step of a change, which takes its mark away: only if that is as it was seen. Takes props over. */
void plan_end_switch(struct plan *out, const struct pair *pair, const struct endpoint *me,
		     nvlist_t *props);

/* The properties of a master that is one again: the mark goes, and with it the note on its readonly. */
nvlist_t *plan_unmark(const char *tag);

/* A master that is not in a change, and that this run has made read-only, is writable again; `set`: readonly was set to
 * off on it. */
void plan_writable(const struct pair *pair, enum pair_side at, bool set, struct plan *out);

/* Has a dataset whose T:switch says "back" been moved already? Then forwards is the only way. */
bool plan_revert_has_begun(const struct dataset *d);

#endif
