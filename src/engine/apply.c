#include "engine/apply.h"

#include <stdlib.h>

#include "engine/execute.h"
#include "engine/observe.h"
#include "plan/guids.h"
#include "plan/plan.h"
#include "plan/validate.h"
#include "ui/progress.h"
#include "util/mem.h"

/* Transfers at a time: more of them share the transaction groups of the receiving pool. */
#define PARALLEL 32u

/* What was listed on the host of an endpoint. Of a pair that is being made, the endpoint itself is all there is. */
static const struct side *side_of(const struct session *w, const struct endpoint *e)
{
	return e->host != NULL ? observe_side(w, e) : NULL;
}

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
	t->root = j->tree_member ? j->tree : (size_t)(j - w->jobs);
	t->error = j->error != NULL ? j->error : err_copy(t->plan.refusal);
	j->error = NULL;
	j->pair.tag = w->c->tag;
	plan_guids(&t->plan, &j->pair, side_of(w, &j->pair.src), side_of(w, &j->pair.dst));
	if (t->error == NULL)
		t->error = plan_validate(&j->pair, &t->plan);
	/* Before the first step: with -f they say what is about to go. */
	for (size_t k = 0; k < t->plan.notes.n; k++)
		if (w->gather_notes)
			strv_add(&t->notes, t->plan.notes.items[k]);
		else
			ui_note(&w->c->ui, "%s", t->plan.notes.items[k]);
	for (size_t k = 0; k < t->plan.n; k++)
		if (step_is_transfer(&t->plan.steps[k])) {
			ctx_tell_spared(w->c, t->src);
			ctx_tell_spared(w->c, t->dst);
			t->meter.expected += t->plan.steps[k].bytes + 1;
		}
}

unsigned apply_parallel(const struct ctx *c)
{
	return c->parallel != 0 ? c->parallel : PARALLEL;
}

struct progress *apply_show(const struct ctx *c, const struct progress_item *items, size_t n)
{
	/* Lines of a trace would tear it. */
	return c->ui.quiet || c->ui.debug ? NULL : progress_start(items, n);
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
			  .parallel = apply_parallel(w->c),
			  .lane = w->lane,
			  .send_flags = w->c->send_flags,
			  .limit = &w->c->limit,
			  .cancel = w->c->cancel,
			  .still = &w->c->still,
			  .trace = w->c->ui.debug ? ui_trace : NULL,
			  .trace_ctx = &w->c->ui,
			  .failures_fatal = w->failures_fatal};
	struct progress *shared = w->c->progress, *p = NULL;
	if (shared != NULL)
		progress_add(shared, items, shown);
	else if (w->lane == NULL && shown > 0)
		p = apply_show(w->c, items, shown);
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
