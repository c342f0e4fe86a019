/* How a pair begins: a full copy, or one that is there already, then the properties, the master's last. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/begin.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/num.h"

struct init {
	const struct pair *pair;
	const struct init_opts *opts;
	struct plan *out;
	struct begin begin;
	char *snap;                  /* the part after '@' of the first snapshot */
	const struct snap *dst_base; /* the destination has it already, and by this name */
	bool made;                   /* it has to be made */
	bool over;                   /* the destination is there, and what is in it goes */
	bool rollback;               /* what the destination has beyond dst_base goes */
	char *token;
	nvlist_t *wanted;
};

#define SRC(p) (p)->src->name, (p)->src_host
#define DST(p) (p)->dst->name, (p)->dst_host

static struct err *check_names(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct init_opts *o = i->opts;

	if (o->same_host && name_within(o->dst_fs, o->src_fs))
		return err_remedy(err_new(ERR_REFUSED,
					  "%s cannot be replicated into itself (%s, both on %s)",
					  o->src_fs, o->dst_fs, p->src_host),
				  "choose a destination beside it, or on another host");
	if (o->same_host && name_within(o->src_fs, o->dst_fs))
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s cannot be replicated into %s on %s, which it is a part of",
			    o->src_fs, o->dst_fs, p->src_host),
		    "choose a destination beside it, or on another host");
	if (!plan_name_fits(o->src_fs, p->tag) || !plan_name_fits(o->dst_fs, p->tag))
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%.300s leaves no room for \"@%s_000000\": ZFS allows %d bytes",
			    plan_name_fits(o->src_fs, p->tag) ? o->dst_fs : o->src_fs, p->tag,
			    NAME_DATASET_MAX),
		    "choose a shorter dataset name");
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* The script begins with the properties of the source, and ends with zrep:master: one that died in between had
 * the same pair in mind. */
static bool is_begun(const struct init *i)
{
	const struct dataset *s = i->pair->src;

	return s->role == ROLE_BROKEN && !s->master && same(s->src_fs, s->name) &&
	       s->src_host != NULL && name_names_host(s->src_host, i->opts->src_host) &&
	       same(s->dest_host, i->opts->dst_host) && same(s->dest_fs, i->opts->dst_fs);
}

static struct err *check_source(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *s = p->src;

	if (s->role == ROLE_MASTER)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s is replicated to %s on %s already (tag %s)",
					  s->name, p->src_host, s->dest_fs, s->dest_host, p->tag),
				  "for a second destination use another tag: zrep -t TAG init ...");
	if (s->role != ROLE_NONE && !is_begun(i))
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s carries zrep properties already (tag %s)",
					  s->name, p->src_host, p->tag),
				  "see `zrep list -v %s`; if they are left over: zrep clear %s",
				  s->name, s->name);
	if (i->opts->snap != NULL && dataset_snap_by_name(s, i->opts->snap) == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s has no snapshot @%s", SRC(p), i->opts->snap),
		    "see zfs list -t snapshot %s; without @%s a new one is taken", s->name,
		    i->opts->snap);
	if (i->opts->snap == NULL && s->relay && s->n_snaps == 0)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s is a replica under another tag, and has no "
					  "snapshot yet that could be passed on",
					  SRC(p)),
				  "sync on its master first");
	return NULL;
}

static struct err *check_room(const struct init *i, const struct dataset *in)
{
	const struct pair *p = i->pair;
	char need[NUM_TEXT], have[NUM_TEXT];

	uint64_t bytes = p->src->referenced; /* and what is reserved is reserved there as well */

	if (i->pair->dst == NULL && p->src->refreservation > bytes)
		bytes = p->src->refreservation;
	if (bytes <= in->available)
		return NULL;
	return err_remedy(err_new(ERR_REFUSED, "%s on %s takes about %s, and %s on %s has %s left",
				  SRC(p), num_bytes(need, bytes), in->name, p->dst_host,
				  num_bytes(have, in->available)),
			  "free space on %s, or raise the quota there", p->dst_host);
}

