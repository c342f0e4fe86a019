/* What is odd about two sides together. */
#include "plan/health/doctor_pair.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/health/settings.h"
#include "plan/bookmark.h"
#include "plan/features.h"
#include "plan/health/diagnosis.h"
#include "plan/health/doctor_one.h"
#include "plan/health/event.h"
#include "plan/health/hooks.h"
#include "plan/health/keys.h"
#include "plan/identity.h"
#include "plan/keys.h"
#include "plan/make_room.h"
#include "plan/pace.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/retention/select.h"
#include "plan/role/cancel.h"
#include "plan/role/masters.h"
#include "plan/role/recover.h"
#include "plan/role/revert.h"
#include "plan/sync.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"

/* Would settling do anything? What it leaves as it is (two masters) somebody has to decide. *why: what it would refuse. */
static bool can_recover(const struct pair *pair, struct err **why)
{
	struct plan settle = {0};

	plan_recover(pair, &settle);
	bool can = settle.refusal == NULL && (settle.n > 0 || settle.again);
	*why = settle.refusal != NULL ? err_copy(settle.refusal) : NULL;
	plan_free(&settle);
	return can;
}

static struct err *left_as_it_is(const struct pair *pair, const struct dataset *d, const char *host)
{
	struct err *e =
	    pair->src.d != NULL && pair->dst.d != NULL && pair->src.d->master && pair->dst.d->master
		? plan_check_masters(pair)
		: NULL;

	return e != NULL ? e : plan_switching(pair->tag, d, host);
}

/* True if either side is in the middle of a change: settling comes first. */
static bool find_switch(const struct pair *pair, struct diagnosis *out)
{
	struct err *refused;
	bool any = false, can = can_recover(pair, &refused);

	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(pair, at);
		const struct dataset *d = me->d != NULL ? me->d : me->preserved;
		if (d == NULL || d->switch_state.kind == SWITCH_NONE)
			continue;
		any = true;
		if (dataset_offer_stands(d, pair_end(pair, pair_other(at))->d))
			continue; /* the other end says it */
		/* Nothing can be done about that with --fix. */
		bool barred = d == me->d && d->switch_state.kind == SWITCH_REVERTING &&
			      me->preserved == NULL && me->in_way != NULL &&
			      !plan_revert_has_begun(d);
		struct err *e = barred ? plan_in_way(d, me->in_way->name, me->host_name)
				: refused != NULL && d->switch_state.kind != SWITCH_UNKNOWN
				    ? err_copy(refused)
				: can || d->switch_state.kind == SWITCH_UNKNOWN
				    ? plan_switching(pair->tag, d, me->host_name)
				    : left_as_it_is(pair, d, me->host_name);
		diagnosis_add_err(out, CHECK_CRITICAL, e);
		if (can && !barred && d->switch_state.kind != SWITCH_UNKNOWN)
			out->findings[out->n - 1].mend = str_fmt("finishes or undoes it");
		err_free(e);
	}
	err_free(refused);
	return any;
}

/* --- a pair that is not whole --- */

/* The four properties of the pair, to go through. */
struct text {
	const char *prop, *value;
};

static void texts_of(const struct dataset *d, struct text out[4])
{
	out[0] = (struct text){"src-host", d->src_host};
	out[1] = (struct text){"src-fs", d->src_fs};
	out[2] = (struct text){"dest-host", d->dest_host};
	out[3] = (struct text){"dest-fs", d->dest_fs};
}

/* Can `o` say what is missing at `d`? It is whole, names d as its other side, and says nothing else than d. */
static bool can_complete(const struct dataset *d, const struct dataset *o)
{
	struct text mine[4], theirs[4];

	if (o == NULL || (o->role != ROLE_MASTER && o->role != ROLE_REPLICA) ||
	    !str_same(o->role == ROLE_MASTER ? o->dest_fs : o->src_fs, d->name) ||
	    !name_is_host(o->src_host) || !name_is_host(o->dest_host))
		return false;
	texts_of(d, mine);
	texts_of(o, theirs);
	for (size_t i = 0; i < 4; i++)
		if (mine[i].value != NULL && strcmp(mine[i].value, theirs[i].value) != 0)
			return false;
	return true;
}

