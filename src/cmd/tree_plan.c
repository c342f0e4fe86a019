/* Recursive pairs: what the plans of their datasets have to know of each other. */
#include <stdlib.h>
#include <string.h>

#include "cmd/work.h"
#include "util/mem.h"

/* Are both in one tree? */
static bool together(const struct job *j, const struct job *k)
{
	return (j->top || j->child) && (k->top || k->child) && j->tree == k->tree;
}

/* What the name of a job is in, at the destination: NULL if it is not there. */
static const struct dataset *parent_of(const struct work *w, const struct job *j)
{
	const char *name = job_dst_name(j), *slash = strrchr(name, '/');
	char *parent = str_fmt("%.*s", slash ? (int)(slash - name) : 0, name);
	const struct dataset *d = NULL;

	for (size_t i = 0; i < w->n && d == NULL; i++)
		if (together(&w->jobs[i], j) && strcmp(job_dst_name(&w->jobs[i]), parent) == 0)
			d = job_dst(&w->jobs[i]);
	free(parent);
	return d;
}

/* The source of that. */
static const struct dataset *source_of_parent(const struct work *w, const struct job *j)
{
	const char *name = job_src_name(j), *slash = strrchr(name, '/');
	char *parent = str_fmt("%.*s", slash ? (int)(slash - name) : 0, name);
	const struct dataset *d = NULL;

	for (size_t i = 0; i < w->n && d == NULL; i++)
		if (together(&w->jobs[i], j) && strcmp(job_src_name(&w->jobs[i]), parent) == 0)
			d = w->jobs[i].whole != NULL ? w->jobs[i].whole : job_src(&w->jobs[i]);
	free(parent);
	return d;
}

/* A source with all that is known of it. */
static const struct dataset *whole_of(const struct job *j)
{
	return j->whole != NULL ? j->whole : job_src(j);
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
		const struct snap *from = k != j && together(k, j) ? origin_in(d, k) : NULL;
		const struct dataset *there = job_dst(k);
		if (from == NULL || k->error != NULL)
			continue;
		/* After a promotion it may be in what is to be made of it: it has to be there first, and whole. */
		if (name_within(job_dst_name(k), job_dst_name(j)))
			continue;
		const struct snap *same =
		    there != NULL ? dataset_snap_by_guid(there, from->guid) : NULL;
		if (same == NULL && (there != NULL || !k->fresh))
			continue;
		free(j->origin);
		j->origin = str_fmt("%s@%s", job_dst_name(k), same ? same->name : from->name);
		o->origin = j->origin;
		o->origin_guid = from->guid;
	}
}

/* What of a dataset that is sent now has clones that are sent with it. */
static void find_via(const struct work *w, struct job *j, struct init_opts *o)
{
	strv_free(&j->via);
	for (size_t i = 0; job_dst(j) == NULL && i < w->n; i++) {
		const struct job *k = &w->jobs[i];
		const struct snap *from =
		    k != j && together(k, j) && k->fresh && whole_of(k) != NULL
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
	const struct dataset *src = job_src(top), *parent = parent_of(w, j);

	o->src_fs = job_src_name(j);
	o->dst_fs = job_dst_name(j);
	if (parent != NULL)
		o->parent = parent;
	else
		o->coming = source_of_parent(w, j);
	/* For its room; where nothing is to be in between, there is no place for it. */
	const struct dataset *there = job_dst(top);
	bool ready = o->coming != NULL || there == NULL;
	for (size_t i = 0; there != NULL && i < there->below.n && !ready; i++)
		ready =
		    name_within(o->dst_fs, there->below.items[i]) &&
		    strcmp(o->dst_fs, there->below.items[i]) != 0 && /* itself, not ready for it */
		    strchr(o->dst_fs + strlen(there->below.items[i]) + 1, '/') == NULL;
	if (o->parent == NULL && ready)
		o->parent = there;
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
	return j->top || j->child ? w->jobs[j->tree].seq : 0;
}

void tree_number(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct job *k = &w->jobs[i];
		const struct dataset *s = whole_of(k);
		if ((!k->top && !k->child) || s == NULL)
			continue;
		uint64_t next = plan_next_seq(s, job_dst(k)), *seq = &w->jobs[k->tree].seq;
		*seq = next > *seq ? next : *seq;
	}
}

const struct dataset *tree_of(const struct work *w, const struct job *j)
{
	const struct dataset *s = job_src(j), *tree = NULL;

	for (size_t i = 0; s != NULL && i < w->n && (tree == NULL || !tree->paused); i++) {
		const struct dataset *t = job_src(&w->jobs[i]);
		if (w->jobs[i].error == NULL && t != NULL && t->recursive && plan_is_part(t, s))
			tree = t;
	}
	return tree;
}
