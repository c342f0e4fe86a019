/* When a program that stays looks at a dataset, and when it syncs it. Pure; times are milliseconds of one clock that never goes
 * back, and begins above 0. */
#ifndef ZREP_PLAN_PACE_H
#define ZREP_PLAN_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* What was seen of a dataset, or of a tree, when it was last looked at: see OP_WRITTEN. */
struct seen {
	uint64_t state, count;
	bool has_state, has_count;
};

struct pace {
	uint64_t rpo;   /* how old its replica may be; 0: not said */
	uint64_t every; /* how often it is looked at where that is not said */
	/* What was. */
	uint64_t begun;     /* the last round; 0: there was none */
	uint64_t confirmed; /* begin of the last good one that was not light */
	uint64_t looked;    /* last, at anything; and at its state */
	uint64_t looked_deep;
	bool at_rest; /* a round found nothing to send, and `rest` was seen before that */
	struct seen rest;
	unsigned failures; /* in a row */
	unsigned busy;     /* the same */
	uint64_t retry;    /* not before */
};

/* A third of the rpo, so that a round may take as long as it waited, and fail once; at least PACE_LEAST. */
#define PACE_LEAST 300u
uint64_t pace_interval(const struct pace *p);

/* Where nothing was written the replica is as new as the source; but who watches goes by the marks of the last sync, so with
 * an rpo they are set anew each half of it. Without one nothing at all is done. */
uint64_t pace_confirm(const struct pace *p);

/* What is not needed for the next increment (holds, marks, what expires) is done for several rounds at once: so often where
 * there is no rpo, else each half of it, so that no mark is older. */
#define PACE_GATHER 10000u
bool pace_is_light(const struct pace *p, uint64_t now);

/* So long after the last marks, in seconds, what was sent since may be without hold and mark, and somebody lives who sees to
 * it: a light round, the one after it, and time for both on a slow line. `rpo` in seconds, 0: there is none. */
uint64_t pace_unmarked_most(uint64_t rpo);

/* What commits nothing and writes to no file's content is not counted by any kernel: so often ZFS is asked where something is. */
#define PACE_DEEP 5000u

enum pace_want {
	PACE_NOTHING,
	PACE_LOOK,      /* at what the kernel counts */
	PACE_LOOK_DEEP, /* at its state */
	PACE_SYNC,      /* whatever is seen; its state is looked at before */
};

/* What it wants now, before it is looked at. `counted`: looks at what the kernel counts are worth something. */
enum pace_want pace_next(const struct pace *p, bool counted, uint64_t now);

/* After it was looked at: does it have to be synced? */
bool pace_changed(const struct pace *p, const struct seen *now_seen);
/* Is something else seen than before the last round? */
bool pace_differs(const struct pace *p, const struct seen *now_seen);

enum pace_outcome {
	PACE_SENT,      /* something was sent */
	PACE_UNCHANGED, /* there was nothing to send */
	PACE_LEFT_OUT,  /* it took no part: paused, perhaps */
	PACE_BUSY,      /* somebody else was at work on it: no failure */
	PACE_FAILED,
};

/* A round is over, which began at `begun` after `seen` was seen; `light`: it left out what can wait. `random`: any number, so that not all who failed at one
 * moment try again at one moment. */
void pace_ended(struct pace *p, enum pace_outcome outcome, bool light, uint64_t begun,
		const struct seen *seen, uint64_t now, uint64_t random);

/* How long the next try is put off after that many failures in a row: twice as long each time, up to PACE_RETRY_MAX, and up to a
 * quarter less or more. */
#define PACE_RETRY_FIRST 1000u
#define PACE_RETRY_MAX 60000u
uint64_t pace_put_off(unsigned failures, uint64_t random);

#endif
