/* Recursive pairs: the datasets below one become jobs beside it. What plan/tree/members.c finds to be set right first (renamed
 * here, destroyed here) is carried out and looked at before anything is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/apply.h"
#include "engine/job_index.h"
#include "engine/observe.h"
#include "engine/renamed.h"
#include "engine/tree.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/sync_checks.h"
#include "plan/tree/members.h"
#include "plan/tree/tree.h"
#include "state/dataset.h"
#include "state/error_note.h"
#include "util/mem.h"
#include "util/sorted.h"

static struct peer *peer_of(const struct session *w, const struct job *j)
{
	for (size_t i = 0; i < w->n_peers; i++)
		if (strcmp(w->peers[i].name, j->peer_at) == 0)
			return &w->peers[i];
	return NULL;
}

/* --- what is below --- */

/* All that is below one end of a pair: what was looked at with the jobs, and the rest, which no job is. */
struct below {
	struct side rest;
	const struct dataset **all; /* by name */
	size_t n;
	struct strv unreadable;
};

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct dataset *const *)a)->name,
		      (*(const struct dataset *const *)b)->name);
}

static struct err *look_below(struct session *w, struct job *j, bool src, struct below *out)
{
	const struct dataset *top = src ? job_end(j, PAIR_SRC)->d : job_end(j, PAIR_DST)->d;
	bool here = src != job_pulls(j);
	const struct side *side = here ? &w->peers[0].side : &peer_of(w, j)->side;
	struct host *host = here ? w->c->local : job_peer(j)->host;
	struct strv unknown = {0};
	struct err *e = NULL;

	*out = (struct below){0};
	for (size_t i = 0; i < top->below.n; i++)
		if (side_unreadable(side, top->below.items[i]) != NULL)
			strv_add(&out->unreadable, top->below.items[i]);
		else if (side_find(side, top->below.items[i]) == NULL)
			strv_add(&unknown, top->below.items[i]);
	if (unknown.n > 0)
		e = ctx_list(w->c, host, &unknown, LIST_APART, &out->rest);
	for (size_t i = 0; e == NULL && i < out->rest.unreadable.n; i++)
		strv_add(&out->unreadable, out->rest.unreadable.items[i]);
	strv_free(&unknown);
	out->all = mem_zalloc((top->below.n + 1) * sizeof(*out->all));
	for (size_t i = 0; e == NULL && i < top->below.n; i++) {
		const struct dataset *d = side_find(side, top->below.items[i]);
		if (d == NULL) /* gone since, perhaps */
			d = side_find(&out->rest, top->below.items[i]);
		if (d != NULL)
			out->all[out->n++] = d;
	}
	if (out->n > 0)
		qsort(out->all, out->n, sizeof(*out->all), by_name);
	return e;
}

static void below_free(struct below *b)
{
	side_free(&b->rest);
	strv_free(&b->unreadable);
	free(b->all);
}

/* --- setting right --- */

/* What was renamed there is another job now, and what was put aside is none. */
static void drop_renamed(struct session *w, size_t top, const struct step *s)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (i != top && job_pulls(j) == job_pulls(&w->jobs[top]) && j->peer_at != NULL &&
		    strcmp(j->peer_at, w->jobs[top].peer_at) == 0 &&
		    name_within(job_end(j, PAIR_DST)->name, s->name))
			j->dropped = true;
	}
}

/* Says that something of a tree takes no part, and keeps it on the top. Takes e over. */
static void left_out(const struct session *w, struct job *top, const char *name, struct err *e)
{
	if (top->left_out == NULL && e->kind != ERR_BUSY)
		top->left_out = left_out_text(name, e->what);
	if (w->mute)
		err_free(e);
	else
		ui_error(&w->c->ui, e);
}

/* Of what could not be set right the rest of the tree is independent: it is told, and left as it is. */
static void leave_out(struct session *w, size_t i)
{
	struct job *j = &w->jobs[i];

	if (j->error == NULL || j->error->kind == ERR_UNREACHABLE || cancelled(w->c->cancel))
		return;
	left_out(w, j, j->name, j->error);
	j->error = NULL;
	j->incomplete = true;
}

