#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/batches.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/health/beside.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/retention/expire.h"
#include "plan/retention/give_up.h"
#include "ui/exit_status.h"
#include "util/mem.h"

/* Adds b's steps behind a's; b is empty afterwards. */
static void join(struct plan *a, struct plan *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct step *from = &b->steps[i];
		struct step *s =
		    plan_add(a, from->kind->op, from->kind->phase, from->at, from->name);
		s->props = b->steps[i].props;
		b->steps[i].props = NULL;
	}
	for (size_t i = 0; i < b->notes.n; i++)
		strv_add(&a->notes, b->notes.items[i]);
	if (b->refusal != NULL) {
		struct err *e = err_copy(b->refusal);
		plan_refuse(a, e);
	}
	plan_free(b);
}

/* Why the other side is left as it is, though it was asked; NULL: it is not. */
static struct err *why_left(const struct job *j)
{
	const struct endpoint *peer = job_peer(j);

	if (peer->host == NULL || (!peer->pool_away && !pool_is_readonly(peer->pool)))
		return NULL;
	struct err *e = peer->pool_away ? plan_pool_away(j->peer_name, host_name(peer->host))
					: plan_pool_readonly(j->peer_name, host_name(peer->host));
	e->kind = ERR_FAILED; /* this side's were expired */
	return err_wrap(e, "%s expired here only", j->name);
}

static void plan_job(struct session *w, struct job *j, struct plan *out)
{
	struct plan peer = {0};
	struct pair pair = pair_of_one(w->c->tag, w->c->self, job_home(j)->d);

	pair.dst.host_name = job_peer(j)->host ? host_name(job_peer(j)->host) : "nowhere";
	pair.dst.d = job_peer(j)->d;

	if (w->c->release) {
		plan_give_up(&pair, out);
		return;
	}
	if (job_home(j)->d->role == ROLE_NONE || job_home(j)->d->role == ROLE_BROKEN) {
		plan_refuse(out, plan_no_pair(j->name, w->c->self, w->c->tag));
		return;
	}
	plan_expire(&pair, PAIR_SRC, out);
	if (job_peer(j)->d != NULL && !pool_is_readonly(job_peer(j)->pool)) {
		pair.dst.spares = session_spares(job_peer(j)->host);
		if (job_peer(j)->host != NULL)
			ctx_tell_spared(w->c, job_peer(j)->host);
		plan_expire(&pair, PAIR_DST, &peer);
		join(out, &peer);
	}
}

static size_t count_destroyed(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->steps[i].kind->op == STEP_DESTROY;
	return n;
}

/* How many snapshots of how many datasets went. */
struct sum {
	size_t gone, n;
};

static int run(struct ctx *c, struct session *w, struct sum *sum)
{
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	size_t *counts = mem_zalloc((w->n + 1) * sizeof(*counts));
	int status;

	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL) {
			plan_job(w, &w->jobs[i], &plans[i]);
			counts[i] = count_destroyed(&plans[i]);
			sum->gone += counts[i];
		}
	if (c->dry_run) {
		status = outcome_dry_run(w, plans, 1);
	} else {
		w->failures_fatal = true;
		apply_plans(w, plans, tasks);
		for (size_t i = 0; i < w->n; i++) {
			if (tasks[i].error == NULL)
				tasks[i].error = why_left(&w->jobs[i]);
			struct record *one = ui_dataset(&c->ui, w->jobs[i].name);
			record_str(one, "status", tasks[i].error ? "failed" : "expired");
			if (tasks[i].error == NULL)
				record_u64(one, "expired", counts[i]);
		}
		status = outcome_report(w, tasks, false);
		sum->n += w->n;
	}
	free(counts);
	free(tasks);
	plans_free(plans, w->n);
	return status;
}

/* Every dataset of zrep's on this host; with the other side in reach, only those it is master of. */
static struct err *all_names(struct ctx *c, bool local, struct strv *names)
{
	struct side side;
	struct err *e;

