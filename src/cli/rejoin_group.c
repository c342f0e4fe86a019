#include "cli/rejoin_group.h"

#include <stdlib.h>

#include "cli/rejoin_loser.h"
#include "engine/apply.h"
#include "engine/events.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/session.h"
#include "engine/tokens.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/cancel.h"
#include "plan/role/links.h"
#include "plan/role/rejoin.h"
#include "plan/role/revert.h"
#include "plan/sync.h"
#include "state/dataset.h"
#include "ui/exit_status.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

/* After the way back it receives: whose key it uses has to fit what comes. */
#define LOOK (LIST_WAY | LIST_OPENS)

/* One that comes back, of the job of the same index. */
struct comer {
	struct revert_risk risk;
	char *kept; /* the dataset that keeps what only the loser had; NULL: nothing, or none */
	struct buf releases; /* commands that end what other tags hold of that */
	struct side
	    above; /* what a loser that is none of a pair lies in, where that was looked at */
	bool already;
	bool marked; /* an earlier run had begun something with the loser */
	bool other;  /* it was to go the other way, see is_other_way() */
	bool begun;  /* it was to be marked, by this run */
};

struct rejoin {
	struct rejoin_run *run;
	struct ctx *c;
	struct session w;
	struct revert_opts opts;
	struct comer *comers;
};

static struct comer *comer_of(const struct rejoin *r, const struct job *j)
{
	return &r->comers[j - r->w.jobs];
}

/* Its pair, for plan_rejoin(). A loser that is none of a pair may lie in a tree that leads, whose top is no job of this group: that is
 * looked at as well. Where it cannot be nothing follows from it. */
static struct pair rejoin_pair(struct rejoin *r, struct job *j)
{
	struct pair p = *session_pair(&r->w, j);
	struct comer *m = comer_of(r, j);
	struct endpoint *me = &p.dst;
	char *parent = me->d != NULL && me->d->role == ROLE_NONE && me->above == NULL
			   ? name_parent(me->d->name)
			   : NULL;

	if (parent == NULL || me->host == NULL) {
		free(parent);
		return p;
	}
	struct strv names = {0};
	strv_add(&names, parent);
	side_free(&m->above);
	m->above = (struct side){0};
	err_free(ctx_list(r->c, me->host, &names, 0, &m->above));
	me->above = side_find(&m->above, parent);
	strv_free(&names);
	free(parent);
	return p;
}

/* Was it on its way back to a snapshot that is gone? Then another way is chosen. */
static bool is_astray(const struct job *j)
{
	const struct dataset *d = job_end(j, PAIR_DST)->d;
	const struct dataset *preserved = job_end(j, PAIR_DST)->preserved;

	return d != NULL && preserved == NULL && d->switch_state.kind == SWITCH_REVERTING &&
	       d->origin == NULL && dataset_snap_by_guid(d, d->switch_state.guid) == NULL;
}

/* Was it to go the other way, with or without what is newer, and nothing of that is gone? Then this way is what counts:
 * the other one may be barred. */
static bool is_other_way(const struct rejoin *r, const struct job *j)
{
	const struct dataset *d = job_end(j, PAIR_DST)->d;
	const struct dataset *preserved = job_end(j, PAIR_DST)->preserved;

	return d != NULL && preserved == NULL && d->switch_state.kind == SWITCH_REVERTING &&
	       (d->switch_state.preserve_as != NULL) == r->opts.discard &&
	       !plan_revert_has_begun(d);
}

/* Those that were to go the other way, and nobody leads whom they could come back to: then this way is none, and the other one
 * is not wanted. They stay the master. */
static void stay(struct rejoin *r)
{
	struct plan *plans = mem_zalloc((r->w.n + 1) * sizeof(*plans));
	bool any = false;

	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		const struct dataset *winner = job_end(j, PAIR_SRC)->d;
		if (!r->comers[i].other || j->error != NULL || job_home(j)->busy ||
		    job_peer(j)->busy || winner == NULL || winner->role != ROLE_REPLICA ||
		    winner->switch_state.kind != SWITCH_NONE)
			continue;
		plan_cancel_switch(session_pair(&r->w, j), PAIR_DST, &plans[i]);
		any = true;
	}
	if (any) {
		apply_round(&r->w, plans);
		observe_refresh(&r->w, LOOK);
	}
	plans_free(plans, r->w.n);
}

/* What receives under another tag from somebody who was superseded comes over first: from then on it is a replica that has changes
 * of its own. */
