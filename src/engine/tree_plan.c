#include "engine/tree_plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/setup/init.h"
#include "plan/tree/members.h"
#include "state/dataset.h"
#include "util/mem.h"

/* Are both in one tree? */
static bool together(const struct job *j, const struct job *k)
{
	return (j->tree_root || j->tree_member) && (k->tree_root || k->tree_member) &&
	       j->tree == k->tree;
}

/* A source with all that is known of it. */
static const struct dataset *full_of(const struct job *j)
{
	return j->full != NULL ? j->full : job_end(j, PAIR_SRC)->d;
}

/* What the name of a job is in, at the destination: NULL if it is not there. */
static const struct dataset *parent_of(const struct session *w, const struct tree_index *x,
				       const struct job *j)
{
	char *parent = name_parent(job_end(j, PAIR_DST)->name);
	const struct dataset *d = NULL;

	if (parent != NULL)
		job_index_each(&x->dst, parent,
			       at) if (d == NULL && together(&w->jobs[x->dst.items[at].i], j)) d =
		    job_end(&w->jobs[x->dst.items[at].i], PAIR_DST)->d;
	free(parent);
	return d;
}

/* The source of that. */
static const struct dataset *source_of_parent(const struct session *w, const struct tree_index *x,
					      const struct job *j)
{
	char *parent = name_parent(job_end(j, PAIR_SRC)->name);
	const struct dataset *d = NULL;

	if (parent != NULL)
		job_index_each(&x->src, parent,
			       at) if (d == NULL && together(&w->jobs[x->src.items[at].i], j)) d =
		    full_of(&w->jobs[x->src.items[at].i]);
	free(parent);
	return d;
}

/* Is the dataset whose key it uses copied with it? */
static bool key_comes(const struct session *w, const struct tree_index *x, const struct job *j)
{
	const struct dataset *d = full_of(j);

	if (d == NULL || d->key_root == NULL || strcmp(d->key_root, d->name) == 0)
		return false;
	job_index_each(&x->src, d->key_root, at)
	{
		const struct job *k = &w->jobs[x->src.items[at].i];
		if (k != j && together(k, j) && k->is_new && k->error == NULL &&
		    full_of(k) != NULL && job_end(k, PAIR_DST)->d == NULL)
			return true;
	}
	return false;
}

/* The snapshot that a dataset is a clone of, if it is one of job k's; else NULL. */
static const struct snap *origin_in(const struct dataset *d, const struct job *k)
{
	const struct dataset *o = full_of(k);
	const char *at = d->origin != NULL ? strchr(d->origin, '@') : NULL;

	if (at == NULL || o == NULL || strlen(o->name) != (size_t)(at - d->origin) ||
	    strncmp(o->name, d->origin, (size_t)(at - d->origin)) != 0)
		return NULL;
	return dataset_snap_by_name(o, at + 1);
}

/* The dataset whose snapshot that is; NULL: of none. The caller frees. */
static char *origin_of(const struct dataset *d)
{
	return d != NULL && d->origin != NULL ? name_dataset(d->origin) : NULL;
}

/* Where the origin of a clone is to be found at the destination. A clone of what cannot be there is sent whole. */
static void find_origin(const struct session *w, const struct tree_index *x, struct job *j,
			struct init_opts *o)
{
	const struct dataset *d = full_of(j);
	char *of = origin_of(d);

	if (of == NULL)
		return;
	job_index_each(&x->src, of, at)
	{
		const struct job *k = &w->jobs[x->src.items[at].i];
		const struct snap *from = k != j && together(k, j) ? origin_in(d, k) : NULL;
		const struct dataset *there = job_end(k, PAIR_DST)->d;
		if (from == NULL || k->error != NULL)
			continue;
		/* After a promotion it may be in what is to be made of it: it has to be there first, and whole. */
		if (name_within(job_end(k, PAIR_DST)->name, job_end(j, PAIR_DST)->name))
			continue;
		const struct snap *same =
		    there != NULL ? dataset_snap_by_guid(there, from->guid) : NULL;
		if (same == NULL && (there != NULL || !k->is_new))
			continue;
		free(j->origin);
		j->origin =
		    str_fmt("%s@%s", job_end(k, PAIR_DST)->name, same ? same->name : from->name);
		o->origin = j->origin;
		o->origin_guid = from->guid;
	}
	free(of);
}

/* What of a dataset that is sent now has clones that are sent with it. */
static void find_clone_origins(const struct session *w, const struct tree_index *x, struct job *j,
			       struct init_opts *o)
{
	strv_free(&j->clone_origins);
	o->clone_origins = &j->clone_origins;
	if (job_end(j, PAIR_DST)->d != NULL)
		return;
	job_index_each(&x->clones, job_end(j, PAIR_SRC)->name, at)
	{
		const struct job *k = &w->jobs[x->clones.items[at].i];
		const struct snap *from =
		    k != j && together(k, j) && k->is_new && full_of(k) != NULL
			? origin_in(full_of(k), j)
			: NULL;
		if (from != NULL)
			strv_add(&j->clone_origins, from->name);
	}
}

