/* failover and takeover: the master's role moves. Datasets of one tree move together or not at all: every
 * stage is carried out for all of them before the next, and the decision is one step for all. Whatever
 * stopped it, settling (plan/role/recover.c) finishes or undoes what is stored. */
#include "engine/switchover.h"

#include <stdlib.h>
#include <string.h>

#include "engine/apply.h"
#include "engine/execute.h"
#include "engine/observe.h"
#include "engine/recover.h"
#include "plan/keys.h"
#include "plan/plan.h"
#include "plan/role/cancel.h"
#include "plan/role/forced.h"
#include "plan/role/offer.h"
#include "plan/role/revert.h"
#include "plan/role/switchover.h"
#include "plan/sync.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/ops.h"

#define LOOK (LIST_TXG_SYNC | LIST_BELOW | LIST_OPENS | LIST_SETTINGS)
/* While nobody can write: what is below is mounted with a dataset only where that goes back. */
#define LOOK_AGAIN (LIST_TXG_SYNC | LIST_KEYS)

/* --- stages --- */

const char *switchover_verb(const struct switchover *r)
{
	return r->offers ? "yield" : r->takeover ? "takeover" : "failover";
}

/* Does this job still move? */
static bool is_moving(const struct switchover *r, size_t i)
{
	if (r->failures == NULL) /* -n: it has no fate */
		return r->w.jobs[i].error == NULL && !switchover_arrived(r, &r->w.jobs[i]);
	return r->failures[i] == NULL && !r->already[i];
}

struct err *switchover_by_sibling(const struct session *w, size_t i, size_t k,
				  const struct err *why)
{
	return err_because(err_new(why->kind,
				   "%s does not move, because %s of the same tree cannot",
				   w->jobs[i].name, w->jobs[k].name),
			   why->reason);
}

/* What failed for a job is its fate, and that of its whole tree. */
void switchover_collect(struct switchover *r)
{
	struct session *w = &r->w;

	for (size_t i = 0; i < w->n; i++) {
		if (w->jobs[i].error == NULL)
			continue;
		r->failures[i] = err_first(r->failures[i], w->jobs[i].error);
		w->jobs[i].error = NULL;
	}
	for (size_t k = 0; k < w->n; k++)
		for (size_t i = 0; r->failures[k] != NULL && !r->by_sibling[k] && i < w->n; i++) {
			if (w->jobs[k].group != w->jobs[i].group || !is_moving(r, i))
				continue;
			r->by_sibling[i] = true;
			r->failures[i] = switchover_by_sibling(w, i, k, r->failures[k]);
		}
}

typedef void (*stage_fn)(struct switchover *r, const struct pair *pair, struct plan *out);

/* Carries out what of the plans has steps. Takes them over. */
static void act(struct switchover *r, struct plan *plans)
{
	bool any = false;

	for (size_t i = 0; i < r->w.n; i++)
		any = any || plans[i].n > 0;
	if (any)
		apply_round(&r->w, plans);
	plans_free(plans, r->w.n);
	switchover_collect(r);
}

/* One plan for each job that still moves, carried out. False: there was nothing to do. */
static bool stage(struct switchover *r, stage_fn fn)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	bool any = false;

	for (size_t i = 0; i < w->n; i++) {
		if (!is_moving(r, i) || cancelled(r->c->cancel))
			continue;
		const struct pair *pair = session_pair(w, &w->jobs[i]);
		r->at = i;
		fn(r, pair, &plans[i]);
		if (plans[i].refusal != NULL)
			w->jobs[i].error = err_copy(plans[i].refusal);
	}
	/* Before anything is done to one of a tree, the plans of all of them must be sound. */
	switchover_collect(r);
	for (size_t i = 0; i < w->n; i++)
		if (!is_moving(r, i))
			plan_free(&plans[i]);
		else
			any = any || plans[i].n > 0;
	act(r, plans);
	if (cancelled(r->c->cancel))
		for (size_t i = 0; i < w->n; i++)
			if (is_moving(r, i))
				r->failures[i] = err_interrupted(w->jobs[i].name);
	return any;
}

static bool any_moves(const struct switchover *r)
{
	for (size_t i = 0; i < r->w.n; i++)
		if (is_moving(r, i))
			return true;
	return false;
}

static void look(struct switchover *r, unsigned flags)
{
	r->looked = clock_now();
	observe_refresh(&r->w, flags);
	if (!r->alone)
		session_need_peers(&r->w);
	switchover_collect(r);
}

