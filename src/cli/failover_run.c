#include "cli/failover_run.h"

#include <stdlib.h>

#include "cli/failover_names.h"
#include "cli/failover_say.h"
#include "cli/failover_show.h"
#include "engine/left_out.h"
#include "engine/members.h"
#include "engine/outcome.h"
#include "engine/switchover.h"
#include "engine/way_back.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/forced.h"
#include "plan/role/switchover.h"
#include "plan/sync_checks.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "zfs/lock_ask.h"

static int finish(struct switchover *r)
{
	struct task *tasks = mem_zalloc((r->w.n + 1) * sizeof(*tasks));
	bool incomplete = false;

	for (size_t i = 0; i < r->w.n; i++) {
		failover_say(r, i);
		tasks[i].error = r->failures[i];
		r->failures[i] = NULL;
		incomplete = incomplete || r->w.jobs[i].incomplete;
	}
	int status = outcome_report(&r->w, tasks, false);
	free(tasks);
	return status == 0 && incomplete ? ERR_FAILED : status;
}

/* The role can move, but nothing would come back: that is for somebody to say. */
static struct err *confirm_split(struct switchover *r, size_t i)
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

/* The other side has to be there. */
static void need_peers(struct switchover *r)
{
	struct session *w = &r->w;

	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL && w->jobs[i].why_away != NULL) {
			struct err *e = w->jobs[i].why_away;
			/* Else it is there, and says more. */
			if (e->kind == ERR_UNREACHABLE)
				err_remedy(e, "if that host is gone for good: {zrep %s -L %s}",
					   switchover_verb(r), w->jobs[i].name);
			w->jobs[i].error = e;
			w->jobs[i].why_away = NULL;
		}
}

/* Is there nobody to be asked of any job that is left, as each is offered the role? */
static bool all_offered(const struct switchover *r)
{
	const struct session *w = &r->w;
	bool all = false;

	for (size_t i = 0; i < w->n; i++) {
		const struct dataset *d = job_home(&w->jobs[i])->d;
		if (w->jobs[i].error != NULL || switchover_arrived(r, &w->jobs[i]))
			continue;
		if (r->opts.snap != NULL || !dataset_offer_proof(d))
			return false;
		all = true;
	}
	return all;
}

/* What can do without the other side does, where that cannot be asked: a role that was offered is taken, who makes way rests,
 * and who was resting is the master again. */
static void without_peers(struct switchover *r)
{
	struct session *w = &r->w;
	bool away = false, rests = r->offers;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *d = job_home(j)->d;
		if (j->error != NULL)
			continue;
		if (r->takeover && j->was_resting && switchover_arrived(r, j)) {
			j->not_asked = j->why_away != NULL;
			err_free(j->why_away);
			j->why_away = NULL;
			continue;
		}
		if (j->why_away == NULL)
			return;
		away = true;
		rests = rests && d->role == ROLE_MASTER;
	}
	if (!away || !(rests || (r->takeover && all_offered(r))))
		return;
	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].why_away != NULL)
			ui_note(&r->c->ui, "%s", w->jobs[i].why_away->what);
	r->alone = w->offline = true;
}

/* What somebody else has locked can be had, if the role must not wait for him. */
static void offer_force(struct switchover *r)
{
	struct session *w = &r->w;

	for (size_t i = 0; i < w->n; i++) {
		const struct job *j = &w->jobs[i];
		if (j->error == NULL || j->error->kind != ERR_BUSY || !job_home(j)->busy)
			continue;
		if (!r->alone)
			err_remedy(j->error,
				   "wait for it, or see what it does; if the other side is gone, "
				   "or does not answer: {zrep %s -L %s}",
				   switchover_verb(r), j->name);
		else if (r->takeover)
			err_remedy(j->error,
				   "wait for it, or see what it does; run the same command again, "
				   "and it ends that process if it has made no progress for %u s; "
				   "if it does not end: {zrep takeover -L --force %s}",
				   r->c->timeout, j->name);
	}
}

/* What becomes of each job. Asks where nothing would come back. */
static void begin_fates(struct switchover *r)
{
	struct session *w = &r->w;

	r->failures = mem_zalloc((w->n + 1) * sizeof(*r->failures));
	r->by_sibling = mem_zalloc((w->n + 1) * sizeof(*r->by_sibling));
	r->already = mem_zalloc((w->n + 1) * sizeof(*r->already));
	r->marked = mem_zalloc((w->n + 1) * sizeof(*r->marked));
	r->was = mem_zalloc((w->n + 1) * sizeof(*r->was));
	r->promised = mem_zalloc((w->n + 1) * sizeof(*r->promised));
	r->told = mem_zalloc((w->n + 1) * sizeof(*r->told));
	for (size_t i = 0; i < w->n; i++) {
		const struct dataset *d = job_home(&w->jobs[i])->d;
		r->already[i] = w->jobs[i].error == NULL && switchover_arrived(r, &w->jobs[i]);
		r->marked[i] = d == NULL || (d->switch_state.kind != SWITCH_NONE &&
					     d->switch_state.kind != SWITCH_RESTING);
		if (!r->alone && w->jobs[i].error == NULL && !r->already[i] && !r->marked[i])
			w->jobs[i].error = confirm_split(r, i);
	}
}

/* Syncs have to come back afterwards. That they will not stops nothing: there is another way, and it may be meant so. Once
 * for each host. (Of a takeover this host is the one that sends then, and it has just logged in.) */
