/* The way back of a former master, as the replica of the one that took its place. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "engine/apply.h"
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
#include "ui/exit_status.h"
#include "util/mem.h"
#include "util/num.h"

/* All that one command names, and the trees below that. */
struct rejoin_run {
	struct ctx *c;
	struct strv names, far; /* here; and their other sides */
	struct err **refused;   /* of each of the first names; NULL: it may be begun */
	size_t n_refused;
};

struct rejoin {
	struct ctx *c;
	struct session w; /* one job */
	struct back_opts opts;
	struct back_risk risk;
	char *kept; /* the dataset that keeps what only the loser had; NULL: nothing, or none */
	bool already;
	bool marked; /* an earlier run had begun something with the loser */
};

static bool is_back(const struct dataset *d, const struct dataset *aside)
{
	return aside != NULL || (d != NULL && d->change.kind == CHANGE_BACK);
}

/* Which of the two is to come back? The lower epoch; at equal ones the side where it was said. */
static bool near_lost(const struct job *j)
{
	const struct dataset *near = job_home(j)->d, *far = job_peer(j)->d;

	if (is_back(near, job_home(j)->aside) || near == NULL)
		return true;
	if (is_back(far, job_peer(j)->aside) || far == NULL)
		return false;
	if (near->master && far->master)
		return near->epoch <= far->epoch;
	return !near->master;
}

/* Was it on its way back to a snapshot that is gone? Then another way is chosen. */
static bool is_astray(const struct job *j)
{
	const struct dataset *d = job_pulls(j) ? job_home(j)->d : job_peer(j)->d;
	const struct dataset *aside = job_pulls(j) ? job_home(j)->aside : job_peer(j)->aside;

	return d != NULL && aside == NULL && d->change.kind == CHANGE_BACK && d->origin == NULL &&
	       dataset_snap_by_guid(d, d->change.guid) == NULL;
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
		char *what = str_fmt("%s: that is about to be destroyed", risk);
		e = ui_countdown(&r->c->ui, what);
		free(what);
	} else {
		ui_note(&r->c->ui, "%s", risk);
	}
	free(risk);
	return e;
}

/* Before it is gone: afterwards nobody would know any more that something was kept, and where. */
static void remember_kept(struct rejoin *r)
{
	const struct job *j = &r->w.jobs[0];
	const struct dataset *d = job_pulls(j) ? job_home(j)->d : job_peer(j)->d;
	const struct dataset *aside = job_pulls(j) ? job_home(j)->aside : job_peer(j)->aside;
	const struct dataset *has = aside != NULL ? aside : d;

	if (has == NULL || has->change.kind != CHANGE_BACK || has->change.keep == NULL ||
	    r->kept != NULL)
		return;
	const struct snap *to = dataset_snap_by_guid(has, has->change.guid);
	if (aside != NULL || (to != NULL && !plan_is_at(d, to)))
		r->kept = mem_strdup(has->change.keep);
}

/* Marks the loser, makes it read-only, and takes it back. */
static struct err *go_back(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	struct plan plan = {0};
	const struct pair *pair = session_pair(&r->w, j);
	const struct dataset *loser = job_pulls(j) ? job_home(j)->d : job_peer(j)->d;

	r->marked = loser == NULL || loser->change.kind != CHANGE_NONE;
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
		session_refresh(&r->w, LIST_WAY);
		remember_kept(r);
		recover_switches(&r->w, LIST_WAY);
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
			session_reconnect(&r->w, LIST_WAY);
		else
			session_refresh(&r->w, LIST_WAY);
		pair = session_pair(&r->w, j);
		plan_stay(pair, PAIR_DST, &plan);
		apply_round(&r->w, &plan);
		err_free(j->error);
		j->error = NULL;
	}
	return e;
}

