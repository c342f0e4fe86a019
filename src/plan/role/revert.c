/* Going back to an older snapshot without losing what is newer: the dataset is renamed, the snapshot cloned
 * to the old name, and the clone promoted, so that nothing is copied and the renamed one keeps what is
 * newer. Or, where the operator says so, by destroying what is newer. T:switch says which, from before the
 * first step until after the last; each step is found done or not done by looking. */
#include "plan/role/revert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/obstacles.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/cancel.h"
#include "plan/role/history.h"
#include "plan/role/role_props.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "state/native.h"
#include "util/mem.h"
#include "util/name.h"

/* --- what it goes back to, whether it may, and the mark that sends it there --- */

bool plan_is_at(const struct dataset *d, const struct snap *to)
{
	return dataset_newest(d) == to && dataset_unchanged(d);
}

struct revert_risk plan_risk(const struct dataset *d, const struct snap *to)
{
	struct revert_risk r = {.to = to, .bytes = dataset_written_after(d, to)};

	for (size_t i = 0; i < d->n_snaps; i++)
		r.snaps += d->snaps[i].createtxg > to->createtxg;
	return r;
}

char *plan_preserved_name(const char *name, uint64_t now)
{
	return name_timed(name, PRESERVED_INFIX, now);
}

/* Two ways back in one second keep two datasets, and no two may want one name. What was kept before is on record. */
static char *preserve_as(const struct dataset *d, uint64_t now)
{
	struct history h = history_parse(d->history);
	char *kept = plan_preserved_name(d->name, now);

	for (size_t i = 0; i < h.n; i++)
		if (str_same(h.items[i].text[HISTORY_KEPT], kept)) {
			free(kept);
			kept = plan_preserved_name(d->name, ++now);
			i = (size_t)-1; /* from the first one again */
		}
	history_free(&h);
	return kept;
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
		    err_refuse(
			REASON_MISFIT,
			"%s on %s is a pool: it cannot be renamed, so its data cannot be preserved",
			d->name, host),
		    "save what only it has elsewhere, then say --discard");
	return err_remedy(
	    err_refuse(REASON_SETTING,
		       "%s on %s cannot be preserved as %s: the names would be too long", d->name,
		       host, kept),
	    "rename its longest snapshot, or say --discard");
}

/* What it goes back for, if it is a loser's way. */
static const struct dataset *winner_of(const struct pair *pair, enum pair_side at)
{
	const struct dataset *other = pair_end(pair, pair_other(at))->d;

	return other != NULL && other->master ? other : NULL;
}

/* `winner`: what the other end is, where it leads. */
static struct err *check_revert_begun(const struct dataset *d, const struct snap *to,
				      const char *kept, const char *host,
				      const struct dataset *winner)
{
	struct err *e = kept != NULL ? check_length(d, kept, host) : NULL;

	if (e != NULL)
		return e;
	if (kept != NULL)
		return plan_no_room(d, host);
	/* What failover -L or takeover -L has begun with --discard goes on so; of a rejoin the last word counts. */
	bool begun = winner == NULL && d->switch_state.kind == SWITCH_REVERTING;
	return plan_obstacles(d, to, host,
			      begun ? NULL
				    : "without --discard it is preserved, with all that "
				      "depends on it");
}

/* What another tag's replica, or the master that it leaves, has in common with d does not go along where all of it is newer: told
 * before. */
static void note_other_bases(const struct dataset *d, const struct snap *to, const char *host,
			     struct plan *out)
{
	for (size_t i = 0; i < d->n_others; i++) {
		const struct other_tag *o = &d->others[i];
		char tag[NAME_TAG_MAX + 1];
		bool newer = false, stays = false;
		bool sends = o->role == ROLE_MASTER && o->master;
		const char *fs = sends ? o->dest_fs : o->src_fs,
			   *at = sends ? o->dest_host : o->src_host;
		if (!sends && (o->role != ROLE_REPLICA || o->received))
			continue;
		for (size_t k = 0; k < d->n_snaps; k++) {
			const struct snap *s = &d->snaps[k];
			if (s->other && name_seq_tag(s->name, tag) && strcmp(tag, o->tag) == 0)
				*(s->createtxg <= to->createtxg ? &stays : &newer) = true;
		}
		if (newer && !stays)
			strv_addf(
			    &out->notes,
			    "tag %s: all that %s on %s has in common with %s on %s is newer than "
			    "@%s, so that pair has to be made anew afterwards",
			    o->tag, d->name, host, fs != NULL ? fs : d->name, at != NULL ? at : "?",
			    to->name);
	}
}

