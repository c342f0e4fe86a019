#include "engine/apply.h"

#include <stdlib.h>

#include "engine/execute.h"
#include "ui/progress.h"
#include "util/mem.h"

/* Transfers at a time: more of them share the transaction groups of the receiving pool. */
#define PARALLEL 32u

static void make_task(struct session *w, struct job *j, struct plan *plan, struct task *t)
{
	struct host *home = w->c->local;
	struct host *src = j->pair.src.host, *dst = j->pair.dst.host;

	/* A side that was not asked has no steps. */
	*t = (struct task){.label = j->name,
			   .src = src != NULL ? src : home,
			   .dst = dst != NULL ? dst : home,
			   .cancel = w->c->cancel,
			   .plan = *plan};
	*plan = (struct plan){0};
	t->error = j->error != NULL ? j->error : err_copy(t->plan.refusal);
	j->error = NULL;
	/* Before the first step: with -f they say what is about to go. */
	for (size_t k = 0; k < t->plan.notes.n; k++)
		ui_note(&w->c->ui, "%s", t->plan.notes.items[k]);
	for (size_t k = 0; k < t->plan.n; k++)
		if (t->plan.steps[k].kind == STEP_SEND || t->plan.steps[k].kind == STEP_RESUME)
			t->meter.expected += t->plan.steps[k].bytes + 1;
}

void apply_plans(struct session *w, struct plan *plans, struct task *tasks)
{
	struct progress_item *items = mem_zalloc(w->n * sizeof(*items));
	size_t shown = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		make_task(w, &w->jobs[i], &plans[i], t);
		if (t->meter.expected > 0 && t->error == NULL)
			items[shown++] = (struct progress_item){t->label, &t->meter, &t->phase};
	}
	struct run run = {.tag = w->c->tag,
			  .tasks = tasks,
			  .n = w->n,
			  .parallel = w->c->parallel != 0 ? w->c->parallel : PARALLEL,
			  .send_flags = w->c->send_flags,
			  .limit = &w->c->limit,
			  .cancel = w->c->cancel,
			  .trace = w->c->ui.debug ? ui_trace : NULL,
			  .trace_ctx = &w->c->ui,
			  .strict = w->failures_fatal};
	/* Lines of a trace would tear it. */
	struct progress *p = w->c->ui.quiet || w->c->ui.debug ? NULL : progress_start(items, shown);
	execute_run(&run);
	progress_stop(p);
	free(items);
}

void apply_round(struct session *w, struct plan *plans)
{
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));

	apply_plans(w, plans, tasks);
	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		for (size_t k = 0; k < t->notes.n; k++)
			ui_note(&w->c->ui, "%s", t->notes.items[k]);
		for (size_t k = 0; k < t->plan.done.n && t->error == NULL; k++)
			ui_note(&w->c->ui, "%s", t->plan.done.items[k]);
		w->jobs[i].error = t->error;
		w->jobs[i].incomplete = w->jobs[i].incomplete || t->incomplete;
		plan_free(&t->plan);
		strv_free(&t->notes);
	}
	free(tasks);
}
