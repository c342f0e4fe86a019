#include "engine/recover.h"

#include <stdlib.h>
#include <string.h>

#include "engine/apply.h"
#include "engine/members.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/cancel.h"
#include "plan/role/links.h"
#include "plan/role/recover.h"
#include "plan/role/revert.h"
#include "plan/sync_checks.h"
#include "util/mem.h"

static bool reverts(const struct pair *p)
{
	return p->src.preserved != NULL || p->dst.preserved != NULL ||
	       (p->src.d != NULL && p->src.d->switch_state.kind == SWITCH_REVERTING) ||
	       (p->dst.d != NULL && p->dst.d->switch_state.kind == SWITCH_REVERTING);
}

/* Somebody lives who is at it, and whose locks are others. Only who says that nobody is (doctor --fix) undoes it. */
static struct err *is_at_work(const struct ctx *c, const struct pair *p)
{
	const struct endpoint *ends[] = {&p->src, &p->dst};

	for (size_t i = 0; i < ARRAY_LEN(ends) && !c->fix; i++) {
		const struct dataset *d = ends[i]->d;
		if (d == NULL || !d->at_work || d->switch_state.kind != SWITCH_DEMOTING)
			continue;
		char *command = plan_settler(d);
		struct err *e = err_remedy(
		    err_new(ERR_BUSY,
			    "%s on %s is in the middle of a role change (%s), and the zrep that "
			    "began it, with another run directory, is still working on it",
			    d->name, ends[i]->host_name, d->switch_text),
		    "wait for it; if it is to be undone: on %s, %s", ends[i]->host_name, command);
		free(command);
		return e;
	}
	return NULL;
}

/* Is a dataset of one job within one of the other's? (Of the two hosts' names as well: they may be one host.) */
static bool touch(const struct job *a, const struct job *b)
{
	const char *as[] = {a->name, a->peer_name}, *bs[] = {b->name, b->peer_name};

	for (size_t i = 0; i < ARRAY_LEN(as); i++)
		for (size_t k = 0; k < ARRAY_LEN(bs); k++)
			if (as[i] != NULL && bs[k] != NULL &&
			    (name_within(as[i], bs[k]) || name_within(bs[k], as[i])))
				return true;
	return false;
}

/* Would it make somebody writable again? */
static bool opens(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const nvlist_t *props = p->steps[i].props;
		const char *to = props != NULL ? nv_str(props, "readonly") : NULL;
		if (p->steps[i].kind->op == STEP_SET && props != NULL &&
		    nvlist_exists(props, "readonly") && (to == NULL || strcmp(to, "on") != 0))
			return true;
	}
	return false;
}

/* The plans of one round. What goes back does so with nothing else under way but what goes back too, and is not within it: a
 * dataset takes those below it along when it is renamed. False: there is nothing more that could be done. */
static bool recover_plans(struct session *w, struct plan *plans)
{
	bool any = false, any_back = false;
	bool *goes_back = mem_zalloc((w->n + 1) * sizeof(*goes_back));

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || job_home(j)->busy || job_peer(j)->busy ||
		    (job_home(j)->d == NULL && job_home(j)->preserved == NULL))
			continue;
		const struct pair *pair = session_pair(w, j);
		if (!w->c->dry_run && plan_may_follow(pair)) {
			if (!any_back) {
				plan_follow(pair, &plans[i]);
				any = true;
			}
			continue;
		}
		if (!plan_needs_recovery(pair) ||
		    (w->offline && job_home(j)->d != NULL &&
		     job_home(j)->d->switch_state.kind == SWITCH_DEMOTING))
			continue;
		if ((j->error = is_at_work(w->c, pair)) != NULL)
			continue;
		bool back = reverts(pair), waits = back ? any && !any_back : any_back;
		for (size_t k = 0; k < i && back && !waits; k++)
			waits = goes_back[k] && touch(&w->jobs[k], j);
		if (waits)
			continue;
		plan_recover(pair, &plans[i]);
		if (pair->led != NULL && opens(&plans[i])) {
			plan_free(&plans[i]);
			plans[i] = (struct plan){0};
			j->error = err_copy(pair->led);
			continue;
		}
		goes_back[i] = back;
		any_back = any_back || back;
		any = any || plans[i].n > 0 || plans[i].refusal != NULL || plans[i].again;
	}
	free(goes_back);
	return any;
}

/* Why -n has nothing to show. */
static struct err *half_done(const struct session *w, const struct job *j)
{
	const struct endpoint *ends[] = {&j->pair.src, &j->pair.dst};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (ends[i]->d != NULL && switch_waits(&ends[i]->d->switch_state))
			return plan_switching(w->c->tag, ends[i]->d, ends[i]->host_name);
	char *command =
	    plan_settler(job_home(j)->d != NULL ? job_home(j)->d : job_home(j)->preserved);
	struct err *e = err_remedy(err_refuse(REASON_SWITCHING,
					      "%s is in the middle of a role change, which this "
					      "command would finish or undo first: what comes then "
					      "depends on how that ends",
					      j->name),
				   "run it without -n, or %s", command);

