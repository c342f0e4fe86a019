/* What a verb works on: jobs, one for each dataset, from their names to what both sides hold; and the hosts that take
 * part. This host is one of them. */
#ifndef ZREP_ENGINE_SESSION_H
#define ZREP_ENGINE_SESSION_H

#include "engine/context.h"
#include "plan/sync.h"

/* What the sending host said of a resume token. */
struct token_answer {
	char *token; /* which one; NULL: none was asked about */
	enum token_state state;
	struct err *why; /* of an unknown one */
	uint64_t to, from;
};

/* One dataset, with its other side, while a verb works on it. */
struct job {
	struct pair pair;    /* as session_pair() has filled it in */
	enum pair_side home; /* the side on this host, which was named */
	/* Owned; the endpoints point to them. */
	char *name;                /* of the dataset on this host */
	char *peer_at, *peer_name; /* where the other side is; NULL: nowhere, or not wanted */
	struct token_answer token; /* of the destination */
	struct err *error;
	struct err
	    *why_away;   /* why the other side could not be asked, in a session that defers it */
	bool silent;     /* its error is not worth a word (-q) */
	bool incomplete; /* see struct task */
	bool wished;     /* its error is what somebody has asked for (paused) */
	char *
	    left_out; /* of a tree's root: why something below it took no part, "NAME: why"; owned */
	size_t group; /* jobs of one group change together or not at all */
	/* In a tree (engine/tree.h): */
	bool tree_root, tree_member; /* the recursive pair itself; one below it */
	size_t tree;                 /* of either: the index of the job of its root */
	uint64_t seq;                /* of a root: see tree_seq() */
	bool is_new;                 /* it is to become a pair: one side may not be there yet */
	bool dropped;                /* it was taken out of the tree */
	char *origin;                /* see struct init_opts; owned */
	struct strv clone_origins;
	/* What is below one side, and which of those move along, see session_look_below(). */
	bool below_here; /* the side on this host; else the other */
	struct side below;
	struct strv along;
	const struct dataset *full; /* its source, with all properties; NULL if not new */
};

/* A host on one side of some jobs. */
struct peer {
	struct session *session;
	char *name;
	struct host *host;
	struct strv datasets;
	unsigned list_flags;
	pthread_t thread;
	bool running;
	/* Written by the thread, read after it was joined. */
	struct err *error;
	nvlist_t *busy; /* dataset -> who has it locked */
	struct side side;
};

struct session {
	struct ctx *c;
	struct job *jobs;
	size_t n;
	struct peer *peers; /* the first one is this host */
	size_t n_peers;
	unsigned peer_flags;  /* how the other hosts are first listed */
	bool failures_fatal;  /* see struct run */
	bool allow_reverting; /* see LIST_HALF */
	bool
	    inspect_unrelated; /* the other side is looked at also where the role does not say that there is one */
	bool defer_unreachable; /* the other side that cannot be asked is no error yet */
	bool no_locks;          /* it only looks; to be set before session_open(). With -n it is */
	bool
	    offline; /* the other side is not asked at all: what only it could say stays unrecovered */
	bool
	    mute; /* tree_expand(): what does not come along is not printed, only left in left_out */
	struct side *fulls; /* what the `full` of jobs are in */
	size_t n_fulls;
};

/* --- a job --- */

/* Its endpoints: by side; the one on this host; the other. (As strchr() does, they leave it to the caller whether what
 * they were given is const.) */
struct endpoint *job_end(const struct job *j, enum pair_side side);
struct endpoint *job_home(const struct job *j);
struct endpoint *job_peer(const struct job *j);
/* Is the dataset on this host the destination? */
bool job_pulls(const struct job *j);
/* Which side of the pair is on this host. What is known of the sides stays with their hosts. */
void job_set_home(struct job *j, enum pair_side home);
/* Where the other side is. */
void job_set_peer(struct job *j, const char *at, const char *name);
/* A job with a name and nothing else. */
void job_init(struct job *j, const char *name, enum pair_side home);
void job_free(struct job *j);

/* --- a session --- */

/* Locks the named datasets here and lists them. A job whose dataset is missing or busy has an error. `hosts` and `fss`
 * (both NULL, or one for each name) say where their other sides probably are: those hosts are then connected to, locked
 * and listed at the same time, as out->peer_flags says; of all else in `out`, only no_locks is not set. */
struct err *session_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
			 const struct strv *fss, unsigned list_flags, struct session *out);
void session_free(struct session *s);

/* Does it lock what it looks at? */
bool session_locks(const struct session *s);

/* Connects to the other side of every job without an error whose dataset has one (dest-host of a master; with
 * `replicas`, src-host of a replica as well), locks the datasets there, and lists them: all hosts at the same time. */
void session_connect(struct session *s, bool replicas);

/* The other side of a job that is no pair yet: connects, locks `name` there, and lists it into *out, with its parent,
 * what is below it and all that is set on it. The caller frees *out when he is done with the job. */
struct err *session_probe(struct session *s, struct job *j, const char *at, const char *name,
			  struct side *out);

/* An error for every job that fetches, or asks its master, and is not whom that names (plan_check_named()): before
 * anything is recovered, or looked at further. */
void session_check_named(struct session *s);

/* Lists every host again, all at the same time. */
void session_refresh(struct session *s, unsigned list_flags);

/* Hangs up on the other hosts, so that whatever ran for us there ends, connects anew, locks and lists. */
void session_reconnect(struct session *s, unsigned list_flags);

/* Lets go of every lock, here and there, and keeps the connections: another session can be opened on them. */
void session_release(struct session *s);

/* Looks at what is below one side of a job whose dataset is about to become read-only. Its pair has it from then on;
 * what the jobs of the same group are on that host, and `more` (may be NULL), moves along. */
void session_look_below(struct session *s, struct job *j, enum pair_side side,
			const struct strv *more);

/* Another side that could not be asked is an error after all. */
void session_need_peers(struct session *s);

/* The pair of a job, filled in anew: names, the time, what a resume token was said to stand for. Asks nobody. */
const struct pair *session_pair(struct session *s, struct job *j);

/* What was listed on the host of an endpoint; NULL without one. */
const struct side *session_side(const struct session *s, const struct endpoint *e);

/* One more job, which goes the same way as job `like`; its index. session_lock() was asked for both of its names.
 * session_refresh() then looks at it. */
struct session_locked {
	nvlist_t *home, *peer; /* what somebody else has locked */
	struct err *error;     /* why that could not be asked */
};
size_t session_add(struct session *s, size_t like, const char *name, const char *peer_name,
		   const struct session_locked *locked);
void session_lock(struct session *s, size_t like, const struct strv *home, const struct strv *peer,
		  struct session_locked *out);
void session_locked_free(struct session_locked *l);

/* "... is busy: OWNER", "... is locked by a running zrep script". */
struct err *session_busy(const char *dataset, const char *host, const char *owner);
struct err *session_script(const struct ctx *c, const struct dataset *d, const char *host);

/* What the settings and options say of every sync of this run. */
struct sync_opts session_sync_opts(const struct ctx *c);

#endif
