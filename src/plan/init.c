/* How a pair begins: one full copy, then the properties, the master's last. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "util/mem.h"
#include "util/num.h"

struct init {
	const struct pair *pair;
	const struct init_opts *opts;
	struct plan *out;
	char *snap; /* the part after '@' of the first snapshot */
	bool made;  /* it has to be made */
	bool sent;  /* the destination has it already */
	char *token;
};

/* Properties that belong to a place rather than to the data, or that the stream itself carries. */
static bool is_left_out(const char *prop)
{
	static const char *const out[] = {
	    "mountpoint",    "canmount",   "sharenfs",        "sharesmb",    "readonly",
	    "overlay",       "zoned",      "jailed",          "mlslabel",    "volsize",
	    "volblocksize",  "encryption", "keyformat",       "keylocation", "pbkdf2iters",
	    "normalization", "utf8only",   "casesensitivity", "version",     "defaultuserquota",
	    "context",       "fscontext",  "defcontext",      "rootcontext", "nbmand",
	    "vscan",
	};

	for (size_t i = 0; i < ARRAY_LEN(out); i++)
		if (strcmp(prop, out[i]) == 0)
			return true;
	return false;
}

bool plan_init_copies(const char *prop)
{
	return !is_left_out(prop);
}

static nvlist_t *props_to_copy(const struct dataset *s)
{
	nvlist_t *props = nv_new();

	nv_each(s->native, p)
		if (!is_left_out(nvpair_name(p)))
			nv_add_str(props, nvpair_name(p), nv_str(s->native, nvpair_name(p)));
	nv_add_str(props, "readonly", "on");
	return props;
}

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
	return NULL;
}

static struct err *exists(const struct pair *p)
{
	const struct dataset *d = p->dst;
	const char *slash = strrchr(p->src->name, '/');

	if (strchr(d->name, '/') == NULL)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s is a pool, and its own filesystem cannot be "
					  "received anew",
					  d->name, p->dst_host),
				  "choose a dataset in it, such as %s/%s", d->name,
				  slash ? slash + 1 : p->src->name);
	return err_remedy(
	    err_new(ERR_REFUSED, "the destination %s on %s exists already", d->name, p->dst_host),
	    "choose another name, or rename or destroy it on %s", p->dst_host);
}

/* What is there under the destination's name may only be the first copy itself, whole or in part. */
static struct err *check_existing(struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *s = p->src, *d = p->dst;

	if (d->master || d->role == ROLE_MASTER)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s is itself a master of zrep's (tag %s)", d->name,
			    p->dst_host, p->tag),
		    "choose another name; `zrep status` on %s says what it replicates to",
		    p->dst_host);
	if (d->token != NULL && d->n_snaps == 0) {
		const struct snap *to = dataset_snap_by_guid(s, p->token_to);
		if (!p->token_dead && p->token_from == 0 && to != NULL && to->own) {
			i->snap = mem_strdup(to->name);
			i->token = d->token;
			return NULL;
		}
		const char *why = to == NULL ? "its snapshot is gone from"
				  : !to->own ? "its snapshot is not zrep's, on"
					     : "it cannot be resumed from";
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is the beginning of a copy that cannot be finished any "
			    "more: %s %s",
			    d->name, p->dst_host, why, p->src_host),
		    "on %s: zfs receive -A %s, then run this again", p->dst_host, d->name);
	}
	const struct snap *base = dataset_base(s, d);
	if (base != NULL && base->own && d->written == 0 && dataset_newest(d)->guid == base->guid &&
	    d->n_snaps == 1 && d->readonly) {
		i->snap = mem_strdup(base->name);
		i->sent = true;
		return NULL;
	}
	return exists(p);
}

/* Received below an encrypted dataset, plain data would be encrypted with its key: from then on the two
 * sides could not be sent to each other. */
static struct err *check_encryption(const struct init *i)
{
	const struct pair *p = i->pair;
	const struct dataset *parent = i->opts->parent;

	if (parent == NULL || !parent->encrypted || p->src->encrypted)
		return NULL;
	return err_remedy(
	    err_new(ERR_REFUSED,
		    "%s on %s is not encrypted, and %s on %s is: what is received below it would "
		    "be encrypted with its key, and no stream would fit both sides",
		    p->src->name, p->src_host, parent->name, p->dst_host),
	    "choose a destination below a dataset of %s that is not encrypted", p->dst_host);
}

static struct err *check_room(const struct init *i)
{
	const struct pair *p = i->pair;
	char need[NUM_TEXT], have[NUM_TEXT];

	if (i->opts->parent == NULL)
		return err_remedy(err_new(ERR_REFUSED, "%s on %s has no parent dataset",
					  i->opts->dst_fs, p->dst_host),
				  "create it on %s: zfs create -p %.*s", p->dst_host,
				  (int)(strrchr(i->opts->dst_fs, '/') - i->opts->dst_fs),
				  i->opts->dst_fs);
	uint64_t bytes = p->src->referenced; /* and what is reserved is reserved there as well */
	if (p->src->refreservation > bytes)
		bytes = p->src->refreservation;
	if (bytes > i->opts->parent->available)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s takes about %s, and %s on %s has %s left",
					  p->src->name, p->src_host, num_bytes(need, bytes),
					  i->opts->parent->name, p->dst_host,
					  num_bytes(have, i->opts->parent->available)),
				  "free space on %s, or raise the quota there", p->dst_host);
	return NULL;
}

