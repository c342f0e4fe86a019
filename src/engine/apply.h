/* Act: the plans of a session's jobs are carried out, with progress. */
#ifndef ZREP_ENGINE_APPLY_H
#define ZREP_ENGINE_APPLY_H

#include "engine/session.h"
#include "engine/task.h"
#include "plan/plan.h"
#include "ui/progress.h"

/* Carries out the plans (job i has plans[i], which this takes over), with progress; then errors are in the tasks. */
void apply_plans(struct session *s, struct plan *plans, struct task *tasks);

/* The same for one of several rounds: prints what the plans note, and leaves what failed in the jobs. */
void apply_round(struct session *s, struct plan *plans);

/* How many transfers there are at a time. */
unsigned apply_parallel(const struct ctx *c);

/* Shows how far they are, if that is wanted; NULL: it is not. */
struct progress *apply_show(const struct ctx *c, const struct progress_item *items, size_t n);

#endif