static void find_half(const struct pair *pair, const struct endpoint *me,
		      const struct endpoint *other, struct diagnosis *out)
{
	struct text mine[4], theirs[4];
	struct buf lacks = {0}, says = {0};
	bool known = can_complete(me->d, other->d);

	texts_of(me->d, mine);
	if (known)
		texts_of(other->d, theirs);
	for (size_t i = 0; i < 4; i++) {
		if (mine[i].value != NULL)
			continue;
		buf_addf(&lacks, "%s%s:%s", lacks.len ? ", " : "", pair->tag, mine[i].prop);
		if (!known)
			continue;
		buf_addf(&says, "%s%s:%s=%s", says.len ? " " : "", pair->tag, mine[i].prop,
			 theirs[i].value);
		diagnosis_set(out, pair, me, mine[i].prop, theirs[i].value);
	}
	struct finding *o =
	    known
		? diagnosis_add(out, CHECK_CRITICAL, "%s on %s lacks %s, which %s on %s has",
				me->name, me->host_name, lacks.data, other->name, other->host_name)
		: diagnosis_add(out, CHECK_CRITICAL,
				"%s on %s lacks %s, and the other side does not say what it was",
				me->name, me->host_name, lacks.data);
	if (known)
		o->mend = str_fmt("sets %s", says.data);
	else
		o->remedy =
		    remedy_fmt("set them by hand, the same on both sides; if it is no pair any "
			       "more: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS,
			       me->host_name, me->name);
	buf_free(&lacks);
	buf_free(&says);
}

static bool names_end(const char *host, const struct endpoint *me)
{
	return strcmp(host, "localhost") == 0 || name_names_host(host, me->host_name) ||
	       (me->self != NULL && name_names_host(host, me->self));
}

/* It is named as the source, and is no master. */
static void find_no_master(const struct pair *pair, const struct endpoint *me,
			   const struct endpoint *other, struct diagnosis *out)
{
	const struct dataset *d = me->d;

	bool pool_away =
	    other->d == NULL && (me->side == PAIR_SRC ? pair->dst.pool_away : pair->src.pool_away);

	if (doctor_claims(d, pair->tag))
		return; /* that is told, with the same remedy */
	if (dataset_last_sent(d) != NULL || !name_is_host(d->dest_host) ||
	    !name_is_dataset(d->dest_fs)) {
		struct err *e = plan_broken(d, me->host_name, pair->tag);
		diagnosis_add_err(out, CHECK_CRITICAL, e);
		err_free(e);
		return;
	}
	struct finding *o = diagnosis_add(out, CHECK_CRITICAL,
					  "an init of %s on %s was begun and not finished: no "
					  "snapshot was ever marked as sent, and %s on %s %s",
					  me->name, me->host_name, d->dest_fs, d->dest_host,
					  other->away ? "cannot be asked"
					  : pool_away ? "cannot be seen: its pool is not imported"
					  : other->d == NULL ? "does not exist"
							     : "may be a part of a first copy");
	o->remedy =
	    pool_away
		? remedy_fmt("on %s: {zpool import %.*s}, then run the same again",
			     other->host_name, (int)name_pool_len(d->dest_fs), d->dest_fs)
		: remedy_fmt("on %s, `{zrep init %s %s %s}` goes on with it; to forget it: on "
			     "%s, {zrep clear %s}" PLAN_CLEAR_COSTS,
			     me->host_name, me->name, d->dest_host, d->dest_fs, me->host_name,
			     me->name);
}

