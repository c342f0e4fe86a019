/* check: for monitoring. Looks at both sides, locks nothing, changes nothing; one line and an exit status
 * as monitoring plugins have them. */
#include "cli/check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "engine/batches.h"
#include "engine/job_index.h"
#include "engine/left_out.h"
#include "engine/members.h"
#include "engine/observe.h"
#include "engine/session.h"
#include "engine/tree.h"
#include "engine/way_back.h"
#include "plan/health/beside.h"
#include "plan/health/check.h"
#include "plan/health/finding.h"
#include "plan/health/settings.h"
#include "plan/plan.h"
#include "state/dataset.h"
#include "ui/plugin.h"
#include "util/mem.h"
#include "util/sorted.h"

#define LOOK                                                                                       \
	(LIST_BELOW | LIST_POOLS | LIST_NATIVE | LIST_OPENS | LIST_SETTINGS | LIST_PLACES |        \
	 LIST_MAY)

struct check {
	struct ctx *c;
	uint64_t max_lag;
	struct session w;
	size_t n; /* jobs that are told of; behind them those of what is no pair yet */
	/* By job. */
	struct health *healths;
	bool *judged; /* another look would not tell better */
	/* What was read from one host, by the last look; NULL: not gathered. */
	const struct dataset **there;
	size_t n_there;
	const struct host *there_on;
	/* By job: has its replica a limit of its own, which is lifted before anything is sent? */
	bool *bounded;
	bool any_bounded;
	/* By job: masters below its source that a failover takes along, and a takeover does not. */
	struct strv *along;
	struct err **unseen; /* why what is below it could not be looked at */
};

/* What is said in the end: of what stands beside the pairs, and of all batches. */
struct verdicts {
	struct strv names;
	struct health *healths;
};

/* --- which datasets --- */

/* Both sides on this host are one pair, and its master speaks for it. */
static bool is_other_half(const struct side *side, const struct dataset *d)
{
	const struct dataset *m = d->role == ROLE_REPLICA ? side_find(side, d->src_fs) : NULL;

	return m != NULL && m->role == ROLE_MASTER && str_same(m->src_host, d->src_host) &&
	       str_same(m->dest_host, d->dest_host) && str_same(m->dest_fs, d->name);
}

static struct err *all_names(struct ctx *c, struct strv *names, struct check_verdicts *v)
{
	struct side side;
	struct strv all = {0};
	struct err *e = ctx_list(c, c->local, NULL, LIST_APART | LIST_BESIDE | LIST_SEEN, &side);

	if (e != NULL)
		return e;
	for (size_t i = 0; i < side.n; i++) {
		const struct dataset *d = &side.datasets[i];
		char *name = dataset_name_before(d);
		if (d->switch_state.kind != SWITCH_REVERTING && is_other_half(&side, d)) {
			free(name);
			continue;
		}
		strv_add(&all, name);
		free(name);
	}
	sorted_sort(all.items, all.n);
	for (size_t i = 0; i < all.n; i++) /* what is aside has a name that another one may have */
		if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
			strv_add(names, all.items[i]);
	strv_free(&all);
	for (size_t i = 0; i < side.unreadable.n; i++)
		strv_add(names, side.unreadable.items[i]);
	plan_beside(&side, c->tag, c->self, &v->names, &v->healths);
	side_free(&side);
	return names->n + v->names.n > 0
		   ? NULL
		   : err_new(ERR_FAILED, "no dataset on %s is zrep's (tag %s)", c->self, c->tag);
}

/* --- looking --- */

/* Somebody at work is no finding. */
static void forgive_busy(struct session *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL && j->error->kind == ERR_BUSY) {
			err_free(j->error);
			j->error = NULL;
		}
	}
}

/* Is this host's side the one that would be promoted? */
static bool is_replica(const struct job *j)
{
	if (job_home(j)->d != NULL)
		return job_home(j)->d->role == ROLE_REPLICA;
	return !job_home(j)->preserved->master;
}

/* The host of that side. */
static const struct host *replica_host(const struct check *k, const struct job *j)
{
	return job_pulls(j) ? k->w.c->local : job_peer(j)->host;
}

