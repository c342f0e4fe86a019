/* What an init looks at besides: of a tree all that is below, which becomes pairs in the same run and of the same
 * moment; of a clone its origin. */
#include <stdlib.h>
#include <string.h>

#include "engine/observe.h"
#include "engine/tokens.h"
#include "engine/tree_first.h"
#include "plan/plan.h"
#include "plan/tree/members.h"
#include "plan/tree/tree.h"
#include "state/dataset.h"
#include "util/mem.h"

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct dataset *const *)a)->name,
		      (*(const struct dataset *const *)b)->name);
}

/* Everything in a side, by name. */
static const struct dataset **all_of(const struct side *side)
{
	const struct dataset **all = mem_zalloc((side->n + 1) * sizeof(*all));

	for (size_t i = 0; i < side->n; i++)
		all[i] = &side->datasets[i];
	if (side->n > 0)
		qsort(all, side->n, sizeof(*all), by_name);
	return all;
}

static struct err *lock(struct session *w, struct host *host, const struct strv *names,
			enum lock_mode mode)
{
	nvlist_t *busy = NULL;
	struct err *e = w->c->dry_run ? NULL : ctx_lock(w->c, host, names, mode, &w->held, &busy);

	nv_each(busy, p)
		e = err_first(
		    e, observe_busy(nvpair_name(p), host_name(host), nv_str(busy, nvpair_name(p))));
	nv_free(busy);
	return e;
}

/* A job for each, with what both sides have of it. */
static void add_jobs(struct init_look *l, const struct children *children)
{
	struct session *w = &l->work;

	w->jobs = mem_array(w->jobs, w->n + children->n, sizeof(struct job));
	for (size_t i = 0; i < children->n; i++) {
		const struct child *k = &children->items[i];
		struct job *j = &w->jobs[w->n++];
		job_init(j, k->src->name, PAIR_SRC);
		job_set_peer(j, w->jobs[0].peer_at, k->dst_name);
		job_home(j)->d = k->src;
		job_peer(j)->d = side_find(&l->dst_below, k->dst_name);
		job_peer(j)->host = job_peer(&w->jobs[0])->host;
		job_home(j)->pool = job_home(&w->jobs[0])->pool;
		job_peer(j)->pool = job_peer(&w->jobs[0])->pool;
		j->error = err_copy(k->refusal);
		j->tree_member = j->is_new = true;
	}
	w->jobs[0].tree_root = w->jobs[0].is_new = true;
	tokens_ask(w);
}

/* What is below both ends, locked and looked at; what is there besides is only looked at. */
static struct err *look(struct init_look *l, const struct strv *home, struct strv *peer)
{
	const struct dataset *top = job_home(&l->work.jobs[0])->d,
			     *there = job_peer(&l->work.jobs[0])->d;
	struct ctx *c = l->work.c;
	struct host *host = job_peer(&l->work.jobs[0])->host;
	struct err *e = lock(&l->work, c->local, home, l->work.home_lock);

	if (e == NULL)
		e = lock(&l->work, host, peer, l->work.peer_lock);
	if (e == NULL)
		e = ctx_list(c, c->local, home,
			     LIST_NATIVE | LIST_TXG_SYNC | LIST_SETTINGS | LIST_KEYS,
			     &l->src_below);
	/* Of a tree that was one before: under the names that its datasets had then. */
	for (size_t i = 0; top->role == ROLE_MASTER && there != NULL && i < there->below.n; i++)
		if (!strv_has(peer, there->below.items[i]))
			strv_add(peer, there->below.items[i]);
	if (e == NULL)
		e = ctx_list(c, host, peer,
			     LIST_NATIVE | LIST_TXG_SYNC | LIST_SETTINGS | LIST_BELOW | LIST_KEYS |
				 (ctx_flag(c, 'f') ? LIST_OBSTACLES : 0),
			     &l->dst_below);
	for (size_t i = 0; i < l->src_below.n && e == NULL; i++)
		if (l->src_below.datasets[i].script)
			e = observe_script(c, &l->src_below.datasets[i], c->self);
	return e;
}

