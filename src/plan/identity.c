#include "plan/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/role/history.h"
#include "plan/role/links.h"
#include "state/dataset.h"
#include "util/buf.h"
#include "util/num.h"
#include "util/remedy.h"

#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

/* --- whose dataset --- */

/* On its way back, a dataset is in pieces, which plan/role/revert.c knows. */
static bool is_whole(const struct endpoint *e)
{
	return e->d != NULL && e->preserved == NULL &&
	       (e->d->role == ROLE_MASTER || e->d->role == ROLE_REPLICA) &&
	       e->d->switch_state.kind != SWITCH_REVERTING;
}

/* An older zrep, the script, or the operator (changeconfig) has made it an end. */
static bool is_unmarked(const struct dataset *d)
{
	return d->words_local && d->set_id == NULL && d->peer_guid == 0 && d->link.nonce == 0;
}

enum identity_end identity_end(const struct dataset *me, const struct dataset *other)
{
	/* Before the first sync after init the source knows no GUID, but the link that both have, and the other end its own. */
	bool linked = me->link.nonce != 0 && me->link.nonce == other->link.nonce &&
		      other->peer_guid == me->guid;

	if (me->peer_guid == 0)
		return linked                              ? END_KNOWN
		       : dataset_ground(me, other) != NULL ? END_PERHAPS
							   : END_OTHER;
	return dataset_was(other, me->peer_guid) ? END_KNOWN : END_OTHER;
}

/* May `other`, under the name that `me` has for it, be taken for its other end? */
static bool is_known(const struct dataset *me, const struct dataset *other)
{
	/* It was made before it had a GUID to be known by; but then it has the link. */
	if (me->peer_guid == 0)
		return me->link.nonce == 0 || other->link.nonce != 0 || other->words_local;
	return identity_end(me, other) == END_KNOWN || is_unmarked(other);
}

/* "on host1, zrep changeconfig tank/a host2 tank/a": `at` takes what is at the other end for it. The caller frees. */
static char *accept(const struct pair *p, enum pair_side at)
{
	const struct endpoint *me = pair_end(p, at), *other = pair_end(p, pair_other(at));
	bool replica = me->d->role == ROLE_REPLICA;
	const char *stored = replica ? me->d->src_host : me->d->dest_host;
	const char *host = name_is_host(stored)                               ? stored
			   : other->self != NULL && name_is_host(other->self) ? other->self
									      : "HOST";
	const char *own = me->d->name, *peer = other->d->name;
	char *command = remedy_fmt("on %s, {zrep changeconfig }%s{%s %s %s}", me->host_name,
				   replica ? "-d " : "", own, host, peer);

	return command;
}

static struct err *check_end(const struct pair *p, enum pair_side at)
{
	const struct endpoint *me = pair_end(p, at), *other = pair_end(p, pair_other(at));

	if (is_known(me->d, other->d))
		return NULL;
	char *command = accept(p, at), known[32] = "another";
	if (me->d->peer_guid != 0)
		snprintf(known, sizeof(known), "%" PRIu64, me->d->peer_guid);
	bool replica = other->d->role == ROLE_REPLICA;
	const char *named = replica ? me->d->dest_fs : me->d->src_fs;
	struct err *e = err_refuse(
	    REASON_NOT_REPLICA,
	    "%s on %s is not the %s that %s on %s %s, but a copy of it, or another "
	    "dataset in its place (its GUID is %" PRIu64 ", that one's %s); nothing was touched",
	    other->d->name, other->host_name, replica ? "replica" : "master", me->d->name,
	    me->host_name, replica ? "syncs to" : "has received from", other->d->guid, known);
	/* Both by its name and by its GUID it belongs to another one, which may be well. */
	if (named != NULL && strcmp(named, other->d->name) != 0)
		err_remedy(
		    e,
		    "%s belongs to %s; on %s, name the %s of %s, whatever it is called now: {zrep "
		    "changeconfig }%s{%s %s DATASET}; only if %s does not exist any more and this "
		    "one "
		    "is to take its place, see `{zrep help changeconfig}` on %s",
		    me->d->name, named, other->host_name, replica ? "master" : "replica",
		    other->d->name, replica ? "-d " : "", other->d->name,
		    me->self != NULL && name_is_host(me->self) ? me->self : "HOST", named,
		    me->host_name);
	else
		err_remedy(e,
			   "use the right dataset; only if this one is to take its place: %s, and "
			   "then the same command again",
			   command);
	free(command);
	return e;
}

