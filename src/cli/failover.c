/* The verbs failover and takeover: which datasets, and what is said of them. change.c does it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sync.h"
#include "cli/verb.h"
#include "engine/outcome.h"
#include "engine/switchover.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/forced.h"
#include "plan/role/revert.h"
#include "plan/role/switchover.h"
#include "plan/sync_checks.h"
#include "util/mem.h"
#include "util/num.h"

/* --- names --- */

/* Is its other side on HOST? Without HOST, any is. */
static bool is_there(const struct change_run *r, const struct dataset *d)
{
	const char *peer = d->role == ROLE_MASTER ? d->dest_host : d->src_host;

	return r->host == NULL || (peer != NULL && name_names_host(peer, r->host));
}

/* Does the role of this dataset move in the direction that was asked for? */
static bool fits(const struct change_run *r, const struct dataset *d)
{
	if (!is_there(r, d))
		return false;
	if (r->takeover)
		return d->role == ROLE_REPLICA || d->change.kind == CHANGE_ENTERING;
	return d->role == ROLE_MASTER;
}

static bool has_name(const struct change_run *r, const char *name)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (strcmp(r->names.items[i], name) == 0)
			return true;
	return false;
}

/* One that was named before its tree joins it. */
static void add_name(struct change_run *r, const char *name, size_t group)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (strcmp(r->names.items[i], name) == 0) {
			r->groups[i] = group;
			return;
		}
	r->groups = mem_array(r->groups, r->names.n + 1, sizeof(size_t));
	r->groups[r->names.n] = group;
	strv_add(&r->names, name);
}

/* A dataset, and with it those of zrep's below it that go the same way: one tree. */
static void add_tree(struct change_run *r, const struct side *side, const char *name)
{
	const struct dataset *top = side_find(side, name);
	size_t group = r->names.n;

	add_name(r, name, group);
	for (size_t i = 0; top != NULL && r->opts.snap == NULL && i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		const char *mine = top->role == ROLE_MASTER ? top->dest_host : top->src_host;
		const char *its = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
		if (d != top && name_within(d->name, name) && d->role == top->role && fits(r, d) &&
		    mine != NULL && its != NULL && strcmp(mine, its) == 0)
			add_name(r, d->name, group);
	}
}

/* The HOST among the arguments. A word that could be either is a dataset if there is one of that name. */
static void find_host(struct change_run *r, const struct side *side)
{
	const struct strv *args = &r->c->args;
	const char *last = args->items[args->n - 1];

	if (args->n > 1 && strchr(last, '/') == NULL && strchr(last, '@') == NULL &&
	    side_find(side, last) == NULL)
		r->host = mem_strdup(last);
}

/* DATASET[@SNAP]... [HOST], or all [HOST]. */
static struct err *parse_args(struct change_run *r, const struct side *side)
{
	struct strv *args = &r->c->args;
	size_t n = r->host != NULL ? args->n - 1 : args->n;

	if (n == 1 && strcmp(args->items[0], "all") == 0) {
		for (size_t i = 0; i < side->n; i++)
			if (fits(r, &side->datasets[i]) && !has_name(r, side->datasets[i].name))
				add_tree(r, side, side->datasets[i].name);
		if (r->names.n > 0)
			return NULL;
		return err_remedy(err_new(ERR_REFUSED, "no dataset on %s is a %s%s%s (tag %s)",
					  r->c->self, r->takeover ? "replica" : "master",
					  r->host ? " with its other side on " : "",
					  r->host ? r->host : "", r->c->tag),
				  "zrep status -a shows what there is");
	}
	for (size_t i = 0; i < n; i++) {
		const char *arg = args->items[i], *at = strchr(arg, '@');
		char *name = str_fmt("%.*s", (int)(at ? at - arg : (long)strlen(arg)), arg);
		const struct dataset *d = side_find(side, name);
		struct err *e = name_check_dataset(name);
		if (e == NULL && at != NULL && n > 1)
			e = err_new(ERR_USAGE, "@SNAPSHOT goes with one dataset");
		if (e == NULL && at != NULL && !r->alone)
			e = err_remedy(
			    err_new(ERR_USAGE, "going back to a snapshot (%s) goes with -L", at),
			    "zrep %s -L %s", r->takeover ? "takeover" : "failover", arg);
		if (e == NULL && at != NULL && !name_is_snapshot(arg))
			e = err_new(ERR_USAGE, "\"%.300s\" is no snapshot name", arg);
		if (e == NULL && d != NULL && !is_there(r, d) &&
		    (d->role == ROLE_MASTER || d->role == ROLE_REPLICA))
			e = err_remedy(err_new(ERR_USAGE, "the other side of %s on %s is not on %s",
					       name, r->c->self, r->host),
				       "zrep status -a shows where its other side is");
		if (at != NULL)
			r->opts.snap = at + 1;
		if (e == NULL)
			add_tree(r, side, name);
		free(name);
		if (e != NULL)
			return e;
	}
	return NULL;
}