static bool is_long_ago(const struct switchover *r)
{
	return clock_now() - r->looked > SWITCHOVER_LOOK_SECONDS;
}

static void stage_check(struct switchover *r, const struct pair *pair, struct plan *out)
{
	const char *here = r->takeover ? pair->dst.name : pair->src.name;

	plan_check_switchover(pair, out);
	/* What is new in it was not synced. */
	if (out->refusal == NULL && strv_has(&r->refused, here))
		plan_refuse(out,
			    err_remedy(err_new(ERR_BUSY, "%s could not move a moment ago", here),
				       "run the same again"));
}

void switchover_plan_sync(struct switchover *r, const struct pair *pair, bool leaving,
			  struct plan *out)
{
	struct sync_opts opts = session_sync_opts(r->c);
	const char *here = r->takeover ? pair->dst.name : pair->src.name;

	opts.said = !leaving && sorted_has(r->trees.items, r->trees.n, here);
	opts.leaving = leaving || pair->src.d->switch_state.kind == SWITCH_RESTING;
	/* Else it gave the role up, or has offered it, and nothing was written since. */
	if (pair->src.d->role == ROLE_MASTER && !dataset_offer_stands(pair->src.d, pair->dst.d))
		plan_sync(pair, &opts, out);
}

/* Does it only note what is known by then: when the last sync was, that the last error is over, whose the pair is? Nothing of
 * that is what a source makes way by, nor what its step compares. */
static bool is_only_noted(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].kind->op != STEP_SET || p->steps[i].kind->phase != PHASE_RECORD)
			return false;
	return true;
}

static void stage_sync(struct switchover *r, const struct pair *pair, struct plan *out)
{
	switchover_plan_sync(r, pair, false, out);
	r->synced = r->synced || !is_only_noted(out);
}

static void stage_last_sync(struct switchover *r, const struct pair *pair, struct plan *out)
{
	switchover_plan_sync(r, pair, true, out);
}

/* Somebody took a snapshot while the last sync was under way: it would be in the way of the first sync back. */
static bool is_behind(const struct pair *pair)
{
	const struct snap *base = pair->src.d != NULL && pair->dst.d != NULL
				      ? dataset_base(pair->src.d, pair->dst.d)
				      : NULL;

	return base != NULL && pair->src.d->role == ROLE_MASTER &&
	       dataset_newest(pair->src.d) != base;
}

static void stage_behind(struct switchover *r, const struct pair *pair, struct plan *out)
{
	if (is_behind(pair))
		switchover_plan_sync(r, pair, true, out);
}

static bool any_behind(struct switchover *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		if (!is_moving(r, i))
			continue;
		const struct pair *pair = session_pair(&r->w, &r->w.jobs[i]);
		if (is_behind(pair))
			return true;
	}
	return false;
}

/* What the job that a stage is at is to be again, should that not go on. */
static void note_before(struct switchover *r, const struct dataset *s)
{
	r->w.jobs[r->at].pair.before = s->switch_state.kind == SWITCH_NONE      ? BEFORE_LEADING
				       : s->switch_state.kind == SWITCH_RESTING ? BEFORE_RESTING
										: BEFORE_UNKNOWN;
}

static void stage_demote(struct switchover *r, const struct pair *pair, struct plan *out)
{
	const struct dataset *s = pair->src.d;
	/* What the sync before was to give the other side a key for: nobody makes way for what cannot be read. */
	struct err *e = pair->dst.d != NULL && !r->alone
			    ? keys_check_one(pair->dst.d, pair->dst.host_name)
			    : NULL;

	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	r->was[r->at] = s->role != ROLE_MASTER || s->readonly ? WAS_READONLY
			: s->readonly_local                   ? WAS_SET_OFF
							      : WAS_OFF;
	r->promised[r->at] = s->role == ROLE_MASTER ? plan_next_epoch(pair) : 0;
	if (dataset_offer_stands(s, pair->dst.d))
		return;
	note_before(r, s);
	if (r->readonly_since <= 0)
		r->readonly_since = r->w.readonly_since = clock_now();
	plan_demote(pair, out);
}

/* Does what this run has stored still stand? Somebody whose locks are others may have undone it, and more. */
static void stage_promised(struct switchover *r, const struct pair *pair, struct plan *out)
{
	if (r->promised[r->at] == 0) /* it gave the role up before */
		return;
	plan_check_promise(pair, r->promised[r->at], out);
	if (out->refusal != NULL)
		out->refusal->code = SET_NOT_SO;
}