static void note_way_back(struct switchover *r)
{
	struct session *w = &r->w;
	const struct host *told = NULL;

	way_back_ask(w);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || job_peer(j)->host == told)
			continue;
		struct err *e = plan_no_way_back(session_pair(w, j));
		if (e == NULL)
			continue;
		told = job_peer(j)->host;
		ui_note(&r->c->ui, "%s; %s", e->what, e->remedy);
		err_free(e);
	}
}

/* Where nothing is to be done, is it what was asked for? Who was closed and has just been opened was asked about before. */
static void check_arrived(struct switchover *r)
{
	struct session *w = &r->w;

	r->unfit = mem_zalloc((w->n + 1) * sizeof(*r->unfit));
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || r->offers || j->was_resting || !switchover_arrived(r, j))
			continue;
		j->error = plan_check_arrived(session_pair(w, j), r->takeover ? PAIR_DST : PAIR_SRC,
					      &r->opts, r->alone);
		r->unfit[i] = j->error != NULL;
	}
}

/* -n of what begins with a sync of its trees: what that takes in moves along, and what it refuses moves nothing. */
static void look_ahead(struct switchover *r)
{
	struct session *w = &r->w;
	struct strv names = {0}, taken = {0};

	for (size_t i = 0; i < w->n; i++)
		strv_add(&names, w->jobs[i].name);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *d = job_home(j)->d;
		struct strv out = {0};
		if (j->error != NULL || j->why_away != NULL || d == NULL || !d->recursive)
			continue;
		session_take_along(j, &taken);
		left_out_look(r->c, j->name, &names, &out, NULL);
		if (out.n > 0)
			j->error = err_refuse(REASON_TREE,
					      "%s does not move, because a dataset below cannot "
					      "move with it: %s",
					      j->name, out.items[0]);
		strv_free(&out);
	}
	strv_free(&taken);
	strv_free(&names);
}

static int run(struct switchover *r)
{
	struct session *w = &r->w;

	offer_force(r);
	for (size_t i = 0; i < w->n; i++) {
		w->jobs[i].group = r->groups[i];
		job_set_home(&w->jobs[i], r->takeover ? PAIR_DST : PAIR_SRC);
	}
	w->defer_unreachable = true;
	w->offline = r->alone;
	w->moves = !r->offers;
	w->offers = r->offers;
	w->accepted = r->takeover && !r->alone && r->opts.force;
	if (!r->alone)
		session_connect(w, true);
	if (!r->alone && r->takeover)
		session_check_named(w);
	switchover_recover(r);
	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL && job_home(&w->jobs[i])->d == NULL)
			w->jobs[i].error =
			    plan_switching(r->c->tag, job_home(&w->jobs[i])->preserved, r->c->self);
	if (!r->alone)
		without_peers(r);
	if (!r->alone)
		need_peers(r);
	else if (r->takeover && !r->opts.force)
		members_check(w);
	if (!r->alone)
		members_check_led(w);
	check_arrived(r);
	join_nested(w);
	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL)
			session_look_below(w, &w->jobs[i], PAIR_SRC, NULL);
	if (!r->alone && !r->takeover && !r->offers)
		note_way_back(r);
	if (r->c->dry_run && !r->alone && !r->takeover)
		look_ahead(r);
	if (r->c->dry_run)
		return failover_show(r);
	begin_fates(r);
	switchover_collect(r);
	if (r->offers)
		switchover_offer(r);
	else if (r->alone && r->takeover)
		switchover_force_promote(r);
	else if (r->alone)
		switchover_force_demote(r);
	else
		switchover_planned(r);
	return finish(r);
}

int failover_run(struct ctx *c, enum move move)
{
	struct switchover r = {
	    .c = c,
	    .takeover = move == MOVE_HERE,
	    .offers = move == MOVE_OFFER,
	    .alone = ctx_flag(c, 'L'),
	    .opts = {.discard = c->discard, .force = c->force, .fenced = c->fenced},
	    .w = {.peer_flags = LIST_TXG_SYNC | LIST_BELOW | LIST_OPENS | LIST_SETTINGS}};
	int status, synced = 0;

	c->asks_owners = true;
	c->waits_for_owners = r.alone;
	/* What it leaves at the other side lasts a moment longer. */
	if (c->end_syncs && c->wait_end < clock_ms() + LOCK_BRIEF_MS)
		c->wait_end = clock_ms() + LOCK_BRIEF_MS;
	c->forces_owners = r.alone && c->force;
	struct err *e = failover_names(&r, &synced);
	r.looked = clock_now(); /* the other side may have to be waited for */
	if (e == NULL && synced == 0)
		e = session_open(c, &r.names, r.hosts.n > 0 ? &r.hosts : NULL, &r.fss,
				 LIST_TXG_SYNC | LIST_BELOW | LIST_OPENS | LIST_SETTINGS |
				     LIST_HALF | (r.alone ? LIST_OBSTACLES : 0),
				 &r.w);
	status = e != NULL ? ui_error(&c->ui, e) : synced != 0 ? synced : run(&r);
	for (size_t i = 0; r.failures != NULL && i < r.w.n; i++)
		err_free(r.failures[i]);
	session_free(&r.w);
	strv_free(&r.names);
	strv_free(&r.hosts);
	strv_free(&r.fss);
	strv_free(&r.trees);
	strv_free(&r.refused);
	free(r.groups);
	free(r.host);
	free(r.failures);
	free(r.already);
	free(r.unfit);
	free(r.by_sibling);
	free(r.marked);
	free(r.was);
	free(r.promised);
	free(r.told);
	return status;
}
