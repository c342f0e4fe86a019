/* What several plans refuse for the same reason, in the same words. */
#ifndef ZREP_PLAN_REFUSALS_H
#define ZREP_PLAN_REFUSALS_H

#include "plan/pair.h"

/* What d, which its T:switch says is in a change of its role, is refused for, and the command that ends that. */
struct err *plan_switching(const char *tag, const struct dataset *d, const char *host);

/* That command, `zrep doctor --fix NAME`, with `-t TAG` where that is needed. The caller frees. */
char *plan_settler(const struct dataset *d);

/* On its way back, `aside` has what `name` had, and something else has that name by now. */
struct err *plan_displaced(const char *name, const struct dataset *aside, const char *host);

/* Something has the name under which d is to keep what is newer. */
struct err *plan_in_way(const struct dataset *d, const char *in_way, const char *host);
/* A dataset cannot be listed because of a value, see side_unreadable(), which gave `prop`. Nothing is known of it but that
 * it is there. NULL where prop is NULL. */
struct err *plan_unreadable(const char *dataset, const char *host, const char *prop);

/* A dataset cannot be seen because its pool is not imported: nothing is known of it, and nothing is offered that would
 * only be right if it were gone. */
struct err *plan_pool_away(const char *dataset, const char *host);

/* Why a side has no dataset of that name; NULL: it has one. Whoever tells of what cannot be listed in another way asks
 * side_unreadable() before. */
struct err *plan_not_there(const struct side *s, const char *dataset, const char *host);

/* Whoever asks the host is not allowed what a sync or a change of the role needs; NULL: nothing is missing, or it was not asked. */
struct err *plan_not_allowed(const struct dataset *d, const char *host);
/* Nor is there room for the snapshots that a sync takes, by a limit that holds for whoever is not root; NULL: there is, or it
 * was not asked. */
struct err *plan_snapshots_full(const struct dataset *d, const char *host);

/* The pool of a dataset is imported read-only. */
struct err *plan_pool_readonly(const char *dataset, const char *host);
/* Both sides have something that the other has not: what to do for either. The caller frees. */
char *plan_parted_ways(const char *master, const char *master_host, const char *replica,
		       const char *replica_host);
/* How a master is writable again on which somebody has set readonly=on. The caller frees. */
char *plan_open_again(const struct dataset *d, const char *host);
/* The replica's host cannot log in on the master's; NULL where it can, or was not asked. */
struct err *plan_no_way_back(const struct pair *p);
/* A master that may not give its role to anybody, because somebody else has led since; NULL: it is none. */
struct err *plan_outlived(const struct dataset *d, const char *host);
/* Why nothing can be changed in the pool of a dataset; NULL: it can, or pool is NULL. */
struct err *plan_check_pool(const struct pool *pool, const char *dataset, const char *host);

/* What `zrep clear` of a master costs that could still have a replica, to stand behind the command. */
#define PLAN_CLEAR_COSTS                                                                           \
	" (which destroys zrep's snapshots of it, from which a copy could still be continued)"

/* What an end's name stands for has another one there (struct endpoint, `renamed`), and how it gets its own back, or keeps that.
 * NULL: nothing is known of it, or it cannot have it. */
struct err *plan_renamed(const struct pair *p, enum pair_side at);
/* Can `zfs rename` do that, as far as the names tell? */
bool plan_can_be_renamed(const char *from, const char *to);

/* Was it, or something that it is in, taken out of its tree (T:exclude)? Then no sync of that has its replica follow a new name.
 * `side`: where what it is in is to be found. */
bool plan_is_taken_out(const struct side *side, const struct dataset *d);

/* "... is not replicated by zrep". */
struct err *plan_no_pair(const char *name, const char *host, const char *tag);

/* An epoch that could not grow any more, which somebody has set by hand; NULL if it can. */
struct err *plan_check_epoch(const struct dataset *d, const char *host, const char *tag);

/* How a pair that cannot go on is begun anew, with nothing lost but what is said. The caller frees. */
char *plan_anew(const char *src, const char *src_host, const char *dst, const char *dst_host);

#endif
