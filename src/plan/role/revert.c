/* Going back to an older snapshot without losing what is newer: the dataset is renamed, the snapshot cloned
 * to the old name, and the clone promoted, so that nothing is copied and the renamed one keeps what is
 * newer. Or, where the operator says so, by destroying what is newer. T:switch says which, from before the
 * first step until after the last; each step is found done or not done by looking. */
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/tags.h"
#include "state/native.h"
#include "util/mem.h"

bool plan_is_at(const struct dataset *d, const struct snap *to)
{
	return dataset_newest(d) == to && dataset_unchanged(d);
}

struct way {
	const struct pair *pair;
	const struct endpoint *me;
	struct plan *out;
	const struct dataset *has; /* what carries the note: under its name, or aside */
	char *base;                /* name of the snapshot, the part after '@' */
	const char *keep;
};

bool plan_clone_takes(const char *prop)
{
	return !native_has(prop, NATIVE_NOT_CLONED);
}

static void add_native(struct way *w)
{
	nvlist_t *props = nv_new();

	nv_each(w->has->native, p)
		if (plan_clone_takes(nvpair_name(p)))
			nv_add_str(props, nvpair_name(p), nv_str(w->has->native, nvpair_name(p)));
	if (!nv_empty(props))
		plan_add(w->out, STEP_SET_MORE, w->me->side, w->me->name)->props = props;
	else
		nv_free(props);
}

static void add_clone(struct way *w)
{
	char *origin = str_fmt("%s@%s", w->keep, w->base);
	struct step *s = plan_add(w->out, STEP_CLONE, w->me->side, w->me->name);

	s->from = mem_strdup(origin);
	s->props = nv_new();
	nv_each(w->has->own, p)
		nv_add_str(s->props, nvpair_name(p), nv_str(w->has->own, nvpair_name(p)));
	if (!w->has->master) /* received only, it would come to count */
		plan_prop(s->props, w->pair->tag, "master", "no");
	plan_prop_u64(s->props, w->pair->tag, "reset", w->has->change.guid);
	nv_add_str(s->props, "readonly", "on");
	free(origin);
}

/* What was below the dataset went aside with it, and is nobody's business here. `from` is its name now. */
static void add_children(struct way *w, const struct dataset *d)
{
	size_t n = strlen(d->name);

	for (size_t i = 0; i < d->below.n; i++) {
		const char *rest = d->below.items[i] + n;
		char *from = str_fmt("%s%s", w->keep, rest),
		     *to = str_fmt("%s%s", w->me->name, rest);
		if (*rest == '/' && strchr(rest + 1, '/') == NULL)
			plan_add(w->out, STEP_RENAME_BACK, w->me->side, from)->to = mem_strdup(to);
		plan_add(w->out, STEP_MOUNT, w->me->side, to);
		free(from);
		free(to);
	}
}

/* What is kept is nobody's replica and nobody's master; it is there to be looked at. */
static void add_aside(struct way *w, const char *now)
{
	const struct dataset *d = w->has;
	const struct snap *base = dataset_snap_by_guid(d, d->change.guid);
	nvlist_t *props = nv_new();

	if (d->type == TYPE_FILESYSTEM) { /* its mountpoint is the other's now */
		nvlist_t *mount = nv_new();
		nv_add_str(mount, "canmount", "noauto");
		plan_add(w->out, STEP_SET_MORE, w->me->side, w->keep)->props = mount;
	}
	nv_each(d->own, p)
		nv_add_flag(props, nvpair_name(p));
	plan_add(w->out, STEP_SET, w->me->side, w->keep)->props = props;
	/* Released later, it could be forgotten: without its properties nobody finds it. `now` is its name
	 * while that is done. */
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (!d->snaps[i].held || (base != NULL && d->snaps[i].createtxg <= base->createtxg))
			continue;
		char *name = str_fmt("%s@%s", now, d->snaps[i].name);
		plan_add(w->out, STEP_RELEASE_FIRST, w->me->side, name);
		free(name);
	}
}

static void add_end(struct way *w)
{
	const struct endpoint *other = pair_end(w->pair, pair_other(w->me->side));
	const struct dataset *o = other->d;
	/* The one that is offered the role may have taken it. Counted here and not before: a way that could
	 * not begin leaves a master of the epoch that it had. A master of a lower epoch leads nobody. */
	uint64_t epoch = w->has->epoch + w->has->master;
	char *base = str_fmt("%s@%s", w->me->name, w->base);

	if (o != NULL && o->role == ROLE_MASTER && o->change.kind != CHANGE_BACK &&
	    o->epoch > epoch)
		epoch = o->epoch;
	plan_add(w->out, STEP_HOLD, w->me->side, base);
	plan_add(w->out, STEP_MOUNT, w->me->side, w->me->name);
	if (w->has->master)
		plan_hook(w->out, w->pair, w->me->side, STEP_POST_DEMOTE, epoch, "replica");
	struct step *last = plan_add(w->out, STEP_SET_LAST, w->me->side, w->me->name);
	last->props = plan_replica_props(w->pair, w->me->side, epoch);
	plan_expect(last, w->pair->tag, w->has, "switch epoch");
	strv_addf(&w->out->done, "%s on %s is a replica now, at @%s", w->me->name, w->me->host_name,
		  w->base);
	free(base);
}

static void say_kept(struct way *w)
{
	strv_addf(&w->out->done, "what only %s on %s had is kept there as %s", w->me->name,
		  w->me->host_name, w->keep);
}

