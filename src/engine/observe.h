/* The hosts of a session: connected to, locked and listed, this one as any other. Only session.c uses this. */
#ifndef ZREP_ENGINE_OBSERVE_H
#define ZREP_ENGINE_OBSERVE_H

#include "engine/session.h"

/* This host becomes the first peer, with the datasets of all jobs. */
void observe_begin(struct session *s);
/* Joins, and frees all peers. */
void observe_end(struct session *s);

/* Locks the datasets of the jobs without an error on this host, and notes which are busy. */
struct err *observe_lock_home(struct session *s);
/* Lists them all. An error if that failed; what is wrong with one is its job's error. */
struct err *observe_home(struct session *s, unsigned list_flags);

/* A thread for each other host of a job without an error: connects, locks, lists. */
void observe_peers(struct session *s);
void observe_join(struct session *s);

/* Puts what was listed of the other side into a job. */
void observe_attach(struct session *s, struct job *j);

/* One more dataset on both hosts of a job, locked or busy, is listed from now on. */
void observe_add(struct session *s, struct job *j, const struct session_locked *locked);

#endif