/* --- the whole --- */

static void record_job(const struct change_run *r, size_t i)
{
	const struct job *j = &r->w.jobs[i];
	const struct dataset *d = job_home(j)->d;
	struct record *one = ui_dataset(&r->c->ui, j->name);

	record_str(one, "status", r->fates[i] ? "failed" : r->already[i] ? "unchanged" : "moved");
	if (d != NULL) {
		record_str(one, "role", d->role == ROLE_MASTER ? "master" : "replica");
		record_u64(one, "epoch", d->epoch);
	}
	if (j->peer_at != NULL && j->peer_name != NULL) {
		char *peer = str_fmt("%s:%s", j->peer_at, j->peer_name);
		record_str(one, "peer", peer);
		free(peer);
	}
}

static void say_done(const struct change_run *r, size_t i)
{
	const struct job *j = &r->w.jobs[i];
	const struct dataset *d = job_home(j)->d;
	char window[64] = "", *there;

	if (r->fates[i] != NULL || d == NULL)
		return;
	if (!r->already[i] && r->readonly_seconds > 0)
		snprintf(window, sizeof(window), " (read-only for %.1f s)", r->readonly_seconds);
	const char *other = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
	const char *other_fs = d->role == ROLE_MASTER ? d->dest_fs : d->src_fs;
	if (r->alone)
		there = str_fmt("%s on %s was not asked", other_fs, other);
	else if (j->why_away != NULL)
		there = str_fmt("%s cannot be told now: the next sync does that", other);
	else
		there = str_fmt("%s on %s is the %s%s", other_fs, other,
				d->role == ROLE_MASTER ? "replica" : "master", window);
	ui_done(&r->c->ui, "%s on %s is %s%s of epoch %" PRIu64 "; %s", j->name, r->c->self,
		r->already[i] ? "already " : "",
		d->role == ROLE_MASTER ? "the master" : "a replica", d->epoch, there);
	free(there);
}

/* Of the longest way, for -n. */
#define STAGES 4

static int show_plans(struct change_run *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(STAGES * w->n * sizeof(*plans));

	for (size_t i = 0; i < w->n; i++) {
		struct plan *p = plans + STAGES * i;
		if (w->jobs[i].error != NULL)
			continue;
		const struct pair *pair = session_pair(w, &w->jobs[i]);
		if (r->alone && r->takeover) {
			plan_seize_prepare(pair, &r->opts, &p[0]);
			if (r->opts.snap != NULL && p[0].refusal == NULL)
				plan_go_back(pair, PAIR_DST, &r->opts, &p[1]);
			plan_predict_back(pair, PAIR_DST, &p[1], &p[2]);
			plan_seize(pair, &r->opts, &p[3]);
		} else if (r->alone) {
			plan_drop_check(pair, &r->opts, &p[0]);
			if (p[0].refusal == NULL && !p[0].unchanged)
				plan_leave(pair, &p[1]);
			plan_drop(pair, &r->opts, &p[2]);
			plan_predict_back(pair, PAIR_SRC, &p[2], &p[3]);
		} else if (!change_arrived(r, &w->jobs[i])) {
			plan_check_change(pair, &p[0]);
			if (p[0].refusal == NULL) {
				change_plan_sync(r, pair, false, &p[1]);
				plan_leave(pair, &p[2]);
				plan_decide(pair, true, &p[3]);
			}
		}
	}
	int status = outcome_dry_run(w, plans, STAGES);
	plans_free(plans, STAGES * w->n);
	return status;
}