/* Everything that was read from the host of the side that would be promoted. Of most jobs that is one host. */
static void list_there(struct check *k, const struct job *j)
{
	const struct session *w = &k->w;
	const struct host *there = replica_host(k, j);

	if (k->there != NULL && k->there_on == there)
		return;
	free(k->there);
	k->there = mem_zalloc((2 * w->n + 1) * sizeof(*k->there));
	k->n_there = 0;
	k->there_on = there;
	for (size_t i = 0; i < w->n && there != NULL; i++) {
		const struct job *o = &w->jobs[i];
		if (there == w->c->local && job_home(o)->d != NULL)
			k->there[k->n_there++] = job_home(o)->d;
		if (there == job_peer(o)->host && job_peer(o)->d != NULL)
			k->there[k->n_there++] = job_peer(o)->d;
	}
}

static const struct dataset *lifted_above(const struct check *k, const struct job *j)
{
	const struct dataset *d = job_end(j, PAIR_DST)->d, *highest = NULL;

	for (size_t i = 0; i < k->n && k->any_bounded && d != NULL; i++) {
		const struct job *o = &k->w.jobs[i];
		const struct dataset *above = k->bounded[i] ? job_end(o, PAIR_DST)->d : NULL;
		if (above != NULL && replica_host(k, o) == replica_host(k, j) &&
		    name_within(d->name, above->name) &&
		    (highest == NULL || strlen(above->name) < strlen(highest->name)))
			highest = above;
	}
	return highest;
}

static struct health health_of(struct check *k, struct job *j)
{
	struct session *w = &k->w;
	struct strv out = {0};
	struct health h = {0};

	if (j->error != NULL) {
		health_add(&h, CHECK_UNKNOWN, j->error);
		return h;
	}
	list_there(k, j);
	left_out_find(w, (size_t)(j - w->jobs), k->n, &out);
	struct check_opts opts = {.max_lag = k->max_lag,
				  .peer_away = j->why_away,
				  .left_out = &out,
				  .there = k->there,
				  .n_there = k->n_there,
				  .along = &k->along[j - w->jobs],
				  .lifted_above = lifted_above(k, j)};
	const struct pair *pair = session_pair(w, j);
	plan_check_health(pair, &opts, &h);
	if (k->unseen[j - w->jobs] != NULL)
		health_add(&h, CHECK_WARNING, k->unseen[j - w->jobs]);
	strv_free(&out);
	return h;
}

/* A sync that runs between the look at one side and that at the other makes a whole pair look broken: what
 * is found must be found twice. False if something was not. */
static bool judge(struct check *k)
{
	bool all = true;

	free(k->there);
	k->there = NULL;
	for (size_t i = 0; i < k->n; i++) {
		if (k->judged[i])
			continue;
		struct health *old = &k->healths[i], h = health_of(k, &k->w.jobs[i]);
		k->judged[i] = !h.look_again || (old->n > 0 && strcmp(plugin_worst(old)->text,
								      plugin_worst(&h)->text) == 0);
		health_free(old);
		*old = h;
		all = all && k->judged[i];
	}
	return all;
}

/* Does a replica have something newer than what came to it? Then what depends on that matters. A limit of its own? Then how
 * much room there is without it. Either is a listing more. */
static bool has_obstacles(struct check *k)
{
	struct session *w = &k->w;
	bool any = false;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d, *d = job_end(j, PAIR_DST)->d;
		if (j->error != NULL || s == NULL || d == NULL)
			continue;
		const struct snap *newest = dataset_newest(d);
		any |= newest != NULL && dataset_snap_by_guid(s, newest->guid) == NULL;
		k->bounded[i] = !s->paused && health_is_bounded(session_pair(w, j));
		k->any_bounded |= k->bounded[i];
	}
	return any || k->any_bounded;
}

