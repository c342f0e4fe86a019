#include "cli/sync_parts.h"

#include <stdlib.h>
#include <string.h>

#include "cli/sync_all.h"
#include "cli/sync_say.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/session.h"
#include "engine/tree.h"
#include "engine/tree_plan.h"
#include "engine/tree_seen.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/setup/init.h"
#include "plan/snapshot.h"
#include "plan/sync.h"
#include "state/dataset.h"
#include "util/mem.h"

static void plan_job(struct sync_state *r, const struct tree_index *x, struct job *j,
		     const struct pair *pair, struct plan *out)
{
	struct sync_opts opts = r->opts;

	opts.seq = tree_seq(&r->w, j);
	opts.recursive = r->c->recursive && j->tree_root;
	if (r->snap_only) {
		plan_snapshot(pair, &opts, out);
	} else if (j->is_new) {
		struct init_opts init = {0};
		tree_init_opts(&r->w, x, j, &init);
		plan_init(pair, &init, out);
	} else {
		plan_sync(pair, &opts, out);
	}
}

static bool takes_snapshot(const struct plan *p)
{
	bool any = false;

	for (size_t i = 0; i < p->n && p->refusal == NULL; i++)
		any = any || p->steps[i].kind->op == STEP_SNAPSHOT;
	return any;
}

/* Of a dataset by itself, or of a tree by its root, for all of whose snapshots that counts. */
static void add_hooks(struct session *w, size_t i, struct plan *plans)
{
	struct job *j = &w->jobs[i];
	bool any = takes_snapshot(&plans[i]);

	if (j->error != NULL || j->tree_member || plans[i].refusal != NULL)
		return;
	for (size_t k = 0; k < w->n && j->tree_root; k++)
		any = any || (w->jobs[k].tree_member && w->jobs[k].tree == i &&
			      w->jobs[k].error == NULL && takes_snapshot(&plans[k]));
	if (any)
		plan_snapshot_hooks(session_pair(w, j), &plans[i]);
}

static void make_plans(struct sync_state *r, struct plan *plans)
{
	struct session *w = &r->w;
	struct tree_index x;

	tree_number(w);
	tree_index_make(w, &x);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		/* What was the master may have become the replica just now. */
		if (j->error == NULL && job_home(j)->d == NULL && !j->is_new)
			j->error = err_new(ERR_FAILED, "%s on %s does not exist any more", j->name,
					   w->c->self);
		if (j->error != NULL)
			continue;
		const struct pair *pair = session_pair(w, j);
		plan_job(r, &x, j, pair, &plans[i]);
	}
	tree_index_free(&x);
	tree_keep_whole(w, plans);
	for (size_t i = 0; i < w->n; i++)
		add_hooks(w, i, plans);
}

static void note_adopted(struct sync_state *r, const struct task *tasks)
{
	for (size_t i = 0; i < r->w.n; i++) {
		const struct plan *p = &tasks[i].plan;
		bool sent = false;
		if (!r->w.jobs[i].is_new || tasks[i].error != NULL)
			continue;
		for (size_t k = 0; k < p->n; k++)
			sent = sent || step_is_transfer(&p->steps[k]);
		if (!sent)
			strv_add(&r->adopted, r->w.jobs[i].name);
	}
}

struct task *sync_act(struct sync_state *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));

	make_plans(r, plans);
	apply_plans(w, plans, tasks);
	plans_free(plans, w->n);
	return tasks;
}

void sync_tell(struct sync_state *r, const struct task *tasks)
{
	note_adopted(r, tasks);
	for (size_t i = 0; i < r->w.n && !r->silent; i++)
		sync_say(r, &tasks[i], &r->w.jobs[i]);
}

int sync_report(struct sync_state *r, struct task *tasks, bool store)
{
	int status = outcome_report(&r->w, tasks, store);

	for (size_t i = 0; i < r->w.n && status == 0; i++)
		status = r->w.jobs[i].incomplete ? ERR_FAILED : 0;
	free(tasks);
	return status;
}

int sync_show_plans(struct sync_state *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));

	make_plans(r, plans);
	int status = outcome_dry_run(w, plans, 1);
	plans_free(plans, w->n);
	return status;
}

/* Paused datasets, and copies that believe to be masters, take no part in `all`. Paused is the master's word. (What
 * is paused in a tree that is not, is told of when that is looked at.) */
