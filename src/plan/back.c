/* Going back to an older snapshot without losing what is newer: the dataset is renamed, the snapshot cloned
 * to the old name, and the clone promoted, so that nothing is copied and the renamed one keeps what is
 * newer. Or, where the operator says so, by destroying what is newer. T:switch says which, from before the
 * first step until after the last; each step is found done or not done by looking. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan/plan.h"
#include "util/mem.h"
#include "util/num.h"

struct back_risk plan_risk(const struct dataset *d, const struct snap *to)
{
	struct back_risk r = {.to = to, .bytes = dataset_written_after(d, to)};

	for (size_t i = 0; i < d->n_snaps; i++)
		r.snaps += d->snaps[i].createtxg > to->createtxg;
	return r;
}

static bool is_at(const struct dataset *d, const struct snap *to)
{
	return dataset_newest(d) == to && dataset_unchanged(d);
}

/* NAME_kept_20261125T130509Z */
static char *kept_name(const char *name, uint64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;
	char when[32];

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	return str_fmt("%s" KEPT "%s", name, when);
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

static const struct snap *held_by_others(const struct dataset *d, const struct snap *to)
{
	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > to->createtxg &&
		    d->snaps[i].holds > (d->snaps[i].held ? 1u : 0u))
			return &d->snaps[i];
	return NULL;
}

static struct err *check_way(const struct dataset *d, const struct snap *to, const char *kept,
			     const char *host)
{
	const struct snap *held;

	if (kept != NULL)
		return check_length(d, kept, host);
	if ((held = held_by_others(d, to)) == NULL)
		return NULL;
	return err_remedy(
	    err_new(ERR_REFUSED, "%s@%s on %s is held, and not by zrep: it cannot be discarded",
		    d->name, held->name, host),
	    "zfs holds %s@%s tells by whom; or go back without --discard", d->name, held->name);
}

/* Marks an end as on its way back to `to`, and makes it read-only, so that what it has is known. */
static void begin(const struct pair *pair, enum where at, const struct snap *to, bool discard,
		  struct plan *out)
{
	struct end me = plan_end(pair, at);
	const struct dataset *d = me.d;
	char *kept = discard ? NULL : kept_name(d->name, pair->now);
	struct err *e = is_at(d, to) ? NULL : check_way(d, to, kept, me.host);

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
	plan_add(out, STEP_SET_FIRST, at, d->name)->props = props;
	plan_add(out, STEP_QUIESCE, at, d->name);
	out->again = true;
	free(back);
	free(kept);
}

/* --- the way --- */

struct way {
	const struct pair *pair;
	struct end me;
	struct plan *out;
	const struct dataset *has; /* what carries the note: under its name, or aside */
	char *base;                /* name of the snapshot, the part after '@' */
	const char *keep;
};

/* What a clone does not take over. A reservation of the same size twice may be more than there is. */
static bool is_left_behind(const char *prop)
{
	static const char *const left[] = {
	    "readonly",      "volsize",     "volblocksize", "encryption",      "keyformat",
	    "keylocation",   "pbkdf2iters", "version",      "reservation",     "refreservation",
	    "normalization", "utf8only",    "mlslabel",     "casesensitivity", "defaultuserquota",
	};

	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		if (strcmp(prop, left[i]) == 0)
			return true;
	return false;
}

static void add_native(struct way *w)
{
	nvlist_t *props = nv_new();

	nv_each(w->has->native, p)
		if (!is_left_behind(nvpair_name(p)))
			nv_add_str(props, nvpair_name(p), nv_str(w->has->native, nvpair_name(p)));
	if (!nv_empty(props))
		plan_add(w->out, STEP_SET_MORE, w->me.at, w->me.name)->props = props;
	else
		nv_free(props);
}

static void add_clone(struct way *w)
{
	char *origin = str_fmt("%s@%s", w->keep, w->base);
	struct step *s = plan_add(w->out, STEP_CLONE, w->me.at, w->me.name);

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
		     *to = str_fmt("%s%s", w->me.name, rest);
		if (*rest == '/' && strchr(rest + 1, '/') == NULL)
			plan_add(w->out, STEP_RENAME_BACK, w->me.at, from)->to = mem_strdup(to);
		plan_add(w->out, STEP_MOUNT, w->me.at, to);
		free(from);
		free(to);
	}
}