	free(command);
	return e;
}

/* What is recovered changes a dataset as a whole, for all tags. False: nothing more has to be locked for it. */
static bool lock_more(struct session *w, const struct plan *plans, bool *locked, unsigned flags)
{
	bool *wanted = mem_zalloc((w->n + 1) * sizeof(*wanted)), any = false;

	if (w->home_lock != LOCK_ALONE || w->peer_lock != LOCK_ALONE)
		for (size_t i = 0; i < w->n; i++) {
			wanted[i] = plans[i].n > 0 && !locked[i];
			locked[i] = locked[i] || wanted[i];
			any = any || wanted[i];
		}
	if (any)
		observe_lock_alone(w, wanted, flags);
	free(wanted);
	return any;
}

/* Does it have something aside, for a moment or longer? */
static bool moves_aside(const struct session *w, size_t i, const struct plan *p)
{
	const struct pair *pair = &w->jobs[i].pair;

	for (size_t k = 0; k < p->n; k++)
		if (p->steps[k].kind->phase == PHASE_MOVE)
			return true;
	return p->refusal != NULL && (pair->src.preserved != NULL || pair->dst.preserved != NULL);
}

/* Whatever stopped a way back, a dataset is not left without its name. What went wrong stays what is told. */
static void take_back(struct session *w, const bool *moved, unsigned flags)
{
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct err **why = mem_zalloc(w->n * sizeof(*why));
	int signal = atomic_exchange(&w->c->cancel->signal, 0);
	bool any = false, lost = signal != 0;

	for (size_t i = 0; i < w->n; i++) {
		any = any || (moved[i] && w->jobs[i].error != NULL);
		lost = lost || (moved[i] && w->jobs[i].error != NULL &&
				w->jobs[i].error->kind == ERR_UNREACHABLE);
	}
	if (any && lost)
		observe_reconnect(w, flags);
	else if (any)
		observe_refresh(w, flags);
	for (size_t i = 0; i < w->n && any; i++) {
		struct job *j = &w->jobs[i];
		if (!moved[i] || j->error == NULL || job_home(j)->busy || job_peer(j)->busy)
			continue;
		const struct pair *pair = session_pair(w, j);
		for (int at = PAIR_SRC; at <= PAIR_DST; at++)
			/* A clone that is there and may yet be promoted is the next run's. */
			if (pair_end(pair, at)->d == NULL || !err_is(j->error, REASON_INTERRUPTED))
				plan_take_back(pair, at, &plans[i]);
		if (plans[i].n == 0)
			continue;
		why[i] = j->error;
		j->error = NULL;
	}
	if (any)
		apply_round(w, plans);
	for (size_t i = 0; i < w->n; i++)
		if (why[i] != NULL)
			w->jobs[i].error = err_first(why[i], w->jobs[i].error);
	if (signal != 0)
		atomic_store(&w->c->cancel->signal, signal);
	free(why);
	plans_free(plans, w->n);
}

void recover_switches(struct session *w, unsigned flags)
{
	bool *locked = mem_zalloc((w->n + 1) * sizeof(*locked));

	members_check_closed(w);
	/* Each change takes two at most, one for each side, and one to lock more; ways back are taken one after the other. */
	for (size_t turn = 0; turn < 5 + 2 * w->n; turn++) {
		struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
		bool any = recover_plans(w, plans);
		if (any && w->c->dry_run) {
			for (size_t i = 0; i < w->n; i++)
				if (plans[i].n > 0 && w->jobs[i].error == NULL) {
					(void)outcome_dry_run_of(w, &w->jobs[i], &plans[i], 1);
					w->jobs[i].error = half_done(w, &w->jobs[i]);
				}
			any = false;
		}
		if (any && !lock_more(w, plans, locked, flags)) {
			bool *moved = mem_zalloc((w->n + 1) * sizeof(*moved));
			for (size_t i = 0; i < w->n; i++)
				moved[i] = moves_aside(w, i, &plans[i]);
			w->changed = true;
			apply_round(w, plans);
			take_back(w, moved, flags);
			observe_refresh(w, flags);
			free(moved);
		}
		plans_free(plans, w->n);
		if (!any)
			break;
	}
	free(locked);
}

void recover_keep(struct session *w, unsigned flags)
{
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	bool any = false;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *d = job_home(j)->d;
		if (j->error != NULL || job_home(j)->busy || d == NULL ||
		    job_home(j)->preserved != NULL || d->switch_state.kind != SWITCH_REVERTING ||
		    d->switch_state.preserve_as != NULL || plan_revert_has_begun(d))
			continue;
		const struct pair *pair = session_pair(w, j);
		plan_keep_instead(pair, job_home(j)->side, &plans[i]);
		any = true;
	}
	if (any) {
		w->changed = true;
		apply_round(w, plans);
		observe_refresh(w, flags);
	}
	plans_free(plans, w->n);
}
