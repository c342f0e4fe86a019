/* Recursive pairs: the datasets below one become jobs beside it. What plan/tree.c finds to be set right first (renamed
 * here, destroyed here) is carried out and looked at before anything is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/work_int.h"
#include "util/mem.h"

static const struct dataset *src_of(const struct job *j)
{
	return j->pull ? j->far : j->near;
}

static const struct dataset *dst_of(const struct job *j)
{
	return j->pull ? j->near : j->far;
}

static const char *src_name(const struct job *j)
{
	return j->pull ? j->far_fs : j->name;
}

static const char *dst_name(const struct job *j)
{
	return j->pull ? j->name : j->far_fs;
}

static struct far *far_of(const struct work *w, const struct job *j)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (strcmp(w->fars[i].name, j->far_host) == 0)
			return &w->fars[i];
	return NULL;
}

/* --- what is below --- */

/* All that is below one end of a pair: what was looked at with the jobs, and the rest, which no job is. */
struct below {
	struct side rest;
	const struct dataset **all; /* by name */
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct dataset *const *)a)->name,
		      (*(const struct dataset *const *)b)->name);
}

static struct err *look_below(struct work *w, struct job *j, bool src, struct below *out)
{
	const struct dataset *top = src ? src_of(j) : dst_of(j);
	bool here = src != j->pull;
	const struct side *side = here ? &w->near : &far_of(w, j)->side;
	struct host *host = here ? w->c->local : j->host;
	struct strv unknown = {0};
	struct err *e = NULL;

	*out = (struct below){0};
	for (size_t i = 0; i < top->below.n; i++)
		if (side_find(side, top->below.items[i]) == NULL)
			strv_add(&unknown, top->below.items[i]);
	if (unknown.n > 0)
		e = ctx_list(w->c, host, &unknown, 0, &out->rest);
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
	free(b->all);
}

/* --- setting right --- */

/* Every dataset that a plan changes is locked on its host. An error if somebody else has one. */
static struct err *lock_steps(struct work *w, const struct job *j, const struct plan *plan)
{
	struct err *e = NULL;

	for (int here = 0; here < 2 && e == NULL; here++) {
		struct host *host = here ? w->c->local : j->host;
		struct strv names = {0};
		nvlist_t *busy = NULL;
		for (size_t i = 0; i < plan->n; i++) {
			const struct step *s = &plan->steps[i];
			if (((s->at == AT_SRC) != j->pull) != (here == 1))
				continue;
			char *name = str_fmt("%.*s", (int)strcspn(s->name, "@"), s->name);
			strv_add(&names, name);
			if (s->to != NULL)
				strv_add(&names, s->to);
			free(name);
		}
		if (names.n > 0 && (e = ctx_lock(w->c, host, &names, &busy)) == NULL)
			nv_each(busy, p)
				e = err_first(e, busy_error(nvpair_name(p), host_name(host),
							    nv_str(busy, nvpair_name(p))));
		nv_free(busy);
		strv_free(&names);
	}
	return e;
}

/* What was renamed there is another job now, and what was put aside is none. */
static void drop_renamed(struct work *w, size_t top, const struct step *s)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (i != top && j->pull == w->jobs[top].pull && j->far_host != NULL &&
		    strcmp(j->far_host, w->jobs[top].far_host) == 0 &&
		    name_within(dst_name(j), s->name))
			j->dropped = true;
	}
}

/* Carries out what sets the tree of job i right. Takes the plan over. False: it is to be looked at no more. */
static bool set_right(struct work *w, size_t i, struct plan *plan, unsigned flags)
{
	struct job *j = &w->jobs[i];

	if (w->c->dry_run) {
		for (size_t k = 0; k < plan->notes.n; k++)
			note(w->c, "%s (what follows is then looked at anew)",
			     plan->notes.items[k]);
		plan_free(plan);
		return false;
	}
	if ((j->error = lock_steps(w, j, plan)) != NULL) {
		plan_free(plan);
		return false;
	}
	for (size_t k = 0; k < plan->n; k++)
		if (plan->steps[k].kind == STEP_RENAME)
			drop_renamed(w, i, &plan->steps[k]);
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	plans[i] = *plan;
	work_round(w, plans);
	free(plans);
	if (w->jobs[i].error == NULL)
		work_look(w, flags);
	return w->jobs[i].error == NULL;
}

/* --- jobs --- */

static size_t find_job(const struct work *w, size_t top, const char *src)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->jobs[i].dropped && w->jobs[i].far_host != NULL &&
		    w->jobs[i].pull == w->jobs[top].pull &&
		    strcmp(w->jobs[i].far_host, w->jobs[top].far_host) == 0 &&
		    strcmp(src_name(&w->jobs[i]), src) == 0)
			return i;
	return w->n;
}

