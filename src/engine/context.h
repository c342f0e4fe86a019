/* What a run was started with, and what it reaches others by: the command line and the environment taken apart, this host,
 * and the connections to others. main owns the only one. */
#ifndef ZREP_ENGINE_CONTEXT_H
#define ZREP_ENGINE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine/settings.h"
#include "state/picture.h"
#include "ui/ui.h"
#include "util/buf.h"
#include "util/cancel.h"
#include "util/err.h"
#include "zfs/host.h"
#include "zfs/lock.h"

/* What somebody has locked, by host; a name is there as often as it was taken. */
struct held {
	struct held_at {
		struct host *host;
		struct strv names;
	} * at;
	size_t n;
};

/* The command line and the environment, taken apart; and what main owns. */
struct ctx {
	struct settings settings;
	char *tag;
	struct ui ui;
	bool dry_run;
	bool recursive;   /* -R */
	unsigned timeout; /* seconds of silence */
	uint64_t
	    wait_end; /* --wait: until then (clock_ms()) locks are waited for; 0: they are not */
	unsigned parallel;                 /* -P; 0: not said */
	struct strv args;                  /* operands */
	char flags[32];                    /* the verb's own options that were given, by letter */
	char *quiet_seconds;               /* -q SECONDS */
	char *max_lag;                     /* --max-lag TIME */
	char send_flags[SEND_FLAGS_MAX];   /* ZREP_SEND_FLAGS, see OP_SEND; "": the usual */
	struct pump_limit limit;           /* --limit: over all transfers of the run */
	char *user;                        /* --user NAME */
	char *output;                      /* --output FILE */
	struct strv set_props, drop_props; /* of init: each -o PROP=VALUE, each -x PROP */
	bool force, discard, fenced;       /* --force, --discard, --fenced */
	bool no_sync;                      /* --no-sync */
	bool end_syncs;                    /* --end-sync */
	bool fix;                          /* --fix */
	bool release;                      /* --release */
	bool pull;                         /* --pull */
	char *every;                       /* --every TIME */
	char *metrics;                     /* --metrics FILE */
	char *log;                         /* --log WHERE */
	struct strv under;                 /* of an agent: each --under DATASET */
	char *role;                        /* --role ROLE */
	bool append_only;                  /* --append-only */
	struct strv keys;                  /* --keys DATASET each */
	uint64_t max_bytes, max_calls;     /* --max-bytes, --max-calls of an agent; 0: not given */
	uint64_t max_seconds;              /* --max-time */
	bool for_ssh;                      /* --ssh */

	char *self;      /* what this host calls itself, up to the first dot */
	char *full_name; /* all of it */
	char *who;       /* asked for this run, see user_who() */
	char *run_dir;
	struct cancel *cancel;
	char **environment;      /* as it was before the settings' file was read into it */
	atomic_uint still;       /* see struct run */
	atomic_int *hangups;     /* SIGHUPs that a program that stays has not answered yet */
	atomic_bool asked_to_go; /* somebody wanted its locks, and it hung: see zfs/lock_ask.h */
	bool again;              /* it ended only to begin anew, with what its settings are now */

	/* How much this run wants what somebody else has locked, see OP_LOCK. */
	bool asks_owners, waits_for_owners, forces_owners;
	bool locks_briefly; /* others wait for its locks: it has each for a moment */

	struct progress *progress; /* of a run in lanes; NULL: each applying of plans has its own */

	struct host *local;
	pthread_mutex_t lock;  /* over the rest */
	struct strv spared;    /* hosts of which it was told that they keep all that they have */
	pthread_cond_t joined; /* one of `joins` is over */
	struct join *joins;    /* hosts that are, or were, connected to */
	struct host **remotes; /* by name; kept open for the whole run */
	size_t n_remotes;
	struct host **past; /* hung up on, but known by name to whoever had to do with them */
	size_t n_past;
};

bool ctx_flag(const struct ctx *c, char letter);
/* Only snapshots of the tag's own are sent: with a tag of one's own, or ZREP_INC_FLAG=-i; not with -I. */
bool ctx_zrep_only(const struct ctx *c);
/* All snapshots are sent, those of other tags as well: with -I, or ZREP_INC_FLAG=-I. */
bool ctx_all_snaps(const struct ctx *c);

/* Does the name mean this host? */
bool ctx_is_self(const struct ctx *c, const char *name);

/* The host of that name: this one for "localhost" and our own name, else a connection that is made
 * once and belongs to the context. From any thread; who asks for a host that another one connects to gets what that one
 * gets. */
struct err *ctx_host(struct ctx *c, const char *name, struct host **out);

/* How this run reaches other hosts. What it points to is the context's. */
struct ssh_opts ctx_ssh_opts(const struct ctx *c);

/* Whoever finds a lock of ours can ask how we are, and have us go; `verb`: what we do; gives_way: see struct lock_owner. Until
 * ctx_be_silent(), before anything of the context is freed. */
