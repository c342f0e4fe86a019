/* How a pair begins: a full copy, or one that is there already, then the properties, the master's last. */
#include "plan/setup/init.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plan/bookmark.h"
#include "plan/features.h"
#include "plan/follow.h"
#include "plan/keys.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/setup/destination.h"
#include "plan/setup/pair_props.h"
#include "plan/setup/recv_props.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "plan/tree/members.h"
#include "state/dataset.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"

#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

static struct err *check_names(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct init_opts *o = i->opts;

	if (o->same_host && name_within(o->dst_fs, o->src_fs))
		return err_remedy(err_refuse(REASON_MISFIT,
					     "%s cannot be replicated into itself (%s, both on %s)",
					     o->src_fs, o->dst_fs, p->src.host_name),
				  "choose a destination beside it, or on another host");
	if (o->same_host && name_within(o->src_fs, o->dst_fs))
		return err_remedy(
		    err_refuse(REASON_MISFIT,
			       "%s cannot be replicated into %s on %s, of which it is a part",
			       o->src_fs, o->dst_fs, p->src.host_name),
		    "choose a destination beside it, or on another host");
	if (!plan_name_fits(o->src_fs, p->tag) || !plan_name_fits(o->dst_fs, p->tag))
		return err_remedy(
		    err_refuse(REASON_SETTING,
			       "%.300s leaves no room for \"@%s_000000\": ZFS allows %d bytes",
			       plan_name_fits(o->src_fs, p->tag) ? o->dst_fs : o->src_fs, p->tag,
			       NAME_DATASET_MAX),
		    "choose a shorter dataset name");
	return NULL;
}

/* The script begins with the properties of the source, and ends with zrep:master: one that died in between had
 * the same pair in mind. */
static bool is_begun(const struct init *i)
{
	const struct dataset *s = i->pair->src.d;

	return s->role == ROLE_BROKEN && !s->master && str_same(s->src_fs, s->name) &&
	       s->src_host != NULL && name_names_host(s->src_host, i->opts->src_host) &&
	       str_same(s->dest_host, i->opts->dst_host) && str_same(s->dest_fs, i->opts->dst_fs);
}

static bool is_asked_for(const struct init *i, const char *host, const char *fs)
{
	return host != NULL && str_same(fs, i->opts->dst_fs) &&
	       name_names_host(host, i->opts->dst_host);
}

/* It has a pair under this tag. What is asked for may be that one, or one that another tag has. The caller frees. */
static char *other_ways(const struct init *i)
{
	const struct dataset *s = i->pair->src.d;
	const char *host = i->pair->src.host_name;

	if (is_asked_for(i, s->dest_host, s->dest_fs))
		return remedy_fmt("that is the destination: on %s, {zrep sync %s}", host, s->name);
	for (size_t k = 0; k < s->n_others; k++) {
		const struct other_tag *o = &s->others[k];
		if (o->role == ROLE_MASTER && is_asked_for(i, o->dest_host, o->dest_fs))
			return remedy_fmt("tag %s has %s on %s as its destination: on %s, {zrep -t "
					  "%s sync %s}",
					  o->tag, o->dest_fs, o->dest_host, host, o->tag, s->name);
	}
	return remedy_fmt(
	    "for a second destination use another tag: on %s, {zrep -t TAG init %s %s "
	    "%s}",
	    host, s->name, i->opts->dst_host, i->opts->dst_fs);
}

/* What a sync of the very pair that is asked for would be refused for; NULL: it would go on. */
static struct err *stands_still(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *s = p->src.d;

	if (!is_asked_for(i, s->dest_host, s->dest_fs))
		return NULL;
	struct err *e = plan_check_destination(p, false);

	return e == NULL && dataset_ground(s, p->dst.d) == NULL ? plan_no_base(p) : e;
}

static struct err *has_pair(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *s = p->src.d;
	struct err *why = stands_still(i);

	if (why != NULL)
		return why;
	char *ways = other_ways(i);
	struct err *e = err_remedy(
	    err_refuse(REASON_EXISTS, "%s on %s is replicated to %s on %s already (tag %s)",
		       s->name, p->src.host_name, s->dest_fs, s->dest_host, p->tag),
	    "%s", ways);

	free(ways);
	return e;
}

