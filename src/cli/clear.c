#include <stdlib.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/setup/clear.h"
#include "util/mem.h"

static struct err *confirm(struct ctx *c, const struct session *w, const struct plan *plans)
{
	size_t snaps = 0;

	if (ctx_flag(c, 'f'))
		return NULL;
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < plans[i].n; k++)
			snaps += plans[i].steps[k].kind->op == STEP_DESTROY;
	char *more = w->n > 1 ? str_fmt(" and %zu below it", w->n - 1) : mem_strdup("");
	char *question = str_fmt("forget that %s on %s%s %s zrep's, and destroy %s %zu zrep "
				 "snapshot%s",
				 w->jobs[0].name, c->self, more, w->n > 1 ? "are" : "is",
				 w->n > 1 ? "their" : "its", snaps, snaps == 1 ? "" : "s");
	struct err *e = ui_confirm(&c->ui, question);
	free(question);
	free(more);
	return e;
}

static void tell(const struct ctx *c, const struct session *w, const struct task *tasks)
{
	for (size_t i = 0; i < w->n; i++) {
		record_str(ui_dataset(&c->ui, w->jobs[i].name), "status",
			   tasks[i].error ? "failed" : "cleared");
		if (tasks[i].error == NULL)
			ui_done(&c->ui, "%s on %s is no longer zrep's", w->jobs[i].name, c->self);
	}
}

static int run(struct ctx *c, struct session *w)
{
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	struct err *e;
	int status;

	for (size_t i = 0; i < w->n; i++) {
		struct pair pair = pair_of_one(c->tag, c->self, job_home(&w->jobs[i])->d);
		if (w->jobs[i].error == NULL)
			plan_clear(&pair, &plans[i]);
	}
	if (c->dry_run) {
		status = outcome_dry_run(w, plans, 1);
	} else if ((e = confirm(c, w, plans)) != NULL) {
		status = ui_error(&c->ui, e);
	} else {
		w->failures_fatal = true;
		apply_plans(w, plans, tasks);
		tell(c, w, tasks);
		status = outcome_report(w, tasks, false);
	}
	free(tasks);
	plans_free(plans, w->n);
	return status;
}

static int run_clear(struct ctx *c)
{
	struct strv names = {0};
	struct session w = {.home_lock = LOCK_SEND, .peer_lock = LOCK_SEND};

	strv_add(&names, c->args.items[0]);
	struct err *e = ctx_tree_names(c, &names, 0);
	if (e == NULL)
		e = session_open(c, &names, NULL, NULL, 0, &w);
	if (e == NULL && w.jobs[0].error != NULL) {
		e = w.jobs[0].error;
		w.jobs[0].error = NULL;
	}
	int status = e != NULL ? ui_dataset_error(&c->ui, names.items[0], e) : run(c, &w);
	session_free(&w);
	strv_free(&names);
	return status;
}

const struct verb verb_clear = {
    .name = "clear",
    .flags = "f",
    .min_args = 1,
    .max_args = 1,
    .usage = "[-f] DATASET",
    .group = VERBS_SETUP,
    .summary = "forget that DATASET was ever replicated",
    .text =
	"Removes zrep's own properties, holds and snapshots from DATASET on this host, and\n"
	"nothing else; zrep:exclude and zrep:props stay. The other side is not touched: run it\n"
	"there as well.\n"
	"  -f   do not ask\n",
    .run = run_clear,
};
