#include "cli/rejoin_one.h"

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
#include "plan/role/rejoin.h"
#include "plan/role/revert.h"
#include "plan/sync.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

/* After the way back it receives: whose key it uses has to fit what comes. */
#define LOOK (LIST_WAY | LIST_OPENS)

struct rejoin {
	struct ctx *c;
	struct session w; /* one job */
	struct revert_opts opts;
	struct revert_risk risk;
	char *kept; /* the dataset that keeps what only the loser had; NULL: nothing, or none */
	struct buf releases; /* commands that end what other tags hold of that */
	bool already;
	bool marked; /* an earlier run had begun something with the loser */
};

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

/* It was to go the other way, and nobody leads whom it could come back to: then this way is none, and the other one is not
 * wanted. It stays the master. */
static void stay(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	const struct dataset *winner = job_end(j, PAIR_SRC)->d;
	struct plan plan = {0};

	if (j->error != NULL || job_home(j)->busy || job_peer(j)->busy || winner == NULL ||
	    winner->role != ROLE_REPLICA || winner->switch_state.kind != SWITCH_NONE)
		return;
	plan_cancel_switch(session_pair(&r->w, j), PAIR_DST, &plan);
	apply_round(&r->w, &plan);
	if (j->error == NULL)
		observe_refresh(&r->w, LOOK);
}

static const char *loser_host(const struct rejoin *r)
{
	const struct job *j = &r->w.jobs[0];

	return job_pulls(j) ? r->c->self : host_name(job_peer(j)->host);
}

static const char *loser_name(const struct rejoin *r)
{
	const struct job *j = &r->w.jobs[0];

	return job_pulls(j) ? j->name : j->peer_name;
}

static char *say_risk(const struct rejoin *r)
{
	char bytes[NUM_TEXT];

	return str_fmt(
	    "%s on %s has %zu snapshot%s and %s since @%s that the other side does not have",
	    loser_name(r), loser_host(r), r->risk.snaps, r->risk.snaps == 1 ? "" : "s",
	    num_bytes(bytes, r->risk.bytes), r->risk.to->name);
}

static bool any_risk(const struct rejoin *r)
{
	return r->risk.to != NULL && (r->risk.snaps > 0 || r->risk.bytes > 0);
}

/* What would be kept, or is about to be destroyed. */
static struct err *warn(struct rejoin *r, const struct plan *plan)
{
	struct err *e = NULL;

