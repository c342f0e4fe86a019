/* Which of two is the master. */
#include "plan/role/masters.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/role/better.h"
#include "plan/role/host_names.h"
#include "plan/role/links.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

/* "since ..." where it is known. */
static char *since(const struct pair *p, const struct dataset *d)
{
	char when[NUM_TIME];

	if (d->since == 0)
		return str_fmt("%s", "");
	return str_fmt(" since %s", num_time_as(when, p->date_format, d->since));
}

/* When a side was last written to, as well as it can be told: its newest snapshot, and what came after. */
static void last_writes(const struct pair *p, enum pair_side at, struct buf *to)
{
	const struct endpoint *me = pair_end(p, at);
	const struct dataset *d = me->d;
	const struct snap *newest = dataset_newest(d);
	char when[NUM_TIME], bytes[NUM_TEXT];

	buf_addf(to, "%s on %s: %s%s, newest snapshot %s", d->name, me->host_name,
		 dataset_unchanged(d) ? "nothing" : num_bytes(bytes, d->written),
		 newest ? " written since its newest snapshot" : " written",
		 newest ? num_time_as(when, p->date_format, newest->creation) : "none");
}

/* Of a master: does it know the other one as its other end? That may have taken over a link that leads elsewhere. */
static bool knows(const struct dataset *d, const struct endpoint *other)
{
	const char *const stored[] = {d->dest_host, d->dest_self}, *const names[] = {
								       other->host_name,
								       other->self};
	bool host = false;

	for (size_t i = 0; i < ARRAY_LEN(stored); i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			host = host || (stored[i] != NULL && names[k] != NULL &&
					name_names_host(stored[i], names[k]));
	return host && str_same(d->dest_fs, other->d->name);
}

/* The commands by which that end comes back, perhaps by force. Where the pair of the other one leads elsewhere, they go by the
 * link by which that sends here, or have its pair lead here first: else rejoin is refused. The caller frees. */
static char *comes_back(const struct pair *p, enum pair_side at, const char *force)
{
	const struct endpoint *me = pair_end(p, at), *other = pair_end(p, pair_other(at));
	const char *name = me->d->name, *peer = other->d->name;
	const char *host =
	    other->self != NULL && name_is_host(other->self) ? other->self : other->host_name;
	const char *own = me->self != NULL && name_is_host(me->self) ? me->self : me->host_name;
	struct buf text = {0};

	if (!knows(other->d, me)) {
		char *by = plan_back_by(p, pair_other(at), force);
		if (by != NULL)
			return by;
		buf_tell(&text, "on %s, {zrep changeconfig %s %s %s}; then ", other->host_name,
			 peer, own, name);
	}
	if (knows(me->d, other))
		buf_tell(&text, "on %s, {zrep rejoin }%s{%s}", me->host_name, force, name);
	else
		buf_tell(&text, "on %s, {zrep changeconfig %s %s %s} and {zrep rejoin }%s{%s}",
			 me->host_name, name, host, peer, force, name);
	return text.data;
}

/* What `at` sends to, where its pair has to be led to the other end for that to come back: nobody sends there from then on. */
static void stays_behind(const struct pair *p, enum pair_side at, struct buf *to)
{
	const struct endpoint *me = pair_end(p, at), *other = pair_end(p, pair_other(at));
	const char *host = me->d->dest_host, *fs = me->d->dest_fs;

	if (knows(me->d, other) || !name_is_host(host) || !name_is_dataset(fs))
		return;
	for (size_t i = 0; i < other->d->n_others; i++) {
		const struct other_tag *o = &other->d->others[i];
		if (o->role == ROLE_MASTER && plan_same_place(o->dest_host, o->dest_fs, host, fs))
			return;
	}
	char *by = plan_back_by(p, at, "");
	if (by == NULL)
		buf_tell(to,
			 "; %s on %s, to which %s on %s leads until then, stays as it is, and gets "
			 "nothing from then on: to have a copy there again, on the side that leads "
			 "{zrep -t TAG init DATASET %s NEW-NAME}, with another tag",
			 fs, host, me->d->name, me->host_name, host);
	free(by);
}

static struct err *split_brain(const struct pair *p)
{
	char *src = comes_back(p, PAIR_SRC, "--force "), *dst = comes_back(p, PAIR_DST, "--force ");
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct buf writes = {0}, behind = {0};

	last_writes(p, PAIR_SRC, &writes);
	buf_addf(&writes, "; ");
	last_writes(p, PAIR_DST, &writes);
	stays_behind(p, PAIR_SRC, &behind);
	stays_behind(p, PAIR_DST, &behind);
	struct err *e = err_remedy(
	    err_refuse(REASON_SPLIT_BRAIN,
		       "split brain: %s on %s and %s on %s are both masters at epoch %" PRIu64
		       "; nothing was touched (%s)",
		       s->name, p->src.host_name, d->name, p->dst.host_name, s->epoch, writes.data),
	    "choose the side whose data is to go on, and have the other one come back (%s; or %s); "
	    "it keeps "
	    "what only that side has%s",
	    src, dst, buf_str(&behind));
	buf_free(&behind);
	buf_free(&writes);
	free(src);
	free(dst);
	return e;
}

static struct err *outranked(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	char *back = comes_back(p, PAIR_DST, "");
	struct buf behind = {0};
	stays_behind(p, PAIR_SRC, &behind);
	struct err *e = err_remedy(
	    err_refuse(REASON_OLD_MASTER,
		       "%s on %s claims to be the master, with the older epoch %" PRIu64
		       " (%s on %s: %" PRIu64 "); nothing was touched",
		       d->name, p->dst.host_name, d->epoch, s->name, p->src.host_name, s->epoch),
	    "it was superseded: %s%s", back, buf_str(&behind));

	buf_free(&behind);
	free(back);
	return e;
}

char *plan_back_to_leader(const struct pair *p, enum pair_side at)
{
	const struct endpoint *me = pair_end(p, at);
	const struct dataset *other = pair_end(p, pair_other(at))->d;
	const struct other_tag *o = other != NULL ? dataset_follows(other) : NULL;

	if (me->d == NULL || o == NULL || other->epoch <= me->d->epoch ||
	    !name_is_host(o->src_host) || !name_is_dataset(o->src_fs) ||
	    (str_same(o->src_fs, me->d->name) && name_names_host(o->src_host, me->host_name)))
		return NULL;
	return remedy_fmt(
	    "it follows %s on %s now, under tag %s, which leads in its place; to come "
	    "back to that, keeping what only this side has: on %s, {zrep changeconfig "
	    "%s %s %s} and {zrep rejoin %s}",
	    o->src_fs, o->src_host, o->tag, me->host_name, me->d->name, o->src_host, o->src_fs,
	    me->d->name);
}

/* The other end is no master, or not yet, and has what came of a later one. */
static struct err *overtaken(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e =
	    err_refuse(REASON_SUPERSEDED,
		       "%s on %s was superseded: %s on %s has data of epoch %" PRIu64
		       ", this side is at %" PRIu64 "; nothing was touched",
		       s->name, p->src.host_name, d->name, p->dst.host_name, d->epoch, s->epoch);
	char *back = d->role == ROLE_NONE ? plan_back_to_leader(p, PAIR_SRC) : NULL;

	if (back != NULL)
		err_remedy(e, "%s", back);
	else
		err_remedy(e, "see `{zrep status -v %s}` on %s", d->name, p->dst.host_name);
	free(back);
	return e;
}

/* What the destination passes on under the pair's tag it has from this very source: neither is a second master, nor was it
 * superseded. */
static struct err *passes_on(const struct pair *p, const struct other_tag *o)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	const char *name = s->name, *host = d->dest_host, *fs = d->dest_fs;
	struct err *e =
	    err_refuse(REASON_NOT_REPLICA,
		       "%s on %s receives from %s on %s under tag %s already, and passes that on "
		       "to %s on %s under "
		       "tag %s; nothing was touched",
		       d->name, p->dst.host_name, s->name, p->src.host_name, o->tag,
		       fs != NULL ? fs : "no dataset", host != NULL ? host : "no host", p->tag);

	if (!name_is_host(host) || !name_is_dataset(fs))
		return err_remedy(e, "compare `{zrep list -v}` on both sides");
	return err_remedy(
	    e,
	    "to have this pair lead to where it passes that on: on %s, {zrep changeconfig "
	    "%s %s %s}; then {zrep sync %s}",
	    p->src.host_name, name, host, fs, name);
}