/* True if an end is not whole: then nothing is said about the two together. */
static bool find_broken(const struct pair *pair, enum pair_side at, struct diagnosis *out)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d;

	if (d == NULL || d->role != ROLE_BROKEN)
		return false;
	if (!doctor_has_pair(d)) {
		find_half(pair, me, other, out);
	} else if (str_same(d->src_fs, d->name) && !d->master && names_end(d->src_host, me)) {
		find_no_master(pair, me, other, out);
	} else {
		struct err *e = plan_broken(d, me->host_name, pair->tag);
		diagnosis_add_err(out, CHECK_CRITICAL, e);
		err_free(e);
	}
	return true;
}

/* --- two that should be one pair --- */

/* Snapshots of zrep's on the replica that its master does not have: it was a master itself, or its master went
 * back. */
static bool find_newer(const struct pair *pair, const struct snap *base, struct diagnosis *out)
{
	const struct dataset *d = pair->dst.d;
	struct buf names = {0};
	size_t n = 0;

	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > base->createtxg && d->snaps[i].zrep_named) {
			if (n++ < 3)
				buf_addf(&names, "%s@%s", n > 1 ? ", " : "", d->snaps[i].name);
		}
	if (n > 3)
		buf_addf(&names, " and %zu more", n - 3);
	if (n == 0)
		return false;
	diagnosis_add(out, CHECK_CRITICAL,
		      "the replica %s on %s has zrep snapshots that its master %s on %s does not "
		      "have: %s; it was "
		      "the master once, or its master was reverted",
		      d->name, pair->dst.host_name, pair->src.d->name, pair->src.host_name,
		      names.data)
	    ->remedy =
	    plan_parted_ways(pair->src.d->name, pair->src.host_name, d->name, pair->dst.host_name);
	buf_free(&names);
	return true;
}

/* The replica is left. An init goes on from what both have, if there is any; where the replica has more, it does only by
 * force. */
static char *ways_on(const struct pair *pair)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	const char *src = pair->src.host_name, *dst = pair->dst.host_name;
	const struct snap *base = dataset_base(s, d);

	if (base != NULL && plan_is_at(d, dataset_snap_by_guid(d, base->guid)))
		return remedy_fmt("on %s, {zrep init %s %s %s} continues from a snapshot that both "
				  "still have",
				  src, s->name, dst, d->name);
	char *anew = remedy_fmt("on %s, {zfs rename %s %s_before} keeps what is there, then on %s, "
				"{zrep init %s %s %s} sends all of it",
				dst, d->name, d->name, src, s->name, dst, d->name);
	if (base == NULL)
		return anew;
	char *both = remedy_fmt("%s; or on %s, {zrep init -f %s %s %s} continues from @%s, and "
				"destroys what the replica has after that",
				anew, src, s->name, dst, d->name, base->name);
	free(anew);
	return both;
}

static void find_forgotten(const struct pair *pair, struct diagnosis *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	char *again = ways_on(pair);

	diagnosis_add(out, CHECK_CRITICAL,
		      "%s on %s, the master of %s on %s, is not replicated by zrep any more",
		      s->name, pair->src.host_name, d->name, pair->dst.host_name)
	    ->remedy =
	    remedy_fmt("to replicate it again: %s; if not: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS,
		       again, pair->dst.host_name, d->name);
	free(again);
}

/* Does all that is below `now` come back with it, under the names that its words have for it? */
static bool comes_along(const struct pair *pair, const struct dataset *now)
{
	const struct side *on = pair->dst.renamed_on;
	const size_t n = strlen(now->name);
	bool all = true;

	for (size_t i = 0; i < now->below.n && all; i++) {
		const char *name = now->below.items[i];
		const struct dataset *d = side_find(on, name);
		char *src = str_fmt("%s%s", pair->src.d->name, name + n),
		     *dst = str_fmt("%s%s", pair->dst.name, name + n);
		all = d != NULL && d->role == ROLE_BROKEN && !d->master &&
		      d->switch_state.kind == SWITCH_NONE && str_same(d->src_fs, src) &&
		      str_same(d->dest_fs, dst) && str_same(d->src_host, now->src_host);
		struct err *e = all ? tags_check_dataset(pair, PAIR_DST, d, DEED_ASIDE) : NULL;
		all = all && e == NULL;
		err_free(e);
		free(src);
		free(dst);
	}
	return all;
}