static void come_over(struct rejoin *r)
{
	struct plan *plans = mem_zalloc((r->w.n + 1) * sizeof(*plans));
	bool any = false;

	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		if (j->error != NULL || job_home(j)->busy || job_peer(j)->busy)
			continue;
		plan_come_over(session_pair(&r->w, j), &r->opts, &plans[i]);
		any = any || plans[i].n > 0 || plans[i].refusal != NULL;
	}
	if (any) {
		apply_round(&r->w, plans);
		observe_refresh(&r->w, LOOK);
	}
	plans_free(plans, r->w.n);
}

static const char *loser_host(const struct rejoin *r, const struct job *j)
{
	return job_pulls(j) ? r->c->self : job_peer(j)->host_name;
}

static const char *loser_name(const struct job *j)
{
	return job_pulls(j) ? j->name : j->peer_name;
}

static char *say_risk(const struct rejoin *r, const struct job *j)
{
	const struct revert_risk *risk = &comer_of(r, j)->risk;
	char bytes[NUM_TEXT];

	return str_fmt(
	    "%s on %s has %zu snapshot%s and %s since @%s that the other side does not have",
	    loser_name(j), loser_host(r, j), risk->snaps, risk->snaps == 1 ? "" : "s",
	    num_bytes(bytes, risk->bytes), risk->to->name);
}

static bool any_risk(const struct comer *m)
{
	return m->risk.to != NULL && (m->risk.snaps > 0 || m->risk.bytes > 0);
}

/* What would be kept, or is about to be destroyed. */
static struct err *warn(struct rejoin *r, const struct job *j, const struct plan *plan)
{
	struct err *e = NULL;

	if (plan->refusal != NULL || !any_risk(comer_of(r, j)))
		return NULL;
	char *risk = say_risk(r, j);
	if (r->opts.discard && !r->c->dry_run) {
		char *what = str_fmt("%s; all of that is about to be destroyed", risk);
		e = ui_countdown(&r->c->ui, what);
		free(what);
	} else {
		ui_note(&r->c->ui, "%s", risk);
	}
	free(risk);
	return e;
}

/* What other tags hold of it is of no use to them there, and would be in the way when it is to go. */
static void remember_holds(struct comer *m, const struct dataset *has, const struct snap *to)
{
	for (size_t i = 0; i < has->n_others; i++) {
		bool any = false;
		for (size_t k = 0; k < has->n_snaps; k++) {
			const struct snap *s = &has->snaps[k];
			if ((to != NULL && s->createtxg <= to->createtxg) ||
			    !strv_has(&s->holders, has->others[i].tag))
				continue;
			if (!any)
				buf_tell(&m->releases, "{zfs release %s}", has->others[i].tag);
			any = true;
			buf_tell(&m->releases, "{ %s@%s}", m->kept, s->name);
		}
		if (any)
			buf_addf(&m->releases, "; ");
	}
}

/* Before it is gone: afterwards nobody would know any more that something was kept, and where. */
static void remember_kept(struct rejoin *r, const struct job *j)
{
	struct comer *m = comer_of(r, j);
	const struct dataset *d = job_end(j, PAIR_DST)->d;
	const struct dataset *preserved = job_end(j, PAIR_DST)->preserved;
	const struct dataset *has = preserved != NULL ? preserved : d;

	if (has == NULL || has->switch_state.kind != SWITCH_REVERTING ||
	    has->switch_state.preserve_as == NULL || m->kept != NULL)
		return;
	const struct snap *to = dataset_snap_by_guid(has, has->switch_state.guid);
	if (preserved == NULL && (to == NULL || plan_is_at(d, to)))
		return;
	m->kept = mem_strdup(has->switch_state.preserve_as);
	remember_holds(m, has, to);
}

/* The plans that mark the losers, and make them read-only. False: there is nothing to be begun. */
static bool begin_plans(struct rejoin *r, struct plan *plans)
{
	bool any = false;

	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		struct comer *m = &r->comers[i];
		if (j->error != NULL)
			continue;
		const struct pair pair = rejoin_pair(r, j);
		const struct dataset *loser = job_end(j, PAIR_DST)->d;
		m->marked = loser == NULL || loser->switch_state.kind != SWITCH_NONE;
		plan_rejoin(&pair, &r->opts, &m->risk, &plans[i]);
		m->already = plans[i].unchanged;
		m->begun = (j->error = warn(r, j, &plans[i])) == NULL;
		any = any || m->begun;
	}
	return any;
}