/* The command, with that verb, under the tag of the source's that leads there. NULL: none does. The caller frees. */
static char *by_tag_to(const struct pair *p, const char *host, const char *fs, const char *verb)
{
	const struct dataset *s = p->src.d;

	for (size_t i = 0; i < s->n_others; i++) {
		const struct other_tag *o = &s->others[i];
		if (o->role == ROLE_MASTER && plan_same_place(o->dest_host, o->dest_fs, host, fs))
			return remedy_fmt("on %s, {zrep -t %s %s %s}", p->src.host_name, o->tag,
					  verb, s->name);
	}
	return NULL;
}

/* The commands by which the source meets whom the destination follows, and then that verb. The caller frees. */
static char *to_followed(const struct pair *p, const char *verb)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	char *by = by_tag_to(p, d->src_host, d->src_fs, verb);

	if (by != NULL)
		return by;
	return remedy_fmt("on %s, {zrep changeconfig %s %s %s}; then {zrep %s %s}",
			  p->src.host_name, s->name, d->src_host, d->src_fs, verb, s->name);
}

char *plan_meet_followed(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (d->role != ROLE_REPLICA || d->epoch < s->epoch || !name_is_host(d->src_host) ||
	    !name_is_dataset(d->src_fs))
		return NULL;
	return to_followed(p, "sync");
}