/* May a replica that was renamed have its name back without anybody's word? It still says that this is its name, is known by its
 * GUID, and nothing goes along that another tag, another pair or the operator has under the names it has now. */
static bool may_go_back(const struct pair *pair)
{
	const struct dataset *s = pair->src.d, *in = pair->dst.d, *now = pair->dst.renamed;

	if (now == NULL || s == NULL || s->role != ROLE_MASTER || now->role != ROLE_BROKEN ||
	    now->master || now->switch_state.kind != SWITCH_NONE ||
	    !str_same(now->dest_fs, pair->dst.name) || !str_same(now->src_fs, s->name) ||
	    identity_end(s, now) != END_KNOWN || (in != NULL && in->role != ROLE_BROKEN))
		return false;
	struct err *e = tags_check_dataset(pair, PAIR_DST, now, DEED_ASIDE);
	bool may = e == NULL && comes_along(pair, now);
	err_free(e);
	return may;
}

/* A replica that was renamed can have its name back, if need be after another that has that now has gone to its own: by a name
 * for in between. True: it was found. */
static bool find_renamed(const struct pair *pair, struct diagnosis *out)
{
	const struct dataset *in = pair->dst.d, *now = pair->dst.renamed;
	struct err *e = err_first(plan_renamed(pair, PAIR_DST), plan_renamed(pair, PAIR_SRC));

	if (e == NULL)
		return false;
	diagnosis_add_err(out, CHECK_CRITICAL, e);
	err_free(e);
	if (!may_go_back(pair))
		return true;
	char *to = in == NULL ? mem_strdup(pair->dst.name) : name_between(pair->dst.name);
	if (strcmp(now->name, to) != 0) {
		out->findings[out->n - 1].mend = str_fmt(
		    "renames it to %s%s", to, in != NULL ? ", until its own name is free" : "");
		plan_add_move(&out->plan, PAIR_DST, now->name, to);
	}
	free(to);
	return true;
}

/* What a sync would refuse. */
static bool find_refusal(const struct pair *pair, struct diagnosis *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	struct sync_opts opts = {0};
	struct plan sync = {0};

	if (s != NULL && d != NULL && s->role == ROLE_REPLICA && d->role == ROLE_REPLICA) {
		/* Where another member leads, that is said already, and neither of them is to. */
		struct err *e = pair->led == NULL ? plan_no_master(pair) : NULL;
		diagnosis_add_err(out, CHECK_CRITICAL, e);
		err_free(e);
		return true;
	}
	if (s != NULL && s->role == ROLE_NONE) {
		find_forgotten(pair, out);
		return true;
	}
	plan_sync(pair, &opts, &sync);
	bool refused = sync.refusal != NULL;
	diagnosis_add_err(out, CHECK_CRITICAL, sync.refusal);
	plan_free(&sync);
	return refused;
}

static void find_hold(const struct pair *pair, const struct endpoint *me, const struct snap *base,
		      struct diagnosis *out)
{
	if (base->held)
		return;
	diagnosis_add(
	    out, CHECK_WARNING,
	    "%s@%s on %s, the newest snapshot that both sides have, is not held by zrep%s: "
	    "somebody could destroy it",
	    me->name, base->name, me->host_name, base->holds > 0 ? ", only by somebody else" : "")
	    ->mend = str_fmt("holds it");
	char *name = str_fmt("%s@%s", me->name, base->name);
	plan_add(&out->plan, STEP_HOLD, PHASE_SECURE, me->side, name);
	free(name);
}

