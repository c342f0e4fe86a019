/* The hook `event`: what has happened to datasets of this host, told to a program of the operator's. */
#ifndef ZREP_ENGINE_EVENTS_H
#define ZREP_ENGINE_EVENTS_H

#include "engine/peers.h"

/* Runs the hook for all that is to be told, one after the other, where there is one, and forgets it. A failure is a note; one
 * that takes too long is not run again. The locks should have been let go of: it may take its time, or run a zrep. With
 * w->teller, that does it, and this does not wait. */
void events_run(struct session *w);

/* To be told with the end of the session, of a dataset on this host: `event` is a word for zrep(8), `reason` and `text` are of a failure, the latter NULL without
 * one. */
void events_tell(struct session *w, struct job *j, const char *event, enum err_reason reason,
		 const char *text);

/* The same of each whose role has moved since the session was opened. */
void events_tell_roles(struct session *w);

/* A thread that tells the events of a program that stays, in their order, so that a hook that takes its time holds up nothing
 * else. What comes while very many wait is not told, which is a note. */
struct teller *events_teller(struct ctx *c);
/* Has it told everything? */
bool events_are_told(struct teller *t);
/* Where c->cancel is set, what has not been told is not. NULL is fine. */
void events_teller_free(struct teller *t);

#endif