void ctx_answer(struct ctx *c, const char *verb, bool gives_way);

/* Of all hosts that are waited for, the milliseconds since one of them has last shown that it makes progress; 0: none is waited
 * for. */
uint64_t ctx_quiet(struct ctx *c);
void ctx_be_silent(struct ctx *c);

/* With the context: what was noted of hosts that were connected to. */
void ctx_free_joins(struct ctx *c);

/* Frees of what was hung up on the first n, but for the hosts of these names, in which somebody may still be. Who is in one was
 * in it before it was counted: so first it is counted, and then seen who is in which. */
size_t ctx_count_past(struct ctx *c);
void ctx_forget_past(struct ctx *c, size_t n, const struct strv *in_use);

/* Hangs up on the host of that name; the next ctx_host() connects anew. What others have under way there fails; the host
 * goes with the context. */
void ctx_drop(struct ctx *c, const char *name);
/* Has its connection failed? */
bool ctx_is_lost(struct ctx *c, const char *name);
/* ctx_drop(), if its connection has failed; says whether it had. */
bool ctx_drop_lost(struct ctx *c, const char *name);
/* The same of a host that nothing is asked of any more, but which may still be named: what points to it goes on to. */
void ctx_hang_up(struct ctx *c, const char *name);
/* With the context: hangs up on all. */
void ctx_close_all(struct ctx *c);

/* Lists datasets of a host and reads them. names NULL: all that carry the tag. */
enum {
	LIST_TXG_SYNC = 1,  /* what is not committed yet is, first */
	LIST_NATIVE = 2,    /* all properties that are set on them */
	LIST_BELOW = 4,     /* the names of what is below them */
	LIST_PRESERVED = 8, /* also what is aside, see side_preserved() */
	LIST_HALF =
	    16, /* (of a work) a dataset that is aside, and only there, is no error: it is settled */
	LIST_TREES = 32,      /* the names of what is below recursive pairs */
	LIST_EXAMINE = 64,    /* what only doctor wants to know */
	LIST_POOLS = 128,     /* how their pools stand */
	LIST_SPACE = 256,     /* what zrep's snapshots keep of space */
	LIST_OBSTACLES = 512, /* what would stand in the way of going back, see plan/obstacles.h */
	LIST_APART =
	    1024, /* what cannot be listed is no error: whoever asks looks at side_unreadable() */
	LIST_KEYS = 2048,         /* how their keys are wrapped */
	LIST_OPENS = 4096 | 2048, /* also whether those that are loaded open them */
	LIST_BESIDE = 16384,      /* what else is there, see struct beside */
	LIST_SEEN = 32768,        /* what this host was master of, in pools that are not imported */
	LIST_PLACES = 65536,      /* what stands where they would be mounted */
	LIST_MAY = 131072,        /* what whoever asks them is not allowed there */
	LIST_SETTINGS = 8192, /* what a replica may have from its source, see dataset_setting() */
	/* All that a way back has to know. */
	LIST_WAY = LIST_TXG_SYNC | LIST_NATIVE | LIST_BELOW | LIST_PRESERVED | LIST_OBSTACLES,
};
struct err *ctx_list(struct ctx *c, struct host *h, const struct strv *names, unsigned flags,
		     struct side *out);

/* Names of the datasets that this host is master of, and (where not NULL) what they name as their
 * other sides, "" for nothing; all as stored and unchecked. Those that it was seen to be master of in pools that are not
 * imported are among them, so that they are told. */
struct err *ctx_masters(struct ctx *c, struct strv *names, struct strv *hosts, struct strv *fss);

/* Adds to the names of datasets those of zrep's below each that is a recursive pair. */
enum {
	TREE_ANY_ROLE =
	    1, /* also those that do not have the role of its top, and replicas that were renamed */
	TREE_ALONG =
	    4, /* also those below what is no recursive pair: a change of its role takes them along */
	TREE_ASIDE = 2, /* also those that are aside on their way back, by the name that they had */
};
struct err *ctx_tree_names(struct ctx *c, struct strv *names, unsigned which);

/* Tells, once, if that host lets us destroy nothing, so that what is there does not expire by what runs here. */
void ctx_tell_spared(struct ctx *c, const struct host *h);

/* Takes locks; *busy holds dataset -> owner for those that somebody else has (the caller frees). What was taken is noted
 * in *held. With --wait it is tried again and again while somebody has one of them, and what was taken is let go of in between. */
struct err *ctx_lock(struct ctx *c, struct host *h, const struct strv *names, enum lock_mode mode,
		     struct held *held, nvlist_t **busy);

/* Lets go of them, as often as they were taken. A failure is none: they end with the connection. */
void ctx_unlock(struct ctx *c, struct held *held);
/* Forgets them: they end with the connection. */
void held_free(struct held *held);

#endif