/* Carries out what sets the tree of job i right. Takes the plan over. False: what is not right by now stays so. */
static bool set_right(struct session *w, size_t i, struct plan *plan, struct strv *locked,
		      unsigned flags)
{
	struct job *j = &w->jobs[i];
	bool dry = w->c->dry_run, more = false;

	for (size_t k = 0; k < plan->notes.n && dry; k++)
		ui_note(&w->c->ui, "%s (the rest is planned anew after that)",
			plan->notes.items[k]);
	if (!dry)
		j->error = session_lock_steps(w, j, plan, locked, &more);
	bool act = !dry && !more && j->error == NULL;
	for (size_t k = 0; k < plan->n && !more && j->error == NULL; k++)
		if (plan->steps[k].kind->op == STEP_RENAME)
			drop_renamed(w, i, &plan->steps[k]);
	if (act) {
		w->changed = true;
		struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
		plans[i] = *plan;
		apply_round(w, plans);
		free(plans);
	} else {
		plan_free(plan);
	}
	bool failed = w->jobs[i].error != NULL;
	leave_out(w, i);
	if (!dry && w->jobs[i].error == NULL)
		observe_refresh(w, flags);
	return !dry && !failed;
}

/* --- jobs --- */

/* The job that goes the way of `top` and has this source; w->n: there is none. */
static size_t find_job(const struct session *w, const struct job_index *x, size_t top,
		       const char *src)
{
	job_index_each(x, src, at)
	{
		const struct job *j = &w->jobs[x->items[at].i];
		if (!j->dropped && j->peer_at != NULL && job_pulls(j) == job_pulls(&w->jobs[top]) &&
		    strcmp(j->peer_at, w->jobs[top].peer_at) == 0)
			return x->items[at].i;
	}
	return w->n;
}

static void add_child(struct session *w, const struct job_index *x, size_t top,
		      const struct child *child, const struct session_locked *busy)
{
	size_t i = find_job(w, x, top, child->src->name);
	bool pull = job_pulls(&w->jobs[top]);

	if (i == w->n)
		i = session_add(w, top, pull ? child->dst_name : child->src->name,
				pull ? child->src->name : child->dst_name, busy);
	w->jobs[i].tree_member = true;
	w->jobs[i].tree = top;
	w->jobs[i].is_new = child->is_new;
	w->jobs[i].error = err_first(w->jobs[i].error, err_copy(child->refusal));
}

/* True: jobs were added, which are to be looked at. */
static bool add_children(struct session *w, size_t top, struct children *children)
{
	bool pull = job_pulls(&w->jobs[top]);
	struct strv home = {0}, peer = {0};
	struct session_locked busy = {0};
	struct job_index x; /* no child is there twice */

	job_index_make(w, PAIR_SRC, &x);
	for (size_t k = 0; k < children->n; k++) {
		struct child *c = &children->items[k];
		if (!name_is_dataset(c->dst_name)) { /* no host could be asked about it */
			left_out(w, &w->jobs[top], c->src->name, c->refusal);
			c->refusal = NULL;
			w->jobs[top].incomplete = true;
			continue;
		}
		if (find_job(w, &x, top, c->src->name) < w->n)
			continue;
		strv_add(&home, pull ? c->dst_name : c->src->name);
		strv_add(&peer, pull ? c->src->name : c->dst_name);
	}
	bool added = home.n > 0;
	if (added)
		session_lock(w, top, &home, &peer, &busy);
	for (size_t k = 0; k < children->n; k++)
		if (name_is_dataset(children->items[k].dst_name))
			add_child(w, &x, top, &children->items[k], &busy);
	job_index_free(&x);
	session_locked_free(&busy);
	strv_free(&home);
	strv_free(&peer);
	return added;
}

/* A pair that was taken out of its tree takes no part in it any more. One that has another way of its own goes it. */
static void drop_excluded(struct session *w, size_t top)
{
	const struct dataset *t = job_end(&w->jobs[top], PAIR_SRC)->d;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d;
		if (i == top || j->tree_member || j->dropped || j->guessed || j->error != NULL ||
		    s == NULL || job_pulls(j) != job_pulls(&w->jobs[top]) || !plan_is_part(t, s))
			continue;
		if (s->role != ROLE_MASTER || s->paused) /* that was another reason */
			continue;
		ui_note(&w->c->ui, "%s is excluded and was left out", j->name);
		j->dropped = true;
	}
}

