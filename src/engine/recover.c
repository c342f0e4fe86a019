#include "engine/recover.h"

#include <stdlib.h>

#include "engine/apply.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/recover.h"
#include "util/mem.h"

static bool goes_back(const struct pair *p)
{
	return p->src.aside != NULL || p->dst.aside != NULL ||
	       (p->src.d != NULL && p->src.d->change.kind == CHANGE_BACK) ||
	       (p->dst.d != NULL && p->dst.d->change.kind == CHANGE_BACK);
}

/* The plans of one round. What goes back does so alone: a dataset takes those below it along when it is
 * renamed. False: there is nothing more that could be done. */
static bool settle_plans(struct session *w, struct plan *plans)
{
	bool any = false, alone = false;

	for (size_t i = 0; i < w->n && !alone; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || job_home(j)->busy || job_peer(j)->busy ||
		    (job_home(j)->d == NULL && job_home(j)->aside == NULL))
			continue;
		const struct pair *pair = session_pair(w, j);
		if (plan_is_settled(pair) || (w->offline && job_home(j)->d != NULL &&
					      job_home(j)->d->change.kind == CHANGE_LEAVING))
			continue;
		bool back = goes_back(pair);
		if (back && any)
			continue;
		plan_settle(pair, &plans[i]);
		alone = back;
		any = any || plans[i].n > 0 || plans[i].refusal != NULL || plans[i].again;
	}
	return any;
}

/* Why -n has nothing to show. */
static struct err *half_done(const struct session *w, const struct job *j)
{
	char *command =
	    plan_settler(w->c->tag, job_home(j)->d != NULL ? job_home(j)->d : job_home(j)->aside);
	struct err *e = err_remedy(err_new(ERR_REFUSED,
					   "%s is in the middle of a role change, which this "
					   "command would finish or undo first",
					   j->name),
				   "run it without -n, or %s", command);

	free(command);
	return e;
}

void recover_switches(struct session *w, unsigned flags)
{
	/* Each change takes two at most, one for each side; ways back are taken one after the other. */
	for (size_t turn = 0; turn < 4 + 2 * w->n; turn++) {
		struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
		bool any = settle_plans(w, plans);
		if (any && w->c->dry_run) {
			for (size_t i = 0; i < w->n; i++)
				if (plans[i].n > 0 && w->jobs[i].error == NULL)
					w->jobs[i].error = half_done(w, &w->jobs[i]);
			any = false;
		}
		if (any) {
			apply_round(w, plans);
			session_refresh(w, flags);
		}
		plans_free(plans, w->n);
		if (!any)
			break;
	}
}