void tree_index_make(const struct session *w, struct tree_index *out)
{
	job_index_make(w, PAIR_SRC, &out->src);
	job_index_make(w, PAIR_DST, &out->dst);
	out->clones = (struct job_index){.items = mem_zalloc((w->n + 1) * sizeof(struct job_ref))};
	out->origins = (struct strv){0};
	for (size_t i = 0; i < w->n; i++) {
		char *of = origin_of(full_of(&w->jobs[i]));
		if (of != NULL) {
			strv_add(&out->origins, of);
			out->clones.items[out->clones.n++] =
			    (struct job_ref){out->origins.items[out->origins.n - 1], i};
		}
		free(of);
	}
	job_index_sort(&out->clones);
}

void tree_index_free(struct tree_index *x)
{
	job_index_free(&x->src);
	job_index_free(&x->dst);
	job_index_free(&x->clones);
	strv_free(&x->origins);
}

void tree_init_opts(const struct session *w, const struct tree_index *x, struct job *j,
		    struct init_opts *o)
{
	const struct job *top = &w->jobs[j->tree];
	const struct dataset *src = job_end(top, PAIR_SRC)->d, *parent = parent_of(w, x, j);

	o->src_fs = job_end(j, PAIR_SRC)->name;
	o->dst_fs = job_end(j, PAIR_DST)->name;
	if (parent != NULL)
		o->parent = parent;
	else
		o->arriving = source_of_parent(w, x, j);
	/* For its room; where nothing is to be in between, there is no place for it. */
	const struct dataset *there = job_end(top, PAIR_DST)->d;
	bool ready = o->arriving != NULL || there == NULL;
	for (size_t i = 0; o->parent == NULL && there != NULL && i < there->below.n && !ready; i++)
		ready =
		    name_within(o->dst_fs, there->below.items[i]) &&
		    strcmp(o->dst_fs, there->below.items[i]) != 0 && /* itself, not ready for it */
		    strchr(o->dst_fs + strlen(there->below.items[i]) + 1, '/') == NULL;
	if (o->parent == NULL && ready)
		o->parent = there;
	o->same_host = job_peer(j)->host != NULL && host_is_local(job_peer(j)->host);
	if (o->src_host == NULL) {
		o->src_host = src->src_host;
		o->dst_host = src->dest_host;
		o->savecount = src->savecount;
	}
	/* Who fetches takes no other host's word for what its replicas are made with. */
	o->root_props = !job_pulls(j) ? src->props : there != NULL ? there->props : NULL;
	o->child = j->tree_member;
	o->seq = tree_seq(w, j);
	o->key_comes = key_comes(w, x, j);
	find_origin(w, x, j, o);
	find_clone_origins(w, x, j, o);
}

static bool rolls_back(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].kind->op == STEP_ROLLBACK)
			return true;
	return false;
}

void tree_keep_whole(const struct session *w, struct plan *plans)
{
	for (size_t k = 0; k < w->n; k++)
		for (size_t i = 0; err_is(plans[k].refusal, REASON_HELD) && i < w->n; i++) {
			if (i == k || !together(&w->jobs[k], &w->jobs[i]) || !rolls_back(&plans[i]))
				continue;
			strv_free(&plans[i].notes);
			plan_refuse(&plans[i],
				    err_refuse(REASON_TREE,
					       "%s does not go back, because %s of the same tree "
					       "cannot",
					       w->jobs[i].name, w->jobs[k].name));
		}
}

uint64_t tree_seq(const struct session *w, const struct job *j)
{
	return j->tree_root || j->tree_member ? w->jobs[j->tree].seq : 0;
}

void tree_number(struct session *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct job *k = &w->jobs[i];
		const struct dataset *s = full_of(k);
		if ((!k->tree_root && !k->tree_member) || s == NULL)
			continue;
		uint64_t next = plan_next_seq(s, job_end(k, PAIR_DST)->d),
			 *seq = &w->jobs[k->tree].seq;
		*seq = next > *seq ? next : *seq;
	}
}

const struct dataset *tree_of(const struct session *w, const struct job_index *by_src,
			      const struct job *j)
{
	const struct dataset *s = job_end(j, PAIR_SRC)->d, *tree = NULL;
	char *above = s != NULL ? name_parent(s->name) : NULL;

	while (above != NULL && (tree == NULL || !tree->paused)) {
		job_index_each(by_src, above, at)
		{
			const struct job *k = &w->jobs[by_src->items[at].i];
			const struct dataset *t = job_end(k, PAIR_SRC)->d;
			if (k->error == NULL && t != NULL && t->recursive && plan_is_part(t, s))
				tree = t;
		}
		char *next = name_parent(above);
		free(above);
		above = next;
	}
	free(above);
	return tree;
}