static void find_mark(const struct pair *pair, const struct endpoint *me, const struct snap *base,
		      const struct snap *there, struct diagnosis *out)
{
	/* It was taken then: from that moment the other side has all, as far as is known now. */
	uint64_t sent = there->sent != 0 ? there->sent : base->creation;

	if (base->sent != 0)
		return;
	diagnosis_add(
	    out, CHECK_OK,
	    "%s@%s on %s, the newest snapshot that both sides have, is not marked as sent%s",
	    me->name, base->name, me->host_name,
	    there->sent != 0 ? ", as it is on the other side" : "")
	    ->mend = str_fmt("marks it");
	nvlist_t *props = nv_new();
	plan_prop_u64(props, pair->tag, "sent", sent);
	char *name = str_fmt("%s@%s", me->name, base->name);
	plan_add(&out->plan, STEP_SET, PHASE_RECORD, me->side, name)->props = props;
	free(name);
}

/* Older than what both sides have, a snapshot that could not be sent is of no use to anybody. */
static void find_unsent(const struct endpoint *me, const struct snap *base, struct diagnosis *out)
{
	for (size_t i = 0; i < me->d->n_snaps; i++) {
		const struct snap *s = &me->d->snaps[i];
		if (!s->zrep_named || !s->seq.unsent || s->createtxg >= base->createtxg)
			continue;
		struct finding *o =
		    diagnosis_add(out, CHECK_OK,
				  "%s@%s on %s was left by a failed sync of the zrep script, and "
				  "is not needed: both sides have the newer @%s",
				  me->name, s->name, me->host_name, base->name);
		char *name = str_fmt("%s@%s", me->name, s->name);
		if (s->holds == 0) {
			o->mend = str_fmt("destroys %s", name);
			plan_add(&out->plan, STEP_DESTROY, PHASE_EXPIRE, me->side, name);
		} else {
			o->remedy = remedy_fmt("it is held: on %s, {zfs holds %s} tells by whom",
					       me->host_name, name);
		}
		free(name);
	}
}

/* --- what the two say --- */

/* Has `me` say the same name as the other side, if it is one. */
static void set_host(const struct pair *pair, const struct endpoint *me, const char *prop,
		     const char *host, struct finding *o, struct diagnosis *out)
{
	if (!name_is_host(host)) {
		o->remedy =
		    str_fmt("that is no name of a host: set %s:%s by hand, the same on both sides",
			    pair->tag, prop);
		return;
	}
	o->mend = str_fmt("sets %s:%s=%s on %s", pair->tag, prop, host, me->host_name);
	diagnosis_set(out, pair, me, prop, host);
}

static void find_words(const struct pair *pair, struct diagnosis *out)
{
	const struct endpoint *src = pair_end(pair, PAIR_SRC), *dst = pair_end(pair, PAIR_DST);
	const char *own = src->d->src_host, *named = dst->d->src_host;
	struct finding *o;

	/* The replica's words are how it reaches its master, which knows itself by them as well. */
	if (!str_same(own, named)) {
		o = diagnosis_add(
		    out, CHECK_OK,
		    "%s on %s calls its host %s, and its replica %s on %s calls it %s", src->name,
		    src->host_name, own, dst->name, dst->host_name, named);
		if (strcmp(named, "localhost") != 0 && names_end(named, src))
			set_host(pair, src, "src-host", named, o, out);
		else
			set_host(pair, dst, "src-host", own, o, out);
	}
	/* The master's words are how it reaches its replica. */
	if (!str_same(src->d->dest_host, dst->d->dest_host)) {
		o = diagnosis_add(out, CHECK_OK,
				  "%s on %s calls its replica's host %s, and %s on %s calls it %s",
				  src->name, src->host_name, src->d->dest_host, dst->name,
				  dst->host_name, dst->d->dest_host);
		set_host(pair, dst, "dest-host", src->d->dest_host, o, out);
	}
	if (src->d->epoch != dst->d->epoch)
		diagnosis_add(out, CHECK_OK,
			      "%s on %s is at epoch %" PRIu64 ", its replica %s on %s at %" PRIu64,
			      src->name, src->host_name, src->d->epoch, dst->name, dst->host_name,
			      dst->d->epoch)
		    ->remedy =
		    remedy_fmt("the next `{zrep sync %s}` on %s brings both to the same epoch",
			       src->name, src->host_name);
}