void plan_begin_revert(const struct pair *pair, enum pair_side at, const struct snap *to,
		       bool discard, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	char *kept = discard ? NULL : preserve_as(d, pair->now);
	struct err *e = tags_check(pair, at, discard && !plan_is_at(d, to) ? DEED_BACK : DEED_ROLE);

	if (e == NULL && !plan_is_at(d, to))
		e = check_revert_begun(d, to, kept, me->host_name, winner_of(pair, at));
	if (e != NULL) {
		plan_refuse(out, e);
		free(kept);
		return;
	}
	/* Also where nothing is newer yet: a master may be written to until it is read-only. */
	nvlist_t *props = nv_new();
	char *back = switch_reverting(to->guid, kept);
	plan_prop(props, pair->tag, "switch", back);
	plan_prop(props, pair->tag, "reset", NULL); /* set again, it says that this way is gone */
	if (d->role == ROLE_MASTER)
		plan_remember_readonly(props, pair->tag, d);
	struct step *mark = plan_add(out, STEP_SET, PHASE_DECLARE, at, d->name);
	mark->props = props;
	plan_expect(mark, pair->tag, d, ROLE_MARKS);
	plan_add(out, STEP_QUIESCE, PHASE_STOP, at, d->name);
	out->again = true;
	if (!plan_is_at(d, to))
		note_other_bases(d, to, me->host_name, out);
	free(back);
	free(kept);
}

void plan_keep_instead(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	char *kept = preserve_as(d, pair->now);
	struct err *e = check_length(d, kept, me->host_name);

	if (e != NULL) {
		plan_refuse(out, e);
	} else {
		char *back = switch_reverting(d->switch_state.guid, kept);
		struct step *mark = plan_add(out, STEP_SET, PHASE_DECLARE, at, d->name);
		mark->props = nv_new();
		plan_prop(mark->props, pair->tag, "switch", back);
		plan_expect(mark, pair->tag, d, ROLE_MARKS);
		strv_addf(&out->done,
			  "%s on %s was to go back destroying what is newer; that is kept now",
			  d->name, me->host_name);
		free(back);
	}
	free(kept);
}

struct err *plan_no_snapshot(const struct dataset *d, const char *host, const char *snap)
{
	return err_remedy(
	    err_refuse(REASON_MISSING, "%s on %s has no snapshot @%s", d->name, host, snap),
	    "on %s: {zfs list -t snapshot %s} shows those that it has", host, d->name);
}

