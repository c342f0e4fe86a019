#include "cli/failover_names.h"

#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/sync_all.h"
#include "cli/sync_run.h"
#include "engine/members.h"
#include "engine/switchover.h"
#include "plan/role/switchover.h"
#include "state/dataset.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sorted.h"

/* Is its other side on HOST? Without HOST, any is. */
static bool is_there(const struct switchover *r, const struct dataset *d)
{
	const char *peer = d->role == ROLE_MASTER ? d->dest_host : d->src_host;

	return r->host == NULL || (peer != NULL && name_names_host(peer, r->host));
}

/* Does the role of this dataset move in the direction that was asked for? */
static bool fits(const struct switchover *r, const struct dataset *d)
{
	if (!is_there(r, d))
		return false;
	if (r->takeover)
		return d->role == ROLE_REPLICA || d->switch_state.kind == SWITCH_PROMOTING ||
		       d->switch_state.kind == SWITCH_RESTING;
	return d->role == ROLE_MASTER;
}

static bool has_name(const struct switchover *r, const char *name)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (strcmp(r->names.items[i], name) == 0)
			return true;
	return false;
}

/* One that was named before its tree joins it. */
static void add_name(struct switchover *r, const char *name, size_t group)
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
static void add_tree(struct switchover *r, const struct side *side, const char *name)
{
	const struct dataset *top = side_find(side, name);
	size_t group = r->names.n;

	add_name(r, name, group);
	/* Whether it belongs to the tree cannot be seen, so that the tree does not move without it. */
	for (size_t i = 0; top != NULL && i < side->unreadable.n; i++)
		if (name_within(side->unreadable.items[i], name))
			add_name(r, side->unreadable.items[i], group);
	for (size_t i = 0; top != NULL && r->opts.snap == NULL && i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		const char *mine = top->role == ROLE_MASTER ? top->dest_host : top->src_host;
		const char *its = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
		bool closed = top->role == ROLE_MASTER && is_there(r, d) &&
			      d->switch_state.kind == SWITCH_DEMOTING;
		if (d != top && name_within(d->name, name) && d->role == top->role &&
		    (fits(r, d) || closed) && mine != NULL && its != NULL && strcmp(mine, its) == 0)
			add_name(r, d->name, group);
	}
}

/* The HOST among the arguments. A word that could be either is a dataset if there is one of that name. */
static void find_host(struct switchover *r, const struct side *side)
{
	const struct strv *args = &r->c->args;
	const char *last = args->items[args->n - 1];

	if (args->n > 1 && strchr(last, '/') == NULL && strchr(last, '@') == NULL &&
	    side_find(side, last) == NULL)
		r->host = mem_strdup(last);
}

/* DATASET[@SNAP]... [HOST], or all [HOST]. */
static struct err *parse_args(struct switchover *r, const struct side *side)
{
	struct strv *args = &r->c->args;
	size_t n = r->host != NULL ? args->n - 1 : args->n;