	if (!local)
		return ctx_masters(c, names, NULL, NULL);
	if ((e = ctx_list(c, c->local, NULL, LIST_APART | LIST_SEEN, &side)) != NULL)
		return e;
	for (size_t i = 0; i < side.n; i++)
		strv_add(names, side.datasets[i].name);
	plan_masters_away(&side, names);
	for (size_t i = 0; i < side.unreadable.n; i++)
		strv_add(names, side.unreadable.items[i]);
	side_free(&side);
	return NULL;
}

static int expire_batch(struct ctx *c, const struct batches *all, const struct strv *names,
			bool local, struct sum *sum)
{
	struct session w = {.home_lock = LOCK_SEND, .peer_lock = LOCK_SEND};
	struct err *e = session_open(c, names, NULL, NULL, 0, &w);

	w.peer_flags = LIST_POOLS;
	if (e == NULL && !local) {
		session_connect(&w, true);
		session_check_named(&w);
		session_check_link(&w);
	}
	int status = e != NULL ? ui_error(&c->ui, e) : run(c, &w, sum);
	batches_end_session(all, &w);
	return status;
}

static int expire(struct ctx *c, const struct strv *names, bool local)
{
	struct batches all;
	struct sum sum = {0};
	int status = 0;

	batches_make(c, names, &all);
	for (size_t i = 0; i < all.n && !cancelled(c->cancel); i++)
		status = exit_merge(status, expire_batch(c, &all, &all.items[i], local, &sum));
	if (status == 0 && cancelled(c->cancel))
		status = ui_error(&c->ui, err_interrupted("expire"));
	if (status == 0 && !c->dry_run)
		ui_done(&c->ui, "%zu snapshot%s of %zu dataset%s expired", sum.gone,
			sum.gone == 1 ? "" : "s", sum.n, sum.n == 1 ? "" : "s");
	batches_free(&all);
	return status;
}

static int run_expire(struct ctx *c)
{
	bool all = c->args.n == 0 || (c->args.n == 1 && strcmp(c->args.items[0], "all") == 0);
	bool local =
	    ctx_flag(c, 'L') || c->release; /* the other side is away: nothing is asked of it */
	struct strv names = {0};
	struct err *e = NULL;

	if (c->release && all)
		e = err_remedy(err_new(ERR_USAGE, "{zrep expire --release}: no DATASET"),
			       "name what is to be given up; `{zrep help expire}` explains it");
	else if (all)
		e = all_names(c, local, &names);
	for (size_t i = 0; !all && i < c->args.n; i++)
		strv_add(&names, c->args.items[i]);
	if (!all && e == NULL)
		e = ctx_tree_names(c, &names, 0);
	int status = e != NULL ? ui_error(&c->ui, e) : expire(c, &names, local);
	strv_free(&names);
	return status;
}

const struct verb verb_expire = {
    .name = "expire",
    .shorthand = "-e",
    .flags = "L",
    .options = " release ",
    .max_args = -1,
    .usage = "[-L] [DATASET... | all] | --release DATASET...",
    .group = VERBS_DAILY,
    .summary = "destroy snapshots beyond savecount and keep",
    .text =
	"Removes the oldest of zrep's own snapshots on both sides, until as many are left as\n"
	"the savecount of that side says, and those that its TAG:keep wants by their age\n"
	"(\"24h 14d 8w\"). Never the last one that both sides have, and never one that is held\n"
	"by somebody else. `sync` does this by itself, unless ZREP_SKIP_EXPIRE is set.\n"
	"  -L   only on this host; the other one is not asked\n"
	"  --release  of a master whose replica is away: also destroy the snapshots that are\n"
	"       kept for it. The next sync goes on from their bookmarks; without one it is\n"
	"       refused. The other side is not asked.\n",
    .run = run_expire,
};