/* What each of a tree takes of the room of what it is in, as the master: what is reserved for it covers what is below it. By job. */
static uint64_t *tree_reserves(struct check *k)
{
	uint64_t *below = mem_zalloc((k->n + 1) * sizeof(*below));
	struct job_index x;

	job_index_make(&k->w, PAIR_SRC, &x);
	/* What is below has a longer name, and comes later. */
	for (size_t at = x.n; at-- > 0;) {
		size_t i = x.items[at].i;
		const struct job *j = &k->w.jobs[i];
		if (i >= k->n || !j->tree_member || j->error != NULL)
			continue;
		const struct health *h = &k->healths[i];
		uint64_t own = below[i] + h->ref_reserves;
		own = own > h->reserves ? own : h->reserves;
		size_t in = j->tree; /* or what is nearer above it */
		char *above = name_parent(x.items[at].name);
		for (char *next; above != NULL; above = next) {
			job_index_each(&x, above, p) if (x.items[p].i < k->n &&
							 k->w.jobs[x.items[p].i].tree == j->tree)
			    in = x.items[p].i;
			next = in == j->tree ? name_parent(above) : NULL;
			free(above);
		}
		below[in] += own;
	}
	job_index_free(&x);
	return below;
}

/* A tree comes as one, and its datasets share the room that there is: for what is not sent, and for what is reserved. */
static void find_tree_room(struct check *k)
{
	uint64_t *below = mem_zalloc((k->n + 1) * sizeof(*below)), *reserves = tree_reserves(k);

	for (size_t i = 0; i < k->n; i++) {
		struct job *j = &k->w.jobs[i];
		if (j->tree_member && j->error == NULL)
			below[j->tree] += plan_check_needs(session_pair(&k->w, j), &k->healths[i]);
	}
	for (size_t i = 0; i < k->n; i++) {
		const struct job *j = &k->w.jobs[i];
		if (!j->tree_member && j->error == NULL && (below[i] > 0 || reserves[i] > 0))
			plan_check_tree_room(session_pair(&k->w, &k->w.jobs[i]), below[i],
					     reserves[i] + k->healths[i].ref_reserves,
					     &k->healths[i]);
	}
	free(reserves);
	free(below);
}

/* The topmost job that both sides of this one are below of: its role moves along with that one's, from either side. */
static size_t moves_with(const struct check *k, const struct job_index *x, size_t i)
{
	const struct session *w = &k->w;
	const char *at = job_end(&w->jobs[i], PAIR_DST)->name;
	char *above = name_parent(job_end(&w->jobs[i], PAIR_SRC)->name);
	size_t group = i;

	for (char *next; above != NULL; above = next) {
		job_index_each(x, above, p)
		{
			const struct job *o = &w->jobs[x->items[p].i];
			const char *there = job_end(o, PAIR_DST)->name;
			if (at != NULL && there != NULL &&
			    job_peer(o)->host == job_peer(&w->jobs[i])->host &&
			    name_within(at, there))
				group = x->items[p].i;
		}
		next = name_parent(above);
		free(above);
	}
	return group;
}

/* What would become read-only with the source of each, and does not move along, is in the way: as failover and takeover see it. */
static void look_below(struct check *k)
{
	struct session *w = &k->w;
	struct job_index x;

	k->along = mem_zalloc((w->n + 1) * sizeof(*k->along));
	k->unseen = mem_zalloc((w->n + 1) * sizeof(struct err *));
	job_index_make(w, PAIR_SRC, &x);
	for (size_t i = 0; i < w->n; i++)
		w->jobs[i].group =
		    job_end(&w->jobs[i], PAIR_SRC)->name != NULL ? moves_with(k, &x, i) : i;
	job_index_free(&x);
	for (size_t i = 0; i < k->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d;
		if (j->error != NULL || s == NULL || job_end(j, PAIR_SRC)->host == NULL)
			continue;
		session_look_below(w, j, PAIR_SRC, NULL);
		k->unseen[i] = j->error; /* which hides nothing else */
		j->error = NULL;
		session_take_along(j, &k->along[i]);
	}
}

