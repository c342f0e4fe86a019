/* May something be sent from one side to the other, and what is in the way? */
#ifndef ZREP_PLAN_SYNC_CHECKS_H
#define ZREP_PLAN_SYNC_CHECKS_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* Says, of a pair whose destination has small blocks in place of large ones, that its master cannot become the replica. */
void plan_note_split(const struct pair *pair, struct strv *notes);

/* Why a dataset whose properties make no sense together is none to work on. */
struct err *plan_broken(const struct dataset *d, const char *host, const char *tag);

/* The destination names another source. */
struct err *plan_of_another(const struct pair *pair);

/* May something be sent from pair->src.d to pair->dst.d? An error that says why not, or NULL. `leaving`: src is making
 * way for dst. */
struct err *plan_check_source(const struct pair *pair);
struct err *plan_check_destination(const struct pair *pair, bool leaving);

/* Is it known what the destination's partial receive, if there is one, stands for? */
struct err *plan_check_token(const struct pair *pair);

/* Why a dataset without a role, under the name of the destination of a master, is not its replica, and the ways from there. Never
 * NULL. */
struct err *plan_not_paired(const struct pair *pair);

/* Are both of one type, and both encrypted or neither? An error without a remedy, or NULL. */
struct err *plan_check_kind(const struct pair *pair);
struct err *plan_no_base(const struct pair *pair);

/* Appends "@a, @b, @c and 3 more": the snapshots of d that are newer than base. */
void plan_name_newer(const struct dataset *d, const struct snap *base, struct buf *to);

/* Is d not exactly at `base` (one of its own)? Then appends by what: "newer snapshots (@a) and 4.0 KiB written since
 * its newest snapshot". */
bool plan_name_changes(const struct dataset *d, const struct snap *base, struct buf *to);

/* The steps that destroy what is newer than `to` and roll back to it. */
void plan_roll_back(struct plan *p, const struct dataset *d, enum pair_side at,
		    const struct snap *to);

/* Does the destination follow the source (role/links.h), and is it the source's to turn: what it means, of its set, and with
 * something in common? Else it is another's. */
bool plan_may_follow(const struct pair *pair);

#endif