static bool is_idle(const struct sync_state *r, const struct job_index *by_src, const struct job *j)
{
	const struct dataset *s = job_end(j, PAIR_SRC)->d;

	if (j->error != NULL || s == NULL)
		return false;
	const struct dataset *tree = tree_of(&r->w, by_src, j);
	if (s->paused && !r->silent && (tree == NULL || r->snap_only))
		ui_note(&r->c->ui, "%s is paused and was left out", j->name);
	return s->paused || (tree != NULL && tree->paused) ||
	       (!r->pull && dataset_is_stray(s, r->c->self));
}

/* Does it have more to send than the others are to wait for? Then it is remembered. */
static bool is_large(struct sync_state *r, const struct job *j)
{
	const struct dataset *s = job_end(j, PAIR_SRC)->d;

	if (r->most == 0 || j->error != NULL || s == NULL || s->written <= r->most)
		return false;
	strv_add(&r->large, j->name);
	return true;
}

/* What takes no part in this run. */
static void drop_idle(struct sync_state *r)
{
	struct session *w = &r->w;
	struct job_index by_src;
	size_t left = 0;

	job_index_make(w, PAIR_SRC, &by_src);
	for (size_t i = 0; i < w->n; i++) /* before any of them goes */
		w->jobs[i].dropped = is_idle(r, &by_src, &w->jobs[i]) || is_large(r, &w->jobs[i]);
	job_index_free(&by_src);
	for (size_t i = 0; i < w->n; i++) {
		if (w->jobs[i].dropped)
			job_free(&w->jobs[i]);
		else
			w->jobs[left++] = w->jobs[i];
	}
	w->n = left;
}

/* Somebody paused it for a reason. */
static void refuse_paused(struct sync_state *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d;
		if (j->error != NULL || s == NULL || !s->paused || r->opts.force)
			continue;
		const char *host = r->pull ? host_name(job_peer(j)->host) : r->c->self;
		j->wished = true;
		j->error =
		    err_remedy(err_refuse(REASON_PAUSED, "%s on %s is paused", s->name, host),
			       "if it is to go on: {zrep unpause %s}%s%s%s", s->name,
			       r->pull ? " on " : "", r->pull ? host : "",
			       r->snap_only ? ""
					    : "; -f syncs it once (and rolls back what was changed "
					      "on the other side)");
	}
}

static void pass_over_paused(struct sync_state *r)
{
	if (r->all)
		drop_idle(r);
	else
		refuse_paused(r);
}

/* What is fetched is what this host has the replica of. */
static void set_direction(struct sync_state *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		job_set_home(j, r->pull ? PAIR_DST : PAIR_SRC);
		if (j->error == NULL && r->pull && job_home(j)->d != NULL &&
		    job_home(j)->d->role == ROLE_MASTER)
			j->error = err_remedy(
			    err_refuse(REASON_NOT_REPLICA,
				       "%s on %s is a master: there is nothing to fetch", j->name,
				       r->c->self),
			    "{zrep sync %s} sends it to %s", j->name, job_home(j)->d->dest_host);
		else if (j->error == NULL && r->pull && job_home(j)->d != NULL &&
			 job_home(j)->d->role != ROLE_REPLICA)
			j->error = plan_no_pair(j->name, r->c->self, r->c->tag);
	}
}

/* Both sides locked and looked at, what was half done settled, and what takes no part left out. */
static void look(struct sync_state *r)
{
	struct session *w = &r->w;

	set_direction(r);
	if (!r->pull)
		pass_over_paused(r);
	if (r->snap_only)
		return;
	w->defer_unreachable = true;
	session_connect(w, r->pull);
	if (r->pull)
		session_check_named(w);
	session_check_link(w);
	tree_drop_doubtful(w);
	recover_switches(w, LIST_TXG_SYNC | r->trees);
	session_need_peers(w);
	if (r->pull)
		pass_over_paused(r);
	tree_expand(w, r->c->recursive, LIST_TXG_SYNC | r->trees);
	recover_switches(w, LIST_TXG_SYNC | r->trees); /* what is below was not asked before */
	session_need_peers(w); /* that, too, may have been the first to notice */
	sync_all_excuse(r);
}

struct err *sync_open(struct sync_state *r, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss)
{
	unsigned flags = r->trees | LIST_HALF | (r->pull ? LIST_OPENS : LIST_TXG_SYNC);
	bool known = (r->all && !r->snap_only) || r->seen != NULL;
	struct err *e = session_open(r->c, names, known ? hosts : NULL, fss, flags, &r->w);

	if (r->seen != NULL) /* behind those that were named */
		for (size_t i = r->args->n; i < r->w.n; i++)
			r->w.jobs[i].guessed = true;
	if (e == NULL)
		look(r);
	return e;
}
