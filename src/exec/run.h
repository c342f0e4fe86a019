/* Acting: the plans of a run are carried out, kind by kind, each kind in one call per host for all
 * datasets together; transfers in between, some at a time. */
#ifndef ZREP_EXEC_RUN_H
#define ZREP_EXEC_RUN_H

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
	struct err *error; /* set: no further step is taken */
	struct strv
	    notes;       /* what did not work and does not matter to the result; what hooks said */
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
	const char *send_flags;   /* see OP_SEND; "" or NULL: the usual */
	struct pump_limit *limit; /* over all transfers; NULL: none */
	struct cancel *cancel;
	/* Told in a line of each call to a host and of each stream, when it is over; from any thread. NULL: nobody. */
	void (*trace)(void *ctx, const char *text);
	void *trace_ctx;
	bool
	    strict; /* releasing and destroying is what was asked for: a failure there is no note */
};

/* Carries out every task's plan. Failures are in the tasks. Tasks with an error are left alone. */
void run_tasks(struct run *r);

/* Step i of a task, which is a stream, from source to destination. Where the destination has small blocks in place of
 * large ones, or cannot do without large ones, it is sent again as that needs, and the task gets steps that remember it.
 * Used by run.c. */
struct err *transfer(const struct run *r, struct task *t, size_t i);

#endif
