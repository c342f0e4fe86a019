/* The hosts of a session, and what was seen of them. */
#ifndef ZREP_ENGINE_PEERS_H
#define ZREP_ENGINE_PEERS_H

#include <pthread.h>

#include "engine/context.h"
#include "engine/job.h"

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

/* Something that the hook event is to be told. */
struct event {
	char *dataset;
	nvlist_t *facts;
};

struct session {
	struct ctx *c;
	struct job *jobs;
	size_t n;
	struct peer *peers; /* the first one is this host */
	size_t n_peers;
	unsigned peer_flags;  /* how the other hosts are first listed */
	bool failures_fatal;  /* see struct run */
	struct lane *lane;    /* the same */
	bool allow_reverting; /* see LIST_HALF */
	bool
	    inspect_unrelated; /* the other side is looked at also where the role does not say that there is one */
	bool defer_unreachable; /* the other side that cannot be asked is no error yet */
	bool gather_notes;      /* what plans note is left in the tasks, and not printed at once */
	bool
	    no_search; /* what was renamed is not looked for (engine/renamed.h); to be set before session_open() */
	bool no_locks; /* it only looks; to be set before session_open(). With -n it is */
	/* How the datasets on this host are locked, and on others; to be set before session_open(). More is locked where
	 * a role change has to be recovered. */
	enum lock_mode home_lock, peer_lock;
	bool
	    offline; /* the other side is not asked at all: what only it could say stays unrecovered */
	bool accepted, moves, offers; /* see struct pair */
	double
	    readonly_since; /* when this run began to make masters read-only, by clock_now(); 0: not yet */
	bool
	    mute; /* tree_expand(): what does not come along is not printed, only left in left_out */
	bool
	    changed; /* a role change was settled, or a tree set right: names and roles may be others than before */
	struct held held; /* see ctx_lock() */
	struct teller *
	    teller; /* tells them, see events.h; NULL: session_free() does. To be set before session_open() */
	struct event *events; /* see events.h */
	size_t n_events;
	/* See engine/renamed.h: what was listed where something was not under its name, and of which host that is. */
	struct side *searched;
	struct host **searched_on;
	size_t n_searched;
	struct side *fulls; /* what the `full` of jobs are in */
	size_t n_fulls;
};

/* Names that are about to be added to a session, and what of them somebody else has locked. */
struct session_locked {
	nvlist_t *home, *peer; /* what somebody else has locked */
	struct err *error;     /* why that could not be asked */
};

#endif