static struct err *check_source(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *s = p->src.d;

	if (s->role == ROLE_MASTER)
		return has_pair(i);
	if (s->role != ROLE_NONE && !is_begun(i))
		return err_remedy(
		    err_refuse(REASON_EXISTS, "%s on %s carries zrep properties already (tag %s)",
			       s->name, p->src.host_name, p->tag),
		    "on %s, see `{zrep list -v %s}`; to begin a pair beside it: {zrep -t TAG init "
		    "%s %s %s}, with another tag; if they are left over: {zrep clear "
		    "%s}" PLAN_CLEAR_COSTS,
		    p->src.host_name, s->name, s->name, i->opts->dst_host, i->opts->dst_fs,
		    s->name);
	if (i->opts->snap != NULL && dataset_snap_by_name(s, i->opts->snap) == NULL)
		return err_remedy(err_refuse(REASON_MISSING, "%s on %s has no snapshot @%s", SRC(p),
					     i->opts->snap),
				  "on %s, see {zfs list -t snapshot %s}; without @%s a new one is "
				  "taken",
				  p->src.host_name, s->name, i->opts->snap);
	struct err *e = tags_check(p, PAIR_SRC, DEED_SEND);
	if (e != NULL)
		return e;
	if (i->opts->snap == NULL && s->cascade && s->n_snaps == 0)
		return err_remedy(err_refuse(REASON_OTHER_TAG,
					     "%s on %s is a replica under another tag, and has no "
					     "snapshot yet that could be passed on",
					     SRC(p)),
				  "sync on its master first");
	return NULL;
}

/* Received below an encrypted dataset, plain data would be encrypted with its key: from then on the two
 * sides could not be sent to each other-> */
static struct err *check_encryption(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *parent = i->opts->arriving ? i->opts->arriving : i->opts->parent;

	if (parent == NULL || !parent->encrypted || p->src.d->encrypted)
		return NULL;
	if (parent == i->opts->arriving)
		return err_remedy(
		    err_refuse(
			REASON_MISFIT,
			"%s on %s is not encrypted, and %s is: received below that, it would be "
			"encrypted with its key, and no stream would fit both sides",
			SRC(p), parent->name),
		    "take it out of the tree: on %s, {zfs set %s:exclude=yes %s}, and make it a "
		    "pair "
		    "of its own",
		    p->src.host_name, p->tag, p->src.d->name);
	return err_remedy(
	    err_refuse(
		REASON_MISFIT,
		"%s on %s is not encrypted, and %s on %s is: what is received below it would "
		"be encrypted with its key, and no stream would fit both sides",
		SRC(p), parent->name, p->dst.host_name),
	    "choose a destination below a dataset of %s that is not encrypted", p->dst.host_name);
}

/* A copy of what is copied would be a part of the next copy, when the role has moved, and so on without end. */
static struct err *check_nesting(const struct init *i)
{
	const struct init_opts *o = i->opts;
	const struct dataset *above = o->parent;

	for (size_t k = 0; k < above->n_others; k++) {
		const struct other_tag *t = &above->others[k];
		if (t->role == ROLE_REPLICA && !t->received && str_same(t->src_host, o->src_host) &&
		    t->src_fs != NULL && name_within(t->src_fs, o->src_fs))
			return err_remedy(
			    err_refuse(REASON_MISFIT,
				       "%s on %s would lie in %s, which is the replica of %s on %s "
				       "under tag %s: a copy in a copy of the same",
				       o->dst_fs, i->pair->dst.host_name, above->name, t->src_fs,
				       t->src_host, t->tag),
			    "choose a destination that is not below a replica of %s", o->src_fs);
	}
	return NULL;
}

static struct err *check_parent(const struct init *i)
{
	const struct init_opts *o = i->opts;
	const char *host = i->pair->dst.host_name;