/* Received below an encrypted dataset, plain data would be encrypted with its key: from then on the two
 * sides could not be sent to each other. */
static struct err *check_encryption(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *parent = i->opts->coming ? i->opts->coming : i->opts->parent;

	if (parent == NULL || !parent->encrypted || p->src->encrypted)
		return NULL;
	if (parent == i->opts->coming)
		return err_remedy(
		    err_new(
			ERR_REFUSED,
			"%s on %s is not encrypted, and %s is: received below that, it would be "
			"encrypted with its key, and no stream would fit both sides",
			SRC(p), parent->name),
		    "take it out of the tree: zfs set %s:exclude=yes %s, and make it a pair of its "
		    "own",
		    p->tag, p->src->name);
	return err_remedy(
	    err_new(ERR_REFUSED,
		    "%s on %s is not encrypted, and %s on %s is: what is received below it would "
		    "be encrypted with its key, and no stream would fit both sides",
		    SRC(p), parent->name, p->dst_host),
	    "choose a destination below a dataset of %s that is not encrypted", p->dst_host);
}

static struct err *check_parent(const struct init *i)
{
	const struct init_opts *o = i->opts;
	const char *host = i->pair->dst_host;

	if (strchr(o->dst_fs, '/') == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED, "there is no pool %s on %s", o->dst_fs, host),
		    "create the pool, or choose a dataset in one that exists");
	if (o->parent == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s has no parent dataset", o->dst_fs, host),
		    "create it on %s: zfs create -p %.*s", host,
		    (int)(strrchr(o->dst_fs, '/') - o->dst_fs), o->dst_fs);
	struct err *e = check_encryption(i);
	return e != NULL ? e : check_room(i, o->parent);
}

/* --- what is there already, under the destination's name --- */

/* "96.0 KiB of data, mounted at /tank/b" */
static void say_content(const struct dataset *d, struct buf *to)
{
	char bytes[NUM_TEXT];

	buf_addf(to, "%s of data", num_bytes(bytes, d->referenced));
	if (d->mounted)
		buf_addf(to, ", mounted at %s", d->mountpoint != NULL ? d->mountpoint : "?");
	else if (d->type == TYPE_FILESYSTEM)
		buf_addf(to, ", not mounted");
}

static struct err *not_over(const struct pair *p, const char *why)
{
	return err_remedy(
	    err_new(ERR_REFUSED,
		    "the destination %s on %s exists already, and ZFS receives no "
		    "first copy over it: %s",
		    DST(p), why),
	    "choose another name; if what is in it may go: on %s, zfs destroy %s, then "
	    "run this again",
	    p->dst_host, p->dst->name);
}

static struct err *check_size(const struct pair *p)
{
	const struct dataset *s = p->src, *d = p->dst;

	if (s->volsize == d->volsize)
		return NULL;
	return err_remedy(err_new(ERR_REFUSED,
				  "the destination %s on %s exists already, and is not of the size "
				  "of %s on %s: %" PRIu64 " bytes, not %" PRIu64,
				  DST(p), SRC(p), d->volsize, s->volsize),
			  "if it is meant: on %s, zfs set volsize=%" PRIu64 " %s", p->dst_host,
			  s->volsize, d->name);
}

/* Could a full stream take the place of what is there? */
static struct err *check_over(const struct init *i)
{
	const struct pair *p = i->pair;
	struct err *e;

	if (p->dst->origin != NULL)
		return not_over(p, "it is a clone");
	if (p->src->type == p->dst->type && (p->src->encrypted || p->dst->encrypted))
		return not_over(p, p->dst->encrypted ? "it is encrypted" : "the copy is encrypted");
	if ((e = begin_check_kind(p)) != NULL || (e = check_size(p)) != NULL)
		return e;
	return check_room(i, p->dst);
}

/* It has no snapshot: somebody made it by hand, with options of its own. */
static struct err *check_empty(struct init *i)
{
	const struct pair *p = i->pair;
	struct buf what = {0};
	struct err *e;