static void stage_offer(struct switchover *r, const struct pair *pair, struct plan *out)
{
	(void)r;
	plan_offer(pair, false, out);
}

static void stage_rest(struct switchover *r, const struct pair *pair, struct plan *out)
{
	note_before(r, pair->src.d);
	plan_rest(pair, false, out);
}

static void stage_promote(struct switchover *r, const struct pair *pair, struct plan *out)
{
	(void)r;
	plan_promote(pair, false, out);
}

static void stage_force_promote_prepare(struct switchover *r, const struct pair *pair,
					struct plan *out)
{
	plan_force_promote_prepare(pair, &r->opts, out);
}

/* Refusals come before warnings. */
static void stage_force_promote_check(struct switchover *r, const struct pair *pair,
				      struct plan *out)
{
	struct plan plan = {0};

	plan_force_promote_prepare(pair, &r->opts, &plan);
	if (plan.refusal == NULL && r->opts.snap != NULL) { /* would there be a way to it? */
		plan_free(&plan);
		plan_revert_to(pair, PAIR_DST, &r->opts, &plan);
	}
	if (plan.refusal != NULL)
		plan_refuse(out, err_copy(plan.refusal));
	plan_free(&plan);
}

static void stage_force_promote(struct switchover *r, const struct pair *pair, struct plan *out)
{
	plan_force_promote(pair, &r->opts, out);
}

static void stage_revert_to(struct switchover *r, const struct pair *pair, struct plan *out)
{
	plan_revert_to(pair, PAIR_DST, &r->opts, out);
}

static void stage_force_demote_check(struct switchover *r, const struct pair *pair,
				     struct plan *out)
{
	plan_force_demote_check(pair, &r->opts, out);
}

static void stage_loss(struct switchover *r, const struct pair *pair, struct plan *out)
{
	plan_check_loss(pair, &r->opts, &r->told[r->at], out);
}

static void stage_force_demote(struct switchover *r, const struct pair *pair, struct plan *out)
{
	plan_force_demote(pair, &r->opts, out);
}

/* Has it made way, whatever became of the other side? That it is not known whether that was offered the role is only what -L is
 * content with; and only of one that stays closed if it was not. */
static bool is_closed(const struct switchover *r, const struct dataset *d)
{
	return d->readonly &&
	       (d->switch_state.kind == SWITCH_RESTING || (r->alone && d->switch_state.rests));
}

/* Is the role where it was to go? */
bool switchover_arrived(const struct switchover *r, const struct job *j)
{
	if (r->offers)
		return job_home(j)->d != NULL && job_home(j)->d->role == ROLE_MASTER &&
		       (dataset_offer_stands(job_home(j)->d, job_peer(j)->d) ||
			((r->alone || j->why_away != NULL) && is_closed(r, job_home(j)->d)));
	if (job_home(j)->d == NULL || job_home(j)->d->switch_state.kind != SWITCH_NONE)
		return false;
	if (r->takeover)
		return job_home(j)->d->role == ROLE_MASTER &&
		       (job_peer(j)->d == NULL || !job_peer(j)->d->master ||
			job_peer(j)->d->epoch < job_home(j)->d->epoch);
	return job_home(j)->d->role == ROLE_REPLICA &&
	       (r->alone || (job_peer(j)->d != NULL && job_peer(j)->d->master));
}

/* Settles also what is given up. */
void switchover_recover(struct switchover *r)
{
	if (r->alone && !r->opts.discard && !r->c->dry_run)
		recover_keep(&r->w, LOOK);
	recover_switches(&r->w, LOOK);
}

/* Was what this run has stored changed by somebody else? Then it is theirs, and not to be undone. */
static bool is_withdrawn(const struct err *e)
{
	return e != NULL && e->kind == ERR_REFUSED && e->code == SET_NOT_SO;
}

/* The other side is lost, and was never asked to decide: this run has set the mark, has the lock, and knows.
 * Only after a crash nobody does. */
