/* The hosts of a session: connected to, locked and listed, this one as any other. */
#ifndef ZREP_ENGINE_OBSERVE_H
#define ZREP_ENGINE_OBSERVE_H

#include "engine/peers.h"

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

/* Does it lock what it looks at? */
bool observe_locks(const struct session *s);

/* The other side of a job that is no pair yet: connects, locks `name` there, and lists it into *out, with its parent,
 * what is below it and all that is set on it. The caller frees *out when he is done with the job. */
struct err *observe_probe(struct session *s, struct job *j, const char *at, const char *name,
			  struct side *out);

/* Lists every host again, all at the same time. */
void observe_refresh(struct session *s, unsigned list_flags);

/* The same after a moment, for who holds no locks: a sync that runs between the look at one side and that at the other makes a
 * whole pair look broken, so that what is found has to be found twice. False: after so many looks at what still changes it is
 * enough, or somebody has called it off. */
bool observe_once_more(struct session *s, int looks, unsigned list_flags);

/* Locks both sides of the jobs that are wanted as LOCK_ALONE does, and lists every host again. Who cannot be had alone is
 * busy: an error of that job. */
void observe_lock_alone(struct session *s, const bool *wanted, unsigned list_flags);

/* Hangs up on the other hosts, so that whatever ran for us there ends, connects anew, locks and lists. */
void observe_reconnect(struct session *s, unsigned list_flags);

/* Lets go of every lock, here and there, and keeps the connections: another session can be opened on them. */
void observe_release(struct session *s);

/* What was listed on the host of an endpoint; NULL without one. */
const struct side *observe_side(const struct session *s, const struct endpoint *e);

/* "... is busy: OWNER", "... is locked by a running zrep script". */
struct err *observe_busy(const char *dataset, const char *host, const char *owner);
struct err *observe_script(const struct ctx *c, const struct dataset *d, const char *host);

#endif