/* Does the destination follow another one, which leads at no earlier epoch than the source, of the same set? */
static bool follows_another(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	return s->master && plan_leads(s) && s->switch_state.kind == SWITCH_NONE &&
	       d->role == ROLE_REPLICA && !d->copy && d->switch_state.kind == SWITCH_NONE &&
	       d->epoch >= s->epoch && name_is_host(d->src_host) && name_is_dataset(d->src_fs) &&
	       dataset_one_set(s, d) && !(str_same(d->src_fs, s->src_fs) && plan_names_source(p));
}

/* At the same epoch its words may just have been lost or set. Who has synced to it last is told by the mark of the link. */
static bool synced_by_another(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	return s->link.nonce != 0 && d->link.nonce != 0 && s->link.nonce != d->link.nonce;
}

struct err *plan_left_behind(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e;

	if (!follows_another(p) || (d->epoch == s->epoch && !synced_by_another(p)))
		return NULL;
	char *way = to_followed(p, d->epoch > s->epoch ? "rejoin" : "sync");
	if (d->epoch > s->epoch)
		e = err_remedy(
		    err_refuse(
			REASON_SUPERSEDED,
			"%s on %s was superseded: %s on %s follows %s on %s now, of epoch %" PRIu64
			", this side is at %" PRIu64 "; nothing was touched",
			s->name, p->src.host_name, d->name, p->dst.host_name, d->src_fs,
			d->src_host, d->epoch, s->epoch),
		    "bring this side back as the replica of that one, keeping what only it has: %s",
		    way);
	else
		e = err_remedy(
		    err_refuse(
			REASON_SPLIT_BRAIN,
			"split brain: %s on %s follows %s on %s now, which leads at epoch %" PRIu64
			" as %s on %s does; nothing was touched",
			d->name, p->dst.host_name, d->src_fs, d->src_host, d->epoch, s->name,
			p->src.host_name),
		    "choose the one whose data is to go on; to be told how the other one comes "
		    "back: %s",
		    way);
	free(way);
	return e;
}

