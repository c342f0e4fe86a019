/* The other members of a set, looked at where they can be reached. Nothing is locked or changed. */
#ifndef ZREP_ENGINE_MEMBERS_H
#define ZREP_ENGINE_MEMBERS_H

#include "engine/session.h"

/* An error for every job that is about to lead without its source being asked (takeover -L), where another member can be
 * reached that leads, or has more (plan_check_better()). Who does not answer within ten seconds, or the time-out if that
 * is shorter, is not reached; BATCH_HOSTS are asked at the same time. */
void members_check(struct session *s);

/* Sets `led` of every job whose master's role is to move with its consent, or could, where another member can be reached that
 * leads (plan_check_led()): the master need not have heard of that. Nobody is asked of a pair that is alone; who says nothing for five
 * seconds is not reached, unless the session is connected to that host already. */
void members_check_led(struct session *s);

/* The same for every job of which an end is a master that has made way, or was making way: it is not to be opened again
 * where another member leads since. */
void members_check_closed(struct session *s);

#endif