/* True: a job was added, which is to be looked at. */
static bool add_child(struct work *w, size_t top, const struct child *child)
{
	size_t i = find_job(w, top, child->src->name);
	bool added = i == w->n, pull = w->jobs[top].pull;

	if (added)
		i = work_add(w, top, pull ? child->dst_name : child->src->name,
			     pull ? child->src->name : child->dst_name);
	w->jobs[i].child = true;
	w->jobs[i].tree = top;
	w->jobs[i].fresh = child->fresh;
	w->jobs[i].error = err_first(w->jobs[i].error, err_copy(child->refusal));
	return added;
}

/* A pair that was taken out of its tree takes no part in it any more. */
static void drop_excluded(struct work *w, size_t top)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = src_of(j), *t = src_of(&w->jobs[top]);
		if (i == top || j->child || j->dropped || j->error != NULL || s == NULL ||
		    !name_within(s->name, t->name) || j->pull != w->jobs[top].pull)
			continue;
		bool out = s->excluded;
		for (size_t k = 0; k < w->n && !out; k++) {
			const struct dataset *o = src_of(&w->jobs[k]);
			out = o != NULL && o->excluded && name_within(s->name, o->name) &&
			      name_within(o->name, t->name);
		}
		if (!out)
			continue;
		note(w->c, "%s is excluded and was left out", j->name);
		j->dropped = true;
	}
}

static bool expand(struct work *w, size_t i, bool make, unsigned flags)
{
	bool added = false;

	for (int turn = 0; turn < 4; turn++) {
		struct job *j = &w->jobs[i];
		struct pair pair = work_pair(w, j);
		struct err *e;
		if (pair.src == NULL || (e = plan_check_source(&pair)) != NULL ||
		    (e = plan_check_destination(&pair, false)) != NULL) {
			if (pair.src != NULL)
				err_free(e); /* its own plan says so */
			return false;
		}
		if (!pair.src->recursive && !make)
			return false;
		struct below src, dst = {0};
		struct children children = {0};
		struct plan plan = {0};
		e = look_below(w, j, true, &src);
		if (e == NULL)
			e = look_below(w, j, false, &dst);
		struct tree t = {&pair, src.all, dst.all, src.n, dst.n};
		if (e == NULL)
			plan_tree(&t, &children, &plan);
		j->top = true;
		j->tree = i;
		for (size_t k = 0; k < children.n; k++)
			added = add_child(w, i, &children.items[k]) || added;
		for (size_t k = 0; !plan.again && k < plan.notes.n; k++)
			note(w->c, "%s", plan.notes.items[k]);
		bool again = plan.again;
		children_free(&children);
		below_free(&src);
		below_free(&dst);
		w->jobs[i].error = err_first(w->jobs[i].error, e);
		if (!again) {
			plan_free(&plan);
			break;
		}
		if (!set_right(w, i, &plan, flags))
			return false;
	}
	return added;
}

/* --- fresh ones: all properties of their sources --- */

static void look_whole(struct work *w, struct host *host)
{
	struct strv names = {0};

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->fresh && j->error == NULL && (j->pull ? j->host : w->c->local) == host)
			strv_add(&names, src_name(j));
	}
	if (names.n == 0)
		return;
	struct side *side = &w->wholes[w->n_wholes++];
	struct err *e = ctx_list(w->c, host, &names, LIST_NATIVE | LIST_SETTLE, side);
	strv_free(&names);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (!j->fresh || j->error != NULL || (j->pull ? j->host : w->c->local) != host)
			continue;
		if (e != NULL)
			j->error = err_copy(e);
		else if ((j->whole = side_find(side, src_name(j))) == NULL)
			j->error = err_new(ERR_FAILED, "%s on %s is not there any more",
					   src_name(j), host_name(host));
	}
	err_free(e);
}

static void drop(struct work *w)
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

void tree_expand(struct work *w, bool make, unsigned flags)
{
	size_t tops = w->n;
	bool added = false;

	for (size_t i = 0; i < tops; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *s = src_of(j);
		if (j->error != NULL || j->busy || j->host == NULL || s == NULL ||
		    dst_of(j) == NULL || j->child || !(s->recursive || make))
			continue;
		added = expand(w, i, make, flags) || added;
		if (w->jobs[i].top && w->jobs[i].error == NULL)
			drop_excluded(w, i);
	}
	drop(w);
	if (added)
		work_look(w, flags);
	w->wholes = mem_zalloc((w->n_fars + 1) * sizeof(struct side)); /* one for each host */
	look_whole(w, w->c->local);
	for (size_t i = 0; i < w->n_fars; i++)
		if (w->fars[i].host != NULL && w->fars[i].host != w->c->local)
			look_whole(w, w->fars[i].host);
}

/* --- for the plans --- */

/* What the name of a job is in, at the destination: NULL if it is not there. */
static const struct dataset *parent_of(const struct work *w, const struct job *j)
{
	const char *name = dst_name(j), *slash = strrchr(name, '/');
	char *parent = str_fmt("%.*s", slash ? (int)(slash - name) : 0, name);
	const struct dataset *d = NULL;

	for (size_t i = 0; i < w->n && d == NULL; i++)
		if (strcmp(dst_name(&w->jobs[i]), parent) == 0 && w->jobs[i].tree == j->tree)
			d = dst_of(&w->jobs[i]);
	free(parent);
	return d;
}