static struct err *check_set(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s->set_id == NULL || d->set_id == NULL || strcmp(s->set_id, d->set_id) == 0)
		return NULL;
	char *command = accept(p, d->role == ROLE_REPLICA ? PAIR_DST : PAIR_SRC);
	struct err *e = err_remedy(
	    err_refuse(REASON_NOT_REPLICA,
		       "%s on %s (set %s) and %s on %s (set %s) do not belong to one dataset and "
		       "its replicas",
		       DST(p), d->set_id, SRC(p), s->set_id),
	    "compare `{zrep list -v}` on both sides; only if they are to be a pair: %s", command);
	free(command);
	return e;
}

struct err *identity_check_ends(const struct pair *p)
{
	struct err *e;

	if (!is_whole(&p->src) || !is_whole(&p->dst))
		return NULL;
	/* By its epoch the source is another one than the destination knew. Of the set both have to be. */
	if (plan_follows(p))
		return check_set(p);
	if ((e = check_end(p, PAIR_SRC)) != NULL || (e = check_end(p, PAIR_DST)) != NULL)
		return e;
	return check_set(p);
}

/* --- set back --- */

/* What it had in common with the other end, as far as it knows. */
static const struct snap *last_common(const struct dataset *d)
{
	for (size_t i = d->n_snaps; i-- > 0;)
		if (d->snaps[i].sent != 0)
			return &d->snaps[i];
	return dataset_last_sent(d);
}

static bool has_last_of(const struct dataset *d, const struct dataset *other)
{
	const struct snap *last = last_common(other);

	/* A bookmark is made with what it is of, or before that is sent: an older image has neither. */
	return last == NULL || dataset_snap_by_guid(d, last->guid) != NULL ||
	       dataset_bookmark(d, last->guid) != NULL;
}

bool identity_was_taken_back(const struct dataset *d, const struct dataset *other)
{
	const struct snap *newest = dataset_newest(d);

	return newest != NULL && newest->guid == d->reset &&
	       dataset_snap_by_guid(other, d->reset) != NULL;
}

enum identity identity_of_link(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (p->accepted || !is_whole(&p->src) || !is_whole(&p->dst) || d->master ||
	    plan_follows(p) || s->link.nonce == 0 || d->link.nonce == 0 ||
	    s->link.nonce == d->link.nonce)
		return IDENTITY_FITS;
	/* Where nobody leads: one of them has led at an epoch that the other has followed, and does not know of it. */
	if (!s->master && s->link.epoch > d->epoch)
		return IDENTITY_DST_BACK;
	if (!s->master && d->link.epoch > s->epoch)
		return IDENTITY_SRC_BACK;
	bool src_has = has_last_of(s, d),
	     dst_has = has_last_of(d, s) || identity_was_taken_back(d, s);
	if (src_has && dst_has)
		return IDENTITY_FITS;
	if (src_has || (!dst_has && d->link.time < s->link.time))
		return IDENTITY_DST_BACK;
	/* Of its epoch the destination has seen nothing that could be missing now: it began where somebody wanted it to,
	 * perhaps further back. */
	return s->master && s->epoch > d->epoch ? IDENTITY_FITS : IDENTITY_SRC_BACK;
}