/* What ZFS does not take over to a clone, or forgets. */
static void say_lost(struct way *w)
{
	const char *reserved = nv_str(w->has->native, "refreservation");

	if (reserved == NULL)
		reserved = nv_str(w->has->native, "reservation");
	if (reserved != NULL && strcmp(reserved, "none") != 0 && strcmp(reserved, "0") != 0)
		strv_addf(
		    &w->out->done,
		    "the reservation of %s on %s stays with what is kept: set it again when that "
		    "is gone",
		    w->me->name, w->me->host_name);
	if (w->has->encrypted && !w->has->key_missing)
		strv_addf(
		    &w->out->done,
		    "if %s on %s has a key of its own, it has to be loaded again: zfs load-key %s",
		    w->me->name, w->me->host_name, w->me->name);
}

/* Nothing of the way was gone yet. */
static void set_out(struct way *w, const struct snap *base)
{
	const struct dataset *d = w->me->d;

	if (d->token != NULL)
		plan_add(w->out, STEP_ABORT, w->me->side, d->name);
	plan_add(w->out, STEP_UNMOUNT, w->me->side, d->name);
	if (w->keep != NULL) {
		plan_add(w->out, STEP_RENAME, w->me->side, d->name)->to = mem_strdup(w->keep);
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, w->me->side, d->name);
		add_children(w, d);
		add_native(w);
		add_aside(w, d->name);
		say_kept(w);
		say_lost(w);
		return;
	}
	plan_roll_back(w->out, d, w->me->side, base);
	nvlist_t *props = nv_new();
	plan_prop_u64(props, w->pair->tag, "reset", base->guid);
	plan_add(w->out, STEP_SET, w->me->side, d->name)->props = props;
	plan_mount_below(w->out, w->me->side, d);
}

/* What it had is aside; the clone may be there, promoted or not, perhaps without its properties and
 * children. */
static void go_on(struct way *w, bool promoted)
{
	if (w->me->aside == NULL)
		return;
	if (!promoted) {
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, w->me->side, w->me->name);
	}
	add_children(w, w->me->aside);
	if (w->me->d != NULL)
		plan_mount_below(w->out, w->me->side,
				 w->me->d); /* those that are in their place already */
	add_native(w);
	add_aside(w, w->keep);
	say_kept(w);
}

static bool is_clone_of(const struct dataset *d, const char *origin, const char *snap)
{
	size_t n = strlen(origin);

	return d->origin != NULL && strncmp(d->origin, origin, n) == 0 && d->origin[n] == '@' &&
	       strcmp(d->origin + n + 1, snap) == 0;
}

/* Another tag needs the dataset as it is. What has not begun is not begun; what has stands still. */
static bool other_tag_forbids(struct way *w, const struct snap *to)
{
	const struct dataset *d = w->me->d;
	struct err *e = tags_check(w->pair, w->me->side, DEED_ROLE);

	if (e == NULL)
		return false;
	if (d == NULL || w->me->aside != NULL || plan_way_is_gone(d)) {
		plan_refuse(w->out, e);
		return true;
	}
	plan_stay(w->pair, w->me->side, w->out);
	strv_addf(&w->out->done, "%s on %s was to go back to @%s, and does not: %s", w->me->name,
		  w->me->host_name, to->name, e->what);
	err_free(e);
	return true;
}

void plan_back(const struct pair *pair, enum pair_side at, struct plan *out)
{
	struct way w = {.pair = pair, .me = pair_end(pair, at), .out = out};
	const struct dataset *d = w.me->d;

	w.has = w.me->aside != NULL ? w.me->aside : d;
	if (w.has == d && d->role != ROLE_MASTER && d->role != ROLE_REPLICA) {
		plan_refuse(out, plan_no_pair(d->name, w.me->host_name, pair->tag));
		return;
	}
	w.keep = w.has->change.keep;
	const struct snap *base = dataset_snap_by_guid(w.has, w.has->change.guid);
	if (base == NULL && d != NULL)
		base = dataset_snap_by_guid(d, w.has->change.guid);
	if (base == NULL) {
		plan_refuse(
		    out, err_remedy(err_new(ERR_REFUSED,
					    "%s on %s is on its way back to a snapshot that is not "
					    "there any more (%s)",
					    w.me->name, w.me->host_name, w.has->switching),
				    "see `zrep list -v %s`; zrep rejoin chooses another one",
				    w.me->name));
		return;
	}
	if (other_tag_forbids(&w, base))
		return;
	/* It was to be destroyed what there was when somebody said so: not what was written since. */
	if (d != NULL && !d->readonly && w.keep == NULL && !plan_way_is_gone(d)) {
		plan_stay(pair, at, out);
		strv_addf(&out->done,
			  "%s on %s was to go back to @%s, and was written to after that was said: "
			  "say it again",
			  d->name, w.me->host_name, base->name);
		return;
	}
	/* Before it is known what there is: nobody may write to it from then on. */
	if (d != NULL && (!d->readonly || !d->readonly_local)) {
		plan_add(out, STEP_QUIESCE, at, d->name);
		out->again = true;
		return;
	}
	w.base = mem_strdup(base->name);
	if (d == NULL || w.me->aside != NULL)
		go_on(&w, d != NULL && !is_clone_of(d, w.keep, base->name));
	else if (d->reset != d->change.guid && !plan_is_at(d, base))
		set_out(&w, base);
	else
		plan_mount_below(out, at, d);
	add_end(&w);
	free(w.base);
}

bool plan_way_is_gone(const struct dataset *d)
{
	const struct snap *to = dataset_snap_by_guid(d, d->change.guid);

	/* Without the snapshot it is the clone that is to be promoted. */
	if (to == NULL || d->reset == d->change.guid)
		return true;
	/* A rollback that could not be noted any more cannot be told from a few bytes that are to go. */
	return d->change.keep == NULL && dataset_newest(d) == to &&
	       (dataset_unchanged(d) || (d->readonly && d->written <= RESET_NOISE));
}