static bool is_job(const struct session *w, const char *name, bool here)
{
	bool found = false;

	for (size_t i = 0; i < w->n && here; i++)
		found = found || strcmp(w->jobs[i].name, name) == 0;
	return found;
}

/* What cannot be listed takes no part, and nothing is known of it. (Of a job of its own that is the error.) */
static void leave_unreadable(struct session *w, size_t i, const struct below *b, bool here,
			     const char *host)
{
	for (size_t k = 0; k < b->unreadable.n; k++) {
		if (is_job(w, b->unreadable.items[k], here))
			continue;
		left_out(w, &w->jobs[i], b->unreadable.items[k],
			 plan_unreadable(b->unreadable.items[k], host, ""));
		w->jobs[i].incomplete = true;
	}
}

/* What is below both ends of a pair, and the plan of its tree. *gone: something was there a moment before. */
static struct err *plan_one(struct session *w, size_t i, bool frozen, struct plan *plan,
			    bool *added, bool *gone)
{
	struct children children = {0};
	struct job *j = &w->jobs[i];
	const struct pair *pair = session_pair(w, j);
	struct below src, dst = {0};
	struct err *e = look_below(w, j, true, &src);

	if (e == NULL)
		e = look_below(w, j, false, &dst);
	/* What is missing here only because it was renamed just now is not gone. */
	*gone = e == NULL && (src.n + src.unreadable.n < job_end(j, PAIR_SRC)->d->below.n ||
			      dst.n + dst.unreadable.n < job_end(j, PAIR_DST)->d->below.n);
	/* Who cannot see all of a tree cannot tell what of it was renamed or destroyed. */
	bool blind = src.unreadable.n > 0 || dst.unreadable.n > 0;
	struct tree t = {.top = pair,
			 .src = src.all,
			 .dst = dst.all,
			 .n_src = src.n,
			 .n_dst = dst.n,
			 .frozen = frozen || blind,
			 .looks = w->mute && frozen};
	if (e == NULL && !*gone) {
		plan_tree(&t, &children, plan);
		leave_unreadable(w, i, &src, !job_pulls(j), pair->src.host_name);
		leave_unreadable(w, i, &dst, job_pulls(j), pair->dst.host_name);
	}
	j->tree_root = true;
	j->tree = i;
	*added = add_children(w, i, &children);
	children_free(&children);
	below_free(&src);
	below_free(&dst);
	return e;
}

/* May something be sent? What not is what its own plan says. */
static bool is_fit(struct session *w, size_t i, bool make)
{
	const struct pair *pair = session_pair(w, &w->jobs[i]);
	struct err *e = NULL;

	if (pair->src.d == NULL || (e = plan_check_source(pair)) != NULL ||
	    (e = plan_check_destination(pair, false)) != NULL) {
		err_free(e);
		return false;
	}
	return pair->src.d->recursive || make;
}

/* How often what is below is looked at again because it changes all the time. */
#define LOOKS 4
/* One that is renamed may have to wait for another, and so on; nothing waits longer than this. */
#define TURNS 1000

static bool expand(struct session *w, size_t i, bool make, unsigned flags)
{
	bool added = false, gone = false, frozen = false, again = true;
	struct strv locked = {0};
	size_t turns = 0;

	for (int looks = 0; again && w->jobs[i].error == NULL && is_fit(w, i, make);) {
		struct plan plan = {0};
		struct err *e = plan_one(w, i, frozen, &plan, &added, &gone);
		w->jobs[i].error = err_first(w->jobs[i].error, e);
		again = plan.again || gone;
		for (size_t k = 0; !plan.again && k < plan.notes.n; k++)
			ui_note(&w->c->ui, "%s", plan.notes.items[k]);
		if (plan.again && !w->mute) {
			frozen = !set_right(w, i, &plan, &locked, flags) || ++turns > TURNS;
			continue;
		}
		frozen = frozen || (plan.again && w->mute);
		plan_free(&plan);
		if (gone && ++looks < LOOKS)
			observe_refresh(w, flags);
		else if (gone)
			w->jobs[i].error = err_remedy(
			    err_new(ERR_BUSY, "datasets below %s changed while they were listed",
				    w->jobs[i].name),
			    "run the same command again");
	}
	strv_free(&locked);
	return added;
}