	if (p->dst->inconsistent)
		return err_remedy(
		    err_new(ERR_BUSY, "%s on %s is being received, and not by this", DST(p)),
		    "wait for it; or choose another name");
	if ((e = check_over(i)) != NULL)
		return e;
	say_content(p->dst, &what);
	if (i->opts->force) {
		strv_addf(&i->out->notes, "what is in %s on %s (%s) is replaced by the first copy",
			  DST(p), what.data);
		i->over = true;
	} else {
		e = err_remedy(
		    err_new(ERR_REFUSED,
			    "the destination %s on %s exists already, without a snapshot: %s",
			    DST(p), what.data),
		    "choose another name; if what is in it may go: zrep init -f %s %s %s receives "
		    "the first copy over it, and its properties stay",
		    p->src->name, i->opts->dst_host, p->dst->name);
	}
	buf_free(&what);
	return e;
}

static struct err *no_part(const struct pair *p, const struct snap *to)
{
	const char *why = to == NULL           ? "its snapshot is gone from"
			  : p->token_from != 0 ? "it is no full copy of a snapshot on"
					       : "it cannot be resumed from";

	return err_remedy(
	    err_new(ERR_REFUSED,
		    "%s on %s is the beginning of a copy that cannot be finished any more: %s %s",
		    DST(p), why, p->src_host),
	    "on %s: zfs receive -A %s, then run this again", p->dst_host, p->dst->name);
}

/* The first part of a copy: in a dataset of its own or, with -f, about to replace what is there. */
static struct err *check_part(struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *d = p->dst;
	const char *asked = i->opts->snap;
	const struct snap *to = dataset_snap_by_guid(p->src, p->token_to);
	struct err *e;

	if (to == NULL || p->token_dead || p->token_from != 0)
		return no_part(p, to);
	if (asked != NULL ? strcmp(to->name, asked) != 0 : !to->own && !p->src->relay)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is the beginning of a copy of @%s, which is not %s%s", DST(p),
			    to->name, asked != NULL ? "@" : "zrep's", asked != NULL ? asked : ""),
		    "to finish it: zrep init %s@%s %s %s; to begin anew: on %s, zfs receive -A %s",
		    p->src->name, to->name, i->opts->dst_host, d->name, p->dst_host, d->name);
	if (!d->inconsistent) {
		if ((e = check_over(i)) != NULL)
			return e;
		if (!i->opts->force)
			return err_remedy(
			    err_new(ERR_REFUSED,
				    "%s on %s is about to be replaced by a first copy, which broke "
				    "off",
				    DST(p)),
			    "zrep init -f %s %s %s goes on with it; to have it stay: on %s, zfs "
			    "receive -A %s",
			    p->src->name, i->opts->dst_host, d->name, p->dst_host, d->name);
		i->over = true;
	}
	i->snap = mem_strdup(to->name);
	i->token = d->token;
	return NULL;
}

static struct err *check_unchanged(struct init *i, const struct snap *base)
{
	const struct pair *p = i->pair;
	const struct snap *held;
	struct buf what = {0};

	if (!plan_name_changes(p->dst, base, &what))
		return NULL;
	struct err *e = err_new(ERR_REFUSED,
				"the destination %s on %s was changed after @%s, the newest "
				"snapshot that both sides have: it has %s",
				DST(p), base->name, what.data);
	buf_free(&what);
	if (!i->opts->force)
		return err_remedy(
		    e, "look at it; if that may go: zrep init -f %s %s %s rolls it back to @%s",
		    p->src->name, i->opts->dst_host, p->dst->name, base->name);
	if ((held = plan_held_by_others(p->dst, base)) != NULL)
		return err_remedy(
		    err_wrap(e, "%s@%s on %s is held, and not by zrep", p->dst->name, held->name,
			     p->dst_host),
		    "zfs holds %s@%s tells by whom; it has to be released before -f can "
		    "remove it",
		    p->dst->name, held->name);
	strv_addf(&i->out->notes, "%s; it is rolled back to @%s", e->what, base->name);
	err_free(e);
	i->rollback = true;
	return NULL;
}