/* What is kept is nobody's replica and nobody's master; it is there to be looked at. */
static void add_aside(struct way *w)
{
	const struct dataset *d = w->has;
	const struct snap *base = dataset_snap_by_guid(d, d->change.guid);
	nvlist_t *props = nv_new();

	if (d->type == TYPE_FILESYSTEM) { /* its mountpoint is the other's now */
		nvlist_t *mount = nv_new();
		nv_add_str(mount, "canmount", "noauto");
		plan_add(w->out, STEP_SET_MORE, w->me.at, w->keep)->props = mount;
	}
	nv_each(d->own, p)
		nv_add_flag(props, nvpair_name(p));
	plan_add(w->out, STEP_SET, w->me.at, w->keep)->props = props;
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (!d->snaps[i].held || (base != NULL && d->snaps[i].createtxg <= base->createtxg))
			continue;
		char *name = str_fmt("%s@%s", w->keep, d->snaps[i].name);
		plan_add(w->out, STEP_RELEASE, w->me.at, name);
		free(name);
	}
}

static void add_end(struct way *w)
{
	struct end other = plan_end(w->pair, plan_other(w->me.at));
	const struct dataset *o = other.d;
	bool led = o != NULL && o->role == ROLE_MASTER && o->change.kind != CHANGE_BACK;
	/* Where nobody says that he leads, the one that is offered the role may have taken it. Counted here
	 * and not before: a way that could not begin leaves a master of the epoch that it had. */
	uint64_t epoch = w->has->epoch + (w->has->master && !led);
	char *base = str_fmt("%s@%s", w->me.name, w->base);

	if (led && o->epoch > epoch)
		epoch = o->epoch;
	plan_add(w->out, STEP_HOLD, w->me.at, base);
	plan_add(w->out, STEP_MOUNT, w->me.at, w->me.name);
	if (w->has->master)
		plan_hook(w->out, w->pair, w->me.at, STEP_POST_DEMOTE, epoch, "replica");
	plan_add(w->out, STEP_SET_LAST, w->me.at, w->me.name)->props =
	    plan_replica_props(w->pair, w->me.at, epoch);
	strv_addf(&w->out->notes, "%s on %s is a replica now, at @%s", w->me.name, w->me.host,
		  w->base);
	free(base);
}

static void say_kept(struct way *w)
{
	strv_addf(&w->out->notes, "what only %s on %s had is kept there as %s", w->me.name,
		  w->me.host, w->keep);
}

/* What ZFS does not take over to a clone, or forgets. */
static void say_lost(struct way *w)
{
	const char *reserved = nv_str(w->has->native, "refreservation");

	if (reserved == NULL)
		reserved = nv_str(w->has->native, "reservation");
	if (reserved != NULL && strcmp(reserved, "none") != 0 && strcmp(reserved, "0") != 0)
		strv_addf(
		    &w->out->notes,
		    "the reservation of %s on %s stays with what is kept: set it again when that "
		    "is gone",
		    w->me.name, w->me.host);
	if (w->has->encrypted && !w->has->key_missing)
		strv_addf(
		    &w->out->notes,
		    "if %s on %s has a key of its own, it has to be loaded again: zfs load-key %s",
		    w->me.name, w->me.host, w->me.name);
}

/* Nothing of the way was gone yet. */
static void set_out(struct way *w, const struct snap *base)
{
	const struct dataset *d = w->me.d;

	if (d->token != NULL)
		plan_add(w->out, STEP_ABORT, w->me.at, d->name);
	plan_add(w->out, STEP_UNMOUNT, w->me.at, d->name);
	if (w->keep != NULL) {
		plan_add(w->out, STEP_RENAME, w->me.at, d->name)->to = mem_strdup(w->keep);
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, w->me.at, d->name);
		add_children(w, d);
		add_native(w);
		add_aside(w);
		say_kept(w);
		say_lost(w);
		return;
	}
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (d->snaps[i].createtxg <= base->createtxg)
			continue;
		char *name = str_fmt("%s@%s", d->name, d->snaps[i].name);
		if (d->snaps[i].held)
			plan_add(w->out, STEP_RELEASE_FIRST, w->me.at, name);
		plan_add(w->out, STEP_DESTROY_FOREIGN, w->me.at, name);
		free(name);
	}
	char *name = str_fmt("%s@%s", d->name, base->name);
	plan_add(w->out, STEP_ROLLBACK, w->me.at, name);
	nvlist_t *props = nv_new();
	plan_prop_u64(props, w->pair->tag, "reset", base->guid);
	plan_add(w->out, STEP_SET, w->me.at, d->name)->props = props;
	for (size_t i = 0; i < d->below.n; i++)
		plan_add(w->out, STEP_MOUNT, w->me.at, d->below.items[i]);
	free(name);
}