/* --- fresh ones: all properties of their sources --- */

static void look_full(struct session *w, struct host *host)
{
	struct strv names = {0};

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->is_new && j->error == NULL &&
		    (job_pulls(j) ? job_peer(j)->host : w->c->local) == host)
			strv_add(&names, job_end(j, PAIR_SRC)->name);
	}
	if (names.n == 0)
		return;
	struct side *side = &w->fulls[w->n_fulls++];
	struct err *e =
	    ctx_list(w->c, host, &names,
		     LIST_NATIVE | LIST_TXG_SYNC | LIST_SETTINGS | LIST_APART | LIST_KEYS, side);
	strv_free(&names);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (!j->is_new || j->error != NULL ||
		    (job_pulls(j) ? job_peer(j)->host : w->c->local) != host)
			continue;
		if (e != NULL)
			j->error = err_copy(e);
		else if ((j->error = plan_unreadable(
			      job_end(j, PAIR_SRC)->name, host_name(host),
			      side_unreadable(side, job_end(j, PAIR_SRC)->name))) != NULL)
			continue;
		else if ((j->full = side_find(side, job_end(j, PAIR_SRC)->name)) == NULL)
			j->error = err_new(ERR_FAILED, "%s on %s does not exist any more",
					   job_end(j, PAIR_SRC)->name, host_name(host));
	}
	err_free(e);
}

static void drop(struct session *w)
{
	size_t left = 0, *place = mem_zalloc((w->n + 1) * sizeof(*place));

	for (size_t i = 0; i < w->n; i++) {
		place[i] = left;
		if (w->jobs[i].dropped)
			job_free(&w->jobs[i]);
		else
			w->jobs[left++] = w->jobs[i];
	}
	w->n = left;
	for (size_t i = 0; i < w->n; i++)
		w->jobs[i].tree = place[w->jobs[i].tree];
	free(place);
}

void tree_forget_dropped(struct session *w)
{
	struct strv gone = {0};

	for (size_t p = 0; p < w->n_peers; p++) {
		struct strv left = {0}, *names = &w->peers[p].datasets;
		for (size_t i = 0; i < w->n; i++) {
			const struct job *j = &w->jobs[i];
			if (j->dropped && (p == 0 || str_same(j->peer_at, w->peers[p].name)))
				strv_add(&gone, p == 0 ? j->name : j->peer_name);
		}
		sorted_sort(gone.items, gone.n);
		for (size_t i = 0; i < names->n; i++)
			if (!sorted_has(gone.items, gone.n, names->items[i]))
				strv_add(&left, names->items[i]);
		strv_free(names);
		*names = left;
		strv_free(&gone);
	}
	drop(w);
}

void tree_expand(struct session *w, bool make, unsigned flags)
{
	size_t tops = w->n;
	bool added = false;

	for (size_t i = 0; i < tops; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d;
		if (j->error != NULL || job_home(j)->busy || j->dropped ||
		    job_peer(j)->host == NULL || s == NULL || job_end(j, PAIR_DST)->d == NULL ||
		    j->tree_member || j->guessed || !(s->recursive || make))
			continue;
		added = expand(w, i, make, flags) || added;
		if (w->jobs[i].tree_root && w->jobs[i].error == NULL && !w->mute)
			drop_excluded(w, i);
	}
	for (size_t i = 0; i < w->n; i++)
		w->jobs[i].dropped =
		    w->jobs[i].dropped || (w->jobs[i].guessed && !w->jobs[i].tree_member);
	drop(w);
	if (added) {
		observe_refresh(w, flags);
		renamed_ask(w);
	}
	w->fulls = mem_zalloc((w->n_peers + 1) * sizeof(struct side)); /* one for each host */
	look_full(w, w->c->local);
	for (size_t i = 0; i < w->n_peers; i++)
		if (w->peers[i].host != NULL && w->peers[i].host != w->c->local)
			look_full(w, w->peers[i].host);
}