/* A copy that was brought there by other means, or by an init that could not come to its end. Names may differ, and
 * prove nothing. */
static struct err *check_copy(struct init *i, const struct snap *base)
{
	const struct pair *p = i->pair;
	const char *asked = i->opts->snap;
	struct err *e;

	if ((e = begin_check_kind(p)) != NULL)
		return e;
	if (asked != NULL && strcmp(asked, base->name) != 0)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s exists already, and the newest snapshot that it has of %s on "
			    "%s is @%s, not @%s",
			    DST(p), SRC(p), base->name, asked),
		    "zrep init %s@%s %s %s goes on from there", p->src->name, base->name,
		    i->opts->dst_host, p->dst->name);
	i->dst_base = dataset_snap_by_guid(p->dst, base->guid);
	i->snap = mem_strdup(base->name);
	return check_unchanged(i, i->dst_base);
}

static struct err *is_pool(const struct pair *p)
{
	const char *slash = strrchr(p->src->name, '/');

	return err_remedy(err_new(ERR_REFUSED,
				  "%s on %s is a pool, and its own filesystem cannot be "
				  "received anew",
				  DST(p)),
			  "choose a dataset in it, such as %s/%s", p->dst->name,
			  slash ? slash + 1 : p->src->name);
}

static struct err *check_existing(struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *d = p->dst;
	const struct snap *base = dataset_base(p->src, d);
	struct err *e = begin_check_free(&i->begin);

	if (e != NULL)
		return e;
	if (base == NULL && strchr(d->name, '/') == NULL)
		return is_pool(p);
	if (d->n_snaps == 0)
		return d->token != NULL ? check_part(i) : check_empty(i);
	if (base != NULL)
		return check_copy(i, base);
	return err_remedy(err_new(ERR_REFUSED,
				  "the destination %s on %s exists already, and has no snapshot in "
				  "common with %s on %s",
				  DST(p), SRC(p)),
			  "choose another name, or rename or destroy it on %s", p->dst_host);
}

static struct err *check(struct init *i)
{
	struct err *e;

	if ((e = check_names(i)) != NULL || (e = check_source(i)) != NULL ||
	    (e = wanted_gather(&i->begin, i->opts, &i->wanted)) != NULL)
		return e;
	return i->pair->dst != NULL ? check_existing(i) : check_parent(i);
}

/* --- the steps --- */

/* The first snapshot: the one that was asked for, the one that a broken run left if nothing was written since, or a
 * new one. To what is only passed on nothing is added. */