/* The source was cleared, and what is there has the copies of its tree still. */
static struct err *of_before(const struct pair *pair)
{
	char *room = name_make_room(pair->dst.name);
	struct err *e = err_remedy(
	    err_refuse(
		REASON_EXISTS,
		"the destination %s on %s exists already, and what is below it was replicated "
		"from there by a pair that %s on %s has no more",
		pair->dst.name, pair->dst.host_name, pair->src.name, pair->src.host_name),
	    "choose another name, or on %s, %s makes room, and keeps what is in it",
	    pair->dst.host_name, room);

	free(room);
	return e;
}

struct err *init_look_below(struct init_look *l, const char *dest)
{
	struct session *w = &l->work;
	const struct dataset *top = job_home(&w->jobs[0])->d;
	struct strv home = {0}, peer = {0};
	struct children children;
	struct plan plan = {0};

	for (size_t i = 0; i < top->below.n; i++) {
		strv_add(&home, top->below.items[i]);
		strv_addf(&peer, "%s%s", dest, top->below.items[i] + strlen(top->name));
	}
	struct err *e = home.n > 0 ? look(l, &home, &peer) : NULL;
	strv_free(&home);
	strv_free(&peer);
	if (e != NULL)
		return e;
	const struct pair *pair = session_pair(w, &w->jobs[0]);
	const struct dataset **src = all_of(&l->src_below), **dst = all_of(&l->dst_below);
	struct tree t = {
	    .top = pair, .src = src, .dst = dst, .n_src = l->src_below.n, .n_dst = l->dst_below.n};
	plan_tree(&t, &children, &plan);
	/* What would become of the copies below is only told of a tree that is to go on. */
	for (size_t i = 0; i < plan.notes.n && !(plan.again && top->role == ROLE_NONE); i++)
		ui_note(&w->c->ui, "%s", plan.notes.items[i]);
	if (plan.again && top->role == ROLE_NONE)
		e = of_before(pair);
	else if (plan.again) /* a pair of before, which sync -R sets right */
		e = err_remedy(err_refuse(REASON_WITHDRAWN,
					  "%s on %s is a tree already, and datasets below it have "
					  "changed since its last sync",
					  top->name, w->c->self),
			       "{zrep sync -R %s}", top->name);
	else
		add_jobs(l, &children);
	children_free(&children);
	plan_free(&plan);
	free(src);
	free(dst);
	return e;
}

struct err *init_look_origin(struct init_look *l)
{
	const struct job *j = &l->work.jobs[0];
	struct ctx *c = l->work.c;
	const char *origin = job_home(j)->d->origin,
		   *at = origin != NULL ? strchr(origin, '@') : NULL;
	struct side home = {0}, peer = {0};
	struct strv name = {0}, there = {0};
	struct err *e = NULL;

	if (at == NULL || job_peer(j)->d != NULL)
		return NULL;
	strv_addf(&name, "%.*s", (int)(at - origin), origin);
	e = ctx_list(c, c->local, &name, 0, &home);
	const struct dataset *d = e == NULL ? side_find(&home, name.items[0]) : NULL;
	const struct snap *from = d != NULL ? dataset_snap_by_name(d, at + 1) : NULL;
	if (from != NULL && d->role == ROLE_MASTER &&
	    name_same_host(d->dest_host, host_name(job_peer(j)->host))) {
		strv_add(&there, d->dest_fs);
		e = ctx_list(c, job_peer(j)->host, &there, 0, &peer);
	}
	const struct dataset *copy = there.n > 0 && e == NULL ? side_find(&peer, d->dest_fs) : NULL;
	const struct snap *same = copy != NULL ? dataset_snap_by_guid(copy, from->guid) : NULL;
	if (same != NULL) {
		l->origin = str_fmt("%s@%s", copy->name, same->name);
		l->opts.origin = l->origin;
		l->opts.origin_guid = from->guid;
	}
	side_free(&home);
	side_free(&peer);
	strv_free(&name);
	strv_free(&there);
	return e;
}
