/* Events: what an operator wants to be told of by himself, once. What was told is known from what is stored: T:error, T:late. */
#ifndef ZREP_PLAN_HEALTH_EVENT_H
#define ZREP_PLAN_HEALTH_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"
#include "util/err.h"

/* Of one sync there are two at most. */
#define EVENTS_MAX 2u

struct events {
	const char *names[EVENTS_MAX]; /* words for zrep(8) */
	size_t n;
	bool late; /* T:late is to be set, with T:error */
};

/* A sync of the pair has come to its end, as it was seen before that: with an error whose reason is to be stored, or
 * (`failed` false) well. `me`: the end that is told. */
struct events plan_sync_events(const struct pair *pair, enum pair_side me, bool failed,
			       enum err_reason reason);

/* How old the replica may be, in seconds: the master's word, where it can be heard; 0: as old as it likes. */
uint64_t plan_rpo(const struct pair *pair);

#endif