/* The commands by which the data of one or the other goes on. `old` was set back. */
static struct err *choices(const struct pair *p, const struct endpoint *old,
			   const struct endpoint *new, struct err *e)
{
	const char *older = old->d->name, *newer = new->d->name;
	bool common = dataset_return(new->d, old->d) != NULL;

	if (!p->src.d->master) {
		err_remedy(e,
			   "to go on with the newer data: on %s, {zrep takeover --force %s}; with "
			   "the older: on %s, {zrep takeover --force %s}",
			   new->host_name, newer, old->host_name, older);
	} else if (new->side == PAIR_DST && common) {
		err_remedy(e,
			   "to go on with the newer data of the replica: on %s, {zrep takeover -L "
			   "--force %s}; with that of the master: on %s, {zrep rejoin %s}, which "
			   "preserves what only the replica has",
			   new->host_name, newer, new->host_name, newer);
	} else if (new->side == PAIR_DST) {
		err_remedy(
		    e,
		    "neither was touched; to go on with the newer data of the replica: on %s, "
		    "{zrep "
		    "takeover -L --force %s}; the two have no snapshot in common any more, so the "
		    "other side has to be initialised anew, into another dataset",
		    new->host_name, newer);
	} else {
		char *command = accept(p, PAIR_SRC);
		err_remedy(
		    e,
		    "to go on with the data of the master, from what this replica has: %s; "
		    "with the older data of the replica: on %s, {zrep takeover -L --force %s}",
		    command, old->host_name, older);
		free(command);
	}
	return e;
}

struct err *identity_check_link(const struct pair *p)
{
	enum identity is = identity_of_link(p);
	const struct endpoint *old = is == IDENTITY_SRC_BACK ? &p->src : &p->dst;
	const struct endpoint *new = pair_end(p, pair_other(old->side));
	char at[NUM_TIME], now[NUM_TIME];

	if (is == IDENTITY_FITS)
		return NULL;
	const struct snap *theirs = last_common(old->d), *ours = last_common(new->d);
	struct err *e = err_refuse(
	    REASON_SET_BACK,
	    "%s on %s was set back to an older image, or another machine has synced as it since: "
	    "it is at %s (@%s, epoch %" PRIu64 "), and %s on %s, which is newer, at %s (@%s, epoch "
	    "%" PRIu64 "); nothing was touched",
	    old->d->name, old->host_name, num_time_as(at, p->date_format, old->d->link.time),
	    theirs != NULL ? theirs->name : "-", old->d->epoch, new->d->name, new->host_name,
	    num_time_as(now, p->date_format, new->d->link.time), ours != NULL ? ours->name : "-",
	    new->d->epoch);
	return choices(p, old, new, e);
}

/* --- stored --- */

static void set_link(nvlist_t *props, const struct pair *p, uint64_t epoch)
{
	struct link_mark m = {.nonce = p->nonce, .epoch = epoch, .time = p->now};
	char *text = link_mark_print(&m);

	plan_prop(props, p->tag, "link", text);
	free(text);
}

/* Of the source, another tag of its, or the destination; else a new one. The caller frees. */
static char *set_of(const struct pair *p)
{
	const struct dataset *d = p->dst.d;
	const char *own = dataset_set(p->src.d);

	if (own != NULL)
		return str_fmt("%s", own);
	if (d != NULL && d->set_id != NULL)
		return str_fmt("%s", d->set_id);
	return str_fmt("%016" PRIx64, p->new_set);
}

static void set_prop_u64(nvlist_t *props, const char *tag, const char *prop, uint64_t is,
			 uint64_t to)
{
	if (to == 0 && is != 0)
		plan_prop(props, tag, prop, NULL);
	else if (to != is)
		plan_prop_u64(props, tag, prop, to);
}

void identity_record(const struct pair *p, bool moved, struct plan *out)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (p->nonce == 0)
		return;
	char *set = set_of(p);
	uint64_t epoch = s->epoch > d->epoch ? s->epoch : d->epoch;
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct dataset *me = at == PAIR_SRC ? s : d, *other = at == PAIR_SRC ? d : s;
		nvlist_t *props = nv_new();
		if (!str_same(me->set_id, set))
			plan_prop(props, p->tag, "set", set);
		set_prop_u64(props, p->tag, "peer-guid", me->peer_guid, other->guid);
		/* Not before the other end knows it by its own. */
		if (me->n_former > 0 && other->peer_guid == me->guid)
			plan_prop(props, p->tag, "former-guid", NULL);
		if (moved || s->link.nonce == 0 || s->link.nonce != d->link.nonce)
			set_link(props, p, epoch);
		if (!nv_empty(props)) /* no reason to store anything by itself */
			plan_record(props, p, at, NULL);
		if (!nv_empty(props))
			plan_add(out, STEP_SET, PHASE_RECORD, at, me->name)->props = props;
		else
			nv_free(props);
	}
	free(set);
}

