/* What plans put on record of the role (state/history.h). It goes with the properties of the step that the change itself is,
 * so that none is on record that did not happen; and it decides nothing. */
#ifndef ZREP_PLAN_ROLE_HISTORY_H
#define ZREP_PLAN_ROLE_HISTORY_H

#include "plan/pair.h"
#include "state/history.h"
#include "util/err.h"
#include "util/nv.h"

/* An entry of now, by whoever asked: the role from one end towards the other. The caller frees, or gives it away. */
struct history_entry plan_change(const struct pair *pair, const char *change, enum pair_side from);

/* Adds to the properties of an end what it and the other end have on record, and that entry (NULL: no more than that), if that is
 * news for it. Takes the entry over. Nothing where pair->who is not known. */
void plan_record(nvlist_t *props, const struct pair *pair, enum pair_side at,
		 struct history_entry *entry);

/* The same without what the other end has: that is not asked, or is no end of this pair. */
void plan_record_alone(nvlist_t *props, const struct pair *pair, enum pair_side at,
		       struct history_entry *entry);

/* Of a dataset that has decided and is ready only now: on record is also how long that took. */
void plan_record_end(nvlist_t *props, const struct pair *pair, enum pair_side at);

/* What a run was refused for on an end, as the text to be stored in place of what is on record there; NULL: it is no matter of
 * the role, or is on record already. The caller frees. */
char *plan_record_refusal(const struct pair *pair, enum pair_side at, const struct err *e);

/* When the role of d moved last, by what is on record; 0: it never did, as far as that is known. */
uint64_t plan_last_moved(const struct dataset *d);

#endif
