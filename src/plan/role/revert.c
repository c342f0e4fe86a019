/* Going back to an older snapshot without losing what is newer: the dataset is renamed, the snapshot cloned
 * to the old name, and the clone promoted, so that nothing is copied and the renamed one keeps what is
 * newer. Or, where the operator says so, by destroying what is newer. T:switch says which, from before the
 * first step until after the last; each step is found done or not done by looking. */
#include "plan/role/revert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/cancel.h"
#include "plan/role/role_props.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/native.h"
#include "util/mem.h"

/* --- what it goes back to, whether it may, and the mark that sends it there --- */

bool plan_is_at(const struct dataset *d, const struct snap *to)
{
	return dataset_newest(d) == to && dataset_unchanged(d);
}

struct back_risk plan_risk(const struct dataset *d, const struct snap *to)
{
	struct back_risk r = {.to = to, .bytes = dataset_written_after(d, to)};

	for (size_t i = 0; i < d->n_snaps; i++)
		r.snaps += d->snaps[i].createtxg > to->createtxg;
	return r;
}

char *plan_kept_name(const char *name, uint64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;
	char when[32];

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	return str_fmt("%s" CHANGE_KEPT "%s", name, when);
}

/* Every snapshot gets the longer name for a moment, and everything below as well. */
static struct err *check_length(const struct dataset *d, const char *kept, const char *host)
{
	size_t more = strlen(kept) - strlen(d->name), longest = 0;

	for (size_t i = 0; i < d->n_snaps; i++) {
		size_t n = strlen(d->name) + 1 + strlen(d->snaps[i].name);
		longest = n > longest ? n : longest;
	}
	for (size_t i = 0; i < d->below.n; i++) {
		size_t n = strlen(d->below.items[i]);
		longest = n > longest ? n : longest;
	}
	if (longest + more <= NAME_DATASET_MAX && strchr(d->name, '/') != NULL)
		return NULL;
	if (strchr(d->name, '/') == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is a pool: it cannot be renamed to keep what it has", d->name,
			    host),
		    "save what only it has elsewhere, then say --discard");
	return err_remedy(err_new(ERR_REFUSED,
				  "%s on %s cannot be kept as %s: the names would be too long",
				  d->name, host, kept),
			  "rename its longest snapshot, or say --discard");
}

static struct err *check_way(const struct dataset *d, const struct snap *to, const char *kept,
			     const char *host)
{
	const struct snap *held;

	if (kept != NULL)
		return check_length(d, kept, host);
	if ((held = plan_held_by_others(d, to)) == NULL)
		return NULL;
	return err_remedy(
	    err_new(ERR_REFUSED, "%s@%s on %s is held, and not by zrep: it cannot be discarded",
		    d->name, held->name, host),
	    "zfs holds %s@%s tells by whom; or go back without --discard", d->name, held->name);
}

void plan_begin_back(const struct pair *pair, enum pair_side at, const struct snap *to,
		     bool discard, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	char *kept = discard ? NULL : plan_kept_name(d->name, pair->now);
	struct err *e = tags_check(pair, at, DEED_ROLE);

	if (e == NULL && !plan_is_at(d, to))
		e = check_way(d, to, kept, me->host_name);
	if (e != NULL) {
		plan_refuse(out, e);
		free(kept);
		return;
	}
	/* Also where nothing is newer yet: a master may be written to until it is read-only. */
	nvlist_t *props = nv_new();
	char *back = change_back(to->guid, kept);
	plan_prop(props, pair->tag, "switch", back);
	plan_prop(props, pair->tag, "reset", NULL); /* set again, it says that this way is gone */
	if (d->role == ROLE_MASTER)
		plan_remember_readonly(props, pair->tag, d);
	struct step *mark = plan_add(out, STEP_SET, PHASE_DECLARE, at, d->name);
	mark->props = props;
	plan_expect(mark, pair->tag, d, "switch epoch master");
	plan_add(out, STEP_QUIESCE, PHASE_STOP, at, d->name);
	out->again = true;
	free(back);
	free(kept);
}

