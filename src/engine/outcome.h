/* What is said of a session's jobs at the end: plans that were only to be shown, failures, the exit status. */
#ifndef ZREP_ENGINE_OUTCOME_H
#define ZREP_ENGINE_OUTCOME_H

#include "engine/session.h"
#include "engine/task.h"
#include "plan/plan.h"

/* Prints the plans of every job that has one: `stages` for each job, one after the other. The exit status. */
int outcome_dry_run(struct session *s, const struct plan *plans, size_t stages);
/* The same of one job, with its plans. */
int outcome_dry_run_of(struct session *s, struct job *j, const struct plan *plans, size_t stages);

/* Prints every error and note; stores the errors on the datasets. The exit status: that of the failures where they
 * agree, else 1. */
int outcome_report(struct session *s, struct task *tasks, bool store);

/* Only stores what outcome_report() does with `store`: where the locks are let go of before that. */
void outcome_store(struct session *w, struct task *tasks);

#endif
