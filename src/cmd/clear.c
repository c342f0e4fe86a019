#include <stdio.h>
#include <stdlib.h>

#include "cmd/work.h"

static int run(struct ctx *c, struct work *w)
{
	struct job *j = &w->jobs[0];
	struct plan plan = {0};
	struct task task;
	struct pair pair = {.tag = c->tag, .src_host = c->self, .src = j->near};
	struct err *e = NULL;
	size_t snaps = 0;

	plan_clear(&pair, &plan);
	for (size_t i = 0; i < plan.n; i++)
		snaps += plan.steps[i].kind == STEP_DESTROY;
	if (c->dry_run) {
		int status = work_dry_run(w, &plan, 1);
		plan_free(&plan);
		return status;
	}
	if (!ctx_flag(c, 'f')) {
		char *question = str_fmt("forget that %s on %s is zrep's, and destroy its %zu zrep "
					 "snapshots",
					 j->name, c->self, snaps);
		e = ctx_confirm(c, question);
		free(question);
	}
	if (e != NULL) {
		plan_free(&plan);
		return report(c, e);
	}
	w->strict = true;
	work_run(w, &plan, &task);
	int status = work_report(w, &task, false);
	if (status == 0 && !c->quiet)
		printf("%s on %s is no longer zrep's\n", j->name, c->self);
	return status;
}

int cmd_clear(struct ctx *c)
{
	struct work w = {0};
	struct err *e = work_open(c, &c->args, NULL, NULL, 0, &w);

	if (e == NULL && w.jobs[0].error != NULL) {
		e = w.jobs[0].error;
		w.jobs[0].error = NULL;
	}
	int status = e != NULL ? report(c, e) : run(c, &w);
	work_free(&w);
	return status;
}
