/* What a verb works on: jobs, one for each dataset, and the hosts that take part. This host is one of them. */
#ifndef ZREP_ENGINE_SESSION_H
#define ZREP_ENGINE_SESSION_H

#include "engine/peers.h"
#include "plan/sync.h"

/* Locks the named datasets here and lists them. A job whose dataset is missing or busy has an error. `hosts` and `fss`
 * (both NULL, or one for each name) say where their other sides probably are: those hosts are then connected to, locked
 * and listed at the same time, as out->peer_flags says; of all else in `out`, only no_locks, no_search, lane, teller and how it locks is not set. */
struct err *session_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
			 const struct strv *fss, unsigned list_flags, struct session *out);
void session_free(struct session *s);

/* Connects to the other side of every job without an error whose dataset has one (dest-host of a master; with
 * `replicas`, src-host of a replica as well), locks the datasets there, and lists them: all hosts at the same time. */
void session_connect(struct session *s, bool replicas);

/* An error for every job that fetches, or asks its master, and is not whom that names (plan_check_named()): before
 * anything is recovered, or looked at further. */
void session_check_named(struct session *s);

/* An error for every job one of whose ends was set back (identity_check_link()): before anything is recovered, renamed in
 * a tree, or expired. */
void session_check_link(struct session *s);

/* Looks at what is below one side of a job whose dataset is about to become read-only. Its pair has it from then on;
 * what the jobs of the same group are on that host, and `more` (may be NULL), moves along. */
void session_look_below(struct session *s, struct job *j, enum pair_side side,
			const struct strv *more);

/* After that, of a job whose source was looked at: a failover, which begins with a sync of the tree, has the masters below come
 * along whose other side is on the same host. Adds their names to `taken`. */
void session_take_along(struct job *j, struct strv *taken);

/* Another side that could not be asked is an error after all. */
void session_need_peers(struct session *s);

/* What a host, NULL: none, does not let us destroy. */
enum spares session_spares(const struct host *h);

/* The pair of a job, filled in anew: names, the time, what a resume token was said to stand for. Asks nobody. */
const struct pair *session_pair(struct session *s, struct job *j);

/* One more job, which goes the same way as job `like`; its index. session_lock() was asked for both of its names.
 * observe_refresh() then looks at it. */
size_t session_add(struct session *s, size_t like, const char *name, const char *peer_name,
		   const struct session_locked *locked);
void session_lock(struct session *s, size_t like, const struct strv *home, const struct strv *peer,
		  struct session_locked *out);
/* Locks every dataset that a plan of a job changes, on its host, under its name and the one it gets; `locked` has those that are
 * ("HOST NAME", here " NAME"). *more: some of them were not yet, and may have been changed since they were looked at: look again. An
 * error if somebody else has one. */
struct err *session_lock_steps(struct session *s, const struct job *j, const struct plan *plan,
			       struct strv *locked, bool *more);
void session_locked_free(struct session_locked *l);

/* What the settings and options say of every sync of this run. */
struct sync_opts session_sync_opts(const struct ctx *c);

#endif