/* The source of that. */
static const struct dataset *source_of_parent(const struct work *w, const struct job *j)
{
	const char *name = src_name(j), *slash = strrchr(name, '/');
	char *parent = str_fmt("%.*s", slash ? (int)(slash - name) : 0, name);
	const struct dataset *d = NULL;

	for (size_t i = 0; i < w->n && d == NULL; i++)
		if (strcmp(src_name(&w->jobs[i]), parent) == 0 && w->jobs[i].tree == j->tree)
			d = w->jobs[i].whole != NULL ? w->jobs[i].whole : src_of(&w->jobs[i]);
	free(parent);
	return d;
}

/* A source with all that is known of it. */
static const struct dataset *whole_of(const struct job *j)
{
	return j->whole != NULL ? j->whole : src_of(j);
}

/* The snapshot that a dataset is a clone of, if it is one of job k's; else NULL. */
static const struct snap *origin_in(const struct dataset *d, const struct job *k)
{
	const struct dataset *o = whole_of(k);
	const char *at = d->origin != NULL ? strchr(d->origin, '@') : NULL;

	if (at == NULL || o == NULL || strlen(o->name) != (size_t)(at - d->origin) ||
	    strncmp(o->name, d->origin, (size_t)(at - d->origin)) != 0)
		return NULL;
	return dataset_snap_by_name(o, at + 1);
}

/* Where the origin of a clone is to be found at the destination. A clone of what cannot be there is sent whole. */
static void find_origin(const struct work *w, struct job *j, struct init_opts *o)
{
	const struct dataset *d = whole_of(j);

	for (size_t i = 0; d != NULL && d->origin != NULL && i < w->n; i++) {
		const struct job *k = &w->jobs[i];
		const struct snap *from = k != j && k->tree == j->tree ? origin_in(d, k) : NULL;
		const struct dataset *there = dst_of(k);
		if (from == NULL || k->error != NULL)
			continue;
		const struct snap *same =
		    there != NULL ? dataset_snap_by_guid(there, from->guid) : NULL;
		if (same == NULL && (there != NULL || !k->fresh))
			continue;
		free(j->origin);
		j->origin = str_fmt("%s@%s", dst_name(k), same ? same->name : from->name);
		o->origin = j->origin;
		o->origin_guid = from->guid;
	}
}

/* What of a dataset that is sent now has clones that are sent with it. */
static void find_via(const struct work *w, struct job *j, struct init_opts *o)
{
	strv_free(&j->via);
	for (size_t i = 0; dst_of(j) == NULL && i < w->n; i++) {
		const struct job *k = &w->jobs[i];
		const struct snap *from =
		    k != j && k->tree == j->tree && k->fresh && whole_of(k) != NULL
			? origin_in(whole_of(k), j)
			: NULL;
		if (from != NULL)
			strv_add(&j->via, from->name);
	}
	o->via = &j->via;
}

void tree_init_opts(const struct work *w, struct job *j, struct init_opts *o)
{
	const struct job *top = &w->jobs[j->tree];
	const struct dataset *src = src_of(top), *parent = parent_of(w, j);

	o->src_fs = src_name(j);
	o->dst_fs = dst_name(j);
	if (parent != NULL)
		o->parent = parent;
	else
		o->coming = source_of_parent(w, j);
	if (o->parent == NULL)
		o->parent = dst_of(top);
	o->same_host = host_is_local(j->host);
	if (o->src_host == NULL) {
		o->src_host = src->src_host;
		o->dst_host = src->dest_host;
		o->savecount = src->savecount;
	}
	o->root_props = src->props;
	o->child = j->child;
	o->seq = tree_seq(w, j);
	find_origin(w, j, o);
	find_via(w, j, o);
}

uint64_t tree_seq(const struct work *w, const struct job *j)
{
	uint64_t seq = 0;

	if (!j->top && !j->child)
		return 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct job *k = &w->jobs[i];
		const struct dataset *s = k->whole != NULL ? k->whole : src_of(k);
		if ((!k->top && !k->child) || k->tree != j->tree || s == NULL)
			continue;
		uint64_t next = plan_next_seq(s, dst_of(k));
		seq = next > seq ? next : seq;
	}
	return seq;
}

bool tree_is_paused(const struct work *w, const struct job *j)
{
	const struct dataset *s = src_of(j);

	for (size_t i = 0; s != NULL && i < w->n; i++) {
		const struct dataset *t = src_of(&w->jobs[i]);
		if (w->jobs[i].error == NULL && t != NULL && t != s && t->recursive && t->paused &&
		    name_within(s->name, t->name))
			return true;
	}
	return false;
}