/* What it had is aside; the clone may be there, promoted or not, perhaps without its properties and
 * children. */
static void go_on(struct way *w, bool promoted)
{
	if (w->me.aside == NULL)
		return;
	if (!promoted) {
		add_clone(w);
		plan_add(w->out, STEP_PROMOTE, w->me.at, w->me.name);
	}
	add_children(w, w->me.aside);
	add_native(w);
	add_aside(w);
	say_kept(w);
}

static bool is_clone_of(const struct dataset *d, const char *origin, const char *snap)
{
	size_t n = strlen(origin);

	return d->origin != NULL && strncmp(d->origin, origin, n) == 0 && d->origin[n] == '@' &&
	       strcmp(d->origin + n + 1, snap) == 0;
}

void plan_back(const struct pair *pair, enum where at, struct plan *out)
{
	struct way w = {.pair = pair, .me = plan_end(pair, at), .out = out};
	const struct dataset *d = w.me.d;

	w.has = w.me.aside != NULL ? w.me.aside : d;
	if (w.has == d && d->role != ROLE_MASTER && d->role != ROLE_REPLICA) {
		plan_refuse(out, plan_no_pair(d->name, w.me.host, pair->tag));
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
					    w.me.name, w.me.host, w.has->switching),
				    "see `zrep list -v %s`; zrep rejoin chooses another one",
				    w.me.name));
		return;
	}
	if (d != NULL && w.me.aside != NULL && !is_clone_of(d, w.keep, base->name) &&
	    !is_clone_of(w.me.aside, d->name, base->name)) {
		plan_refuse(
		    out, err_remedy(err_new(ERR_REFUSED,
					    "%s on %s was made anew while what it had is in %s",
					    d->name, w.me.host, w.keep),
				    "look at both; to go on with the old one, rename %s away, then "
				    "zrep status",
				    d->name));
		return;
	}
	/* Before it is known what there is: nobody may write to it from then on. */
	if (d != NULL && (!d->readonly || !d->readonly_local)) {
		plan_add(out, STEP_QUIESCE, at, d->name);
		out->again = true;
		return;
	}
	w.base = mem_strdup(base->name);
	if (d == NULL || w.me.aside != NULL)
		go_on(&w, d != NULL && !is_clone_of(d, w.keep, base->name));
	else if (d->reset != d->change.guid && !is_at(d, base))
		set_out(&w, base);
	add_end(&w);
	free(w.base);
}

bool plan_way_is_gone(const struct dataset *d)
{
	const struct snap *to = dataset_snap_by_guid(d, d->change.guid);

	/* Without the snapshot it is the clone that is to be promoted. */
	return to == NULL || d->reset == d->change.guid || (d->change.keep == NULL && is_at(d, to));
}

/* --- the ways in --- */

void plan_go_back(const struct pair *pair, enum where at, const struct back_opts *opts,
		  struct plan *out)
{
	struct end me = plan_end(pair, at);
	const struct dataset *d = me.d;
	const struct snap *to =
	    opts->snap != NULL ? dataset_snap_by_name(d, opts->snap) : dataset_last_sent(d);

	if (to == NULL && opts->snap != NULL)
		plan_refuse(out,
			    err_remedy(err_new(ERR_REFUSED, "%s on %s has no snapshot @%s", d->name,
					       me.host, opts->snap),
				       "zfs list -t snapshot %s shows those that it has", d->name));
	else if (to == NULL)
		plan_refuse(
		    out, err_remedy(err_new(ERR_REFUSED,
					    "%s on %s has no snapshot that the other side is known "
					    "to have had",
					    d->name, me.host),
				    "name one to go back to: %s@SNAPSHOT", d->name));
	else if (d->role == ROLE_MASTER || !is_at(d, to))
		begin(pair, at, to, opts->discard, out);
	else
		out->unchanged = true;
}

void plan_predict_back(const struct pair *pair, enum where at, const struct plan *begun,
		       struct plan *out)
{
	const struct dataset *d = plan_end(pair, at).d;
	char *key = str_fmt("%s:switch", pair->tag);
	struct pair then = *pair;

