#include <stdlib.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/setup/pause.h"
#include "util/mem.h"

static int pause_all(struct ctx *c, bool paused)
{
	struct session w = {.home_lock = LOCK_SEND, .peer_lock = LOCK_SEND};
	struct err *e = session_open(c, &c->args, NULL, NULL, 0, &w);
	struct plan *plans = mem_zalloc((w.n + 1) * sizeof(*plans));
	struct task *tasks = mem_zalloc((w.n + 1) * sizeof(*tasks));
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
			record_str(ui_dataset(&c->ui, w.jobs[i].name), "status",
				   tasks[i].error ? "failed"
				   : paused       ? "paused"
						  : "active");
			if (tasks[i].error == NULL)
				ui_done(&c->ui, "%s on %s is %s%s", w.jobs[i].name, c->self,
					tasks[i].plan.unchanged ? "already " : "",
					paused ? "paused: `sync all` leaves it out"
					       : "not paused: `sync all` includes it");
		}
		status = outcome_report(&w, tasks, false);
	}
	free(tasks);
	plans_free(plans, w.n);
	session_free(&w);
	return status;
}

static int run_pause(struct ctx *c)
{
	return pause_all(c, true);
}

const struct verb verb_pause = {
    .name = "pause",
    .shorthand = "-p",
    .flags = "",
    .min_args = 1,
    .max_args = -1,
    .usage = "DATASET...",
    .group = VERBS_DAILY,
    .summary = "leave DATASET out of `sync all`",
    .text = "Its role can still be moved.\n",
    .run = run_pause,
};

static int run_unpause(struct ctx *c)
{
	return pause_all(c, false);
}

const struct verb verb_unpause = {
    .name = "unpause",
    .shorthand = "-u",
    .flags = "",
    .min_args = 1,
    .max_args = -1,
    .usage = "DATASET...",
    .group = VERBS_DAILY,
    .summary = "include it again",
    .text = "Takes back what `zrep pause` said.\n",
    .run = run_unpause,
};