static int finish(struct change_run *r)
{
	struct task *tasks = mem_zalloc((r->w.n + 1) * sizeof(*tasks));
	bool incomplete = false;

	for (size_t i = 0; i < r->w.n; i++) {
		record_job(r, i);
		say_done(r, i);
		tasks[i].error = r->fates[i];
		r->fates[i] = NULL;
		incomplete = incomplete || r->w.jobs[i].incomplete;
	}
	int status = outcome_report(&r->w, tasks, false);
	free(tasks);
	return status == 0 && incomplete ? ERR_FAILED : status;
}

/* The role can move, but nothing would come back: that is for somebody to say. */
static struct err *confirm_split(struct change_run *r, size_t i)
{
	struct job *j = &r->w.jobs[i];
	const struct pair *pair = session_pair(&r->w, j);
	struct strv notes = {0};
	struct err *e = NULL;

	if (pair->src.d != NULL && pair->dst.d != NULL)
		plan_note_split(pair, &notes);
	if (notes.n > 0) {
		char *question =
		    str_fmt("%s; move the role of %s all the same", notes.items[0], j->name);
		e = ui_confirm(&r->c->ui, question);
		free(question);
	}
	strv_free(&notes);
	return e;
}

/* A master that would become read-only with one above it, and whose role moves in this run and to the same host, moves
 * together with that one or not at all: named after it, or where only the sources are one below the other. */
static void join_nested(struct session *w)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->n; k++) {
			struct job *up = &w->jobs[i], *down = &w->jobs[k];
			const struct dataset *above = job_end(up, PAIR_SRC)->d;
			const struct dataset *below = job_end(down, PAIR_SRC)->d;
			size_t from = down->group;
			if (from == up->group || above == NULL || below == NULL ||
			    below->readonly || below->readonly_own ||
			    job_peer(up)->host != job_peer(down)->host ||
			    !name_within(below->name, above->name))
				continue;
			for (size_t m = 0; m < w->n; m++)
				if (w->jobs[m].group == from)
					w->jobs[m].group = up->group;
		}
}

static int run(struct change_run *r)
{
	struct session *w = &r->w;

	for (size_t i = 0; i < w->n; i++) {
		w->jobs[i].group = r->groups[i];
		job_set_home(&w->jobs[i], r->takeover ? PAIR_DST : PAIR_SRC);
	}
	w->defer_unreachable = true;
	w->offline = r->alone;
	w->peer_flags = LIST_SETTLE | LIST_BELOW;
	if (!r->alone)
		session_connect(w, true);
	if (!r->alone && r->takeover)
		session_check_named(w);
	change_settle(r);
	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL && job_home(&w->jobs[i])->d == NULL)
			w->jobs[i].error =
			    plan_switching(r->c->tag, job_home(&w->jobs[i])->aside, r->c->self);
	if (!r->alone)
		for (size_t i = 0; i < w->n; i++)
			if (w->jobs[i].error == NULL && w->jobs[i].why_away != NULL) {
				struct err *e = w->jobs[i].why_away;
				/* Else it is there, and says more. */
				if (e->kind == ERR_UNREACHABLE)
					err_remedy(
					    e, "if that host is gone for good: zrep %s -L %s",
					    r->takeover ? "takeover" : "failover", w->jobs[i].name);
				w->jobs[i].error = e;
				w->jobs[i].why_away = NULL;
			}
	join_nested(w);
	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL)
			session_look_below(w, &w->jobs[i], PAIR_SRC, NULL);
	if (r->c->dry_run)
		return show_plans(r);
	r->fates = mem_zalloc((w->n + 1) * sizeof(*r->fates));
	r->followed = mem_zalloc((w->n + 1) * sizeof(*r->followed));
	r->already = mem_zalloc((w->n + 1) * sizeof(*r->already));
	r->marked = mem_zalloc((w->n + 1) * sizeof(*r->marked));
	r->was = mem_zalloc((w->n + 1) * sizeof(*r->was));
	r->promised = mem_zalloc((w->n + 1) * sizeof(*r->promised));
	r->told = mem_zalloc((w->n + 1) * sizeof(*r->told));
	for (size_t i = 0; i < w->n; i++) {
		const struct dataset *d = job_home(&w->jobs[i])->d;
		r->already[i] = w->jobs[i].error == NULL && change_arrived(r, &w->jobs[i]);
		r->marked[i] = d == NULL || d->change.kind != CHANGE_NONE;
		if (!r->alone && w->jobs[i].error == NULL && !r->already[i] && !r->marked[i])
			w->jobs[i].error = confirm_split(r, i);
	}
	change_collect(r);
	if (r->alone && r->takeover)
		change_seize(r);
	else if (r->alone)
		change_drop(r);
	else
		change_planned(r);
	return finish(r);
}

