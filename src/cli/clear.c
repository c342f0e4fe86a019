#include <stdio.h>
#include <stdlib.h>

#include "engine/session.h"
#include "util/mem.h"

static struct err *confirm(struct ctx *c, const struct work *w, const struct plan *plans)
{
	size_t snaps = 0;

	if (ctx_flag(c, 'f'))
		return NULL;
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < plans[i].n; k++)
			snaps += plans[i].steps[k].kind == STEP_DESTROY;
	char *more = w->n > 1 ? str_fmt(" and %zu below it", w->n - 1) : mem_strdup("");
	char *question = str_fmt("forget that %s on %s%s %s zrep's, and destroy %s %zu zrep "
				 "snapshot%s",
				 w->jobs[0].name, c->self, more, w->n > 1 ? "are" : "is",
				 w->n > 1 ? "their" : "its", snaps, snaps == 1 ? "" : "s");
	struct err *e = ctx_confirm(c, question);
	free(question);
	free(more);
	return e;
}

static void tell(const struct ctx *c, const struct work *w, const struct task *tasks)
{
	nvlist_t *json = nv_new();

	for (size_t i = 0; i < w->n; i++)
		if (c->json)
			nv_add_str(json, w->jobs[i].name, tasks[i].error ? "failed" : "cleared");
		else if (tasks[i].error == NULL && !c->quiet)
			printf("%s on %s is no longer zrep's\n", w->jobs[i].name, c->self);
	if (c->json)
		print_json(json);
	nv_free(json);
}

static int run(struct ctx *c, struct work *w)
{
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	struct err *e;
	int status;

	for (size_t i = 0; i < w->n; i++) {
		struct pair pair = pair_of_one(c->tag, c->self, w->jobs[i].near);
		if (w->jobs[i].error == NULL)
			plan_clear(&pair, &plans[i]);
	}
	if (c->dry_run) {
		status = work_dry_run(w, plans, 1);
	} else if ((e = confirm(c, w, plans)) != NULL) {
		status = report(c, e);
	} else {
		w->strict = true;
		work_run(w, plans, tasks);
		tell(c, w, tasks);
		status = work_report(w, tasks, false);
	}
	for (size_t i = 0; i < w->n; i++)
		plan_free(&plans[i]);
	free(tasks);
	free(plans);
	return status;
}

int cmd_clear(struct ctx *c)
{
	struct strv names = {0};
	struct work w = {0};

	strv_add(&names, c->args.items[0]);
	struct err *e = ctx_tree_names(c, &names, false);
	if (e == NULL)
		e = work_open(c, &names, NULL, NULL, 0, &w);
	if (e == NULL && w.jobs[0].error != NULL) {
		e = w.jobs[0].error;
		w.jobs[0].error = NULL;
	}
	int status = e != NULL ? report(c, e) : run(c, &w);
	work_free(&w);
	strv_free(&names);
	return status;
}