	if (i->pair->dst.pool_away)
		return err_remedy(
		    err_refuse(REASON_POOL_AWAY,
			       "there is no pool %.*s on %s, or it is not imported",
			       (int)name_pool_len(o->dst_fs), o->dst_fs, host),
		    "on %s: {zpool import %.*s}, then run the same again; or choose a "
		    "dataset in a pool "
		    "that is there",
		    host, (int)name_pool_len(o->dst_fs), o->dst_fs);
	if (strchr(o->dst_fs, '/') == NULL)
		return err_remedy(
		    err_refuse(REASON_POOL_AWAY, "there is no pool %s on %s", o->dst_fs, host),
		    "create the pool, or choose a dataset in one that exists");
	if (o->parent == NULL)
		return err_remedy(
		    err_refuse(REASON_MISSING, "%s on %s has no parent dataset", o->dst_fs, host),
		    "create it on %s: {zfs create -p %.*s}", host,
		    (int)(strrchr(o->dst_fs, '/') - o->dst_fs), o->dst_fs);
	struct err *e = check_nesting(i);
	if (e == NULL)
		e = check_encryption(i);
	return e != NULL ? e : init_check_room(i, o->parent);
}

/* A copy that is there already came without a stream; the next sync would be the first to be refused. */
static struct err *check_features(const struct init *i)
{
	const struct pair *p = i->pair;
	struct lacking l;
	size_t next = 0;

	while ((l = plan_lacking(&p->src, &p->dst, &next)).feature != NULL)
		if (l.needed)
			return plan_lacking_error(&l, &p->src, &p->dst);
	return NULL;
}

static struct err *check(struct init *i)
{
	struct err *e;

	if ((e = check_names(i)) != NULL || (e = check_source(i)) != NULL ||
	    (e = recv_props_gather(&i->begin, i->opts, &i->wanted)) != NULL)
		return e;
	e = i->pair->dst.d != NULL ? init_check_destination(i) : check_parent(i);
	return e != NULL ? e : check_features(i);
}

/* --- the steps --- */

/* The first snapshot: the one that was asked for, the one that a broken run left if nothing was written since, or a
 * new one. To what is only passed on nothing is added. */
static void choose_snap(struct init *i)
{
	const struct dataset *s = i->pair->src.d;
	const struct snap *newest = dataset_newest(s);

	if (i->snap != NULL)
		return;
	if (i->opts->snap != NULL) {
		i->snap = mem_strdup(i->opts->snap);
		return;
	}
	if (newest != NULL &&
	    (s->cascade || (newest->zrep_named && newest->sent == 0 && s->written == 0))) {
		i->snap = mem_strdup(newest->name);
		return;
	}
	uint64_t seq = plan_next_seq(s, NULL);
	i->snap = name_seq(i->pair->tag, seq > i->opts->seq ? seq : i->opts->seq);
	i->made = true;
}

/* Nobody writes to what is about to be replaced. */
static void add_quiet(struct init *i)
{
	const struct dataset *d = i->pair->dst.d;

	if (d->type == TYPE_VOLUME)
		plan_add(i->out, STEP_QUIESCE, PHASE_STOP, PAIR_DST, d->name);
	else if (d->mounted)
		plan_add(i->out, STEP_UNMOUNT, PHASE_STOP, PAIR_DST, d->name);
	if (d->type == TYPE_VOLUME || !d->mounted)
		return;
	plan_add(i->out, STEP_MOUNT, PHASE_MOUNT, PAIR_DST, d->name); /* read-only, by then */
	plan_mount_below(i->out, PAIR_DST, d);
}

static void add_rollback(struct init *i)
{
	const struct pair *p = i->pair;

	if (p->dst.d->token != NULL) {
		strv_addf(&i->out->notes, "a partial receive of %s on %s is forgotten",
			  p->dst.d->name, p->dst.host_name);
		plan_add(i->out, STEP_ABORT, PHASE_CLEAR_AWAY, PAIR_DST, p->dst.d->name);
	}
	plan_roll_back(i->out, p->dst.d, PAIR_DST, i->dst_base);
}

static nvlist_t *new_props(const struct init *i)
{
	return recv_props_for_new(i->pair, i->opts->parent, i->opts->child, i->wanted);
}

/* What the first send into a dataset that does not exist yet brings along. */
static void add_new(const struct init *i, struct step *s)
{
	s->props = new_props(i);
	recv_props_note_unknown(i->pair, i->wanted, &i->out->notes);
	if (i->opts->origin == NULL)
		return;
	s->from = mem_strdup(i->pair->src.d->origin);
	s->origin = mem_strdup(i->opts->origin);
}

