/* What a program that stays is there for: datasets, each with its other side, and how it is with them. */
#ifndef ZREP_CLI_RUN_CHARGE_H
#define ZREP_CLI_RUN_CHARGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/context.h"
#include "plan/pace.h"
#include "ui/log.h"
#include "ui/metrics.h"

struct run_lane;

/* A dataset, or a tree by its root: what is synced together. */
struct charge {
	char *name, *host, *fs; /* here; and its other side, as stored and unchecked */
	bool recursive, paused;
	struct pace pace;
	struct seen seen; /* when it was last looked at */
	bool written;     /* when it was last looked at, something had changed */
	bool due;         /* a lane is to sync it */
	bool working;     /* a lane has it: it stays as it is, and where it is */
	bool slow;  /* it has much to send: it is synced alone, so that no other waits for it */
	bool gone;  /* nobody is here for it any more */
	char *told; /* the failure that was told; NULL: it is well */
	enum err_reason told_reason;
	char *noted;           /* the same of notes */
	uint64_t failed_since; /* milliseconds */
	uint64_t busy_since;   /* the same; 0: it is not */
	struct run_lane *lane;
	struct metrics_counters counts; /* since the program was started */
};

/* All of a run. Over everything but `c`, `pull`, `every`, `log`, `teller` and the thread's own there is `lock`. */
struct charges {
	struct ctx *c;
	bool pull;
	uint64_t every; /* milliseconds */
	enum log_way log;
	struct teller *teller; /* see engine/events.h */
	uint64_t next_look;    /* at what is at rest; the main thread\'s own */
	struct strv away;      /* pools that are not imported, as told; the same */
	bool counted;          /* this host's kernel counts writes */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* something is due, or everything is to stop */
	bool stop;
	unsigned working; /* lanes that are in a round */
	struct charge **items;
	size_t n;
	struct run_lane **lanes;
	size_t n_lanes;
};

/* What there is now: new ones are added, those that are not there any more go. An error: it could not be asked, and all is as
 * before. */
struct err *charges_find(struct charges *s);

/* Looks at those whose time has come, and says which are due. An error: they could not be looked at. */
struct err *charges_look(struct charges *s);

/* The state of datasets on a host, into `seen` of each of the n (named there as their `fs`, or as `here` their name). False: it
 * cannot tell. */
struct err *charges_see(struct ctx *c, struct host *h, struct charge *const *items, size_t n,
			bool here, bool deep);

/* In the order of their names; and where in such an order the one of that name is, NULL: there is none. The lock is held, or they
 * are a lane's. */
void charges_sort(struct charge **items, size_t n);
struct charge *const *charges_named(struct charge *const *items, size_t n, const char *name);

/* Was this failure told already? Bytes and times in its text may be others by now. */
bool charge_knows(const struct charge *c, const struct err *e);

/* Says it as was asked for (--log), with the tag and, where a charge is given, its names. */
void charges_say(const struct charges *s, const struct charge *c, struct log_event e);

void charge_free(struct charge *c);

#endif
