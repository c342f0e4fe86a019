/* The plans of a run while they are carried out, one task for each dataset. */
#ifndef ZREP_ENGINE_TASK_H
#define ZREP_ENGINE_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"
#include "pump/pump.h"
#include "util/cancel.h"
#include "zfs/host.h"

/* What one task is doing, for whoever shows it. */
enum task_phase { TASK_WAITS, TASK_SENDS, TASK_SENT, TASK_FAILED };

/* One dataset of a run. */
struct task {
	const char *label; /* the source dataset */
	struct host *src, *dst;
	struct plan plan;
	struct err *error;     /* set: no further step is taken */
	struct cancel *cancel; /* NULL: nobody can stop it */
	struct strv
	    notes;       /* what did not work and does not matter to the result; what hooks said */
	size_t root;     /* whose hooks are its own: itself, or the root of its tree */
	bool frozen;     /* its hook pre-snapshot was run: the other one will be */
	bool incomplete; /* a mount, a property or a hook after the decision failed (see notes) */
	struct pump_meter meter; /* bytes of all its sends */
	_Atomic int phase;
	double seconds; /* that its sends took */
};

struct run {
	const char *tag;
	struct task *tasks;
	size_t n;
	unsigned parallel;        /* transfers at a time, at least 1 */
	struct lane *lane;        /* with whom these are shared; NULL: nobody */
	const char *send_flags;   /* see OP_SEND; "" or NULL: the usual */
	struct pump_limit *limit; /* over all transfers; NULL: none */
	struct cancel *cancel;
	/* Counts the runs that make something stand still for its snapshot, until the hook post-snapshot was run. */
	atomic_uint *still;
	/* Told in a line of each call to a host and of each stream, when it is over; from any thread. NULL: nobody. */
	void (*trace)(void *ctx, const char *text);
	void *trace_ctx;
	bool
	    failures_fatal; /* releasing and destroying is what was asked for: a failure there is no note */
};

/* Keeps the first error of a task. Takes e over; NULL is fine. What fails once somebody has asked to stop has
 * REASON_INTERRUPTED, unless it is a decision: ssh and what runs here get the signal too. */
void task_fail(struct task *t, struct err *e);

/* Tells r->trace, if it is there, of something that began at `begun` (clock_now()) and ended with e (NULL: well). */
void run_trace(const struct run *r, double begun, const struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
