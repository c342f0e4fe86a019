/* A recursive pair: which datasets belong to it, and what has become of those that have been renamed or destroyed on
 * the source. */
#include "plan/tree/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"

static const struct dataset *find(const struct dataset *const *all, size_t n, const char *name)
{
	for (size_t lo = 0, hi = n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, all[mid]->name);
		if (c == 0)
			return all[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct dataset *tree_find_src(const struct tree *t, const char *name)
{
	return find(t->src, t->n_src, name);
}

const struct dataset *tree_find_dst(const struct tree *t, const char *name)
{
	return find(t->dst, t->n_dst, name);
}

/* Where a dataset below the source is to be. */
char *tree_dst_name_of(const struct tree *t, const char *name)
{
	const char *top = t->top->dst.d != NULL ? t->top->dst.d->name : t->top->dst.name;

	return str_fmt("%s%s", top, name + strlen(t->top->src.d->name));
}

bool tree_is_below(const char *name, const char *top)
{
	return name_within(name, top) && strcmp(name, top) != 0;
}

/* It, or something that it is in, was taken out of the tree. */
bool tree_is_excluded(const struct tree *t, const struct dataset *d)
{
	const struct dataset *self = tree_find_src(t, d->name);
	bool excluded = self != NULL && self->excluded;

	for (char *next, *above = name_parent(d->name); above != NULL; above = next) {
		const struct dataset *a = excluded ? NULL : tree_find_src(t, above);
		excluded = excluded || (a != NULL && a->excluded);
		next = excluded ? NULL : name_parent(above);
		free(above);
	}
	return excluded;
}

/* Does it go where this tree goes? Hosts have several names. */
bool tree_goes_there(const struct tree *t, const struct dataset *d)
{
	const struct pair *p = t->top;
	const char *host = p->src.d->dest_host != NULL ? p->src.d->dest_host : p->dst.host_name;

	return d->dest_host != NULL && name_same_host(d->dest_host, host);
}

/* Is that the name for in between of what was `was` before, beside it or beside what it was in, and of what is in that? */
static bool is_way_out(const char *name, const char *was, const char *rest)
{
	const char *last = strrchr(was, '/');
	char *between = name_between(last != NULL ? last : ""),
	     *end = str_fmt("%s%s", between, rest);
	size_t n = strlen(name), m = strlen(end);
	char *in = n > m ? str_fmt("%.*s", (int)(n - m), name) : NULL;
	bool is =
	    in != NULL && last != NULL && strcmp(name + n - m, end) == 0 && tree_is_below(was, in);

	free(in);
	free(end);
	free(between);
	return is;
}

bool plan_is_between(const struct dataset *top, const char *src_top, const struct dataset *d)
{
	bool found = false;

	if (d->role != ROLE_BROKEN || d->master || d->excluded || d->dest_fs == NULL ||
	    d->switch_state.kind != SWITCH_NONE || d->src_fs == NULL || src_top == NULL ||
	    !tree_is_below(d->src_fs, src_top) || !tree_is_below(d->dest_fs, top->name) ||
	    !str_same(d->src_host, top->src_host))
		return false;
	for (size_t n = strlen(top->name) + 1; !found && d->dest_fs[n - 1] != '\0'; n++) {
		n += strcspn(d->dest_fs + n, "/");
		char *was = str_fmt("%.*s", (int)n, d->dest_fs);
		found = is_way_out(d->name, was, d->dest_fs + n);
		free(was);
	}
	return found;
}

bool plan_was_part(const struct dataset *top, const struct dataset *d)
{
	return d->role == ROLE_BROKEN && !d->master && name_within(d->name, top->name) &&
	       str_same(d->src_host, top->src_host) && str_same(d->dest_host, top->dest_host) &&
	       d->src_fs != NULL && d->dest_fs != NULL && top->src_fs != NULL &&
	       name_within(d->src_fs, top->src_fs) && name_within(d->dest_fs, top->name) &&
	       !plan_is_between(top, top->src_fs, d);
}

bool tree_is_between(const struct tree *t, const struct dataset *d)
{
	return plan_is_between(t->top->dst.d, t->top->src.d->name, d);
}

enum identity_end tree_is_replica_of(const struct dataset *src, const struct dataset *d)
{
	if (!str_same(d->src_fs, src->src_fs) || !str_same(d->dest_fs, src->dest_fs) ||
	    dataset_ground(src, d) == NULL)
		return END_OTHER;
	return identity_end(src, d);
}

const struct dataset *tree_find_between(const struct tree *t, const struct dataset *src)
{
	for (size_t i = 0; i < t->n_dst; i++)
		if (tree_is_between(t, t->dst[i]) &&
		    tree_is_replica_of(src, t->dst[i]) != END_OTHER)
			return t->dst[i];
	return NULL;
}

/* Has its replica been renamed as well already, by a run that died then or by the operator, and is only not told so? */
static bool has_arrived(const struct tree *t, const struct dataset *d)
{
	char *place = tree_dst_name_of(t, d->name);
	const struct dataset *in = tree_find_dst(t, place);

	free(place);
	return in != NULL && in->role == ROLE_BROKEN && !in->master &&
	       in->switch_state.kind == SWITCH_NONE && tree_is_replica_of(d, in) != END_OTHER;
}

/* Its properties are those of the pair that it was under another name of the tree. That name may be a new dataset's by
 * now, or another's of the tree, which is where it belongs already. */
bool tree_is_moved(const struct tree *t, const struct dataset *d)
{
	const struct dataset *now = d->src_fs != NULL ? tree_find_src(t, d->src_fs) : NULL;

	return t->top->dst.d != NULL && d->role == ROLE_BROKEN && d->master && d->src_fs != NULL &&
	       d->dest_fs != NULL && tree_is_below(d->src_fs, t->top->src.d->name) &&
	       tree_is_below(d->dest_fs, t->top->dst.d->name) && tree_goes_there(t, d) &&
	       str_same(d->src_host, t->top->src.d->src_host) &&
	       (now == NULL || !str_same(now->src_fs, now->name) ||
		tree_find_between(t, d) != NULL || has_arrived(t, d));
}

static bool has_moved(const struct tree *t, const char *src_fs)
{
	for (size_t i = 0; i < t->n_src; i++)
		if (tree_is_moved(t, t->src[i]) && str_same(t->src[i]->src_fs, src_fs))
			return true;
	return false;
}

/* A replica of this tree's, under the name that its pair has for it, and nothing else. */
bool tree_is_ours(const struct tree *t, const struct dataset *d)
{
	return d->role == ROLE_REPLICA && d->switch_state.kind == SWITCH_NONE &&
	       tree_is_below(d->src_fs, t->top->src.d->name) &&
	       str_same(d->src_host, t->top->dst.d->src_host);
}

/* Was it put aside, perhaps with what it was in, by a run that died before it could forget it? */
bool tree_was_preserved(const struct tree *t, const struct dataset *d)
{
	bool found = false;

	if (d->master || d->switch_state.kind != SWITCH_NONE || d->src_fs == NULL ||
	    d->dest_fs == NULL || !tree_is_below(d->src_fs, t->top->src.d->name) ||
	    !str_same(d->src_host, t->top->dst.d->src_host))
		return false;
	for (size_t n = strlen(t->top->dst.d->name) + 1; !found && d->name[n - 1] != '\0'; n++) {
		n += strcspn(d->name + n, "/");
		char *kept = str_fmt("%.*s", (int)n, d->name),
		     *before = preserved_name_before(kept);
		char *was = before != NULL ? str_fmt("%s%s", before, d->name + n) : NULL;
		found = str_same(was, d->dest_fs);
		free(was);
		free(before);
		free(kept);
	}
	return found;
}

/* Has one that had another name the name of its source now, whose replica it is not? Its own may have come here, and only not
 * be known to the source yet. */
static bool is_taken_over(const struct tree *t, const struct dataset *d)
{
	const struct dataset *now = tree_find_src(t, d->src_fs);

	if (now == NULL || !tree_is_moved(t, now) || str_same(now->src_fs, now->name))
		return false;
	/* Neither takes the other for its end: one of them may be told by a run that died then. */
	return d->n_snaps > 0 && identity_end(now, d) == END_OTHER &&
	       identity_end(d, now) == END_OTHER;
}

/* Has it the name for in between, and no source any more that could go on from there, not even by its words? */
static bool is_stranded(const struct tree *t, const struct dataset *d)
{
	if (!tree_is_between(t, d))
		return false;
	for (size_t i = 0; i < t->n_src; i++) {
		const struct dataset *s = t->src[i];
		if ((str_same(s->src_fs, d->src_fs) && str_same(s->dest_fs, d->dest_fs)) ||
		    identity_end(s, d) == END_KNOWN || identity_end(d, s) == END_KNOWN)
			return false;
	}
	return true;
}

/* A replica of this tree's whose source is not there any more. */
static bool is_gone(const struct tree *t, const struct dataset *d)
{
	return (tree_is_ours(t, d) &&
		(tree_find_src(t, d->src_fs) == NULL || is_taken_over(t, d)) &&
		!has_moved(t, d->src_fs)) ||
	       is_stranded(t, d) || tree_was_preserved(t, d);
}

/* The destination has something under its name that it does not begin from: its source was destroyed, and another
 * dataset made under that name. */
bool tree_is_replaced(const struct tree *t, const struct dataset *src, const struct dataset *dst)
{
	return dst != NULL && tree_is_ours(t, dst) && dst->n_snaps > 0 &&
	       str_same(dst->src_fs, src->name) && dataset_ground(src, dst) == NULL &&
	       !has_moved(t, dst->src_fs); /* that takes the longest */
}

/* Has its source become a pair of its own, and synced, to another place? After a takeover of the tree this would lead, with what
 * was there once. Names alone are no proof: they may be half changed, or another host's for the same. */
static bool is_left_behind(const struct tree *t, const struct dataset *src, const struct dataset *d)
{
	bool elsewhere = src->dest_fs != NULL &&
			 (strcmp(src->dest_fs, d->name) != 0 || !tree_goes_there(t, src));

	return elsewhere && src->role == ROLE_MASTER && src->peer_guid != 0 &&
	       identity_end(src, d) == END_OTHER && str_same(d->dest_fs, d->name);
}

/* Why a replica is to be put aside; NULL: it is not. */
const char *tree_why_preserve(const struct tree *t, const struct dataset *d)
{
	const struct dataset *src = tree_is_ours(t, d) ? tree_find_src(t, d->src_fs) : NULL;

	if (is_gone(t, d))
		return tree_find_src(t, d->src_fs) != NULL ? "is another dataset now" : "is gone";
	if (src != NULL && is_left_behind(t, src, d))
		return "is replicated to another place now";
	if (src == NULL || src->role != ROLE_NONE || tree_is_excluded(t, src) ||
	    !tree_is_replaced(t, src, d))
		return NULL;
	char *place = tree_dst_name_of(t, src->name);
	bool there = strcmp(place, d->name) == 0;
	free(place);
	return there ? "is another dataset now" : NULL;
}

static bool is_kept(const struct dataset *d)
{
	char *before = d->role == ROLE_NONE && d->excluded ? preserved_name_before(d->name) : NULL;
	bool kept = before != NULL;

	free(before);
	return kept;
}

/* What was put aside before, and is zrep's to move; or in that. */
static bool in_kept(const struct tree *t, const struct dataset *d)
{
	const struct dataset *self = tree_find_dst(t, d->name);
	bool in = self != NULL && is_kept(self);

	for (char *next, *above = name_parent(d->name); above != NULL; above = next) {
		const struct dataset *a = in ? NULL : tree_find_dst(t, above);
		in = in || (a != NULL && is_kept(a));
		next = in ? NULL : name_parent(above);
		free(above);
	}
	return in;
}

/* A first copy of what is below `src` now, by a run that died before it was done. */
static bool is_begun(const struct tree *t, const struct dataset *src, const struct dataset *old,
		     const struct dataset *d)
{
	if (src == NULL || d->role != ROLE_NONE)
		return false;
	char *name = str_fmt("%s%s", src->name, d->name + strlen(old->name));
	const struct dataset *s = tree_find_src(t, name);
	free(name);
	return d->n_snaps == 0 ? d->inconsistent : s != NULL && dataset_ground(s, d) != NULL;
}

/* Something below a replica that is to be renamed as `src` was (NULL: put aside), which has no part in that: it would
 * lose its name. NULL: nothing. */
const struct dataset *tree_unmanaged_in(const struct tree *t, const struct dataset *d,
					const struct dataset *src)
{
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *k = t->dst[i];
		bool part = src != NULL ? tree_is_ours(t, k) || tree_is_between(t, k)
					: tree_why_preserve(t, k) != NULL;
		if (tree_is_below(k->name, d->name) && !part && !in_kept(t, k) &&
		    !is_begun(t, src, d, k))
			return k;
	}
	return NULL;
}

const struct dataset *tree_tagged_in(const struct tree *t, const struct dataset *d,
				     struct err **why)
{
	*why = NULL;
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *k = t->dst[i];
		if (name_within(k->name, d->name) && !in_kept(t, k) &&
		    (*why = tags_check_dataset(t->top, PAIR_DST, k, DEED_ASIDE)) != NULL)
			return k;
	}
	return NULL;
}

bool plan_is_part(const struct dataset *top, const struct dataset *d)
{
	const char *rest = d->name + strlen(top->name);

	if (!tree_is_below(d->name, top->name) || !top->src_host || !top->src_fs ||
	    !top->dest_host || !top->dest_fs || !d->src_host || !d->src_fs || !d->dest_host ||
	    !d->dest_fs)
		return false;
	return (name_is_rest(top->src_host, top->src_fs, d->src_host, d->src_fs, rest) &&
		name_is_rest(top->dest_host, top->dest_fs, d->dest_host, d->dest_fs, rest)) ||
	       (name_is_rest(top->src_host, top->src_fs, d->dest_host, d->dest_fs, rest) &&
		name_is_rest(top->dest_host, top->dest_fs, d->src_host, d->src_fs, rest));
}

void plan_recursive(const struct pair *pair, struct plan *out)
{
	for (enum pair_side at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct dataset *d = pair_end(pair, at)->d;
		if (d->recursive)
			continue;
		nvlist_t *props = nv_new();
		plan_prop(props, pair->tag, "recursive", "yes");
		plan_add(out, STEP_SET, PHASE_RECORD, at, d->name)->props = props;
	}
}
