/* What was renamed, replaced or destroyed below the source of a tree is set right on the other side, before anything is
 * sent. Nothing is destroyed there. */
#include "plan/tree/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/refusals.h"
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

/* The replica of a dataset that was renamed, under its former name, or the one for in between; NULL where something else has
 * that. */
static const struct dataset *old_replica(const struct tree *t, const struct dataset *src)
{
	const struct dataset *old = tree_find_dst(t, src->dest_fs);

	if (old != NULL && tree_is_ours(t, old) && tree_is_replica_of(src, old) != END_OTHER)
		return old;
	return tree_find_between(t, src);
}

/* Whose replica has the place that `src` is to go to there, and is to leave it as well; NULL: nobody's. */
static const struct dataset *next_to_go(const struct tree *t, const struct dataset *src)
{
	char *place = tree_dst_name_of(t, src->name);
	const struct dataset *in = tree_find_dst(t, place), *found = NULL;

	for (size_t i = 0; i < t->n_src && in != NULL && found == NULL; i++) {
		const struct dataset *s = t->src[i];
		if (tree_is_moved(t, s) && str_same(s->src_fs, in->src_fs) &&
		    !tree_is_excluded(t, s) && old_replica(t, s) == in)
			found = s;
	}
	free(place);
	return found;
}

/* Have several exchanged their names, so that each waits for the next one? */
static bool is_ring(const struct tree *t, const struct dataset *src)
{
	const struct dataset *s = next_to_go(t, src);

	for (size_t i = 0; i < t->n_src && s != NULL && s != src; i++)
		s = next_to_go(t, s);
	return s == src;
}

/* On its way to a place that it cannot reach by what its source was renamed to, because that has its name again: NULL, or its
 * replica. */
static const struct dataset *on_way_back(const struct tree *t, const struct dataset *src)
{
	if (src->role != ROLE_MASTER || !str_same(src->src_fs, src->name) || src->peer_guid == 0)
		return NULL;
	const struct dataset *d = tree_find_between(t, src);
	return d != NULL && d->guid == src->peer_guid ? d : NULL;
}

/* Where the replica of a source is that is to have another name. NULL: there is none, or it is not. */
static const struct dataset *to_go(const struct tree *t, const struct dataset *src)
{
	return tree_is_moved(t, src) ? old_replica(t, src) : on_way_back(t, src);
}

/* Is `o`, the replica of `s`, below `old`, and has it another place to go to than `place` would give it? */
static bool goes_elsewhere(const struct tree *t, const struct dataset *s, const struct dataset *o,
			   const struct dataset *old, const char *place)
{
	if (o == NULL || !tree_is_below(o->name, old->name))
		return false;
	char *with = str_fmt("%s%s", place, o->name + strlen(old->name));
	char *own = tree_dst_name_of(t, s->name);
	bool elsewhere = strcmp(with, own) != 0;
	free(with);
	free(own);
	return elsewhere;
}