	for (size_t i = 0; d != NULL && i < begun->n; i++) {
		const struct step *s = &begun->steps[i];
		struct change change = change_parse(nv_str(s->props, key));
		if (s->kind == STEP_SET_FIRST && s->at == at && change.kind == CHANGE_BACK) {
			struct dataset marked = *d;
			marked.change = change;
			marked.readonly = marked.readonly_local = true;
			*(at == AT_SRC ? &then.src : &then.dst) = &marked;
			plan_back(&then, at, out);
		}
		change_clear(&change);
	}
	free(key);
}

/* --- rejoin --- */

static struct err *not_the_loser(const struct pair *p, const struct back_opts *opts)
{
	const struct dataset *w = p->src, *l = p->dst;

	if (w != NULL && (w->change.kind == CHANGE_UNKNOWN || w->change.kind == CHANGE_BACK))
		return err_remedy(err_new(ERR_REFUSED, "%s on %s is in the middle of a change (%s)",
					  w->name, p->src_host, w->switching),
				  "that has to end first: see `zrep status -v %s` on %s", w->name,
				  p->src_host);
	if (w == NULL || w->role != ROLE_MASTER)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s is no master: there is nobody to come back to",
			    w ? w->name : p->src_name, p->src_host),
		    "see `zrep status -a` on both sides; zrep takeover makes one of them the "
		    "master");
	if (l == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s does not exist", p->dst_name, p->dst_host),
		    "to make a new replica: on %s, zrep clear %s, then zrep init", p->src_host,
		    w->name);
	if (strcmp(w->dest_fs, l->name) != 0)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s replicates to %s on %s, not to %s on %s",
			    w->name, p->src_host, w->dest_fs, w->dest_host, l->name, p->dst_host),
		    "compare `zrep list -v` on both sides");
	if (l->role != ROLE_MASTER && l->role != ROLE_REPLICA)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s is not replicated by zrep (tag %s)", l->name,
					  p->dst_host, p->tag),
				  "see `zrep list -v %s`", l->name);
	if (l->master && l->epoch > w->epoch)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is the master of the higher epoch %" PRIu64 " (%s on %s: "
			    "%" PRIu64 ")",
			    l->name, p->dst_host, l->epoch, w->name, p->src_host, w->epoch),
		    "the other side is the one to come back: zrep rejoin %s on %s", w->name,
		    p->src_host);
	if (!l->master && l->epoch > w->epoch && !opts->force)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s has data of epoch %" PRIu64
			    ", and its master %s on %s is at %" PRIu64,
			    l->name, p->dst_host, l->epoch, w->name, p->src_host, w->epoch),
		    "if that data is to go on: on %s, zrep takeover -L %s; if the master's is: "
		    "rejoin --force",
		    p->dst_host, l->name);
	if (l->master && l->epoch == w->epoch && !opts->force)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "split brain: %s on %s and %s on %s are both masters at epoch %" PRIu64,
			    l->name, p->dst_host, w->name, p->src_host, l->epoch),
		    "if %s on %s is to give way: on %s, zrep rejoin --force %s", l->name,
		    p->dst_host, p->dst_host, l->name);
	return NULL;
}

void plan_rejoin(const struct pair *pair, const struct back_opts *opts, struct back_risk *risk,
		 struct plan *out)
{
	struct err *e = not_the_loser(pair, opts);
	const struct dataset *w = pair->src, *l = pair->dst;

	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *base = dataset_base(l, w);
	if (base == NULL) {
		plan_refuse(
		    out,
		    err_remedy(err_new(ERR_REFUSED,
				       "%s on %s and %s on %s have no snapshot in common", l->name,
				       pair->dst_host, w->name, pair->src_host),
			       "rename %s on %s to keep it; on %s: zrep clear %s, then zrep init",
			       l->name, pair->dst_host, pair->src_host, w->name));
		return;
	}
	if (risk != NULL)
		*risk = plan_risk(l, base);
	out->base = mem_strdup(base->name);
	if (l->role == ROLE_REPLICA && is_at(l, base) && l->change.kind == CHANGE_NONE)
		out->unchanged = true;
	else
		begin(pair, AT_DST, base, opts->discard, out);
	if (out->refusal == NULL && l->role == ROLE_MASTER)
		plan_hook(out, pair, AT_DST, STEP_PRE_DEMOTE, w->epoch, "replica");
}
