/* Bookmarks in plans: which are made, which have served their time, and which are in a rollback's way. */
#ifndef ZREP_PLAN_BOOKMARK_H
#define ZREP_PLAN_BOOKMARK_H

#include <stdint.h>

#include "plan/pair.h"

struct plan;

/* How many are made in one call. ZFS reads all bookmarks of a dataset that nobody has open whenever it opens it, which each
 * send does: with a thousand of them the sends of a thousand snapshots took three times the processor time. */
#define MARKS_AT_A_TIME 64u

/* A bookmark of a snapshot of the source, which has `guid` (0: the plan takes it), before it is sent. Nothing where it has
 * one of zrep's, or its host's zrep makes none. */
void plan_bookmark(struct plan *p, const struct pair *pair, const char *snap, uint64_t guid);

/* After all sends are in the plan: of many bookmarks those that come late are made when their snapshots are about to be sent,
 * and each but the last one is destroyed once something newer has arrived. */
void plan_bookmark_in_turn(struct plan *p, const struct pair *pair);

/* What is to be said where the source has no bookmark of `base`, though its host's zrep makes some; NULL: nothing. The caller
 * frees. */
char *plan_lacks_bookmark(const struct pair *pair, const struct snap *base);

/* The same where it has nothing but a bookmark, which is `base`; in *remedy what helps. The caller frees both. */
char *plan_has_bookmark_only(const struct pair *pair, const struct snap *base, char **remedy);

/* Destroys zrep's own bookmarks of a side that are older than `base`, its snapshot or bookmark, once there are some of
 * them: a transaction for each sync would be too much. */
void plan_expire_bookmarks(struct plan *p, const struct pair *pair, enum pair_side at,
			   const struct snap *base);

/* Destroys all of zrep's own. */
void plan_clear_bookmarks(struct plan *p, const struct dataset *d, enum pair_side at);

/* Destroys whoever's bookmarks are newer than `to`, because ZFS rolls nothing back behind them. Those that are not zrep's are
 * named in a note. */
void plan_discard_bookmarks(struct plan *p, const struct dataset *d, enum pair_side at,
			    const struct snap *to);

#endif