static struct err *check(struct init *i)
{
	struct err *e;

	if ((e = check_names(i)) != NULL || (e = check_source(i)) != NULL)
		return e;
	if (i->pair->dst != NULL)
		return check_existing(i);
	if (strchr(i->opts->dst_fs, '/') == NULL)
		return err_remedy(err_new(ERR_REFUSED, "there is no pool %s on %s", i->opts->dst_fs,
					  i->pair->dst_host),
				  "create the pool, or choose a dataset in one that exists");
	if ((e = check_encryption(i)) != NULL)
		return e;
	return check_room(i);
}

/* The first snapshot: the one a broken run left, if nothing was written since; else a new one. */
static void choose_snap(struct init *i)
{
	const struct dataset *s = i->pair->src;
	const struct snap *newest = dataset_newest(s);

	if (i->snap != NULL)
		return;
	if (newest != NULL && newest->own && newest->sent == 0 && s->written == 0) {
		i->snap = mem_strdup(newest->name);
		return;
	}
	uint64_t seq = plan_next_seq(s, NULL);
	i->snap = name_seq(i->pair->tag, seq > i->opts->seq ? seq : i->opts->seq);
	i->made = true;
}

static void set(nvlist_t *props, const char *tag, const char *prop, const char *value)
{
	char key[64];

	snprintf(key, sizeof(key), "%s:%s", tag, prop);
	nv_add_str(props, key, value);
}

static nvlist_t *pair_props(const struct init *i, const struct dataset *d)
{
	const char *tag = i->pair->tag;
	nvlist_t *props = nv_new();
	char text[32];

	set(props, tag, "src-host", i->opts->src_host);
	set(props, tag, "src-fs", i->opts->src_fs);
	set(props, tag, "dest-host", i->opts->dst_host);
	set(props, tag, "dest-fs", i->opts->dst_fs);
	snprintf(text, sizeof(text), "%u", SAVECOUNT_DEFAULT);
	if (d == NULL || d->savecount == 0)
		set(props, tag, "savecount", text);
	return props;
}

static void add_transfer(struct init *i)
{
	const struct pair *p = i->pair;
	char *name = str_fmt("%s@%s", p->src->name, i->snap);
	struct step *s;

	if (i->made)
		plan_add(i->out, STEP_SNAPSHOT, AT_SRC, name);
	/* The power may have failed after the receive had begun and before it had set these. */
	if (!i->sent && i->token != NULL)
		plan_add(i->out, STEP_SET_FIRST, AT_DST, i->opts->dst_fs)->props =
		    props_to_copy(p->src);
	if (!i->sent) {
		s = plan_add(i->out, i->token ? STEP_RESUME : STEP_SEND, AT_SRC, name);
		s->to = str_fmt("%s@%s", i->opts->dst_fs, i->snap);
		s->raw = p->src->encrypted;
		s->bytes = p->src->referenced;
		if (i->token != NULL)
			s->token = mem_strdup(i->token);
		else
			s->props = props_to_copy(p->src);
	}
	free(name);
}

static void add_mark(struct init *i, enum where at, const char *dataset)
{
	const struct pair *p = i->pair;
	char *name = str_fmt("%s@%s", dataset, i->snap), text[32];
	nvlist_t *props = nv_new();

	snprintf(text, sizeof(text), "%" PRIu64, p->now);
	set(props, p->tag, "sent", text);
	plan_add(i->out, STEP_HOLD, at, name);
	plan_add(i->out, STEP_SET, at, name)->props = props;
	free(name);
}

/* This very init has been carried out. Whoever ran it may have died before he could know. */
static bool is_done(const struct pair *p, const struct init_opts *o)
{
	const struct dataset *s = p->src, *d = p->dst;

	return s->role == ROLE_MASTER && d != NULL && d->role == ROLE_REPLICA &&
	       strcmp(s->dest_host, o->dst_host) == 0 && strcmp(s->dest_fs, o->dst_fs) == 0 &&
	       strcmp(d->src_fs, o->src_fs) == 0 && strcmp(d->src_host, o->src_host) == 0 &&
	       dataset_base(s, d) != NULL;
}

void plan_init(const struct pair *pair, const struct init_opts *opts, struct plan *out)
{
	struct init i = {.pair = pair, .opts = opts, .out = out};

	if (is_done(pair, opts)) {
		out->unchanged = true;
		out->base = mem_strdup(dataset_base(pair->src, pair->dst)->name);
		return;
	}
	struct err *e = check(&i);
	if (e != NULL) {
		free(i.snap);
		plan_refuse(out, e);
		return;
	}
	choose_snap(&i);
	add_transfer(&i);
	add_mark(&i, AT_SRC, opts->src_fs);
	add_mark(&i, AT_DST, opts->dst_fs);
	nvlist_t *replica = pair_props(&i, pair->dst);
	/* A receive passes over what its user may not set; this one must be. */
	nv_add_str(replica, "readonly", "on");
	plan_add(out, STEP_SET, AT_DST, opts->dst_fs)->props = replica;
	nvlist_t *props = pair_props(&i, pair->src);
	set(props, pair->tag, "master", "yes");
	plan_add(out, STEP_SET_LAST, AT_SRC, opts->src_fs)->props = props;
	out->base = i.snap;
}