void plan_go_back(const struct pair *pair, enum pair_side at, const struct back_opts *opts,
		  struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	const struct snap *to =
	    opts->snap != NULL ? dataset_snap_by_name(d, opts->snap) : dataset_last_sent(d);

	if (to == NULL && opts->snap != NULL)
		plan_refuse(out,
			    err_remedy(err_new(ERR_REFUSED, "%s on %s has no snapshot @%s", d->name,
					       me->host_name, opts->snap),
				       "zfs list -t snapshot %s shows those that it has", d->name));
	else if (to == NULL)
		plan_refuse(
		    out, err_remedy(err_new(ERR_REFUSED,
					    "%s on %s has no snapshot that the other side is known "
					    "to have had",
					    d->name, me->host_name),
				    "name one to go back to: %s@SNAPSHOT", d->name));
	else if (d->role == ROLE_MASTER || !plan_is_at(d, to))
		plan_begin_back(pair, at, to, opts->discard, out);
	else
		out->unchanged = true;
}

/* --- the way itself --- */

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
		plan_add(w->out, STEP_SET, PHASE_ADJUST, w->me->side, w->me->name)->props = props;
	else
		nv_free(props);
}

static void add_clone(struct way *w)
{
	char *origin = str_fmt("%s@%s", w->keep, w->base);
	struct step *s = plan_add(w->out, STEP_CLONE, PHASE_MOVE, w->me->side, w->me->name);

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
			plan_add(w->out, STEP_RENAME, PHASE_RESTORE, w->me->side, from)->to =
			    mem_strdup(to);
		plan_add(w->out, STEP_MOUNT, PHASE_MOUNT, w->me->side, to);
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
		plan_add(w->out, STEP_SET, PHASE_ADJUST, w->me->side, w->keep)->props = mount;
	}
	nv_each(d->own, p)
		nv_add_flag(props, nvpair_name(p));
	plan_add(w->out, STEP_SET, PHASE_RECORD, w->me->side, w->keep)->props = props;
	/* Released later, it could be forgotten: without its properties nobody finds it. `now` is its name
	 * while that is done. */
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (!d->snaps[i].held || (base != NULL && d->snaps[i].createtxg <= base->createtxg))
			continue;
		char *name = str_fmt("%s@%s", now, d->snaps[i].name);
		plan_add(w->out, STEP_RELEASE, PHASE_GIVE_UP, w->me->side, name);
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
	plan_add(w->out, STEP_HOLD, PHASE_SECURE, w->me->side, base);
	plan_add(w->out, STEP_MOUNT, PHASE_MOUNT, w->me->side, w->me->name);
	if (w->has->master)
		plan_hook(w->out, w->pair, w->me->side, PHASE_DEMOTED, epoch, "replica");
	struct step *last = plan_add(w->out, STEP_SET, PHASE_COMMIT, w->me->side, w->me->name);
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
		plan_add(w->out, STEP_ABORT, PHASE_CLEAR_AWAY, w->me->side, d->name);
	plan_add(w->out, STEP_UNMOUNT, PHASE_STOP, w->me->side, d->name);
	if (w->keep != NULL) {
		plan_add(w->out, STEP_RENAME, PHASE_MOVE, w->me->side, d->name)->to =
		    mem_strdup(w->keep);
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, PHASE_MOVE, w->me->side, d->name);
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
	plan_add(w->out, STEP_SET, PHASE_RECORD, w->me->side, d->name)->props = props;
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
		plan_add(w->out, STEP_PROMOTE, PHASE_MOVE, w->me->side, w->me->name);
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
	out->discards[at] = w.has->change.kind == CHANGE_BACK && w.keep == NULL;
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
		plan_add(out, STEP_QUIESCE, PHASE_STOP, at, d->name);
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

void plan_predict_back(const struct pair *pair, enum pair_side at, const struct plan *begun,
		       struct plan *out)
{
	const struct dataset *d = pair_end(pair, at)->d;
	char *key = str_fmt("%s:switch", pair->tag);
	struct pair then = *pair;

	for (size_t i = 0; d != NULL && i < begun->n; i++) {
		const struct step *s = &begun->steps[i];
		struct change change = change_parse(nv_str(s->props, key));
		if (s->kind->op == STEP_SET && s->kind->phase == PHASE_DECLARE && s->at == at &&
		    change.kind == CHANGE_BACK) {
			struct dataset marked = *d;
			marked.change = change;
			marked.switching = (char *)(uintptr_t)nv_str(s->props, key);
			marked.reset = 0;
			marked.readonly = marked.readonly_local = true;
			*(at == PAIR_SRC ? &then.src.d : &then.dst.d) = &marked;
			plan_back(&then, at, out);
		}
		change_clear(&change);
	}
	free(key);
}