static void cancel_unasked(struct switchover *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || job_home(j)->busy || j->why_away == NULL ||
		    job_home(j)->d == NULL || r->marked[i] || is_withdrawn(r->failures[i]) ||
		    job_home(j)->d->switch_state.kind != SWITCH_DEMOTING)
			continue;
		const struct pair *pair = session_pair(w, j);
		if (job_home(j)->d->switch_state.rests)
			plan_rest(pair, true, &plans[i]);
		else
			plan_cancel_switch(pair, PAIR_SRC, &plans[i]);
	}
	act(r, plans);
	observe_refresh(w, LOOK);
}

/* Had the promise of the master been taken back, it may have been written to since: then nothing was decided. */
static void say_withdrawn(struct switchover *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		if (is_withdrawn(r->failures[i]))
			err_wrap(r->failures[i], "%s does not move, nothing was decided",
				 r->w.jobs[i].name);
	}
}

/* A master whose mark somebody else took away just before it became read-only would stay so. */
static void give_back(struct switchover *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d;
		if (j->error != NULL || job_home(j)->busy || job_peer(j)->busy ||
		    r->failures[i] == NULL || r->was[i] == WAS_READONLY || s == NULL ||
		    s->role != ROLE_MASTER || s->switch_state.kind != SWITCH_NONE)
			continue;
		const struct pair *pair = session_pair(w, j);
		plan_writable(pair, PAIR_SRC, r->was[i] == WAS_SET_OFF, &plans[i]);
		if (plans[i].refusal != NULL) { /* worse news than what led to it */
			err_free(r->failures[i]);
			r->failures[i] = err_copy(plans[i].refusal);
		}
	}
	act(r, plans);
}

/* After a signal nothing of ours may still be on its way when both sides are asked how things are. */
static void recover_after(struct switchover *r)
{
	bool lost = cancelled(r->c->cancel);

	atomic_store(&r->c->cancel->signal, 0);
	for (size_t i = 0; i < r->w.n; i++)
		lost = lost || r->w.jobs[i].why_away != NULL ||
		       (r->failures[i] != NULL && r->failures[i]->kind == ERR_UNREACHABLE);
	r->w.defer_unreachable = true;
	if (lost && !r->alone)
		observe_reconnect(&r->w, LOOK);
	else
		observe_refresh(&r->w, LOOK);
	for (size_t i = 0; i < r->w.n; i++)
		if (is_withdrawn(r->failures[i])) /* what is there is somebody else's */
			r->w.jobs[i].pair.before = BEFORE_UNKNOWN;
	if (!r->takeover && !r->deciding)
		cancel_unasked(r);
	give_back(r);
	switchover_recover(r);
	double end = r->writable_since > 0 ? r->writable_since : clock_now();
	r->readonly_seconds = r->readonly_since > 0 ? end - r->readonly_since : 0;
	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		/* It had come to the decision. What could not be closed is not, whatever its properties say. */
		if (!r->already[i] && !r->unfit[i] && !job_home(j)->busy && !job_peer(j)->busy &&
		    switchover_arrived(r, j) &&
		    !(r->offers && r->alone && r->failures[i] != NULL)) {
			const struct dataset *peer = job_peer(j)->d;
			err_free(r->failures[i]);
			r->failures[i] = NULL;
			/* The role is there, and what makes it of use is not done. */
			if (j->error != NULL && peer != NULL &&
			    peer->switch_state.kind == SWITCH_PROMOTING)
				r->failures[i] =
				    err_wrap(err_copy(j->error),
					     "%s on %s is the master, and not writable yet",
					     peer->name, job_peer(j)->host_name);
			err_free(j->error);
			j->error = NULL;
		} else if (!r->already[i] && r->failures[i] == NULL && j->error == NULL) {
			r->failures[i] = err_remedy(err_new(ERR_FAILED, "%s did not move", j->name),
						    "see `{zrep status -v %s}`", j->name);
		}
	}
	/* In doubt: that is worse news than what led to it. */
	for (size_t i = 0; i < r->w.n; i++)
		if (r->w.jobs[i].error != NULL) {
			const struct dataset *d = job_home(&r->w.jobs[i])->d;
			err_free(r->failures[i]);
			r->failures[i] = r->w.jobs[i].error;
			r->w.jobs[i].error = NULL;
			if (d != NULL && d->switch_state.kind == SWITCH_DEMOTING &&
			    r->failures[i]->kind == ERR_BUSY)
				err_wrap(r->failures[i],
					 "%s stays read-only until the next sync, or `{zrep doctor "
					 "--fix %s}`",
					 d->name, d->name);
		}
}

