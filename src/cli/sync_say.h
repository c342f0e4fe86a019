/* What a run of one of the verbs that transfer says of its datasets. */
#ifndef ZREP_CLI_SYNC_SAY_H
#define ZREP_CLI_SYNC_SAY_H

#include "cli/sync_state.h"
#include "engine/task.h"

/* A line for what was sent; for one that was asked for by name, also for "nothing to do". Collects it as well. */
void sync_say(const struct sync_state *r, const struct task *t, const struct job *j);

/* The last line of a run over everything. */
/* Counts what came of the jobs. */
struct sync_sum {
	size_t n, failed, unchanged;
	uint64_t bytes;
};
void sync_count(const struct sync_state *r, const struct task *tasks, struct sync_sum *sum);
void sync_say_sum(const struct sync_state *r, const struct sync_sum *sum);

#endif
