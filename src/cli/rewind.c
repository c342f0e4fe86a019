/* sync DATASET@SNAP: the other side goes back to that snapshot, and stays there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/session.h"

static struct err *check_arg(const struct ctx *c)
{
	const char *arg = c->args.items[0];

	if (c->args.n != 1)
		return err_new(ERR_USAGE, "@SNAPSHOT goes with one dataset");
	if (!name_is_snapshot(arg))
		return err_new(ERR_USAGE, "\"%.300s\" is no snapshot name", arg);
	return NULL;
}

/* What is about to go there is said by the plan's notes. */
static struct err *warn(struct ctx *c, struct plan *plan)
{
	struct err *e = NULL;

	for (size_t i = 0; i < plan->notes.n && e == NULL; i++)
		e = ctx_countdown(c, plan->notes.items[i]);
	strv_free(&plan->notes);
	return e;
}

static int act(struct ctx *c, struct work *w, const char *snap)
{
	struct job *j = &w->jobs[0];
	struct plan plan = {0};
	struct pair pair = work_pair(w, j);

	plan_sync_back(&pair, snap, &plan);
	if (c->dry_run) {
		int status = work_dry_run(w, &plan, 1);
		plan_free(&plan);
		return status;
	}
	struct err *e = plan.refusal != NULL ? err_copy(plan.refusal) : warn(c, &plan);
	if (e == NULL) {
		work_round(w, &plan);
		e = j->error;
		j->error = NULL;
	}
	plan_free(&plan);
	if (c->json) {
		nvlist_t *json = nv_new(), *one = nv_new();
		nv_add_str(one, "status", e != NULL ? "failed" : "back");
		nv_add_str(one, "snapshot", snap);
		nv_add_nv(json, j->name, one);
		print_json(json);
		nv_free(one);
		nv_free(json);
	}
	return report(c, e);
}

int cmd_sync_back(struct ctx *c)
{
	struct strv names = {0};
	struct work w = {0};
	struct err *e = check_arg(c);
	const char *arg = c->args.items[0], *at = strchr(arg, '@');
	int status;

	if (e == NULL) {
		char *name = str_fmt("%.*s", (int)(at - arg), arg);
		strv_add(&names, name);
		free(name);
		e = work_open(c, &names, NULL, NULL, LIST_SETTLE | LIST_HALF, &w);
	}
	if (e == NULL) {
		w.patient = true;
		work_reach(&w, false);
		work_settle(&w, LIST_SETTLE);
		work_need_far(&w);
		e = w.jobs[0].error;
		w.jobs[0].error = NULL;
		if (e == NULL && w.jobs[0].near == NULL)
			e = err_new(ERR_FAILED, "%s on %s is not there any more", w.jobs[0].name,
				    c->self);
	}
	status = e != NULL ? report(c, e) : act(c, &w, at + 1);
	work_free(&w);
	strv_free(&names);
	return status;
}