/* Has something below `old` another place to go to than its new name? That goes first. */
static bool has_other_moves(const struct tree *t, const struct dataset *old, const char *place)
{
	bool any = false;

	for (size_t i = 0; i < t->n_src && !any; i++)
		any = goes_elsewhere(t, t->src[i], to_go(t, t->src[i]), old, place);
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

/* Has something else the place there of what it is in? Then the name there is one in that. */
static bool is_in_waiting(const struct tree *t, const struct dataset *src)
{
	bool waits = false;

	for (char *next, *above = name_parent(src->name); above != NULL; above = next) {
		const struct dataset *a = waits ? NULL : tree_find_src(t, above);
		char *place = a != NULL && tree_is_moved(t, a) ? tree_dst_name_of(t, above) : NULL;
		const struct dataset *in = place != NULL ? tree_find_dst(t, place) : NULL;
		waits = waits || (in != NULL && tree_is_replica_of(a, in) == END_OTHER);
		next = waits ? NULL : name_parent(above);
		free(place);
		free(above);
	}
	return waits;
}

/* That name cannot be followed: what is always a way. Instead of the remedy of e. */
static void or_leave_out(const struct tree *t, const struct dataset *src, struct err *e)
{
	err_remedy(e,
		   "give it another name, or leave it out of the tree: on %s, {zfs set "
		   "%s:exclude=yes %s}",
		   t->top->src.host_name, t->top->tag, src->name);
}

/* Something else has the name there. */
static struct err *no_place(const struct tree *t, const struct dataset *src, const char *place)
{
	const char *host = t->top->dst.host_name, *at = t->top->src.host_name;
	const struct dataset *in = tree_find_dst(t, place);
	char *room = name_make_room(place);
	struct err *e =
	    err_refuse(REASON_RENAMED,
		       "%s was renamed to %s on %s: that cannot be done there, because of another "
		       "dataset, %s, on %s",
		       src->src_fs, src->name, at, place, host);

	if (in->role == ROLE_NONE && in->n_others == 0)
		err_remedy(e, "on %s, %s makes room, then on %s, {zrep sync %s}", host, room, at,
			   t->top->src.d->name);
	else
		or_leave_out(t, src, e);
	free(room);
	return e;
}

/* Its replica, which somebody has renamed, and which can have `place`; NULL: none. One that only may be it is, where no other may
 * as well. */
static const struct dataset *lost_replica(const struct tree *t, const struct dataset *src,
					  const char *place, enum identity_end *sure)
{
	const struct dataset *found = NULL;
	size_t n = 0;

	*sure = END_OTHER;
	for (size_t i = 0; i < t->n_dst; i++) {
		const struct dataset *d = t->dst[i];
		enum identity_end is = tree_is_replica_of(src, d);
		if (d->master || d->role != ROLE_BROKEN || is == END_OTHER || is < *sure ||
		    !plan_can_be_renamed(d->name, place))
			continue;
		n = is > *sure ? 1 : n + 1;
		*sure = is;
		found = d;
	}
	return *sure == END_KNOWN || n == 1 ? found : NULL;
}

/* What has the name that its replica had is not that. */
static struct err *no_replica(const struct tree *t, const struct dataset *src, const char *place)
{
	const char *host = t->top->dst.host_name, *at = t->top->src.host_name;
	const char *top = t->top->src.d->name;
	const struct dataset *in = tree_find_dst(t, src->dest_fs);
	enum identity_end sure;
	const struct dataset *now = lost_replica(t, src, place, &sure);
	struct err *e = err_refuse(
	    REASON_RENAMED, "%s was renamed to %s on %s, and %s on %s is not its replica any more",
	    src->src_fs, src->name, at, src->dest_fs, host);

	if (now != NULL && sure == END_KNOWN)
		return err_remedy(e,
				  "that is %s there now: on %s, {zfs rename %s %s}, then on "
				  "%s, {zrep sync %s}",
				  now->name, host, now->name, place, at, top);
	if (now != NULL)
		return err_remedy(e,
				  "only if that is %s there now, and no copy of it: on %s, {zfs "
				  "rename %s %s}, then on %s, {zrep sync %s}",
				  now->name, host, now->name, place, at, top);
	if (in != NULL && in->master && plan_can_be_renamed(src->name, src->src_fs))
		return err_remedy(e,
				  "it has led itself, and has to come back first: on %s, {zfs "
				  "rename %s %s}, then on %s, {zrep rejoin %s}; after that it can "
				  "be renamed again",
				  at, src->name, src->src_fs, host, in->name);
	return err_remedy(
	    e,
	    "to replicate it anew under its new name: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS
	    ", then {zrep sync %s}",
	    at, src->name, top);
}

static struct err *waits_for_parent(const struct tree *t, const struct dataset *src,
				    const char *place)
{
	return err_new(ERR_BUSY,
		       "%s was renamed to %s on %s: it is left out until its parent has "
		       "arrived as %s on %s",
		       src->src_fs, src->name, t->top->src.host_name, place, t->top->dst.host_name);
}

/* `old` contains `in`, which is not the tree's. place NULL: `old` cannot be renamed to that yet, but make room, from where the
 * next sync goes on. */
static struct err *holds_stranger(const struct tree *t, const struct dataset *src,
				  const struct dataset *old, const struct dataset *in,
				  const char *place)
{
	const char *host = t->top->dst.host_name;
	char *between = name_between(old->name);
	struct err *e =
	    err_remedy(err_refuse(REASON_RENAMED,
				  "%s was renamed to %s on %s: that is not done on %s, because it "
				  "contains %s there, which is not a replica of this tree",
				  src->src_fs, src->name, t->top->src.host_name, host, in->name),
		       "if it may go along: on %s, {zfs rename %s %s}", host, old->name,
		       place != NULL ? place : between);

	free(between);
	return e;
}

/* Is what stands there about to leave, or something that it is in: renamed as its source was, or put aside? What was moved into
 * it would go along. */
static bool is_leaving(const struct tree *t, const char *name)
{
	const char *top = t->top->dst.d->name;
	bool leaves = false;

	for (size_t i = 0; i < t->n_src && !leaves; i++) {
		const struct dataset *old =
		    tree_is_moved(t, t->src[i]) ? old_replica(t, t->src[i]) : NULL;
		leaves = old != NULL && name_within(name, old->name);
	}
	for (size_t i = 0; i < t->n_dst && !leaves; i++)
		leaves = strcmp(t->dst[i]->name, top) != 0 && name_within(name, t->dst[i]->name) &&
			 tree_why_preserve(t, t->dst[i]) != NULL &&
			 tree_stays_for(t, t->dst[i]) == NULL;
	return leaves;
}

/* Why a replica cannot be renamed as its source was; NULL if it can. ERR_BUSY: it has to wait for what this sync does. */
struct err *tree_no_move(const struct tree *t, const struct dataset *src, const char *place)
{
	const char *host = t->top->dst.host_name, *name = src->name, *was = src->src_fs;
	const struct dataset *old = old_replica(t, src), *in;
	char *parent = name_parent(place);
	bool ready =
	    strcmp(parent, t->top->dst.d->name) == 0 ||
	    (tree_find_dst(t, parent) != NULL && !is_in_waiting(t, src) && !is_leaving(t, parent));
	const struct dataset *there = tree_find_dst(t, place);
	const struct dataset *next = there != NULL ? next_to_go(t, src) : NULL;
	/* Its source was destroyed: it is put aside first. */
	bool aside = there != NULL && next == NULL && tree_why_preserve(t, there) != NULL &&
		     tree_stays_for(t, there) == NULL;
	bool within = old != NULL && name_within(place, old->name);
	bool waits = within || next != NULL || (old != NULL && has_other_moves(t, old, place));
	struct err *e = tree_check_length(t, src, place);

	if (e == NULL && there != NULL && next == NULL && !aside)
		e = no_place(t, src, place);
	else if (e == NULL && old == NULL)
		e = no_replica(t, src, place);
	else if (e == NULL && !ready && !within)
		e = waits_for_parent(t, src, place);
	/* What it has to wait for may be that it makes room itself, and that takes all in it along. */
	else if (e == NULL && tree_tagged_in(t, old, &e) != NULL)
		e = err_wrap(e, "%s was renamed to %s on %s", was, name, t->top->src.host_name);
	else if (e == NULL && (!waits || !tree_is_between(t, old)) &&
		 (in = tree_unmanaged_in(t, old, src)) != NULL)
		e = holds_stranger(t, src, old, in, waits ? NULL : place);
	else if (e == NULL && (!ready || within))
		e = waits_for_parent(t, src, place);
	else if (e == NULL && has_other_moves(t, old, place))
		e = err_new(ERR_BUSY,
			    "%s was renamed to %s on %s: it is left out until the datasets that "
			    "were in it have their own place on %s",
			    was, name, t->top->src.host_name, host);
	if (e == NULL && aside)
		e = err_new(ERR_BUSY,
			    "%s was renamed to %s on %s: it is left out until the copy of what had "
			    "that name before, %s on %s, is put aside",
			    was, name, t->top->src.host_name, place, host);
	if (e == NULL && next != NULL)
		e = err_new(ERR_BUSY,
			    "%s was renamed to %s on %s: it is left out until %s, which has its "
			    "place on %s, has its own",
			    was, name, t->top->src.host_name, place, host);
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
		plan_add_move(out, PAIR_DST, old->name, place);
		strv_addf(&out->notes, "%s was renamed to %s on %s: so is %s on %s", src->src_fs,
			  src->name, t->top->src.host_name, old->name, t->top->dst.host_name);
		now = old;
	} else if (now != NULL &&
		   (now->master || (src->peer_guid != 0 && identity_end(src, now) == END_OTHER) ||
		    now->switch_state.kind != SWITCH_NONE ||
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

	if (!is_preserved)
		plan_add_move(out, PAIR_DST, d->name, kept);
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
	if (now == NULL || now->role == ROLE_NONE || tree_is_moved(t, now))
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

/* Whose replica is to make room, so that the others of the ring of `src` get on: one that is in its own way, if there is such a
 * one, for what else makes room stays in that. */
static const struct dataset *to_make_room(const struct tree *t, const struct dataset *src)
{
	const struct dataset *s = src;

	for (size_t i = 0; i < t->n_src; i++) {
		char *place = tree_dst_name_of(t, s->name);
		bool within = name_within(place, old_replica(t, s)->name);
		free(place);
		if (within)
			return s;
		if ((s = next_to_go(t, s)) == src)
			break;
	}
	return src;
}

/* Does `old`, the replica of src, only wait, and may it get another name with all that is in it? */
static bool may_make_room(const struct tree *t, const struct dataset *src,
			  const struct dataset *old)
{
	char *place = tree_dst_name_of(t, src->name);
	struct err *why = tree_no_move(t, src, place), *tagged = NULL;
	bool may = why != NULL && why->kind == ERR_BUSY && !tree_is_between(t, old) &&
		   tree_tagged_in(t, old, &tagged) == NULL &&
		   tree_unmanaged_in(t, old, src) == NULL;

	err_free(tagged);
	err_free(why);
	free(place);
	return may;
}

/* Can what is there be called that for a while? Neither what is there has that name, nor what will come. */
static bool is_free(const struct tree *t, const char *name)
{
	char *here = str_fmt("%s%s", t->top->src.d->name, name + strlen(t->top->dst.d->name));
	bool is = name_is_dataset(name) && plan_name_fits(name, t->top->tag) &&
		  tree_find_dst(t, name) == NULL && tree_find_src(t, here) == NULL;

	free(here);
	return is;
}

/* One of them makes room, under a name of its own, from which it goes on. Where that is taken, break_circle() finds another. */
static void break_ring(const struct tree *t, struct plan *out)
{
	for (size_t i = 0; i < t->n_src; i++) {
		const struct dataset *s = t->src[i];
		if (!tree_is_moved(t, s) || tree_is_excluded(t, s) || !is_ring(t, s))
			continue;
		s = to_make_room(t, s);
		const struct dataset *old = old_replica(t, s);
		char *to = name_between(old->name);
		bool may = is_free(t, to) && may_make_room(t, s, old);
		if (may) {
			plan_add_move(out, PAIR_DST, old->name, to);
		}
		free(to);
		if (may)
			return;
	}
}

/* --- what waits --- */

/* What becomes of each source that was renamed, when nothing is to be done at once. */
enum fate {
	FATE_NONE,    /* it was not renamed */
	FATE_SETTLES, /* by what this sync sends, or it can go */
	FATE_REFUSED, /* it, or what it waits for, is refused */
	FATE_CIRCLE,  /* it waits for what waits for it, or for such ones */
};

struct tree_waits {
	enum fate *fate;
	const struct dataset **old; /* their replicas, where they are now */
	const struct dataset **on;  /* a source that it waits for, perhaps itself; NULL: nothing */
};

void tree_waits_free(struct tree_waits *w)
{
	if (w == NULL)
		return;
	free(w->fate);
	free(w->old);
	free(w->on);
	free(w);
}

static size_t index_of(const struct tree *t, const struct dataset *src)
{
	size_t i = 0;

	while (i < t->n_src && t->src[i] != src)
		i++;
	return i;
}

/* What the fate of `src` hangs on is added up in *all, and one that is not settled yet in *on. */
static void depend(const struct tree *t, const struct tree_waits *w, const struct dataset *on_src,
		   enum fate *all, const struct dataset **on)
{
	enum fate f = w->fate[index_of(t, on_src)];

	if (f == FATE_NONE)
		f = FATE_REFUSED; /* a pair of its own, whose replica is not where it should be */
	if (f > FATE_SETTLES && (*on == NULL || (f == FATE_REFUSED && *all != FATE_REFUSED)))
		*on = on_src;
	if (f == FATE_REFUSED || (f == FATE_CIRCLE && *all == FATE_SETTLES))
		*all = f;
}

/* One that waits: what it waits for, by the fates that are known by now. */
static enum fate fate_of(const struct tree *t, const struct tree_waits *w,
			 const struct dataset *src, const struct dataset **on)
{
	char *place = tree_dst_name_of(t, src->name);
	const struct dataset *old = old_replica(t, src), *next = next_to_go(t, src);
	enum fate all = FATE_SETTLES;

	*on = NULL;
	if (next != NULL)
		depend(t, w, next, &all, on);
	for (size_t i = 0; i < t->n_src; i++)
		if (t->src[i] != src && goes_elsewhere(t, t->src[i], w->old[i], old, place))
			depend(t, w, t->src[i], &all, on);
	for (char *above = name_parent(src->name), *up; above != NULL; above = up) {
		const struct dataset *a = tree_find_src(t, above);
		char *at = a != NULL ? tree_dst_name_of(t, above) : NULL;
		const struct dataset *in = at != NULL ? tree_find_dst(t, at) : NULL;
		if (a != NULL && tree_is_moved(t, a)
			? in == NULL || !tree_is_replica_of(a, in)
			: a != NULL && in == NULL && (a->role != ROLE_NONE || a->paused))
			depend(t, w, a, &all, on);
		up = a != NULL ? name_parent(above) : NULL;
		free(at);
		free(above);
	}
	if (old != NULL && name_within(place, old->name)) { /* it is in its own way */
		*on = *on != NULL ? *on : src;
		all = all == FATE_SETTLES ? FATE_CIRCLE : all;
	}
	free(place);
	return all;
}

struct tree_waits *tree_find_waits(const struct tree *t)
{
	struct tree_waits *w = mem_zalloc(sizeof(*w));
	w->fate = mem_zalloc((t->n_src + 1) * sizeof(*w->fate));
	w->old = mem_zalloc((t->n_src + 1) * sizeof(*w->old));
	w->on = mem_zalloc((t->n_src + 1) * sizeof(*w->on));
	bool *open = mem_zalloc(t->n_src + 1);

	for (size_t i = 0; i < t->n_src; i++) {
		const struct dataset *s = t->src[i];
		w->old[i] = to_go(t, s);
		if (!tree_is_moved(t, s))
			continue;
		char *place = tree_dst_name_of(t, s->name);
		struct err *why = tree_no_move(t, s, place);
		open[i] = why != NULL && why->kind == ERR_BUSY && !tree_is_excluded(t, s);
		w->fate[i] = open[i] ? FATE_CIRCLE : why == NULL ? FATE_SETTLES : FATE_REFUSED;
		err_free(why);
		free(place);
	}
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < t->n_src; i++) {
			if (!open[i])
				continue;
			w->fate[i] = fate_of(t, w, t->src[i], &w->on[i]);
			open[i] = w->fate[i] == FATE_CIRCLE;
			more = more || !open[i];
		}
	}
	free(open);
	return w;
}

/* A free name beside what it is in, as near to the top as can be, from which it goes on (see tree_is_between()); NULL: none. The
 * caller frees. *taken, if any: the first that is not free, the caller's as well. */
static char *way_out(const struct tree *t, const struct dataset *src, const struct dataset *old,
		     char **taken)
{
	const char *was = src->dest_fs, *top = t->top->dst.d->name;
	char *between = name_between(strrchr(was, '/') + 1), *found = NULL;

	for (size_t n = strlen(top); found == NULL && was[n] == '/';
	     n += 1 + strcspn(was + n + 1, "/")) {
		char *name = str_fmt("%.*s/%s", (int)n, was, between);
		if (strcmp(name, old->name) == 0) {
			free(name);
			break;
		}
		char *in = name_parent(name);
		bool is_there = strcmp(in, top) == 0 || tree_find_dst(t, in) != NULL;
		if (is_there && is_free(t, name))
			found = mem_strdup(name);
		else if (*taken == NULL && tree_find_dst(t, name) != NULL)
			*taken = mem_strdup(name);
		free(in);
		free(name);
	}
	free(between);
	return found;
}

/* Where they wait for each other without end, one that nothing else in it keeps makes room. */
static void break_circle(const struct tree *t, struct plan *out)
{
	struct tree_waits *w = tree_find_waits(t);

	for (size_t i = 0; i < t->n_src && out->n == 0; i++) {
		if (w->fate[i] != FATE_CIRCLE)
			continue;
		const struct dataset *s = t->src[i], *old = old_replica(t, s);
		char *place = tree_dst_name_of(t, s->name), *taken = NULL, *to = NULL;
		struct err *tagged = NULL;
		if (!has_other_moves(t, old, place) && tree_tagged_in(t, old, &tagged) == NULL &&
		    tree_unmanaged_in(t, old, s) == NULL &&
		    (to = way_out(t, s, old, &taken)) != NULL) {
			plan_add_move(out, PAIR_DST, old->name, to);
		}
		err_free(tagged);
		free(taken);
		free(to);
		free(place);
	}
	tree_waits_free(w);
}

/* What its replica made room for is not there any more: its source has its name again. */
static void go_back(const struct tree *t, const struct dataset *src, struct plan *out)
{
	char *place = tree_dst_name_of(t, src->name), *parent = name_parent(place);
	bool is_free =
	    str_same(src->dest_fs, place) && tree_find_dst(t, place) == NULL &&
	    (strcmp(parent, t->top->dst.d->name) == 0 || tree_find_dst(t, parent) != NULL);
	const struct dataset *old =
	    is_free && !tree_is_excluded(t, src) ? on_way_back(t, src) : NULL;
	struct err *tagged = NULL;

	if (old != NULL && !name_within(place, old->name) && !goes_along(out, old) &&
	    !has_other_moves(t, old, place) && tree_tagged_in(t, old, &tagged) == NULL &&
	    tree_unmanaged_in(t, old, src) == NULL) {
		plan_add_move(out, PAIR_DST, old->name, place);
	}
	err_free(tagged);
	free(parent);
	free(place);
}

/* That one has its own reason, or its own circle. */
static struct err *waits_for(const struct tree *t, const struct dataset *on, struct err *e)
{
	if (on->paused)
		return err_remedy(e,
				  "%s is paused; when it may come along: on %s, {zfs set "
				  "%s:paused=no %s}, then {zrep sync %s}",
				  on->name, t->top->src.host_name, t->top->tag, on->name,
				  t->top->src.d->name);
	return err_remedy(e, "first what is said of %s, then on %s, {zrep sync %s}", on->name,
			  t->top->src.host_name, t->top->src.d->name);
}

/* Nothing gets on by itself: what keeps this one from making room, or what is to be set right first. */
static struct err *no_way_out(const struct tree *t, const struct dataset *src,
			      const struct dataset *on, struct err *e)
{
	const char *host = t->top->dst.host_name, *at = t->top->src.host_name;
	const char *top = t->top->src.d->name;
	const struct dataset *old = old_replica(t, src), *in;
	char *place = tree_dst_name_of(t, src->name), *taken = NULL;
	struct err *tagged = NULL;

	if (has_other_moves(t, old, place)) {
		waits_for(t, on, e);
	} else if (tree_tagged_in(t, old, &tagged) != NULL) {
		err_free(e);
		e = err_wrap(tagged, "%s was renamed to %s on %s", src->src_fs, src->name, at);
		tagged = NULL;
	} else {
		char *to = way_out(t, src, old, &taken);
		char *room = taken != NULL ? name_make_room(taken) : NULL;
		const struct dataset *there = taken != NULL ? tree_find_dst(t, taken) : NULL;
		in = tree_unmanaged_in(t, old, src);
		if (in != NULL && to != NULL)
			err_remedy(e,
				   "%s on %s contains %s, which is not a replica of this tree; if "
				   "it may go along: on %s, {zfs rename %s %s}, then on %s, {zrep "
				   "sync %s}",
				   old->name, host, in->name, host, old->name, to, at, top);
		else if (to == NULL && there != NULL && there->role == ROLE_NONE &&
			 there->n_others == 0)
			err_remedy(e,
				   "it cannot make room, because %s on %s is there: on %s, %s, "
				   "then on %s, {zrep sync %s}",
				   taken, host, host, room, at, top);
		else if (on != src)
			waits_for(t, on, e);
		else
			or_leave_out(t, src, e);
		free(to);
		free(room);
		free(taken);
	}
	free(place);
	return e;
}

struct err *tree_stays_waiting(const struct tree *t, const struct tree_waits *w,
			       const struct dataset *src, const struct err *why)
{
	size_t i = index_of(t, src);

	if (w->fate[i] == FATE_SETTLES)
		return NULL;
	struct err *e = err_refuse(REASON_RENAMED, "%s", why->what);
	if (w->fate[i] == FATE_CIRCLE)
		return no_way_out(t, src, w->on[i], e);
	return waits_for(t, w->on[i], e);
}

/* First what was renamed: what it leaves behind may be what is put aside then. */
void tree_tidy(const struct tree *t, struct plan *out)
{
	for (size_t i = 0; i < t->n_src; i++)
		if (tree_is_moved(t, t->src[i]) && !tree_is_excluded(t, t->src[i]))
			move(t, t->src[i], out);
	for (size_t i = 0; i < t->n_src; i++)
		if (!tree_is_moved(t, t->src[i]))
			go_back(t, t->src[i], out);
	if (out->n == 0)
		break_ring(t, out);
	bool moves = out->n > 0;
	for (size_t i = 0; i < t->n_dst && !moves; i++) {
		const struct dataset *d = t->dst[i];
		const char *why = tree_why_preserve(t, d);
		if (why != NULL && !tree_in_preserved(t, d) && tree_stays_for(t, d) == NULL)
			preserve(t, d, why, out);
	}
	if (out->n == 0)
		break_circle(t, out);
	out->again = out->n > 0;
}