static void look(struct check *k)
{
	struct session *w = &k->w;

	forgive_busy(w);
	for (size_t i = 0; i < w->n; i++)
		job_set_home(&w->jobs[i], w->jobs[i].error == NULL && is_replica(&w->jobs[i])
					      ? PAIR_DST
					      : PAIR_SRC);
	w->defer_unreachable = true;
	w->peer_flags = LOOK;
	session_connect(w, true);
	forgive_busy(w);
	bool quiet = k->c->ui.quiet;
	k->n = w->n;
	k->c->ui.quiet = w->mute = true; /* what does not come along is a finding */
	tree_expand(w, false, LOOK);
	k->c->ui.quiet = quiet;
	forgive_busy(w);
	unsigned flags = LOOK;
	k->bounded = mem_zalloc((w->n + 1) * sizeof(*k->bounded));
	if (has_obstacles(k)) {
		flags |= LIST_OBSTACLES;
		observe_refresh(w, flags);
		forgive_busy(w);
	}
	look_below(k);
	way_back_ask(w);
	way_back_ask_hooks(w);
	members_check_led(w);
	k->healths = mem_zalloc((w->n + 1) * sizeof(*k->healths));
	k->judged = mem_zalloc((w->n + 1) * sizeof(*k->judged));
	for (int n = 1; !judge(k) && observe_once_more(w, n, flags); n++)
		forgive_busy(w);
	find_tree_room(k);
}

/* Takes over what was found. */
static void keep(struct check_verdicts *v, struct check *k)
{
	v->healths = mem_array(v->healths, v->names.n + k->n + 1, sizeof(*v->healths));
	for (size_t i = 0; i < k->n; i++) {
		v->healths[v->names.n] = k->healths[i];
		strv_add(&v->names, k->w.jobs[i].name);
	}
	free(k->there);
	free(k->healths);
	free(k->judged);
	free(k->bounded);
	for (size_t i = 0; i < k->n; i++) {
		strv_free(&k->along[i]);
		err_free(k->unseen[i]);
	}
	free(k->along);
	free(k->unseen);
}

static struct err *look_at(struct ctx *c, const struct batches *all, const struct strv *names,
			   uint64_t max_lag, struct check_verdicts *v)
{
	struct check k = {.c = c, .max_lag = max_lag};

	k.w.no_locks = true;
	struct err *e = session_open(c, names, NULL, NULL, LOOK, &k.w);
	if (e == NULL) {
		look(&k);
		keep(v, &k);
	}
	batches_end_session(all, &k.w);
	return e;
}

struct err *check_all(struct ctx *c, const struct strv *datasets, uint64_t max_lag,
		      struct check_verdicts *out)
{
	struct strv names = {0};
	struct batches all = {0};
	struct err *e = NULL;

	*out = (struct check_verdicts){0};
	for (size_t i = 0; i < datasets->n; i++)
		strv_add(&names, datasets->items[i]);
	if (datasets->n > 0) /* what is wrong is told when it is looked at */
		err_free(ctx_tree_names(c, &names, TREE_ANY_ROLE | TREE_ALONG));
	else
		e = all_names(c, &names, out);
	if (e == NULL && names.n > 0)
		batches_make(c, &names, &all);
	for (size_t i = 0; e == NULL && i < all.n; i++)
		e = look_at(c, &all, &all.items[i], max_lag, out);
	batches_free(&all);
	strv_free(&names);
	return e;
}

void check_verdicts_free(struct check_verdicts *v)
{
	for (size_t i = 0; i < v->names.n; i++)
		health_free(&v->healths[i]);
	free(v->healths);
	strv_free(&v->names);
}

static int run_check(struct ctx *c)
{
	uint64_t max_lag;
	struct check_verdicts v = {0};
	struct err *e = options_max_lag(c, &max_lag);

	if (e == NULL)
		e = check_all(c, &c->args, max_lag, &v);
	struct plugin m = {
	    .names = v.names.items, .healths = v.healths, .n = v.names.n, .max_lag = max_lag};
	int status = e != NULL ? plugin_unknown(&c->ui, e) : plugin_print(&c->ui, &m);
	check_verdicts_free(&v);
	return status;
}

const struct verb verb_check = {
    .name = "check",
    .flags = "",
    .options = " max-lag ",
    .max_args = -1,
    .usage = "[--max-lag TIME] [DATASET...]",
    .group = VERBS_LOOKING,
    .summary = "would a failover succeed, and what would be lost",
    .text = "Asks both sides and changes nothing. One line, and the exit status, as monitoring\n"
	    "plugins have them: 0 ok, 1 warning, 2 critical, 3 unknown.\n"
	    "  -v              a line for each finding\n"
	    "  --max-lag TIME  critical if the last sync is longer ago: 90s, 5m, 2h, 1d\n",
    .monitor = true,
    .run = run_check,
};
