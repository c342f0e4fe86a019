/* The kinds of steps that are one call for each host, whatever the number of datasets. */
#ifndef ZREP_ENGINE_CALLS_H
#define ZREP_ENGINE_CALLS_H

#include "engine/task.h"

struct hosts {
	struct host **items; /* the caller frees */
	size_t n;
};

/* Each once. */
void hosts_add(struct hosts *h, struct host *host);

/* Where that step of the task is done; of a transfer the source. */
struct host *calls_host(const struct task *t, const struct step *s);

/* The name of the operation on that host: one whose zrep does not know decisions sets them, as zrep did then. */
const char *calls_operation(const struct host *h, const struct step_kind *kind);

/* All steps of a kind, of all tasks without an error, that are not done and not for later: all hosts at the same time. Failures
 * are in the tasks. */
void calls_run(struct run *r, const struct step_kind *kind, const struct hosts *hosts);

/* The same of one task on one host, from any thread. Then they are done, whether all went well or not. */
void calls_run_alone(struct run *r, struct task *t, const struct step_kind *kind,
		     struct host *host);

#endif