void plan_revert_to(const struct pair *pair, enum pair_side at, const struct revert_opts *opts,
		    struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	const struct snap *to =
	    opts->snap != NULL ? dataset_snap_by_name(d, opts->snap) : dataset_last_sent(d);

	/* What others were sent under other tags may be newer. */
	if (to != NULL && !plan_is_at(d, to) && tags_refuse(pair, at, DEED_BACK, out))
		return;
	if (to == NULL && opts->snap != NULL)
		plan_refuse(out, plan_no_snapshot(d, me->host_name, opts->snap));
	else if (to == NULL)
		plan_refuse(
		    out,
		    err_remedy(err_refuse(REASON_NO_BASE,
					  "%s on %s has no snapshot that the other side is known "
					  "to have had",
					  d->name, me->host_name),
			       "name one to go back to: %s@SNAPSHOT", d->name));
	else if (d->role == ROLE_MASTER || !plan_is_at(d, to))
		plan_begin_revert(pair, at, to, opts->discard, out);
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

/* A limit that is none is what the clone has anyway, and zfs does not take back the 0 that it prints. */
static bool is_to_set(const char *prop, const char *value)
{
	return plan_clone_takes(prop) &&
	       !(native_has(prop, NATIVE_LIMIT) && native_is_no_limit(value));
}

static void add_native(struct way *w)
{
	nvlist_t *props = nv_new();

	nv_each(w->has->native, p)
		if (is_to_set(nvpair_name(p), nv_str(w->has->native, nvpair_name(p))))
			nv_add_str(props, nvpair_name(p), nv_str(w->has->native, nvpair_name(p)));
	if (!nv_empty(props))
		plan_add(w->out, STEP_SET, PHASE_ADJUST, w->me->side, w->me->name)->props = props;
	else
		nv_free(props);
}

/* Received only, it would come to count. */
static void drop_received(nvlist_t *props, const char *tag, const char *prop, bool counts)
{
	char *key = str_fmt("%s:%s", tag, prop);

	if (!counts && nv_str(props, key) != NULL)
		nv_remove(props, key);
	free(key);
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
	identity_succeed(s->props, w->pair->tag, w->has);
	drop_received(s->props, w->pair->tag, "history", w->has->history != NULL);
	/* So does the other end of every other tag's pair. */
	for (size_t i = 0; i < w->has->n_others; i++)
		identity_succeed_beside(s->props, &w->has->others[i], w->has);
	plan_prop_u64(s->props, w->pair->tag, "reset", w->has->switch_state.guid);
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
static void add_preserved(struct way *w, const char *now)
{
	const struct dataset *d = w->has;
	const struct snap *base = dataset_snap_by_guid(d, d->switch_state.guid);
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

/* What only the dataset had. */
static struct revert_risk at_stake(const struct way *w)
{
	const struct snap *base = dataset_snap_by_guid(w->has, w->has->switch_state.guid);
	struct revert_risk all = {.bytes = w->has->written, .snaps = w->has->n_snaps};

	if (base != NULL)
		return plan_risk(w->has, base);
	/* What is aside has left the snapshot, and all that is older, to the clone. */
	for (size_t i = 0; i < w->has->n_snaps; i++)
		all.bytes += w->has->snaps[i].written;
	return all;
}

static void record_way(struct way *w, uint64_t epoch, nvlist_t *props)
{
	bool rejoins = winner_of(w->pair, w->me->side) != NULL;

	if (!rejoins && !w->has->master) { /* it goes back alone, as the replica that it was */
		plan_record_alone(props, w->pair, w->me->side, NULL);
		return;
	}
	struct history_entry e =
	    plan_change(w->pair, rejoins ? HISTORY_REJOINED : HISTORY_GIVEN_UP, w->me->side);
	struct revert_risk risk = at_stake(w);
	if (!rejoins) /* nobody has it then */
		history_set_text(&e, HISTORY_TO, NULL);
	history_set_number(&e, HISTORY_EPOCH, epoch);
	/* Rolled back by a run that died then: nobody knows any more what it had. */
	bool unknown =
	    w->keep == NULL && w->has->reset != 0 && w->has->reset == w->has->switch_state.guid;
	if (!unknown) {
		history_set_number(&e, HISTORY_SNAPS, risk.snaps);
		history_set_number(&e, HISTORY_BYTES, risk.bytes);
	}
	history_set_number(&e, HISTORY_FORK, w->has->switch_state.guid);
	if (w->keep != NULL && (risk.snaps > 0 || risk.bytes > 0))
		history_set_text(&e, HISTORY_KEPT, w->keep);
	else if (risk.snaps > 0 || risk.bytes > 0)
		history_set_text(&e, HISTORY_KEPT, "-");
	if (rejoins)
		plan_record(props, w->pair, w->me->side, &e);
	else
		plan_record_alone(props, w->pair, w->me->side, &e);
}

static void add_end(struct way *w)
{
	const struct endpoint *other = pair_end(w->pair, pair_other(w->me->side));
	const struct dataset *o = other->d;
	/* The one that is offered the role may have taken it. Counted here and not before: a way that could
	 * not begin leaves a master of the epoch that it had. A master of a lower epoch leads nobody. */
	uint64_t epoch = w->has->epoch + w->has->master;
	char *base = str_fmt("%s@%s", w->me->name, w->base);

	if (o != NULL && o->role == ROLE_MASTER && o->switch_state.kind != SWITCH_REVERTING &&
	    o->epoch > epoch)
		epoch = o->epoch;
	plan_add(w->out, STEP_HOLD, PHASE_SECURE, w->me->side, base);
	plan_add(w->out, STEP_MOUNT, PHASE_MOUNT, w->me->side, w->me->name);
	if (w->has->master)
		plan_hook(w->out, w->pair, w->me->side, PHASE_DEMOTED, epoch, "replica");
	struct step *last = plan_add(w->out, STEP_SET, PHASE_COMMIT, w->me->side, w->me->name);
	last->props = plan_replica_props(w->pair, w->me->side, epoch);
	record_way(w, epoch, last->props);
	plan_expect(last, w->pair->tag, w->has, "switch epoch");
	strv_addf(&w->out->done, "%s on %s is a replica now, at @%s", w->me->name, w->me->host_name,
		  w->base);
	free(base);
}

static void say_kept(struct way *w)
{
	strv_addf(&w->out->done, "what only %s on %s had is preserved there as %s", w->me->name,
		  w->me->host_name, w->keep);
}

/* What ZFS does not take over to a clone, or forgets. */
static void say_lost(struct way *w)
{
	const char *reserved = nv_str(w->has->native, "refreservation");

	if (reserved == NULL)
		reserved = nv_str(w->has->native, "reservation");
	if (reserved != NULL && strcmp(reserved, "none") != 0 && strcmp(reserved, "0") != 0)
		strv_addf(&w->out->done,
			  "the reservation of %s on %s stays with the preserved copy: set it again "
			  "when that is gone",
			  w->me->name, w->me->host_name);
	if (w->has->encrypted && !w->has->key_missing)
		strv_tell(&w->out->done,
			  "if %s on %s has a key of its own, it has to be loaded again: {zfs "
			  "load-key %s}",
			  w->me->name, w->me->host_name, w->me->name);
}

/* Nothing of the way was gone yet. */
static void set_out(struct way *w, const struct snap *base)
{
	const struct dataset *d = w->me->d;

	if (d->token != NULL)
		plan_add(w->out, STEP_ABORT, PHASE_CLEAR_AWAY, w->me->side, d->name);
	struct err *e = w->keep != NULL && w->me->in_way != NULL
			    ? plan_in_way(d, w->keep, w->me->host_name)
			    : check_revert_begun(d, base, w->keep, w->me->host_name,
						 winner_of(w->pair, w->me->side));
	if (e != NULL) { /* it came in between, or was there when a crash had left the mark */
		plan_refuse(w->out, e);
		return;
	}
	plan_add(w->out, STEP_UNMOUNT, PHASE_STOP, w->me->side, d->name);
	if (w->keep != NULL) {
		plan_add(w->out, STEP_RENAME, PHASE_MOVE, w->me->side, d->name)->to =
		    mem_strdup(w->keep);
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, PHASE_MOVE, w->me->side, d->name);
		add_children(w, d);
		add_native(w);
		add_preserved(w, d->name);
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
	if (w->me->preserved == NULL)
		return;
	if (!promoted) {
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, PHASE_MOVE, w->me->side, w->me->name);
	}
	add_children(w, w->me->preserved);
	if (w->me->d != NULL)
		plan_mount_below(w->out, w->me->side,
				 w->me->d); /* those that are in their place already */
	add_native(w);
	add_preserved(w, w->keep);
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
	bool destroys = w->keep == NULL && d != NULL && !plan_is_at(d, to);
	struct err *e = tags_check(w->pair, w->me->side, destroys ? DEED_BACK : DEED_ROLE);

	if (e == NULL)
		return false;
	if (d == NULL || w->me->preserved != NULL || plan_revert_has_begun(d)) {
		plan_refuse(w->out, e);
		return true;
	}
	plan_cancel_switch(w->pair, w->me->side, w->out);
	strv_addf(&w->out->done, "%s on %s was not reverted to @%s: %s", w->me->name,
		  w->me->host_name, to->name, e->what);
	err_free(e);
	return true;
}

void plan_revert(const struct pair *pair, enum pair_side at, struct plan *out)
{
	struct way w = {.pair = pair, .me = pair_end(pair, at), .out = out};
	const struct dataset *d = w.me->d;

	w.has = w.me->preserved != NULL ? w.me->preserved : d;
	if (w.has == d && d->role != ROLE_MASTER && d->role != ROLE_REPLICA) {
		plan_refuse(out, plan_no_pair(d->name, w.me->host_name, pair->tag));
		return;
	}
	w.keep = w.has->switch_state.preserve_as;
	out->discards[at] = w.has->switch_state.kind == SWITCH_REVERTING && w.keep == NULL;
	const struct snap *base = dataset_snap_by_guid(w.has, w.has->switch_state.guid);
	if (base == NULL && d != NULL)
		base = dataset_snap_by_guid(d, w.has->switch_state.guid);
	if (base == NULL) {
		plan_refuse(
		    out, err_remedy(
			     err_refuse(REASON_SWITCHING,
					"%s on %s is being reverted to a snapshot that "
					"does not exist any more (%s)",
					w.me->name, w.me->host_name, w.has->switch_text),
			     "on %s, see `{zrep list -v %s}`; {zrep rejoin %s} chooses another one",
			     w.me->host_name, w.me->name, w.me->name));
		return;
	}
	if (other_tag_forbids(&w, base))
		return;
	/* It was to be destroyed what there was when somebody said so: not what was written since. */
	if (d != NULL && !d->readonly && w.keep == NULL && !plan_revert_has_begun(d)) {
		plan_cancel_switch(pair, at, out);
		strv_addf(&out->done,
			  "%s on %s was not reverted to @%s, because it was written to after zrep "
			  "announced that: run the same command again",
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
	if (d == NULL || w.me->preserved != NULL)
		go_on(&w, d != NULL && !is_clone_of(d, w.keep, base->name));
	else if (d->reset != d->switch_state.guid && !plan_is_at(d, base))
		set_out(&w, base);
	else
		plan_mount_below(out, at, d);
	if (out->refusal == NULL)
		add_end(&w);
	free(w.base);
}

/* A clone as it was made. */
static bool is_bare(const struct dataset *d)
{
	return d->n_snaps == 0 && d->readonly && d->below.n == 0 && d->written <= RESET_NOISE;
}

void plan_take_back(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *aside = me->preserved, *d = me->d;
	const struct snap *base =
	    aside != NULL ? dataset_snap_by_guid(aside, aside->switch_state.guid) : NULL;

	if (base == NULL) /* it is where it was, or its snapshots are the clone's: forwards, then */
		return;
	if (d != NULL) {
		if (!is_clone_of(d, aside->name, base->name) || !is_bare(d))
			return;
		plan_add(out, STEP_UNMOUNT, PHASE_STOP, at, d->name);
		plan_add(out, STEP_UNCLONE, PHASE_RESTORE, at, d->name)->from =
		    str_fmt("%s@%s", aside->name, base->name);
	}
	plan_add(out, STEP_RENAME, PHASE_RESTORE, at, aside->name)->to = mem_strdup(me->name);
	plan_add(out, STEP_MOUNT, PHASE_MOUNT, at, me->name);
	size_t n = strlen(aside->name);
	for (size_t i = 0; i < aside->below.n; i++) {
		char *name = str_fmt("%s%s", me->name, aside->below.items[i] + n);
		plan_add(out, STEP_MOUNT, PHASE_MOUNT, at, name);
		free(name);
	}
	strv_addf(&out->done,
		  "%s on %s could not be reverted, and has its name and all of its data again",
		  me->name, me->host_name);
}

void plan_after_marks(const struct pair *pair, enum pair_side at, const struct plan *done,
		      struct dataset *after)
{
	const struct dataset *d = pair_end(pair, at)->d;
	char *mark = str_fmt("%s:switch", pair->tag), *note = str_fmt("%s:readonly", pair->tag),
	     *reset = str_fmt("%s:reset", pair->tag);

	*after = *d;
	after->own = nv_dup(d->own);
	for (size_t i = 0; i < done->n; i++) {
		const struct step *s = &done->steps[i];
		if (s->at != at || strcmp(s->name, d->name) != 0)
			continue;
		if (s->kind->op == STEP_QUIESCE)
			after->readonly = after->readonly_local = true;
		if (s->kind->op != STEP_SET || s->kind->phase != PHASE_DECLARE)
			continue;
		nv_each(s->props, p) {
			const char *key = nvpair_name(p), *value = nv_str(s->props, key);
			nv_remove(after->own, key);
			if (value != NULL)
				nv_add_str(after->own, key, value);
		}
		/* Text of the copy: it goes with that. */
		after->switch_text = (char *)(uintptr_t)nv_str(after->own, mark);
		after->readonly_was = (char *)(uintptr_t)nv_str(after->own, note);
		after->reset = nv_str(after->own, reset) != NULL ? d->reset : 0;
	}
	after->switch_state = switch_parse(after->switch_text);
	free(mark);
	free(note);
	free(reset);
}

void plan_after_marks_free(struct dataset *after)
{
	nv_free(after->own);
	switch_clear(&after->switch_state);
}

void plan_simulate_revert(const struct pair *pair, enum pair_side at, const struct plan *begun,
			  struct plan *out)
{
	struct pair then = *pair;
	struct dataset after;

	if (pair_end(pair, at)->d == NULL || begun->n == 0)
		return;
	plan_after_marks(pair, at, begun, &after);
	*(at == PAIR_SRC ? &then.src.d : &then.dst.d) = &after;
	if (after.switch_state.kind == SWITCH_REVERTING)
		plan_revert(&then, at, out);
	plan_after_marks_free(&after);
}