/* Those that failed before anything was moved stay as they were. What went wrong stays what is told. */
static void undo(struct rejoin *r)
{
	struct session *w = &r->w;
	struct err **why = mem_zalloc((w->n + 1) * sizeof(*why));
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	bool *back = mem_zalloc((w->n + 1) * sizeof(*back));
	bool any = false, lost = cancelled(r->c->cancel);

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct comer *m = &r->comers[i];
		back[i] = m->begun && j->error == NULL;
		if (!m->begun || j->error == NULL || m->marked)
			continue;
		why[i] = j->error;
		j->error = NULL;
		lost = lost || why[i]->kind == ERR_UNREACHABLE;
		any = true;
	}
	if (any) {
		r->run->interrupted = r->run->interrupted || cancelled(r->c->cancel);
		atomic_store(&r->c->cancel->signal, 0);
		if (lost)
			observe_reconnect(w, LOOK);
		else
			observe_refresh(w, LOOK);
		for (size_t i = 0; i < w->n; i++)
			if (why[i] != NULL)
				plan_cancel_switch(session_pair(w, &w->jobs[i]), PAIR_DST,
						   &plans[i]);
		apply_round(w, plans);
	}
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (why[i] != NULL) {
			j->error = err_first(why[i], j->error);
		} else if (back[i] && r->c->no_sync) {
			/* It is back, whatever that look has met. */
			err_free(j->error);
			j->error = NULL;
		}
	}
	plans_free(plans, w->n);
	free(back);
	free(why);
}

/* Marks the losers, makes them read-only, and takes them back. */
static void revert_all(struct rejoin *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	bool any = false;

	if (begin_plans(r, plans)) {
		apply_round(w, plans);
		for (size_t i = 0; i < w->n; i++)
			any = any || w->jobs[i].error == NULL;
	}
	if (any) {
		observe_refresh(w, LOOK);
		for (size_t i = 0; i < w->n; i++)
			if (w->jobs[i].error == NULL)
				remember_kept(r, &w->jobs[i]);
		recover_switches(w, LOOK);
	}
	undo(r);
	plans_free(plans, w->n);
}

static void catch_up(struct rejoin *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	struct sync_opts opts = session_sync_opts(r->c);

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error == NULL && r->run->interrupted)
			j->error = err_interrupted(j->name);
		if (j->error == NULL && (job_home(j)->d == NULL || job_peer(j)->d == NULL))
			j->error = err_new(ERR_FAILED, "%s does not exist any more",
					   job_home(j)->d ? j->peer_name : j->name);
		if (j->error == NULL)
			plan_sync(session_pair(w, j), &opts, &plans[i]);
	}
	apply_round(w, plans);
	plans_free(plans, w->n);
}

static void record_job(struct rejoin *r, const struct job *j, bool failed)
{
	const struct comer *m = comer_of(r, j);
	struct record *one = ui_dataset(&r->c->ui, j->name);

	record_str(one, "status", failed ? "failed" : m->already ? "unchanged" : "rejoined");
	if (!failed) {
		record_str(one, "replica", loser_name(j));
		record_str(one, "host", loser_host(r, j));
	}
	record_str(one, "kept", m->kept);
}

static void say_done(const struct rejoin *r, const struct job *j)
{
	const struct ui *u = &r->c->ui;
	const struct comer *m = comer_of(r, j);
	const char *winner = job_pulls(j) ? job_peer(j)->host_name : r->c->self;

	ui_done(u, "%s on %s is the replica of %s on %s%s", loser_name(j), loser_host(r, j),
		job_pulls(j) ? j->peer_name : j->name, winner, m->already ? " already" : " again");
	if (m->kept == NULL)
		return;
	char *text = remedy_fmt(
	    "its own changes are preserved in %s on %s; when nobody needs them any more: "
	    "%s{zfs destroy -r %s}",
	    m->kept, loser_host(r, j), buf_str(&m->releases), m->kept);
	ui_done(u, "%s", text);
	free(text);
}

