#include <stdio.h>
#include <stdlib.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/setup/pause.h"
#include "ui/json.h"
#include "util/mem.h"

static int pause_all(struct ctx *c, bool paused)
{
	struct session w = {0};
	struct err *e = session_open(c, &c->args, NULL, NULL, 0, &w);
	struct plan *plans = mem_zalloc((w.n + 1) * sizeof(*plans));
	struct task *tasks = mem_zalloc((w.n + 1) * sizeof(*tasks));
	nvlist_t *json = nv_new();
	int status;

	for (size_t i = 0; i < w.n && e == NULL; i++)
		if (w.jobs[i].error == NULL) {
			const struct pair *pair = session_pair(&w, &w.jobs[i]);
			plan_pause(pair, paused, &plans[i]);
		}
	if (e != NULL) {
		status = ui_error(&c->ui, e);
	} else if (c->dry_run) {
		status = outcome_dry_run(&w, plans, 1);
	} else {
		apply_plans(&w, plans, tasks);
		for (size_t i = 0; i < w.n; i++) {
			if (c->ui.json)
				nv_add_str(json, w.jobs[i].name,
					   tasks[i].error ? "failed"
					   : paused       ? "paused"
							  : "active");
			else if (tasks[i].error == NULL && !c->ui.quiet)
				printf("%s on %s is %s%s\n", w.jobs[i].name, c->self,
				       tasks[i].plan.unchanged ? "already " : "",
				       paused ? "paused: `sync all` leaves it out"
					      : "not paused: `sync all` includes it");
		}
		if (c->ui.json)
			json_print(json);
		status = outcome_report(&w, tasks, false);
	}
	for (size_t i = 0; i < w.n; i++)
		plan_free(&plans[i]);
	nv_free(json);
	free(tasks);
	free(plans);
	session_free(&w);
	return status;
}

int cmd_pause(struct ctx *c)
{
	return pause_all(c, true);
}

int cmd_unpause(struct ctx *c)
{
	return pause_all(c, false);
}