/* It takes several plans, and the first must not be carried out where the last could not be. */
static void check_known(struct switchover *r)
{
	struct session *w = &r->w;

	for (size_t i = 0; i < w->n; i++)
		if (is_moving(r, i)) {
			const struct pair *pair = session_pair(w, &w->jobs[i]);
			struct err *e =
			    pair->src.host != NULL ? execute_lacks(pair->src.host) : NULL;
			if (e == NULL && pair->dst.host != NULL)
				e = execute_lacks(pair->dst.host);
			if (e == NULL && r->offers && pair->dst.host != NULL)
				e = host_lacks(pair->dst.host, OP_OFFER);
			w->jobs[i].error = err_wrap(e, "%s", w->jobs[i].name);
		}
	switchover_collect(r);
}

/* Is what has decided writable by then? */
static bool makes_writable(const struct switchover *r)
{
	for (size_t i = 0; i < r->w.n; i++)
		if (is_moving(r, i) && !r->w.jobs[i].pair.dst.makes_writable)
			return false;
	return true;
}

/* All of it but the decision: the source has made way, and the destination has all that it has. False: nothing was begun. */
static bool make_way(struct switchover *r)
{
	check_known(r);
	stage(r, stage_check);
	stage(r, stage_sync);
	/* Where there was nothing to send, it is as it was a moment ago, under the same locks. */
	if (any_moves(r) && (r->synced || is_long_ago(r)))
		look(r, LOOK);
	if (!any_moves(r))
		return false;
	/* Who made way before this run, and has offered the role, does nothing more for it. */
	if (stage(r, stage_demote) || is_long_ago(r))
		look(r, LOOK_AGAIN);
	stage(r, stage_promised);
	/* What has not changed need not be looked at again: what comes next compares it when it is done. */
	if (stage(r, stage_last_sync))
		look(r, LOOK_AGAIN);
	if (any_behind(r) && stage(r, stage_behind))
		look(r, LOOK_AGAIN);
	stage(r, stage_promised);
	r->deciding = any_moves(r);
	return true;
}

void switchover_planned(struct switchover *r)
{
	if (!make_way(r))
		return;
	stage(r, stage_promote);
	if (any_moves(r) && makes_writable(r))
		r->writable_since = clock_now();
	say_withdrawn(r);
	recover_after(r);
}

/* --- without the other side --- */

char *switchover_tell_forced(const struct switchover *r)
{
	const struct job *j = NULL;
	char ago[NUM_TEXT];
	size_t others = 0;

	for (size_t i = 0; i < r->w.n; i++) {
		if (!is_moving(r, i) || job_home(&r->w.jobs[i])->d == NULL ||
		    (r->opts.snap == NULL && dataset_offer_proof(job_home(&r->w.jobs[i])->d)))
			continue;
		j = j == NULL ? &r->w.jobs[i] : j;
		others++;
	}
	if (j == NULL)
		return NULL;
	const struct dataset *d = job_home(j)->d;
	const char *peer = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
	const struct snap *last = dataset_last_sent(d);
	uint64_t at = last ? (last->sent ? last->sent : last->creation) : 0,
		 t = (uint64_t)time(NULL);
	char *since =
	    last ? str_fmt(" after @%s (%s ago)", last->name, num_seconds(ago, t > at ? t - at : 0))
		 : mem_strdup("");
	char *what =
	    str_fmt("%s%s on %s become%s the master without %s being asked: what was written there"
		    "%s is not here, and if %s still runs, both sides can be written to until it "
		    "comes back (rejoin)",
		    j->name, others > 1 ? " and others" : "", r->c->self, others > 1 ? "" : "s",
		    peer, since, peer);
	free(since);
	return what;
}

static struct err *warn_force_promote(struct switchover *r)
{
	char *what = switchover_tell_forced(r);
	struct err *e = what != NULL ? ui_countdown(&r->c->ui, what) : NULL;

	free(what);
	return e;
}