/* They are no obstacle, but whoever takes them ought to know. */
static void find_room(const struct pair *pair, const struct snap *there, struct diagnosis *out)
{
	const struct dataset *d = pair->dst.d;
	struct buf names = {0};

	if (!plan_is_only_marked(d, there))
		return;
	plan_name_newer(d, there, &names);
	diagnosis_add(out, CHECK_OK,
		      "%s on %s has %s, taken there by somebody else and without data of their "
		      "own: the next sync that has something to send destroys them",
		      d->name, pair->dst.host_name, names.data)
	    ->remedy =
	    remedy_fmt("tell the program that takes them on %s to leave replicas out; to "
		       "keep them as they are now: on %s, {zrep rejoin %s}",
		       pair->dst.host_name, pair->dst.host_name, d->name);
	buf_free(&names);
}

static void find_bookmark(const struct pair *pair, const struct snap *base, struct diagnosis *out)
{
	char *text = plan_lacks_bookmark(pair, base);

	if (text == NULL)
		return;
	diagnosis_add(out, CHECK_OK,
		      "%s. (zrep cannot make one where its user may not, see `{zrep allow}`, or "
		      "where feature@bookmarks of the pool is disabled.)",
		      text)
	    ->mend = str_fmt("bookmarks it");
	plan_bookmark(&out->plan, pair, base->name, base->guid);
	free(text);
}

/* The snapshot is gone from the source: there is nothing to hold or mark. */
static void find_only_bookmark(const struct pair *pair, const struct snap *base,
			       struct diagnosis *out)
{
	char *remedy, *text = plan_has_bookmark_only(pair, base, &remedy);

	diagnosis_add(out, CHECK_OK, "%s", text)->remedy = remedy;
	free(text);
	find_hold(pair, &pair->dst, dataset_snap_by_guid(pair->dst.d, base->guid), out);
}

/* What keeps the replica from being read as the master, and what the two do not have alike. */
static void find_keys(const struct pair *pair, struct diagnosis *out)
{
	struct err *e = keys_check_master(pair);
	struct health h = {0};

	diagnosis_add_err(out, CHECK_CRITICAL, e);
	err_free(e);
	health_keys(pair, &h);
	diagnosis_take(out, &h);
}

/* Light rounds of `zrep run`, and a sync before its end, have sent more than is held and marked: what both sides hold and
 * have marked is an older one, and not for long. The next round, which need not begin from a mark, does it. */
static bool is_under_way(const struct pair *pair, const struct snap *base, const struct snap *there)
{
	uint64_t most = pace_unmarked_most(plan_rpo(pair));

	if (base->held && there->held && base->sent != 0 && there->sent != 0)
		return false;
	for (size_t i = pair->src.d->n_snaps; i-- > 0;) {
		const struct snap *s = &pair->src.d->snaps[i];
		const struct snap *same = s->held && s->sent != 0 && s->createtxg < base->createtxg
					      ? dataset_snap_by_guid(pair->dst.d, s->guid)
					      : NULL;
		if (same != NULL && same->held && same->sent != 0)
			return pair->now < s->sent + most;
	}
	return false;
}

