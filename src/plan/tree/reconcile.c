/* What was renamed, replaced or destroyed below the source of a tree is set right on the other side, before anything is
 * sent. Nothing is destroyed there. */
#include "plan/tree/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/role/revert.h"
#include "plan/tags.h"
#include "plan/tree/members.h"
#include "state/dataset.h"
#include "util/mem.h"

static void set_pair(struct plan *p, const struct pair *top, enum step_phase phase,
		     enum pair_side at, const char *name, const char *src_fs, const char *dest_fs)
{
	nvlist_t *props = nv_new();

	plan_prop(props, top->tag, "src-fs", src_fs);
	plan_prop(props, top->tag, "dest-fs", dest_fs);
	plan_add(p, STEP_SET, phase, at, name)->props = props;
}

/* The replica of a dataset that was renamed, under its former name; NULL where something else has that. */
static const struct dataset *old_replica(const struct tree *t, const struct dataset *src)
{
	const struct dataset *old = tree_find_dst(t, src->dest_fs);

	return old != NULL && tree_is_ours(t, old) && str_same(old->src_fs, src->src_fs) &&
		       dataset_ground(src, old) != NULL
		   ? old
		   : NULL;
}

/* Has something below `old` another place to go to than its new name? That goes first. */
static bool has_other_moves(const struct tree *t, const struct dataset *old, const char *place)
{
	bool any = false;

	for (size_t i = 0; i < t->n_src && !any; i++) {
		const struct dataset *s = t->src[i];
		if (!tree_is_moved(t, s) || !tree_is_below(s->dest_fs, old->name) ||
		    old_replica(t, s) == NULL)
			continue;
		char *with = str_fmt("%s%s", place, s->dest_fs + strlen(old->name));
		char *own = tree_dst_name_of(t, s->name);
		any = strcmp(with, own) != 0;
		free(with);
		free(own);
	}
	return any;
}

/* Does a rename of this round take it along? */
static bool goes_along(const struct plan *out, const struct dataset *d)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->steps[i].kind->op == STEP_RENAME &&
		    name_within(d->name, out->steps[i].name))
			return true;
	return false;
}

/* A name that does not exist there, and cannot. */
struct err *tree_check_length(const struct tree *t, const struct dataset *d, const char *place)
{
	const struct pair *p = t->top;

	if (name_is_dataset(place) && plan_name_fits(place, p->tag))
		return NULL;
	return err_remedy(
	    err_refuse(REASON_NO_PAIR,
		       "%s on %s is not replicated: below %s its name on %s would be too "
		       "long",
		       d->name, p->src.host_name, p->dst.d ? p->dst.d->name : p->dst.name,
		       p->dst.host_name),
	    "rename it, or take it out of the tree: on %s, {zfs set %s:exclude=yes %s}",
	    p->src.host_name, p->tag, d->name);
}

/* Why a replica cannot be renamed as its source was; NULL if it can. ERR_BUSY: it has to wait for what this sync does. */
struct err *tree_no_move(const struct tree *t, const struct dataset *src, const char *place)
{
	const char *host = t->top->dst.host_name, *name = src->name, *was = src->src_fs;
	const struct dataset *old = old_replica(t, src), *in;
	char *parent = name_parent(place);
	bool ready = strcmp(parent, t->top->dst.d->name) == 0 || tree_find_dst(t, parent) != NULL;
	struct err *e = tree_check_length(t, src, place);

	if (e == NULL && tree_find_dst(t, place) != NULL)
		e = err_remedy(
		    err_refuse(REASON_RENAMED,
			       "%s was renamed to %s on %s: that cannot be done there, because "
			       "of another dataset, %s, on %s",
			       was, name, t->top->src.host_name, place, host),
		    "on %s, make room, then: {zfs rename %s %s}", host, src->dest_fs, place);
	else if (e == NULL && old == NULL)
		e = err_remedy(
		    err_refuse(REASON_RENAMED,
			       "%s was renamed to %s on %s, and %s on %s is not its replica "
			       "any more",
			       was, name, t->top->src.host_name, src->dest_fs, host),
		    "compare `{zrep list -v}` on both sides");
	else if (e == NULL && (!ready || name_within(place, old->name)))
		e = err_new(ERR_BUSY,
			    "%s was renamed to %s on %s: it is left out until its parent has "
			    "arrived as %s on %s",
			    was, name, t->top->src.host_name, place, host);
	else if (e == NULL && has_other_moves(t, old, place))
		e = err_new(ERR_BUSY,
			    "%s was renamed to %s on %s: it is left out until the datasets that "
			    "were in it have their own place on %s",
			    was, name, t->top->src.host_name, host);
	else if (e == NULL && tree_tagged_in(t, old, &e) != NULL)
		e = err_wrap(e, "%s was renamed to %s on %s", was, name, t->top->src.host_name);
	else if (e == NULL && (in = tree_unmanaged_in(t, old, src)) != NULL)
		e = err_remedy(
		    err_refuse(REASON_RENAMED,
			       "%s was renamed to %s on %s: that is not done on %s, because it "
			       "contains %s there, which is not a replica of this tree",
			       was, name, t->top->src.host_name, host, in->name),
		    "if it may go along: on %s, {zfs rename %s %s}", host, old->name, place);
	free(parent);
	return e;
}

