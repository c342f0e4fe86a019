/* What -n shows of failover, takeover and yield: each stage is planned from what the one before would leave. */
#include "cli/failover_show.h"

#include <stdlib.h>

#include "engine/outcome.h"
#include "engine/switchover.h"
#include "plan/plan.h"
#include "plan/role/forced.h"
#include "plan/role/offer.h"
#include "plan/role/revert.h"
#include "plan/role/switchover.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"

/* Of the longest way. */
#define STAGES 5

/* failover -L: from what the master is when it has made way. */
static void show_demote(struct switchover *r, const struct pair *pair, struct plan *p)
{
	struct pair then = *pair;
	struct dataset after;

	plan_force_demote_check(pair, &r->opts, &p[0]);
	if (p[0].refusal != NULL || p[0].unchanged)
		return;
	plan_demote(pair, &p[1]);
	if (p[1].refusal != NULL)
		return;
	plan_after_marks(pair, PAIR_SRC, &p[1], &after);
	then.src.d = &after;
	plan_force_demote(&then, &r->opts, &p[2]);
	plan_simulate_revert(&then, PAIR_SRC, &p[2], &p[3]);
	plan_after_marks_free(&after);
}

/* takeover -L: what a decision leaves is finished at once. */
static void show_seize(struct switchover *r, const struct pair *pair, struct plan *p)
{
	plan_force_promote_prepare(pair, &r->opts, &p[0]);
	if (r->opts.snap != NULL && p[0].refusal == NULL)
		plan_revert_to(pair, PAIR_DST, &r->opts, &p[1]);
	plan_simulate_revert(pair, PAIR_DST, &p[1], &p[2]);
	plan_force_promote(pair, &r->opts, &p[3]);
	if (p[3].refusal == NULL && !p[3].unchanged)
		plan_force_promote_end(pair, &r->opts, &p[4]);
}

/* A tree is synced before its role moves. */
static void note_tree(const struct pair *pair, const struct switchover *r, struct plan *p)
{
	const struct dataset *d = pair->src.d;

	if (!d->recursive || d->paused || d->switch_state.kind != SWITCH_NONE)
		return;
	strv_tell(
	    &p->notes,
	    "first the tree is synced as it is then, and what that takes in moves along: on %s, "
	    "{zrep -n %s %s} shows it",
	    r->c->self, r->takeover ? "refresh" : "sync", r->takeover ? pair->dst.name : d->name);
}

/* failover, takeover and yield: the decision is made from what the master is when it has made way. */
static void show_planned(struct switchover *r, const struct pair *pair, struct plan *p)
{
	bool stands = dataset_offer_stands(pair->src.d, pair->dst.d);
	struct pair then = *pair;
	struct dataset after;

	plan_check_switchover(pair, &p[0]);
	if (p[0].refusal != NULL)
		return;
	note_tree(pair, r, &p[0]);
	if (!stands) {
		switchover_plan_sync(r, pair, false, &p[1]);
		plan_demote(pair, &p[2]);
	}
	if (p[1].refusal != NULL || p[2].refusal != NULL)
		return;
	if (p[2].n > 0)
		strv_addf(
		    &p[2].notes,
		    "what is written to %s on %s until it is read-only is synced then, before "
		    "the role moves",
		    pair->src.name, pair->src.host_name);
	plan_after_marks(pair, PAIR_SRC, &p[2], &after);
	then.src.d = &after;
	if (r->offers)
		plan_offer(&then, true, &p[3]);
	else
		plan_promote(&then, true, &p[3]);
	if (!r->offers && p[3].refusal == NULL && p[3].done.n == 0)
		strv_addf(&p[3].notes,
			  "what comes then depends on how both sides are when that is decided: the "
			  "one is made writable, and the other its replica");
	plan_after_marks_free(&after);
}

/* Why a job would not move; NULL: it would. */
static const struct err *refusal_of(const struct session *w, const struct plan *plans, size_t i)
{
	for (size_t k = 0; k < STAGES; k++)
		if (plans[STAGES * i + k].refusal != NULL)
			return plans[STAGES * i + k].refusal;
	return w->jobs[i].error;
}

/* A tree moves as a whole or not at all. */
static void keep_together(struct switchover *r, struct plan *plans)
{
	const struct session *w = &r->w;
	struct err **whys = mem_zalloc((w->n + 1) * sizeof(struct err *));

	for (size_t k = 0; k < w->n; k++) {
		const struct err *why = refusal_of(w, plans, k);
		for (size_t i = 0; i < w->n && why != NULL; i++)
			if (whys[i] == NULL && w->jobs[k].group == w->jobs[i].group &&
			    refusal_of(w, plans, i) == NULL && !switchover_arrived(r, &w->jobs[i]))
				whys[i] = switchover_by_sibling(w, i, k, why);
	}
	for (size_t i = 0; i < w->n; i++) {
		struct plan *p = &plans[STAGES * i];
		for (size_t stage = 0; stage < STAGES && whys[i] != NULL; stage++) {
			plan_free(&p[stage]);
			p[stage] = (struct plan){0};
		}
		if (whys[i] != NULL)
			plan_refuse(p, whys[i]);
	}
	free(whys);
}

static void note_cost(struct switchover *r, struct plan *plans)
{
	struct session *w = &r->w;
	bool told = !r->takeover; /* that it is forced */

	for (size_t i = 0; i < w->n && r->alone && !r->offers; i++) {
		struct revert_risk risk;
		struct plan *p = &plans[STAGES * i];
		if (refusal_of(w, plans, i) != NULL || switchover_arrived(r, &w->jobs[i]))
			continue;
		char *forced = told ? NULL : switchover_tell_forced(r);
		char *back =
		    !r->takeover || r->opts.snap != NULL ? switchover_tell_back(r, i, &risk) : NULL;
		told = true;
		if (forced != NULL)
			strv_add(&p->notes, forced);
		if (back != NULL)
			strv_add(&p->notes, back);
		free(forced);
		free(back);
	}
}

int failover_show(struct switchover *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc((STAGES * w->n + 1) * sizeof(*plans));

	for (size_t i = 0; i < w->n; i++) {
		struct plan *p = plans + STAGES * i;
		if (w->jobs[i].error != NULL)
			continue;
		const struct pair *pair = session_pair(w, &w->jobs[i]);
		if (switchover_arrived(r, &w->jobs[i]))
			continue;
		if (r->alone && r->offers)
			plan_rest(pair, false, &p[0]);
		else if (r->alone && r->takeover)
			show_seize(r, pair, p);
		else if (r->alone)
			show_demote(r, pair, p);
		else
			show_planned(r, pair, p);
	}
	keep_together(r, plans);
	note_cost(r, plans);
	int status = outcome_dry_run(w, plans, STAGES);
	plans_free(plans, STAGES * w->n);
	return status;
}