/* One send of the way: from nothing, from the origin of a clone, or from the snapshot that was sent before. */
static void add_send(struct init *i, const char *from, const char *to, uint64_t bytes)
{
	const struct pair *p = i->pair;
	char *name = str_fmt("%s@%s", p->src.d->name, to);
	struct step *s = plan_add(i->out, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, name);

	s->to = str_fmt("%s@%s", i->opts->dst_fs, to);
	s->raw = p->src.d->encrypted;
	s->bytes = bytes;
	free(name);
	if (from != NULL) {
		s->from = str_fmt("%s@%s", p->src.d->name, from);
	} else {
		s->over = i->over;
		if (p->dst.d == NULL)
			add_new(i, s);
	}
	const struct snap *made = dataset_snap_by_name(p->src.d, to);
	plan_bookmark(i->out, p, to, made != NULL ? made->guid : 0);
}

static void add_resume(struct init *i)
{
	const struct pair *p = i->pair;
	char *name = str_fmt("%s@%s", p->src.d->name, i->part->name);
	struct step *s = plan_add(i->out, STEP_RESUME, PHASE_TRANSFER, PAIR_SRC, name);

	s->to = str_fmt("%s@%s", i->opts->dst_fs, i->part->name);
	s->raw = p->src.d->encrypted;
	s->over = i->over;
	s->bytes = p->src.d->referenced;
	s->token = mem_strdup(i->token);
	free(name);
	plan_bookmark(i->out, p, i->part->name, i->part->guid);
}

/* The first copy; before it, in order, what clones of this dataset that come with it begin from. */
static void add_transfer(struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *s = p->src.d;
	const struct snap *last = dataset_snap_by_name(s, i->snap); /* NULL: it is made now */
	const char *from = i->part != NULL ? i->part->name : NULL;

	if (i->made) {
		char *name = str_fmt("%s@%s", s->name, i->snap);
		plan_add(i->out, STEP_SNAPSHOT, PHASE_SNAPSHOT, PAIR_SRC, name);
		free(name);
	}
	if (i->token != NULL)
		add_resume(i);
	for (size_t k = 0; k < s->n_snaps && !i->over; k++) {
		const struct snap *v = &s->snaps[k];
		if (!init_is_clone_origin(i, v) ||
		    (last != NULL && v->createtxg >= last->createtxg) ||
		    (i->part != NULL && v->createtxg <= i->part->createtxg))
			continue;
		add_send(i, from, v->name, from == NULL ? s->referenced : v->written);
		from = v->name;
	}
	if (from == NULL || strcmp(from, i->snap) != 0)
		add_send(i, from, i->snap, from == NULL ? s->referenced : s->written);
}

static void add_steps(struct init *i)
{
	const struct pair *p = i->pair;
	nvlist_t *first = NULL;

	recv_props_note(&i->begin);
	/* Of a first copy that was cut, the power may have failed after the receive had begun and before it had set
	 * these. What else is there keeps what it has. */
	if (p->dst.d != NULL)
		first =
		    p->dst.d->inconsistent ? new_props(i) : recv_props_for_existing(p, i->wanted);
	if (i->dst_base != NULL)
		first = setup_readonly(first);
	if (first != NULL)
		plan_add(i->out, STEP_SET, PHASE_DECLARE, PAIR_DST, i->opts->dst_fs)->props = first;
	if (i->over)
		add_quiet(i);
	if (i->rollback)
		add_rollback(i);
	if (i->dst_base == NULL)
		add_transfer(i);
	else
		plan_bookmark(i->out, p, i->snap, i->dst_base->guid);
	i->begin.snap = i->snap;
	i->begin.dst_snap = i->dst_base != NULL ? i->dst_base->name : i->snap;
	i->begin.wanted = i->wanted;
	setup_mark(&i->begin, PAIR_SRC);
	setup_mark(&i->begin, PAIR_DST);
	if (p->dst.d == NULL &&
	    keys_join_new(p, i->opts->parent, i->opts->arriving, i->opts->key_comes))
		plan_add(i->out, STEP_KEY_INHERIT, PHASE_ADJUST, PAIR_DST, i->opts->dst_fs);
	/* Before it says that it is a replica; until the copy was there, it was somebody's to write to. */
	if (i->over)
		plan_add(i->out, STEP_SET, PHASE_ADJUST, PAIR_DST, i->opts->dst_fs)->props =
		    setup_readonly(NULL);
	/* A receive passes over what its user may not set; this one must be. */
	nvlist_t *replica = setup_readonly(setup_props(&i->begin, PAIR_DST));
	if (i->rollback)
		plan_prop_u64(replica, p->tag, "reset", i->dst_base->guid);
	nvlist_t *limits = follow_first_limits(p->src.d, i->wanted);
	if (!nv_empty(limits)) {
		char *text = props_print(limits);
		plan_prop(replica, p->tag, "limits", text);
		free(text);
	}
	nv_free(limits);
	plan_add(i->out, STEP_SET, PHASE_RECORD, PAIR_DST, i->opts->dst_fs)->props = replica;
	nvlist_t *props = setup_props(&i->begin, PAIR_SRC);
	plan_prop(props, p->tag, "master", "yes");
	plan_add(i->out, STEP_SET, PHASE_COMMIT, PAIR_SRC, i->opts->src_fs)->props = props;
}