	if (n == 1 && strcmp(args->items[0], "all") == 0) {
		for (size_t i = 0; i < side->n; i++)
			if (fits(r, &side->datasets[i]) && !has_name(r, side->datasets[i].name))
				add_tree(r, side, side->datasets[i].name);
		struct strv others = {0};
		/* Whose other side may be on HOST, and may not. */
		sync_all_unseen(r->c, side, r->takeover, &others);
		for (size_t i = 0; i < others.n; i++)
			if (!has_name(r, others.items[i]))
				add_name(r, others.items[i], r->names.n);
		strv_free(&others);
		if (r->names.n > 0)
			return NULL;
		return err_remedy(err_refuse(REASON_MISSING,
					     "no dataset on %s is a %s%s%s (tag %s)", r->c->self,
					     r->takeover ? "replica" : "master",
					     r->host ? " with its other side on " : "",
					     r->host ? r->host : "", r->c->tag),
				  "{zrep status -a} shows what there is");
	}
	for (size_t i = 0; i < n; i++) {
		const char *arg = args->items[i], *at = strchr(arg, '@');
		char *name = str_fmt("%.*s", (int)(at ? at - arg : (long)strlen(arg)), arg);
		const struct dataset *d = side_find(side, name);
		struct err *e = name_check_dataset(name);
		if (e == NULL && strcmp(name, "all") == 0) /* what is behind it is no HOST */
			e = options_all_not_alone(switchover_verb(r));
		if (e == NULL && at != NULL && r->offers)
			e = err_new(ERR_USAGE,
				    "yield takes no snapshot (\"%.300s\"): it goes back to none",
				    arg);
		if (e == NULL && at != NULL && n > 1)
			e = err_new(ERR_USAGE, "@SNAPSHOT goes with one dataset");
		if (e == NULL && at != NULL && !r->alone)
			e = err_remedy(err_new(ERR_USAGE,
					       "a role change back to a snapshot (%s) needs -L",
					       at),
				       "{zrep %s -L %s}", switchover_verb(r), arg);
		if (e == NULL && at != NULL && !name_is_snapshot(arg))
			e = err_new(ERR_USAGE, "\"%.300s\" is no snapshot name", arg);
		if (e == NULL && d != NULL && !is_there(r, d) &&
		    (d->role == ROLE_MASTER || d->role == ROLE_REPLICA))
			e = err_remedy(err_new(ERR_USAGE, "the other side of %s on %s is not on %s",
					       name, r->c->self, r->host),
				       "{zrep status -a} shows where its other side is");
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

/* The trees that are about to move. What was made in one since its last sync is to move with it, but for one that is
 * paused. */
static void find_trees(const struct switchover *r, const struct side *side, struct strv *tops)
{
	const struct strv *args = &r->c->args;
	bool all = strcmp(args->items[0], "all") == 0;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		bool named = all;
		for (size_t k = 0; k < args->n && !named; k++)
			named = strcmp(args->items[k], d->name) == 0;
		if (named && d->recursive && !d->paused && is_there(r, d) &&
		    d->switch_state.kind == SWITCH_NONE &&
		    d->role == (r->takeover ? ROLE_REPLICA : ROLE_MASTER))
			strv_add(tops, d->name);
	}
}

/* Those of the trees whose role would not move whatever is sent, as another member leads: nothing is sent for that, and nothing new
 * becomes a part of them. Why is said where the role moves. Of what has one tag alone the sync finds the same, without a look
 * more. */
static void leave_refused(struct switchover *r, const struct side *side, struct strv *tops)
{
	struct strv asked = {0}, alone = {0};
	struct session w = {.no_locks = true};
	unsigned look = LIST_OPENS | LIST_SETTINGS;

	for (size_t i = 0; i < tops->n; i++) {
		const struct dataset *d = side_find(side, tops->items[i]);
		bool has = d != NULL && (d->n_others > 0 || d->links.n > 0);
		strv_add(has ? &asked : &alone, tops->items[i]);
	}
	if (asked.n == 0) {
		strv_free(&alone);
		return;
	}
	struct err *e = session_open(r->c, &asked, NULL, NULL, look, &w);
	w.peer_flags = look;
	w.defer_unreachable = true;
	w.moves = !r->offers;
	w.offers = r->offers;
	for (size_t i = 0; i < w.n; i++)
		job_set_home(&w.jobs[i], r->takeover ? PAIR_DST : PAIR_SRC);
	if (e == NULL) {
		session_connect(&w, true);
		members_check_led(&w);
		strv_free(tops);
		*tops = alone;
		alone = (struct strv){0};
	}
	for (size_t i = 0; e == NULL && i < w.n; i++) {
		struct job *j = &w.jobs[i];
		struct plan plan = {0};
		bool there = j->error == NULL && j->why_away == NULL && job_home(j)->d != NULL;
		/* What is below is looked at when it is known what of that moves along. */
		if (there)
			plan_check_switchover(session_pair(&w, j), &plan);
		strv_add(plan.refusal != NULL ? &r->refused : tops, j->name);
		plan_free(&plan);
	}
	sorted_sort(tops->items, tops->n);
	err_free(e); /* the sync says it */
	session_free(&w);
	strv_free(&asked);
	strv_free(&alone);
}

/* Lists this host's datasets, after syncing the trees that are about to move. *status: that failed, and was said. What is
 * locked since, and was synced as it was seen before, is not listed again: names, roles and hosts are the same. What else may
 * have become one of a tree while that took its time is. */
static struct err *look_at_trees(struct switchover *r, struct side *side, int *status)
{
	struct ctx *c = r->c;
	struct strv tops = {0};
	struct sync_trees synced = {0};
	unsigned look = LIST_APART | (strcmp(c->args.items[0], "all") == 0 ? LIST_SEEN : 0);
	struct err *e = ctx_list(c, c->local, NULL, look, side);
	double seen = clock_now();

	*status = 0;
	if (e == NULL)
		find_host(r, side);
	if (e == NULL && !r->alone && !c->dry_run)
		find_trees(r, side, &tops);
	if (tops.n > 0)
		leave_refused(r, side, &tops);
	if (tops.n > 0) {
		*status = sync_run_trees(c, &tops, side, r->takeover, &synced);
		if (r->offers && *status == ERR_UNREACHABLE) /* then it rests, as it is */
			*status = 0;
		r->trees = synced.synced;
	}
	if (tops.n > 0 && *status == 0 &&
	    (!synced.as_seen || clock_now() - seen > SWITCHOVER_LOOK_SECONDS)) {
		side_free(side);
		e = ctx_list(c, c->local, NULL, look, side);
	}
	strv_free(&tops);
	return e;
}

/* Where the other sides are, so that they can be looked at together with this one. Of all, or none. */
static void guess_peers(struct switchover *r, const struct side *side)
{
	for (size_t i = 0; i < r->names.n; i++) {
		const struct dataset *d = side_find(side, r->names.items[i]);
		bool leads = d != NULL && d->role == ROLE_MASTER;
		bool has = leads || (d != NULL && d->role == ROLE_REPLICA);
		const char *host = has ? (leads ? d->dest_host : d->src_host) : NULL;
		const char *fs = has ? (leads ? d->dest_fs : d->src_fs) : NULL;
		if (host == NULL || fs == NULL) {
			strv_free(&r->hosts);
			strv_free(&r->fss);
			return;
		}
		strv_add(&r->hosts, host);
		strv_add(&r->fss, fs);
	}
}

struct err *failover_names(struct switchover *r, int *status)
{
	struct side side = {0};
	struct err *e = look_at_trees(r, &side, status);

	if (e == NULL && *status == 0)
		e = parse_args(r, &side);
	if (e == NULL && *status == 0 && !r->alone)
		guess_peers(r, &side);
	side_free(&side);
	return e;
}
