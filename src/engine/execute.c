#include "engine/execute.h"

#include <stdlib.h>

#include "engine/calls.h"
#include "engine/schedule.h"
#include "plan/plan.h"
#include "zfs/confine.h"
#include "zfs/ops.h"

struct err *execute_lacks(const struct host *h)
{
	struct err *e = NULL;

	for (size_t i = 0; e == NULL && i < step_n_kinds; i++)
		/* These a plan has only where the host knows them. */
		if (step_kinds[i].operation != NULL && step_kinds[i].op != STEP_WRITABLE &&
		    step_kinds[i].op != STEP_OFFER && step_kinds[i].op != STEP_BOOKMARK &&
		    step_kinds[i].op != STEP_UNBOOKMARK && step_kinds[i].op != STEP_UNCLONE &&
		    step_kinds[i].op != STEP_KEY_OWN && step_kinds[i].op != STEP_KEY_INHERIT)
			e = host_lacks(h, calls_operation(h, &step_kinds[i]));
	if (e == NULL)
		e = host_lacks(h, OP_SEND);
	return e != NULL ? e : host_lacks(h, OP_RECEIVE);
}

/* Does each host know what a plan asks of it? Else not one step of that is taken. */
static void check_known(struct task *t)
{
	for (size_t i = 0; t->error == NULL && i < t->plan.n; i++) {
		const struct step *s = &t->plan.steps[i];
		struct err *e;
		if (step_is_transfer(s))
			e = err_first(host_lacks(t->src, OP_SEND), host_lacks(t->dst, OP_RECEIVE));
		else
			e = host_lacks(calls_host(t, s),
				       calls_operation(calls_host(t, s), s->kind));
		/* An older one would destroy what it can. (What is empty goes by its `state`.) */
		if (e == NULL && s->kind->op == STEP_DESTROY && s->kind->foreign && !s->kind->empty)
			e = host_lacks_feature(calls_host(t, s), FEATURE_TOGETHER,
					       "destroy snapshots all or none");
		if (e == NULL && s->kind->op == STEP_DESTROY && s->kind->foreign &&
		    !host_may_destroy(calls_host(t, s), true))
			e = confine_unknown(host_name(calls_host(t, s)),
					    host_confined(calls_host(t, s)),
					    "destroy what is not zrep's own");
		task_fail(t, err_wrap(e, "%s", t->label));
	}
}

/* What could not be made to stand still is not snapshotted, nor what is in the same tree. */
static void fail_with_root(struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct task *t = &r->tasks[i];
		const struct task *root = t->root < r->n ? &r->tasks[t->root] : t;
		if (root != t && root->frozen && root->error != NULL && t->error == NULL)
			task_fail(t, err_because(err_wrap(err_copy(root->error), "%s", t->label),
						 REASON_TREE));
	}
}

/* Is a step of that phase to be taken? */
static bool has_phase(const struct run *r, enum step_phase phase)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->tasks[i].plan.n && r->tasks[i].error == NULL; k++)
			if (r->tasks[i].plan.steps[k].kind->phase == phase)
				return true;
	return false;
}

void execute_run(struct run *r)
{
	struct hosts hosts = {0};
	bool freezes = false;

	for (size_t i = 0; i < r->n; i++)
		check_known(&r->tasks[i]);

	for (size_t i = 0; i < r->n; i++)
		if (r->tasks[i].error == NULL) {
			hosts_add(&hosts, r->tasks[i].src);
			hosts_add(&hosts, r->tasks[i].dst);
		}
	for (const struct step_kind *k = step_kinds; k < step_kinds + step_n_kinds; k++) {
		for (size_t i = 0; i < r->n && cancelled(r->cancel); i++)
			if (r->tasks[i].error == NULL ||
			    err_is(r->tasks[i].error, REASON_INTERRUPTED)) {
				err_free(r->tasks[i].error);
				r->tasks[i].error = err_interrupted(r->tasks[i].label);
			}
		if (k->phase == PHASE_FREEZE && !freezes && (freezes = has_phase(r, k->phase)))
			atomic_fetch_add(r->still, 1);
		if (k->shape != SHAPE_STREAM)
			calls_run(r, k, &hosts);
		if (k->phase == PHASE_THAW && freezes) {
			atomic_fetch_sub(r->still, 1);
			freezes = false;
		}
		if (k->phase == PHASE_FREEZE)
			fail_with_root(r);
		if (k->op == STEP_RESUME) /* the first of them; what is sent is in there */
			schedule_transfers(r);
	}
	free(hosts.items);
}
