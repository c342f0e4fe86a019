#include "plan/tree/tree.h"

#include <stdlib.h>

#include "plan/identity.h"
#include "plan/plan.h"
#include "plan/tree/members.h"
#include "plan/tree/reconcile.h"
#include "util/mem.h"

void children_free(struct children *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i].dst_name);
		err_free(c->items[i].refusal);
	}
	free(c->items);
	*c = (struct children){0};
}

/* The dataset over there, of the name where d would go or above that, that somebody took out of the tree when that side
 * was the source. NULL: there is none. */
static const struct dataset *excluded_there(const struct tree *t, const struct dataset *d,
					    const char *place)
{
	for (size_t i = 0; d->role == ROLE_NONE && i < t->n_dst; i++)
		if (t->dst[i]->excluded && t->dst[i]->role == ROLE_NONE &&
		    name_within(place, t->dst[i]->name))
			return t->dst[i];
	return NULL;
}

static bool is_in_moved(const struct tree *t, const struct dataset *d)
{
	bool in = false;

	for (char *next, *above = name_parent(d->name); above != NULL; above = next) {
		const struct dataset *a = in ? NULL : tree_find_src(t, above);
		in = in || (a != NULL && tree_is_moved(t, a));
		next = in ? NULL : name_parent(above);
		free(above);
	}
	return in;
}

/* False: it takes no part, and why is a note. *waits: found when it is needed first, the caller's. */
static bool takes_part(const struct tree *t, const struct dataset *d, const char *place,
		       struct tree_waits **waits, struct err **refusal, struct plan *out)
{
	const struct pair *p = t->top;

	if (tree_is_excluded(t, d))
		return false;
	if (*refusal == NULL && tree_is_moved(t, d) &&
	    (*refusal = tree_no_move(t, d, place)) != NULL && (*refusal)->kind == ERR_BUSY) {
		if (!t->frozen && *waits == NULL)
			*waits = tree_find_waits(t);
		struct err *stays = t->frozen ? NULL : tree_stays_waiting(t, *waits, d, *refusal);
		if (stays == NULL)
			strv_add(&out->notes, (*refusal)->what);
		err_free(*refusal);
		*refusal = stays;
		if (stays == NULL)
			return false;
	}
	if (*refusal == NULL &&
	    (tree_is_moved(t, d) || tree_is_replaced(t, d, tree_find_dst(t, place))) && t->frozen)
		return false;
	if (t->looks && is_in_moved(t, d))
		return false;
	if (d->paused) {
		strv_addf(&out->notes, "%s on %s is paused and was left out", d->name,
			  p->src.host_name);
		return false;
	}
	const struct dataset *there = excluded_there(t, d, place);
	if (there != NULL) {
		strv_addf(&out->notes, "%s on %s was left out: %s on %s is excluded", d->name,
			  p->src.host_name, there->name, p->dst.host_name);
		err_free(*refusal);
		*refusal = NULL;
		return false;
	}
	if (d->role == ROLE_REPLICA ||
	    (d->role == ROLE_MASTER && (!str_same(d->dest_fs, place) || !tree_goes_there(t, d)))) {
		strv_addf(&out->notes, "%s on %s is left out of %s: it is %s %s on %s", d->name,
			  p->src.host_name, p->src.d->name,
			  d->role == ROLE_REPLICA ? "a replica of" : "replicated to",
			  d->role == ROLE_REPLICA ? d->src_fs : d->dest_fs,
			  d->role == ROLE_REPLICA ? d->src_host : d->dest_host);
		return false;
	}
	return true;
}

/* What has no source any more, and cannot be put aside. */
static void name_stuck(const struct tree *t, struct plan *out)
{
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *d = t->dst[i], *in;
		const char *why = tree_why_preserve(t, d);
		struct err *tagged = NULL;
		if (why == NULL || tree_in_preserved(t, d) || (in = tree_stays_for(t, d)) == NULL)
			continue;
		if (tree_tagged_in(t, d, &tagged) != NULL)
			strv_addf(&out->notes, "%s %s on %s: %s on %s stays as it is: %s",
				  d->src_fs, why, t->top->src.host_name, d->name,
				  t->top->dst.host_name, tagged->what);
		else
			strv_addf(&out->notes,
				  "%s %s on %s: %s on %s stays as it is, because it contains %s, "
				  "which is not a replica of this tree",
				  d->src_fs, why, t->top->src.host_name, d->name,
				  t->top->dst.host_name, in->name);
		err_free(tagged);
	}
}

/* What was moved elsewhere left a replica here that is no end of the pair any more. */
static bool is_its_own(const struct pair *p)
{
	struct err *e = identity_check_ends(p);
	bool is = e == NULL;

	err_free(e);
	return is;
}

/* A pair of the tree one end of which was set back to an older image; NULL without one. */
static const struct dataset *set_back(const struct tree *t)
{
	for (size_t i = 0; i < t->n_src; i++) {
		struct pair p = *t->top;
		p.src.d = t->src[i];
		p.dst.d = p.src.d->dest_fs != NULL ? tree_find_dst(t, p.src.d->dest_fs) : NULL;
		p.src.preserved = p.dst.preserved = NULL;
		if (p.dst.d != NULL && tree_goes_there(t, p.src.d) && is_its_own(&p) &&
		    identity_of_link(&p) != IDENTITY_FITS)
			return p.src.d;
	}
	return NULL;
}

void plan_tree(const struct tree *tree, struct children *children, struct plan *out)
{
	struct tree as = *tree, *t = &as;
	const struct dataset *back = t->frozen ? NULL : set_back(t);

	/* What is gone by an image was not destroyed, nor was anything renamed. */
	if (back != NULL) {
		strv_addf(&out->notes,
			  "%s on %s or its replica was set back to an older image: what is gone "
			  "below %s, or has another name, stays as it is",
			  back->name, t->top->src.host_name, t->top->src.d->name);
		t->frozen = true;
	}
	*children = (struct children){0};
	out->tree = true;
	if (!t->frozen)
		tree_tidy(t, out);
	if (out->again)
		return;
	name_stuck(t, out);
	struct tree_waits *waits = NULL;
	for (size_t i = 0; i < t->n_src; i++) {
		const struct dataset *d = t->src[i];
		char *place = tree_dst_name_of(t, d->name);
		struct err *refusal =
		    tree_is_excluded(t, d) ? NULL : tree_check_length(t, d, place);
		if (!takes_part(t, d, place, &waits, &refusal, out)) {
			err_free(refusal);
			free(place);
			continue;
		}
		children->items = mem_array(children->items, children->n + 1, sizeof(struct child));
		children->items[children->n++] =
		    (struct child){.src = d,
				   .dst_name = place,
				   .is_new = d->role != ROLE_MASTER && !d->master,
				   .refusal = refusal};
	}
	tree_waits_free(waits);
}