char *switchover_tell_back(const struct switchover *r, size_t i, struct revert_risk *risk)
{
	const struct job *j = &r->w.jobs[i];
	const struct dataset *d = job_home(j)->d;
	char bytes[NUM_TEXT];

	*risk = (struct revert_risk){0};
	if (!is_moving(r, i) || d == NULL)
		return NULL;
	const struct snap *to =
	    r->opts.snap ? dataset_snap_by_name(d, r->opts.snap) : dataset_last_sent(d);
	if (to == NULL)
		return NULL;
	*risk = plan_risk(d, to);
	if (risk->snaps == 0 && risk->bytes == 0)
		return NULL;
	char *what = str_fmt(
	    "%s on %s goes back to @%s: %zu newer snapshot%s and %s written after it %s", j->name,
	    r->c->self, to->name, risk->snaps, risk->snaps == 1 ? "" : "s",
	    num_bytes(bytes, risk->bytes), r->opts.discard ? "are destroyed" : "are preserved");
	if (r->opts.snap == NULL)
		return what;
	char *more = str_fmt("%s; if the other side does not have @%s any more, the pair has to be "
			     "initialised anew",
			     what, r->opts.snap);
	free(what);
	return more;
}

/* What going back would cost a dataset. NULL: nothing, or it is kept. */
static struct err *warn_revert(struct switchover *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		struct revert_risk risk;
		char *what = switchover_tell_back(r, i, &risk);
		struct err *e = NULL;
		if (what == NULL)
			continue;
		r->told[i] = risk;
		if (r->opts.discard || r->opts.snap != NULL)
			e = ui_countdown(&r->c->ui, what);
		else
			ui_note(&r->c->ui, "%s", what);
		free(what);
		if (e != NULL)
			return e;
	}
	return NULL;
}

static void give_up(struct switchover *r, struct err *e)
{
	for (size_t i = 0; i < r->w.n; i++)
		if (is_moving(r, i))
			r->failures[i] = err_copy(e);
	err_free(e);
}

/* What could not go all the way stays as it was: only this run has marked it, and has asked nobody. */
static void cancel_unfinished(struct switchover *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	bool any = false;

	for (size_t i = 0; i < w->n; i++)
		any = any || (r->failures[i] != NULL && !r->marked[i]);
	if (any) {
		atomic_store(&r->c->cancel->signal, 0);
		look(r, LIST_WAY);
	}
	for (size_t i = 0; i < w->n && any; i++)
		if (r->failures[i] != NULL && !r->marked[i] && !is_withdrawn(r->failures[i]) &&
		    !job_home(&w->jobs[i])->busy) {
			const struct pair *pair = session_pair(w, &w->jobs[i]);
			plan_cancel_switch(pair, r->takeover ? PAIR_DST : PAIR_SRC, &plans[i]);
			if (plans[i].n > 0) /* not for give_back(): that is done */
				r->was[i] = WAS_READONLY;
			if (plans[i].refusal != NULL) { /* worse news than what led to it */
				err_free(r->failures[i]);
				r->failures[i] = err_copy(plans[i].refusal);
			}
		}
	act(r, plans);
}

void switchover_force_promote(struct switchover *r)
{
	struct err *e;

	stage(r, stage_force_promote_check);
	if ((e = warn_force_promote(r)) != NULL ||
	    (r->opts.snap != NULL && (e = warn_revert(r)) != NULL)) {
		give_up(r, e);
		return;
	}
	stage(r, stage_force_promote_prepare);
	if (r->opts.snap != NULL && any_moves(r)) {
		look(r, LIST_WAY);
		stage(r, stage_revert_to);
		look(r, LIST_WAY);
		recover_switches(&r->w, LIST_WAY);
		switchover_collect(r);
		cancel_unfinished(r);
	}
	if (any_moves(r)) {
		look(r, LOOK);
		stage(r, stage_force_promote);
	}
	recover_after(r);
}

void switchover_force_demote(struct switchover *r)
{
	struct err *e;

	stage(r, stage_force_demote_check);
	if ((e = warn_revert(r)) != NULL) {
		give_up(r, e);
		return;
	}
	if (any_moves(r)) {
		r->w.readonly_since = clock_now();
		stage(r, stage_demote);
	}
	if (any_moves(r)) {
		look(r, LIST_WAY);
		stage(r, stage_promised);
		stage(r, stage_loss);
		stage(r, stage_force_demote);
		look(r, LIST_WAY);
		recover_switches(&r->w, LIST_WAY);
		switchover_collect(r);
	}
	say_withdrawn(r);
	cancel_unfinished(r);
	recover_after(r);
}

void switchover_offer(struct switchover *r)
{
	if (r->alone) {
		stage(r, stage_rest);
		cancel_unfinished(r);
	} else {
		if (!make_way(r))
			return;
		stage(r, stage_offer);
		say_withdrawn(r);
	}
	recover_after(r);
}
