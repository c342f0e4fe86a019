/* Which of two is the master. */
#ifndef ZREP_PLAN_ROLE_MASTERS_H
#define ZREP_PLAN_ROLE_MASTERS_H

#include "plan/pair.h"

/* Two masters, or a master behind its replica's epoch: why nothing may be sent; NULL if that is fine. */
struct err *plan_check_masters(const struct pair *pair);

/* That the source was superseded by somebody whom the destination, its replica before, follows under the pair's tag, and how it
 * comes back to that one; or that this one, which has synced to it last, leads at the epoch of the source. NULL: neither. */
struct err *plan_left_behind(const struct pair *pair);

/* The destination is a replica, of no earlier epoch, that names another source: the commands by which the source is told of that
 * one, which may lead. NULL: it is not so, or what is stored is not to be pasted. The caller frees. */
char *plan_meet_followed(const struct pair *pair);

/* What to do where both sides are replicas, with the command for either: without a snapshot in common no planned change
 * would go through. The caller frees. */
char *plan_nobody_leads(const struct pair *pair);

/* The commands by which an end comes back to whom the other end, of a later epoch, follows under another tag, and who leads in
 * its place; NULL: it follows nobody. The caller frees. */
char *plan_back_to_leader(const struct pair *pair, enum pair_side at);

/* That both sides are replicas, with that remedy. Never NULL. */
struct err *plan_no_master(const struct pair *pair);

#endif
