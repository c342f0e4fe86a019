/* What a sync consists of, for all of its datasets together or for each lane of them. */
#ifndef ZREP_CLI_SYNC_PARTS_H
#define ZREP_CLI_SYNC_PARTS_H

#include "cli/sync_state.h"
#include "engine/task.h"

/* Locks both sides of the datasets, looks at them, and recovers what was half
 * done. On an error nothing else is to be done with r but session_free(&r->w), as always. */
struct err *sync_open(struct sync_state *r, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss);
/* Plans, and prints the plans (-n). The exit status. */
int sync_show_plans(struct sync_state *r);
/* Plans and carries out: a task for each job. The caller gives them to sync_report(). */
struct task *sync_act(struct sync_state *r);
/* Says what was done. */
void sync_tell(struct sync_state *r, const struct task *tasks);
/* Says what failed, and stores it if that is wanted. Frees the tasks. The exit status. */
int sync_report(struct sync_state *r, struct task *tasks, bool store);

#endif