	if (plan->refusal != NULL || !any_risk(r))
		return NULL;
	char *risk = say_risk(r);
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
static void remember_holds(struct rejoin *r, const struct dataset *has, const struct snap *to)
{
	for (size_t i = 0; i < has->n_others; i++) {
		bool any = false;
		for (size_t k = 0; k < has->n_snaps; k++) {
			const struct snap *s = &has->snaps[k];
			if ((to != NULL && s->createtxg <= to->createtxg) ||
			    !strv_has(&s->holders, has->others[i].tag))
				continue;
			if (!any)
				buf_tell(&r->releases, "{zfs release %s}", has->others[i].tag);
			any = true;
			buf_tell(&r->releases, "{ %s@%s}", r->kept, s->name);
		}
		if (any)
			buf_addf(&r->releases, "; ");
	}
}

/* Before it is gone: afterwards nobody would know any more that something was kept, and where. */
static void remember_kept(struct rejoin *r)
{
	const struct job *j = &r->w.jobs[0];
	const struct dataset *d = job_end(j, PAIR_DST)->d;
	const struct dataset *preserved = job_end(j, PAIR_DST)->preserved;
	const struct dataset *has = preserved != NULL ? preserved : d;

	if (has == NULL || has->switch_state.kind != SWITCH_REVERTING ||
	    has->switch_state.preserve_as == NULL || r->kept != NULL)
		return;
	const struct snap *to = dataset_snap_by_guid(has, has->switch_state.guid);
	if (preserved == NULL && (to == NULL || plan_is_at(d, to)))
		return;
	r->kept = mem_strdup(has->switch_state.preserve_as);
	remember_holds(r, has, to);
}

/* Marks the loser, makes it read-only, and takes it back. */
static struct err *revert_to(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	struct plan plan = {0};
	const struct pair *pair = session_pair(&r->w, j);
	const struct dataset *loser = job_end(j, PAIR_DST)->d;

	r->marked = loser == NULL || loser->switch_state.kind != SWITCH_NONE;
	plan_rejoin(pair, &r->opts, &r->risk, &plan);
	r->already = plan.unchanged;
	struct err *e = warn(r, &plan);
	if (e != NULL) {
		plan_free(&plan);
		return e;
	}
	apply_round(&r->w, &plan);
	bool failed = j->error != NULL;
	if (!failed) {
		observe_refresh(&r->w, LOOK);
		remember_kept(r);
		recover_switches(&r->w, LOOK);
		failed = j->error != NULL;
	}
	if (failed) {
		e = j->error;
		j->error = NULL;
	}
	if (failed && !r->marked) { /* if nothing was moved yet, it stays as it was */
		bool lost = cancelled(r->c->cancel) || e->kind == ERR_UNREACHABLE;
		atomic_store(&r->c->cancel->signal, 0);
		if (lost)
			observe_reconnect(&r->w, LOOK);
		else
			observe_refresh(&r->w, LOOK);
		pair = session_pair(&r->w, j);
		plan_cancel_switch(pair, PAIR_DST, &plan);
		apply_round(&r->w, &plan);
		err_free(j->error);
		j->error = NULL;
	}
	return e;
}

static struct err *catch_up(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	struct plan plan = {0};
	struct sync_opts opts = session_sync_opts(r->c);
	struct err *e;

	if (job_home(j)->d == NULL || job_peer(j)->d == NULL)
		return err_new(ERR_FAILED, "%s does not exist any more",
			       job_home(j)->d ? j->peer_name : j->name);
	const struct pair *pair = session_pair(&r->w, j);
	plan_sync(pair, &opts, &plan);
	apply_round(&r->w, &plan);
	e = j->error;
	j->error = NULL;
	return e;
}

static void record_job(struct rejoin *r, const char *name, bool failed)
{
	struct record *one = ui_dataset(&r->c->ui, name);

	record_str(one, "status", failed ? "failed" : r->already ? "unchanged" : "rejoined");
	if (!failed) {
		record_str(one, "replica", loser_name(r));
		record_str(one, "host", loser_host(r));
	}
	record_str(one, "kept", r->kept);
}

static void say_done(struct rejoin *r)
{
	const struct ui *u = &r->c->ui;
	const struct job *j = &r->w.jobs[0];
	const char *winner = job_pulls(j) ? host_name(job_peer(j)->host) : r->c->self;

	ui_done(u, "%s on %s is the replica of %s on %s%s", loser_name(r), loser_host(r),
		job_pulls(j) ? j->peer_name : j->name, winner, r->already ? " already" : " again");
	if (r->kept == NULL)
		return;
	char *text = remedy_fmt(
	    "its own changes are preserved in %s on %s; when nobody needs them any more: "
	    "%s{zfs destroy -r %s}",
	    r->kept, loser_host(r), buf_str(&r->releases), r->kept);
	ui_done(u, "%s", text);
	free(text);
}

static int dry_run(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	struct plan plans[2] = {{0}};
	const struct pair *pair = session_pair(&r->w, j);

	plan_rejoin(pair, &r->opts, &r->risk, &plans[0]);
	plan_simulate_revert(pair, PAIR_DST, &plans[0], &plans[1]);
	err_free(warn(r, &plans[0]));
	if (plans[0].refusal == NULL && !plans[0].unchanged)
		ui_note(&r->c->ui, "the fork point is @%s%s", plans[0].base,
			!any_risk(r) ? "; nothing is newer than it"
			: r->opts.discard
			    ? "; what is newer would be destroyed"
			    : "; what is newer would be kept under the name in this plan");
	int status = outcome_dry_run(&r->w, plans, 2);
	plan_free(&plans[0]);
	plan_free(&plans[1]);
	return status;
}

int rejoin_one(struct rejoin_run *run, const char *name)
{
	struct ctx *c = run->c;
	struct rejoin r = {.c = c, .opts = {.discard = c->discard, .force = c->force}};
	struct strv names = {0};
	int status;

	strv_add(&names, name);
	struct err *e = session_open(c, &names, NULL, NULL, LOOK | LIST_HALF, &r.w);
	struct job *j = r.w.n > 0 ? &r.w.jobs[0] : NULL;
	if (e == NULL && j->error == NULL) {
		r.w.peer_flags = LOOK;
		session_connect(&r.w, true);
		if (j->error == NULL && job_peer(j)->host == NULL)
			j->error = plan_no_pair(name, c->self, c->tag);
	}
	if (e == NULL && j->error == NULL) {
		rejoin_loser_find(j);
		tokens_ask(&r.w);
		session_check_named(&r.w);
		bool other = is_other_way(&r, j);
		if (!other)
			remember_kept(&r);
		if (j->error == NULL && !c->dry_run && !is_astray(j) && !other)
			recover_switches(&r.w, LOOK);
		if (other && !c->dry_run)
			stay(&r);
		rejoin_loser_find(j);
		tokens_ask(&r.w);
	}
	if (e == NULL && j->error == NULL)
		rejoin_loser_look_below(run, &r.w, j);
	if (e == NULL && j->error != NULL) {
		e = j->error;
		j->error = NULL;
	}
	if (e == NULL && c->dry_run) {
		status = dry_run(&r);
	} else {
		if (e == NULL)
			e = revert_to(&r);
		if (e == NULL && !c->no_sync)
			e = catch_up(&r);
		record_job(&r, name, e != NULL);
		if (e == NULL) {
			say_done(&r);
			events_tell_roles(&r.w);
		}
		status = ui_dataset_error(&c->ui, name, e);
		if (status == 0 && j != NULL && j->incomplete)
			status = ERR_FAILED; /* the notes say what */
	}
	free(r.kept);
	buf_free(&r.releases);
	strv_free(&names);
	session_free(&r.w);
	return status;
}