void identity_begin(nvlist_t *props, const struct pair *p, enum pair_side at, bool alone)
{
	const struct dataset *me = pair_end(p, at)->d, *other = pair_end(p, pair_other(at))->d;

	if (p->nonce == 0)
		return;
	char *set = set_of(p);
	plan_prop(props, p->tag, "set", set);
	free(set);
	set_prop_u64(props, p->tag, "peer-guid", me != NULL ? me->peer_guid : 0,
		     !alone && other != NULL ? other->guid : 0);
	if (me != NULL && me->n_former > 0)
		plan_prop(props, p->tag, "former-guid", NULL);
	if (!alone)
		set_link(props, p, p->src.d->epoch);
	else
		identity_forget_link(props, p->tag, me);
}

struct link_mark identity_decided(const struct pair *p, uint64_t epoch)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	/* By the operator's word the other end is not the one that was known. */
	if (p->nonce == 0 || p->accepted || (s->link.nonce == 0 && d->link.nonce == 0))
		return (struct link_mark){0};
	return (struct link_mark){.nonce = p->nonce, .epoch = epoch, .time = p->now};
}

void identity_decide(nvlist_t *props, const struct pair *p, uint64_t epoch)
{
	struct link_mark m = identity_decided(p, epoch);

	if (m.nonce != 0)
		set_link(props, p, epoch);
	else
		identity_forget_link(props, p->tag, p->dst.d);
}

void identity_follow(nvlist_t *props, const char *tag, const struct dataset *d,
		     const struct dataset *master)
{
	if (master == NULL || master->role != ROLE_MASTER)
		return;
	if (master->link.nonce == 0) {
		identity_forget_link(props, tag, d);
	} else if (master->link.nonce != d->link.nonce) {
		char *text = link_mark_print(&master->link);
		plan_prop(props, tag, "link", text);
		free(text);
	}
}

void identity_forget_link(nvlist_t *props, const char *tag, const struct dataset *d)
{
	if (d != NULL && d->link.nonce != 0)
		plan_prop(props, tag, "link", NULL);
}

bool identity_knows(const struct dataset *d, bool set_too)
{
	return d->peer_guid != 0 || d->n_former > 0 || d->link.nonce != 0 ||
	       (set_too && d->set_id != NULL);
}

void identity_forget_end(nvlist_t *props, const char *tag, const struct dataset *d, bool set_too)
{
	identity_forget_link(props, tag, d);
	set_prop_u64(props, tag, "peer-guid", d->peer_guid, 0);
	if (d->n_former > 0)
		plan_prop(props, tag, "former-guid", NULL);
	if (set_too && d->set_id != NULL)
		plan_prop(props, tag, "set", NULL);
}

/* The other end knows `guid`, or, if it has not met that yet, one whose place that took: the last ones. */
static void succeed(nvlist_t *props, const char *tag, const uint64_t *former, size_t n,
		    uint64_t guid)
{
	struct buf all = {0};

	for (size_t i = n == FORMER_MAX; i < n; i++)
		buf_addf(&all, "%" PRIu64 " ", former[i]);
	buf_addf(&all, "%" PRIu64, guid);
	plan_prop(props, tag, "former-guid", all.data);
	buf_free(&all);
}

void identity_succeed_beside(nvlist_t *props, const struct other_tag *o, const struct dataset *d)
{
	if (o->role != ROLE_NONE && !o->received)
		succeed(props, o->tag, o->former, o->n_former, d->guid);
}

void identity_succeed(nvlist_t *props, const char *tag, const struct dataset *d)
{
	static const char *const all[] = {"set", "peer-guid", "link", "former-guid"};
	const bool counts[] = {d->set_id != NULL, d->peer_guid != 0, d->link.nonce != 0, false};

	/* Received only, it would come to count. */
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		char *key = str_fmt("%s:%s", tag, all[i]);
		if (!counts[i] && nv_str(props, key) != NULL)
			nv_remove(props, key);
		free(key);
	}
	if (identity_knows(d, true))
		succeed(props, tag, d->former, d->n_former, d->guid);
}