static struct err *sync_back(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	struct plan plan = {0};
	struct sync_opts opts = session_sync_opts(r->c);
	struct err *e;

	if (job_home(j)->d == NULL || job_peer(j)->d == NULL)
		return err_new(ERR_FAILED, "%s is not there any more",
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
	if (r->kept != NULL)
		ui_done(u,
			"what only it had is in %s on %s; when it is not wanted any more: "
			"zfs destroy -r %s",
			r->kept, loser_host(r), r->kept);
}

static int dry_run(struct rejoin *r)
{
	struct job *j = &r->w.jobs[0];
	struct plan plans[2] = {{0}};
	const struct pair *pair = session_pair(&r->w, j);

	plan_rejoin(pair, &r->opts, &r->risk, &plans[0]);
	plan_predict_back(pair, PAIR_DST, &plans[0], &plans[1]);
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

/* Those that come back with the loser of a job. */
static void look_below(struct rejoin_run *run, struct session *w, struct job *j)
{
	session_look_below(w, j, PAIR_DST, job_pulls(j) ? &run->names : &run->far);
}

/* One dataset, from its name to its report. A dataset takes those below it along when it is renamed, so
 * several of them come back one after the other. */
static int rejoin(struct rejoin_run *run, const char *name)
{
	struct ctx *c = run->c;
	struct rejoin r = {.c = c, .opts = {.discard = c->discard, .force = c->force}};
	struct strv names = {0};
	int status;

	strv_add(&names, name);
	struct err *e = session_open(c, &names, NULL, NULL, LIST_WAY | LIST_HALF, &r.w);
	struct job *j = r.w.n > 0 ? &r.w.jobs[0] : NULL;
	if (e == NULL && j->error == NULL) {
		r.w.peer_flags = LIST_WAY;
		session_connect(&r.w, true);
		if (j->error == NULL && job_peer(j)->host == NULL)
			j->error = plan_no_pair(name, c->self, c->tag);
	}
	if (e == NULL && j->error == NULL) {
		job_set_home(j, near_lost(j) ? PAIR_DST : PAIR_SRC);
		tokens_ask(&r.w);
		session_check_named(&r.w);
		remember_kept(&r);
		if (j->error == NULL && !c->dry_run && !is_astray(j))
			recover_switches(&r.w, LIST_WAY);
		job_set_home(j, near_lost(j) ? PAIR_DST : PAIR_SRC);
		tokens_ask(&r.w);
	}
	if (e == NULL && j->error == NULL)
		look_below(run, &r.w, j);
	if (e == NULL && j->error != NULL) {
		e = j->error;
		j->error = NULL;
	}
	if (e == NULL && c->dry_run) {
		status = dry_run(&r);
	} else {
		if (e == NULL)
			e = go_back(&r);
		if (e == NULL)
			e = sync_back(&r);
		record_job(&r, name, e != NULL);
		if (e == NULL)
			say_done(&r);
		status = ui_dataset_error(&c->ui, name, e);
		if (status == 0 && j != NULL && j->incomplete)
			status = ERR_FAILED; /* the notes say what */
	}
	free(r.kept);
	strv_free(&names);
	session_free(&r.w);
	return status;
}

/* Which of the named trees a name belongs to: the index of its top. */
static size_t top_of(const struct rejoin_run *run, size_t at)
{
	size_t top = at;

	for (size_t i = 0; i < run->c->args.n; i++)
		if (name_within(run->names.items[top], run->names.items[i]))
			top = i;
	return top;
}

/* What other pairs need as it is. NULL: this one may be begun, or is refused for something else, or has been begun. */
static struct err *hurts(struct rejoin_run *run, struct session *w, struct job *j)
{
	struct back_opts opts = {.discard = run->c->discard, .force = run->c->force};
	struct plan plan = {0};
	struct err *e = NULL;

	if (j->error != NULL || job_peer(j)->host == NULL ||
	    is_back(job_home(j)->d, job_home(j)->aside) ||
	    is_back(job_peer(j)->d, job_peer(j)->aside))
		return NULL;
	job_set_home(j, near_lost(j) ? PAIR_DST : PAIR_SRC);
	look_below(run, w, j);
	const struct pair *pair = session_pair(w, j);
	plan_rejoin(pair, &opts, NULL, &plan);
	if (plan.refusal != NULL)
		e = plan_rejoin_hurts(pair);
	plan_free(&plan);
	return e;
}

static void refuse_trees(struct rejoin_run *run)
{
	size_t n = run->n_refused;
	bool *hurt = mem_zalloc(n * sizeof(*hurt));

	for (size_t k = 0; k < n; k++)
		hurt[k] = run->refused[k] != NULL;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; hurt[k] && i < n; i++)
			if (run->refused[i] == NULL && top_of(run, i) == top_of(run, k))
				run->refused[i] =
				    err_new(ERR_REFUSED,
					    "%s does not come back, because %s of the same tree "
					    "cannot",
					    run->names.items[i], run->names.items[k]);
	free(hurt);
}

/* One after the other they come back; but if one of a tree cannot for the sake of another pair, none of it does. It is
 * only looked, without locks: each is looked at again when its turn comes. */
static void check_trees(struct rejoin_run *run)
{
	struct session w = {.no_locks = true};
	size_t n = run->names.n;

	if (n < 2)
		return;
	struct err *e = session_open(run->c, &run->names, NULL, NULL, LIST_WAY | LIST_HALF, &w);
	if (e == NULL) {
		w.peer_flags = LIST_WAY;
		session_connect(&w, true);
		run->refused = mem_zalloc(n * sizeof(*run->refused));
		run->n_refused = n;
	}
	for (size_t i = 0; i < w.n; i++)
		if (w.jobs[i].peer_name != NULL)
			strv_add(&run->far, w.jobs[i].peer_name);
	for (size_t i = 0; e == NULL && i < n; i++)
		run->refused[i] = hurts(run, &w, &w.jobs[i]);
	if (e == NULL)
		refuse_trees(run);
	err_free(e); /* each says it for itself */
	session_free(&w);
}

static int refuse(struct rejoin_run *run, size_t i)
{
	struct err *e = run->refused[i];

	run->refused[i] = NULL;
	record_str(ui_dataset(&run->c->ui, run->names.items[i]), "status", "failed");
	return ui_dataset_error(&run->c->ui, run->names.items[i], e);
}

int cmd_rejoin(struct ctx *c)
{
	struct rejoin_run run = {.c = c};
	struct strv *names = &run.names;
	int status = 0;

	for (size_t i = 0; i < c->args.n; i++)
		strv_add(names, c->args.items[i]);
	err_free(ctx_tree_names(c, names, true)); /* what is wrong is told of each */
	check_trees(&run);
	for (size_t i = 0; i < names->n; i++) {
		int one;
		if (cancelled(c->cancel))
			one = ui_dataset_error(
			    &c->ui, names->items[i],
			    err_because(err_new(ERR_FAILED, "%s: interrupted, and left as it is",
						names->items[i]),
					REASON_INTERRUPTED));
		else if (i < run.n_refused && run.refused[i] != NULL)
			one = refuse(&run, i);
		else
			one = rejoin(&run, names->items[i]);
		/* The top of a tree may only now be there again, after a run that died. */
		if (i < c->args.n && !c->dry_run)
			err_free(ctx_tree_names(c, names, true));
		status = exit_merge(status, one);
	}
	for (size_t i = 0; i < run.n_refused; i++)
		err_free(run.refused[i]);
	free(run.refused);
	strv_free(&run.names);
	strv_free(&run.far);
	return status;
}