static void find_base(const struct pair *pair, const struct snap *base, struct diagnosis *out)
{
	const struct endpoint *src = pair_end(pair, PAIR_SRC), *dst = pair_end(pair, PAIR_DST);
	const struct snap *there = dataset_snap_by_guid(pair->dst.d, base->guid);

	if (base->bookmark) {
		find_only_bookmark(pair, base, out);
		return;
	}
	bool under_way = is_under_way(pair, base, there);
	if (!under_way) {
		find_hold(pair, src, base, out);
		find_hold(pair, dst, there, out);
	}
	find_bookmark(pair, base, out);
	if (!under_way) {
		find_mark(pair, src, base, there, out);
		find_mark(pair, dst, there, base, out);
	}
	find_unsent(src, base, out);
	find_unsent(dst, there, out);
	find_room(pair, there, out);
}

/* So many of other tools' snapshots that the source has not any more are worth a word. */
#define PILE 30u

static void find_pile(const struct pair *pair, struct diagnosis *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	size_t n = 0;

	for (size_t i = 0; i < d->n_snaps; i++)
		n += plan_is_foreign(&d->snaps[i]) &&
		     dataset_snap_by_guid(s, d->snaps[i].guid) == NULL;
	if (n < PILE || d->foreign_keep.kind != FOREIGN_KEEP_ALL)
		return;
	diagnosis_add(out, CHECK_OK,
		      "%s on %s has %zu snapshots of other tools that %s on %s does not have any "
		      "more: nobody destroys them there",
		      d->name, pair->dst.host_name, n, s->name, pair->src.host_name)
	    ->remedy = remedy_fmt("if they may go with those of the source: on %s, {zfs set "
				  "%s:foreign-keep=mirror %s}; zrep(8) has more ways",
				  pair->dst.host_name, pair->tag, d->name);
}

static void find_pools(const struct pair *pair, struct diagnosis *out)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(pair, at);
		struct err *e = plan_check_pool(me->pool, me->name, me->host_name);
		diagnosis_add_err(out, CHECK_CRITICAL, e);
		err_free(e);
	}
}

static void find_features(const struct pair *pair, struct diagnosis *out)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *from = pair_end(pair, at),
				      *to = pair_end(pair, pair_other(at));
		struct lacking l;
		size_t next = 0;
		while ((l = plan_lacking(from, to, &next)).feature != NULL) {
			struct err *e = l.needed ? plan_lacking_error(&l, from, to) : NULL;
			diagnosis_add_err(out, CHECK_CRITICAL, e);
			err_free(e);
		}
	}
}

bool doctor_pair(const struct pair *pair, struct diagnosis *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;

	if (find_switch(pair, out))
		return false;
	find_pools(pair, out);
	if (find_renamed(pair, out))
		return false;
	bool src = find_broken(pair, PAIR_SRC, out), dst = find_broken(pair, PAIR_DST, out);
	if (pair->src.away && !dst && d != NULL) {
		struct health h = {0};
		health_keys_one(d, pair->dst.host_name, &h);
		diagnosis_take(out, &h);
	}
	if (src || dst || pair->src.away || pair->dst.away)
		return true;
	const struct snap *base = s != NULL && d != NULL ? dataset_ground(s, d) : NULL;
	bool fit = base != NULL && s->role == ROLE_MASTER && d->role == ROLE_REPLICA;
	diagnosis_add_err(out, CHECK_CRITICAL, pair->led);
	if ((fit && find_newer(pair, dataset_snap_by_guid(d, base->guid), out)) ||
	    find_refusal(pair, out))
		return true;
	find_base(pair, base, out);
	find_keys(pair, out);
	doctor_settings(pair, out);
	find_words(pair, out);
	find_features(pair, out);
	find_pile(pair, out);
	struct err *way_back = plan_no_way_back(pair);
	diagnosis_add_err(out, CHECK_WARNING, way_back);
	err_free(way_back);
	struct health hooks = {0};
	health_hooks(pair, &hooks);
	diagnosis_take(out, &hooks);
	return true;
}