/* The trees that are about to move. What was made in one since its last sync is to move with it, but for one that is
 * paused. */
static void find_trees(const struct change_run *r, const struct side *side, struct strv *tops)
{
	const struct strv *args = &r->c->args;
	bool all = strcmp(args->items[0], "all") == 0;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		bool named = all;
		for (size_t k = 0; k < args->n && !named; k++)
			named = strcmp(args->items[k], d->name) == 0;
		if (named && d->recursive && !d->paused && is_there(r, d) &&
		    d->change.kind == CHANGE_NONE &&
		    d->role == (r->takeover ? ROLE_REPLICA : ROLE_MASTER))
			strv_add(tops, d->name);
	}
}

/* Lists this host's datasets, after syncing the trees that are about to move. *status: that failed, and was said. */
static struct err *look_at_trees(struct change_run *r, struct side *side, int *status)
{
	struct ctx *c = r->c;
	struct strv tops = {0};
	struct err *e = ctx_list(c, c->local, NULL, 0, side);

	*status = 0;
	if (e == NULL)
		find_host(r, side);
	if (e == NULL && !r->alone && !c->dry_run)
		find_trees(r, side, &tops);
	if (tops.n > 0) {
		*status = sync_names(c, &tops, r->takeover);
		side_free(side);
		e = ctx_list(c, c->local, NULL, 0, side);
	}
	strv_free(&tops);
	return e;
}

static int change(struct ctx *c, bool takeover)
{
	struct change_run r = {.c = c,
			       .takeover = takeover,
			       .alone = ctx_flag(c, 'L'),
			       .opts = {.discard = c->discard, .force = c->force}};
	struct side side = {0};
	int status, synced;

	struct err *e = look_at_trees(&r, &side, &synced);
	if (e == NULL && synced == 0)
		e = parse_args(&r, &side);
	side_free(&side);
	if (e == NULL && synced == 0)
		e = session_open(c, &r.names, NULL, NULL, LIST_SETTLE | LIST_BELOW | LIST_HALF,
				 &r.w);
	status = e != NULL ? ui_error(&c->ui, e) : synced != 0 ? synced : run(&r);
	for (size_t i = 0; r.fates != NULL && i < r.w.n; i++)
		err_free(r.fates[i]);
	session_free(&r.w);
	strv_free(&r.names);
	free(r.groups);
	free(r.host);
	free(r.fates);
	free(r.already);
	free(r.followed);
	free(r.marked);
	free(r.was);
	free(r.promised);
	free(r.told);
	return status;
}

int cmd_failover(struct ctx *c)
{
	return change(c, false);
}

int cmd_takeover(struct ctx *c)
{
	return change(c, true);
}
