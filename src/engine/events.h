/* The hook `event`: what has happened to datasets of this host, told to a program of the operator's. */
#ifndef ZREP_ENGINE_EVENTS_H
#define ZREP_ENGINE_EVENTS_H

#include "engine/session.h"

/* One hook of a dataset on this host: `event` is a word for zrep(8), `reason` and `text` are of a failure, the latter NULL without
 * one. A hook that fails is a note. Nothing where there is no such hook. */
void events_tell(struct session *w, struct job *j, const char *event, enum err_reason reason,
		 const char *text);

/* Tells whose role has moved since the session was opened. */
void events_tell_roles(struct session *w);

#endif
