#include "cli/rewind.h"

#include <stdlib.h>
#include <string.h>

#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/rewind.h"

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
		e = ui_countdown(&c->ui, plan->notes.items[i]);
	strv_free(&plan->notes);
	return e;
}

static int act(struct ctx *c, struct session *w, const char *snap)
{
	struct job *j = &w->jobs[0];
	struct plan plan = {0};
	const struct pair *pair = session_pair(w, j);

	plan_rewind(pair, snap, &plan);
	if (c->dry_run) {
		int status = outcome_dry_run(w, &plan, 1);
		plan_free(&plan);
		return status;
	}
	struct err *e = plan.refusal != NULL ? err_copy(plan.refusal) : warn(c, &plan);
	if (e == NULL) {
		apply_round(w, &plan);
		e = j->error;
		j->error = NULL;
	}
	plan_free(&plan);
	struct record *one = ui_dataset(&c->ui, j->name);
	record_str(one, "status", e != NULL ? "failed" : "back");
	record_str(one, "snapshot", snap);
	return ui_dataset_error(&c->ui, j->name, e);
}

int rewind_replica(struct ctx *c)
{
	struct strv names = {0};
	struct session w = {.home_lock = LOCK_SEND};
	struct err *e = check_arg(c);
	const char *arg = c->args.items[0], *at = strchr(arg, '@');
	int status;

	if (e == NULL) {
		char *name = str_fmt("%.*s", (int)(at - arg), arg);
		strv_add(&names, name);
		free(name);
		e = session_open(c, &names, NULL, NULL, LIST_TXG_SYNC | LIST_HALF, &w);
	}
	if (e == NULL) {
		w.defer_unreachable = true;
		w.peer_flags = LIST_OBSTACLES;
		session_connect(&w, false);
		recover_switches(&w, LIST_TXG_SYNC | LIST_OBSTACLES);
		session_need_peers(&w);
		e = w.jobs[0].error;
		w.jobs[0].error = NULL;
		if (e == NULL && job_home(&w.jobs[0])->d == NULL)
			e = err_new(ERR_FAILED, "%s on %s does not exist any more", w.jobs[0].name,
				    c->self);
	}
	if (e == NULL)
		status = act(c, &w, at + 1);
	else
		status =
		    w.n > 0 ? ui_dataset_error(&c->ui, w.jobs[0].name, e) : ui_error(&c->ui, e);
	session_free(&w);
	strv_free(&names);
	return status;
}