/* This very init has been carried out. Whoever ran it may have died before he could know. */
static bool is_done(const struct init *i)
{
	const struct dataset *s = i->pair->src.d, *d = i->pair->dst.d;
	const struct init_opts *o = i->opts;

	return s->role == ROLE_MASTER && d != NULL && d->role == ROLE_REPLICA &&
	       strcmp(s->dest_host, o->dst_host) == 0 && strcmp(s->dest_fs, o->dst_fs) == 0 &&
	       strcmp(d->src_fs, o->src_fs) == 0 && strcmp(d->src_host, o->src_host) == 0 &&
	       dataset_ground(s, d) != NULL;
}

/* -o and -x of a pair that is there: stored, so that later syncs keep to it, and set. What is left out from now on stays as
 * it is there. */
static void choose_again(struct init *i)
{
	const struct pair *p = i->pair;
	nvlist_t *all = nv_new(), *chosen = nv_new(), *set;

	if (i->opts->child)
		recv_props_add_root(chosen, i->opts->wanted);
	else
		props_merge(chosen, i->opts->wanted);
	props_merge(all, p->src.d->props);
	props_merge(all, chosen);
	nv_remove(all, "readonly");
	struct err *e = recv_props_check(&i->begin, chosen);
	if (e != NULL) {
		plan_refuse(i->out, e);
	} else if (!props_same(all, p->src.d->props)) {
		char *text = props_print(all);
		strv_addf(&i->out->notes, "for %s on %s is chosen from now on: %s", p->dst.d->name,
			  p->dst.host_name, text);
		if ((set = recv_props_for_existing(p, chosen)) != NULL) {
			nv_remove(set, "readonly");
			plan_add(i->out, STEP_SET, PHASE_DECLARE, PAIR_DST, p->dst.d->name)->props =
			    set;
		}
		for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
			nvlist_t *props = nv_new();
			plan_prop(props, p->tag, "props", text);
			plan_add(i->out, STEP_SET, PHASE_RECORD, at, pair_end(p, at)->d->name)
			    ->props = props;
		}
		free(text);
	}
	nv_free(chosen);
	nv_free(all);
}

void plan_init(const struct pair *pair, const struct init_opts *opts, struct plan *out)
{
	struct init i = {.pair = pair, .opts = opts, .out = out};

	assert(pair->src.d != NULL && opts->src_fs != NULL && opts->dst_fs != NULL);
	out->discards[PAIR_DST] = opts->force;
	i.begin = (struct pair_setup){.pair = pair,
				      .out = out,
				      .src_host = opts->src_host,
				      .src_fs = opts->src_fs,
				      .dst_host = opts->dst_host,
				      .dst_fs = opts->dst_fs,
				      .savecount = opts->savecount,
				      .recursive = opts->recursive,
				      .child = opts->child};
	if (is_done(&i)) {
		out->unchanged = true;
		choose_again(&i);
		if (opts->recursive && out->refusal == NULL)
			plan_recursive(pair, out);
		out->base = mem_strdup(dataset_return(pair->dst.d, pair->src.d)->name);
		return;
	}
	struct err *e = check(&i);
	if (e != NULL) {
		free(i.snap);
		plan_refuse(out, e);
	} else {
		choose_snap(&i);
		add_steps(&i);
		out->base = i.snap;
	}
	nv_free(i.wanted);
}