static int dry_run(struct rejoin *r, struct job *j)
{
	struct comer *m = comer_of(r, j);
	struct plan plans[2] = {{0}};
	const struct pair own = rejoin_pair(r, j), *pair = &own;

	plan_come_over(pair, &r->opts, &plans[0]);
	if (plans[0].n > 0 || plans[0].refusal != NULL) {
		if (plans[0].refusal == NULL)
			strv_addf(&plans[0].notes, "what only it has is kept then, as of any "
						   "replica that comes back");
		int over = outcome_dry_run_of(&r->w, j, plans, 1);
		plan_free(&plans[0]);
		return over;
	}
	plan_rejoin(pair, &r->opts, &m->risk, &plans[0]);
	plan_simulate_revert(pair, PAIR_DST, &plans[0], &plans[1]);
	err_free(warn(r, j, &plans[0]));
	if (plans[0].refusal == NULL && !plans[0].unchanged)
		ui_note(&r->c->ui, "the fork point is @%s%s", plans[0].base,
			!any_risk(m) ? "; nothing is newer than it"
			: r->opts.discard
			    ? "; what is newer would be destroyed"
			    : "; what is newer would be kept under the name in this plan");
	int status = outcome_dry_run_of(&r->w, j, plans, 2);
	plan_free(&plans[0]);
	plan_free(&plans[1]);
	return status;
}

/* Who is to come back, whither, and what has to be said of it before anything is recovered. */
static void look(struct rejoin *r)
{
	struct session *w = &r->w;

	for (size_t i = 0; i < w->n; i++)
		w->jobs[i].group = i; /* each for itself */
	w->peer_flags = LOOK;
	session_connect(w, true);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error == NULL && job_peer(j)->host == NULL)
			j->error = plan_no_pair(j->name, r->c->self, r->c->tag);
		if (j->error == NULL)
			rejoin_loser_find(j);
	}
	tokens_ask(w);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL)
			continue;
		r->comers[i].other = is_other_way(r, j);
		if (!r->comers[i].other)
			remember_kept(r, j);
	}
	session_check_named(w);
}

/* What was begun is gone on with, but for what goes another way now. */
static void go_on(struct rejoin *r)
{
	struct session *w = &r->w;
	bool *aside = mem_zalloc((w->n + 1) * sizeof(*aside)), any = false;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		aside[i] = j->error == NULL && (r->comers[i].other || is_astray(j));
		if (aside[i])
			j->error = err_new(ERR_BUSY, "%s goes another way", j->name);
	}
	recover_switches(w, LOOK);
	for (size_t i = 0; i < w->n; i++)
		if (aside[i]) {
			err_free(w->jobs[i].error);
			w->jobs[i].error = NULL;
			any = true;
		}
	if (any) /* what that look has met is theirs too */
		observe_refresh(w, LOOK);
	free(aside);
	stay(r);
}

static int report(struct rejoin *r, struct job *j)
{
	struct err *e = j->error;

	j->error = NULL;
	record_job(r, j, e != NULL);
	if (e == NULL)
		say_done(r, j);
	int status = ui_dataset_error(&r->c->ui, j->name, e);
	return status == 0 && j->incomplete ? ERR_FAILED /* the notes say what */ : status;
}

int rejoin_group(struct rejoin_run *run, const struct strv *names)
{
	struct ctx *c = run->c;
	struct rejoin r = {.run = run, .c = c, .opts = {.discard = c->discard, .force = c->force}};
	struct session *w = &r.w;
	int status = 0;

	r.comers = mem_zalloc((names->n + 1) * sizeof(*r.comers));
	struct err *e = session_open(c, names, NULL, NULL, LOOK | LIST_HALF, w);
	if (e == NULL) {
		look(&r);
		if (!c->dry_run)
			go_on(&r);
		for (size_t i = 0; i < w->n; i++)
			if (w->jobs[i].error == NULL)
				rejoin_loser_find(&w->jobs[i]);
		if (!c->dry_run)
			come_over(&r);
		tokens_ask(w);
		for (size_t i = 0; i < w->n; i++)
			if (w->jobs[i].error == NULL)
				rejoin_loser_look_below(run, w, &w->jobs[i]);
	}
	for (size_t i = 0; e != NULL && i < w->n; i++)
		w->jobs[i].error = err_first(w->jobs[i].error, err_copy(e));
	err_free(e);
	if (!c->dry_run)
		revert_all(&r);
	if (!c->dry_run && !c->no_sync)
		catch_up(&r);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		bool shown = c->dry_run && j->error == NULL;
		status = exit_merge(status, shown ? dry_run(&r, j) : report(&r, j));
	}
	events_tell_roles(w);
	for (size_t i = 0; i < names->n; i++) {
		free(r.comers[i].kept);
		buf_free(&r.comers[i].releases);
		side_free(&r.comers[i].above);
	}
	free(r.comers);
	session_free(w);
	return status;
}
