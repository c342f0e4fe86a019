/* What the verbs share: options, hosts, printing. */
#ifndef ZREP_CMD_CMD_H
#define ZREP_CMD_CMD_H

#include <pthread.h>
#include <stdbool.h>

#include "cmd/settings.h"
#include "state/picture.h"
#include "util/buf.h"
#include "util/cancel.h"
#include "util/err.h"
#include "zfs/host.h"

/* The command line and the environment, taken apart; and what main owns. */
struct ctx {
	struct settings settings;
	char *tag;
	bool verbose, quiet, dry_run, yes, json, debug;
	bool recursive;                    /* -R */
	unsigned timeout;                  /* seconds of silence */
	unsigned parallel;                 /* -P; 0: not said */
	struct strv args;                  /* operands */
	char flags[32];                    /* the verb's own options that were given, by letter */
	char *quiet_seconds;               /* -q SECONDS */
	char *max_lag;                     /* --max-lag TIME */
	char send_flags[SEND_FLAGS_MAX];   /* ZREP_SEND_FLAGS, see OP_SEND; "": the usual */
	struct pump_limit limit;           /* --limit: over all transfers of the run */
	char *user;                        /* --user NAME */
	struct strv set_props, drop_props; /* of init: each -o PROP=VALUE, each -x PROP */
	bool force, discard;               /* --force, --discard */
	bool fix;                          /* --fix */

	char *self;      /* what this host calls itself, up to the first dot */
	char *full_name; /* all of it */
	char *run_dir;
	struct cancel *cancel;

	struct host *local;
	pthread_mutex_t lock;  /* over the next two */
	struct host **remotes; /* by name; kept open for the whole run */
	size_t n_remotes;
};

bool ctx_flag(const struct ctx *c, char letter);
/* Only snapshots of the tag's own are sent: with a tag of one's own, or ZREP_INC_FLAG=-i; not with -I. */
bool ctx_own_only(const struct ctx *c);
/* All snapshots are sent, those of other tags as well: with -I, or ZREP_INC_FLAG=-I. */
bool ctx_all_snaps(const struct ctx *c);

/* Text for people, with the tag in its commands: see remedy_with_tag(). In printable ASCII. The caller frees. */
char *ctx_text(const struct ctx *c, const char *text);

/* Does the name mean this host? */
bool ctx_is_self(const struct ctx *c, const char *name);

/* The host of that name: this one for "localhost" and our own name, else a connection that is made
 * once and belongs to the context. Threads may ask for different hosts at the same time. */
struct err *ctx_host(struct ctx *c, const char *name, struct host **out);

/* Hangs up on the host of that name; the next ctx_host() connects anew. */
void ctx_drop(struct ctx *c, const char *name);

/* Lists datasets of a host and reads them. names NULL: all that carry the tag. */
enum {
	LIST_SETTLE = 1, /* what is not committed yet is, first */
	LIST_NATIVE = 2, /* all properties that are set on them */
	LIST_BELOW = 4,  /* the names of what is below them */
	LIST_ASIDES = 8, /* also what is aside, see side_aside() */
	LIST_HALF =
	    16, /* (of a work) a dataset that is aside, and only there, is no error: it is settled */
	LIST_TREES = 32,   /* the names of what is below recursive pairs */
	LIST_EXAMINE = 64, /* what only doctor wants to know */
	LIST_POOLS = 128,  /* which pools are read-only */
	/* All that a way back has to know. */
	LIST_WAY = LIST_SETTLE | LIST_NATIVE | LIST_BELOW | LIST_ASIDES,
};
struct err *ctx_list(struct ctx *c, struct host *h, const struct strv *names, unsigned flags,
		     struct side *out);

/* Names of the datasets that this host is master of, and (where not NULL) what they name as their
 * other sides, "" for nothing; all as stored and unchecked. */
struct err *ctx_masters(struct ctx *c, struct strv *names, struct strv *hosts, struct strv *fss);

/* Adds to the names of datasets those of zrep's below each that is a recursive pair. */
struct err *ctx_tree_names(struct ctx *c, struct strv *names, bool any_role);

/* Takes locks; *busy holds dataset -> owner for those that somebody else has (the caller frees). */
struct err *ctx_lock(struct ctx *c, struct host *h, const struct strv *names, nvlist_t **busy);

/* Asks on the terminal; true with -y. Where there is no terminal, an ERR_REFUSED names -y. */
struct err *ctx_confirm(struct ctx *c, const char *question);

/* Says what is about to happen, and waits ten seconds for second thoughts; not with -y. Where there is no
 * terminal, an ERR_REFUSED names -y. */
struct err *ctx_countdown(struct ctx *c, const char *what);

/* The one place that prints an error. Frees it. Returns its exit status; 0 for NULL. */
int report(const struct ctx *c, struct err *e);
/* With -D, "zrep: debug: ..." to standard error. From any thread; ctx is a struct ctx, see struct run. */
void ctx_trace(void *ctx, const char *text);
/* "zrep: ..." to standard error, unless --quiet. */
void note(const struct ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text of somebody's, such as a message or what a property says: in printable ASCII. libnvpair's JSON would end at a
 * byte that is no character. */
void json_add_text(nvlist_t *to, const char *key, const char *text);
/* The same of what ctx_text() makes of it. */
void json_add_remedy(const struct ctx *c, nvlist_t *to, const char *key, const char *text);
/* Prints an nvlist as JSON and a line break to standard output. */
void print_json(const nvlist_t *nv);

/* A verb. */
struct verb {
	const char *name, *shorthand; /* shorthand as in "-S", NULL without one */
	const char *flags;            /* getopt letters of its own */
	int min_args, max_args;       /* -1: any number */
	const char *usage;            /* what stands after the name */
	const char *summary;          /* one line; NULL: hidden */
	const char *text;             /* more, for `help VERB` */
	int (*run)(struct ctx *c);    /* the exit status */
};
extern const struct verb verbs[];
const struct verb *verb_find(const char *word);

int cmd_agent(struct ctx *c);
int cmd_allow(struct ctx *c);
int cmd_changeconfig(struct ctx *c);
int cmd_check(struct ctx *c);
int cmd_clear(struct ctx *c);
int cmd_doctor(struct ctx *c);
int cmd_complete(struct ctx *c);
int cmd_expire(struct ctx *c);
int cmd_failover(struct ctx *c);
int cmd_help(struct ctx *c);
int cmd_init(struct ctx *c);
int cmd_lastsent(struct ctx *c);
int cmd_list(struct ctx *c);
int cmd_pause(struct ctx *c);
int cmd_refresh(struct ctx *c);
int cmd_rejoin(struct ctx *c);
int cmd_sentsync(struct ctx *c);
int cmd_snaponly(struct ctx *c);
int cmd_status(struct ctx *c);
int cmd_sync(struct ctx *c);
int cmd_synconly(struct ctx *c);
int cmd_takeover(struct ctx *c);
int cmd_unpause(struct ctx *c);
int cmd_uptodate(struct ctx *c);
int cmd_version(struct ctx *c);

void usage_verb(const struct verb *v, bool full);
void usage_all(void);

#endif