static void choose_snap(struct init *i)
{
	const struct dataset *s = i->pair->src;
	const struct snap *newest = dataset_newest(s);

	if (i->snap != NULL)
		return;
	if (i->opts->snap != NULL) {
		i->snap = mem_strdup(i->opts->snap);
		return;
	}
	if (newest != NULL && (s->relay || (newest->own && newest->sent == 0 && s->written == 0))) {
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
	const struct dataset *d = i->pair->dst;

	if (d->type == TYPE_VOLUME)
		plan_add(i->out, STEP_QUIESCE, AT_DST, d->name);
	else if (d->mounted)
		plan_add(i->out, STEP_UNMOUNT, AT_DST, d->name);
	if (d->type == TYPE_VOLUME || !d->mounted)
		return;
	plan_add(i->out, STEP_MOUNT, AT_DST, d->name); /* read-only, by then */
	plan_mount_below(i->out, AT_DST, d);
}

static void add_rollback(struct init *i)
{
	const struct pair *p = i->pair;

	if (p->dst->token != NULL) {
		strv_addf(&i->out->notes, "a partial receive of %s on %s is forgotten", DST(p));
		plan_add(i->out, STEP_ABORT, AT_DST, p->dst->name);
	}
	plan_roll_back(i->out, p->dst, AT_DST, i->dst_base);
}

static void add_transfer(struct init *i)
{
	const struct pair *p = i->pair;
	char *name = str_fmt("%s@%s", p->src->name, i->snap);

	if (i->made)
		plan_add(i->out, STEP_SNAPSHOT, AT_SRC, name);
	struct step *s = plan_add(i->out, i->token ? STEP_RESUME : STEP_SEND, AT_SRC, name);
	s->to = str_fmt("%s@%s", i->opts->dst_fs, i->snap);
	s->raw = p->src->encrypted;
	s->over = i->over;
	s->bytes = p->src->referenced;
	if (i->token != NULL)
		s->token = mem_strdup(i->token);
	else if (p->dst == NULL)
		s->props = wanted_for_new(p, i->wanted);
	free(name);
}

static void add_steps(struct init *i)
{
	const struct pair *p = i->pair;
	nvlist_t *first = NULL;

	wanted_note(&i->begin);
	/* Of a first copy that was cut, the power may have failed after the receive had begun and before it had set
	 * these. What else is there keeps what it has. */
	if (p->dst != NULL)
		first = p->dst->inconsistent ? wanted_for_new(p, i->wanted)
					     : wanted_for_old(p, i->wanted);
	if (first != NULL)
		plan_add(i->out, STEP_SET_FIRST, AT_DST, i->opts->dst_fs)->props = first;
	if (i->over)
		add_quiet(i);
	if (i->rollback)
		add_rollback(i);
	if (i->dst_base == NULL)
		add_transfer(i);
	i->begin.snap = i->snap;
	i->begin.dst_snap = i->dst_base != NULL ? i->dst_base->name : i->snap;
	i->begin.wanted = i->wanted;
	begin_mark(&i->begin, AT_SRC);
	begin_mark(&i->begin, AT_DST);
	nvlist_t *replica = begin_props(&i->begin, AT_DST);
	/* A receive passes over what its user may not set; this one must be. */
	nv_add_str(replica, "readonly", "on");
	if (i->rollback)
		plan_prop_u64(replica, p->tag, "reset", i->dst_base->guid);
	plan_add(i->out, STEP_SET, AT_DST, i->opts->dst_fs)->props = replica;
	nvlist_t *props = begin_props(&i->begin, AT_SRC);
	plan_prop(props, p->tag, "master", "yes");
	plan_add(i->out, STEP_SET_LAST, AT_SRC, i->opts->src_fs)->props = props;
}

/* This very init has been carried out. Whoever ran it may have died before he could know. */
static bool is_done(const struct init *i)
{
	const struct dataset *s = i->pair->src, *d = i->pair->dst;
	const struct init_opts *o = i->opts;

	return s->role == ROLE_MASTER && d != NULL && d->role == ROLE_REPLICA &&
	       strcmp(s->dest_host, o->dst_host) == 0 && strcmp(s->dest_fs, o->dst_fs) == 0 &&
	       strcmp(d->src_fs, o->src_fs) == 0 && strcmp(d->src_host, o->src_host) == 0 &&
	       dataset_base(s, d) != NULL;
}

/* -o and -x are for a replica that is about to be made. */
static void note_ignored(const struct init *i)
{
	nvlist_t *all = nv_new();

	props_merge(all, i->pair->src->props);
	props_merge(all, i->opts->wanted);
	nv_remove(all, "readonly");
	if (!props_same(all, i->pair->src->props))
		strv_addf(&i->out->notes,
			  "%s on %s is there already: -o and -x change nothing; use zfs set on %s",
			  i->pair->dst->name, i->pair->dst_host, i->pair->dst_host);
	nv_free(all);
}

void plan_init(const struct pair *pair, const struct init_opts *opts, struct plan *out)
{
	struct init i = {.pair = pair, .opts = opts, .out = out};

	i.begin = (struct begin){.pair = pair,
				 .out = out,
				 .src_host = opts->src_host,
				 .src_fs = opts->src_fs,
				 .dst_host = opts->dst_host,
				 .dst_fs = opts->dst_fs,
				 .savecount = opts->savecount,
				 .recursive = opts->recursive};
	if (is_done(&i)) {
		note_ignored(&i);
		out->unchanged = true;
		if (opts->recursive)
			plan_recursive(pair, out);
		out->base = mem_strdup(dataset_base(pair->src, pair->dst)->name);
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