/* The commands by which the source comes back to the destination, which leads at a later epoch. That may send elsewhere by this pair:
 * then by what it sends to, which this side sends to as well under another tag. The caller frees. */
static char *back_to_superior(const struct pair *p, struct buf *behind)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (knows(d, &p->src))
		return remedy_fmt("on %s, {zrep rejoin %s}", p->src.host_name, s->name);
	char *by = by_tag_to(p, d->dest_host, d->dest_fs, "rejoin");
	if (by == NULL) {
		by = comes_back(p, PAIR_SRC, "");
		stays_behind(p, PAIR_DST, behind);
	}
	return by;
}

static struct err *superseded(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	char *when = since(p, d);
	struct err *e = err_refuse(
	    REASON_SUPERSEDED,
	    "%s on %s was superseded: %s on %s is the master of epoch %" PRIu64
	    "%s, this side is at %" PRIu64 "; nothing was touched",
	    s->name, p->src.host_name, d->name, p->dst.host_name, d->epoch, when, s->epoch);

	if (!plan_rejoin_by(p, PAIR_DST, e)) {
		struct buf behind = {0};
		char *back = back_to_superior(p, &behind);
		err_remedy(e, "bring this side back as its replica, keeping what only it has: %s%s",
			   back, buf_str(&behind));
		buf_free(&behind);
		free(back);
	}
	free(when);
	return e;
}

struct err *plan_check_masters(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	assert(p->src.d != NULL && p->dst.d != NULL);
	const struct other_tag *feeds = d->master && s->master ? plan_feeds(p, PAIR_SRC) : NULL;
	if (feeds != NULL && d->epoch <= s->epoch)
		return passes_on(p, feeds);
	if (d->master && d->epoch > s->epoch)
		return superseded(p);
	if (d->master && d->epoch == s->epoch)
		return split_brain(p);
	if (d->master)
		return outranked(p);
	/* Another dataset in the replica's place has nothing of this one's; the replica's own clone has, which follows another
	 * leader of the set. */
	if (d->role == ROLE_NONE && s->peer_guid != 0 && s->peer_guid != d->guid &&
	    !(dataset_follows(d) != NULL && dataset_one_set(s, d)))
		return NULL;
	struct err *left = plan_left_behind(p);
	if (left != NULL)
		return left;
	if (d->epoch > s->epoch && (d->role != ROLE_REPLICA || d->switch_state.kind != SWITCH_NONE))
		return overtaken(p);
	return NULL;
}

char *plan_nobody_leads(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	assert(s != NULL && d != NULL);
	bool more_here = plan_has_more(s, d), more_there = plan_has_more(d, s);
	if (more_here != more_there) {
		const struct endpoint *best = more_here ? &p->src : &p->dst,
				      *other = more_here ? &p->dst : &p->src;
		return remedy_fmt(
		    "make the one that has more the master: on %s, {zrep takeover %s}; "
		    "if what only that has may be kept aside: on %s, {zrep takeover "
		    "--force %s}",
		    best->host_name, best->d->name, other->host_name, other->d->name);
	}
	if (dataset_base(s, d) != NULL)
		return remedy_fmt(
		    "make one of them the master: on %s, {zrep takeover %s}; or on %s, "
		    "{zrep takeover %s}",
		    p->src.host_name, s->name, p->dst.host_name, d->name);
	return remedy_fmt(
	    "either can become the master as it is, without what the other one has: on "
	    "%s, {zrep takeover -L %s}; or on %s, {zrep takeover -L %s}; the other one then "
	    "stays as it is, and sync says how to initialise the pair anew",
	    p->src.host_name, s->name, p->dst.host_name, d->name);
}

struct err *plan_no_master(const struct pair *p)
{
	struct err *e =
	    err_refuse(REASON_NO_MASTER, "neither %s on %s nor %s on %s is the master",
		       p->src.d->name, p->src.host_name, p->dst.d->name, p->dst.host_name);
	char *remedy = plan_nobody_leads(p);

	err_remedy(e, "%s", remedy);
	free(remedy);
	return e;
}