/* Renamed there as it was here. It takes what is below it along on both sides. */
static void move(const struct tree *t, const struct dataset *src, struct plan *out)
{
	char *place = tree_dst_name_of(t, src->name);
	struct err *why = tree_no_move(t, src, place);
	const struct dataset *now = tree_find_dst(t, place), *old = old_replica(t, src);

	if (why == NULL && !goes_along(out, old)) {
		plan_add(out, STEP_UNMOUNT, PHASE_STOP, PAIR_DST, old->name);
		plan_add(out, STEP_RENAME, PHASE_MOVE, PAIR_DST, old->name)->to = mem_strdup(place);
		strv_addf(&out->notes, "%s was renamed to %s on %s: so is %s on %s", src->src_fs,
			  src->name, t->top->src.host_name, old->name, t->top->dst.host_name);
		now = old;
	} else if (now != NULL &&
		   (now->master || now->switch_state.kind != SWITCH_NONE ||
		    (!str_same(now->src_fs, src->src_fs) && !str_same(now->src_fs, src->name)))) {
		now = NULL;
	}
	if (now != NULL && dataset_ground(src, now) != NULL) {
		set_pair(out, t->top, PHASE_RECORD, PAIR_DST, place, src->name, place);
		set_pair(out, t->top, PHASE_COMMIT, PAIR_SRC, src->name, src->name, place);
	}
	err_free(why);
	free(place);
}

/* Puts a replica aside, without its properties: it is nobody's then. `to` is its name by then, perhaps because what
 * it is in is put aside. */
static void forget(const struct tree *t, const struct dataset *d, const char *to, struct plan *out)
{
	nvlist_t *props = nv_new();

	nv_each(d->own, p)
		nv_add_flag(props, nvpair_name(p));
	plan_prop(props, t->top->tag, "exclude", "yes"); /* it stays here when the role has moved */
	plan_add(out, STEP_SET, PHASE_RECORD, PAIR_DST, to)->props = props;
	if (d->type == TYPE_FILESYSTEM) {
		nvlist_t *mount = nv_new();
		nv_add_str(mount, "canmount", "noauto");
		plan_add(out, STEP_SET, PHASE_ADJUST, PAIR_DST, to)->props = mount;
	}
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (!d->snaps[i].held)
			continue;
		char *name = str_fmt("%s@%s", d->name, d->snaps[i].name);
		plan_add(out, STEP_RELEASE, PHASE_GIVE_UP, PAIR_DST, name);
		free(name);
	}
	if (d->token != NULL)
		plan_add(out, STEP_ABORT, PHASE_CLEAR_AWAY, PAIR_DST, d->name);
}

static void preserve(const struct tree *t, const struct dataset *d, const char *why,
		     struct plan *out)
{
	bool is_preserved = tree_was_preserved(t, d);
	char *kept = is_preserved ? mem_strdup(d->name) : plan_preserved_name(d->name, t->top->now);
	size_t n = strlen(d->name);

	if (!is_preserved) {
		plan_add(out, STEP_UNMOUNT, PHASE_STOP, PAIR_DST, d->name);
		plan_add(out, STEP_RENAME, PHASE_MOVE, PAIR_DST, d->name)->to = mem_strdup(kept);
	}
	forget(t, d, kept, out);
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *k = t->dst[i];
		if (!tree_is_below(k->name, d->name) || tree_why_preserve(t, k) == NULL)
			continue;
		char *to = str_fmt("%s%s", kept, k->name + n);
		forget(t, k, to, out);
		free(to);
	}
	const char *host = t->top->dst.host_name, *at = t->top->src.host_name;
	const struct dataset *now = tree_find_src(t, d->src_fs);
	if (now == NULL || now->role == ROLE_NONE)
		strv_tell(
		    &out->notes,
		    "%s %s: its copy on %s is preserved there as %s; if it was moved out of the "
		    "tree on %s, it goes on with that copy: on %s, {zrep changeconfig -f -d %s "
		    "%s NEW-NAME}, and then what that says",
		    d->src_fs, why, host, kept, at, host, kept, at);
	else
		strv_addf(&out->notes, "%s %s: its copy on %s is preserved there as %s", d->src_fs,
			  why, host, kept);
	free(kept);
}

/* Why a replica whose source is gone stays where it is; NULL: it does not. */
const struct dataset *tree_stays_for(const struct tree *t, const struct dataset *d)
{
	struct err *why;
	const struct dataset *tagged = tree_tagged_in(t, d, &why);

	err_free(why);
	if (tagged != NULL)
		return tagged;
	return tree_was_preserved(t, d) ? NULL : tree_unmanaged_in(t, d, NULL);
}

/* Is it in one that is put aside itself? */
bool tree_in_preserved(const struct tree *t, const struct dataset *d)
{
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *k = t->dst[i];
		if (tree_is_below(d->name, k->name) && tree_why_preserve(t, k) != NULL &&
		    tree_stays_for(t, k) == NULL)
			return true;
	}
	return false;
}

/* First what was renamed: what it leaves behind may be what is put aside then. */
void tree_tidy(const struct tree *t, struct plan *out)
{
	for (size_t i = 0; i < t->n_src; i++)
		if (tree_is_moved(t, t->src[i]) && !tree_is_excluded(t, t->src[i]))
			move(t, t->src[i], out);
	bool moves = out->n > 0;
	for (size_t i = 0; i < t->n_dst && !moves; i++) {
		const struct dataset *d = t->dst[i];
		const char *why = tree_why_preserve(t, d);
		if (why != NULL && !tree_in_preserved(t, d) && tree_stays_for(t, d) == NULL)
			preserve(t, d, why, out);
	}
	out->again = out->n > 0;
}
