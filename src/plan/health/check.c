/* How a pair is: would the change of its role succeed now, and what would be lost if the master died this
 * second. What refuses a change or its sync is asked of their own plans. */
#include "plan/health/check.h"

#include <stdlib.h>
#include <string.h>

#include "plan/bookmark.h"
#include "plan/features.h"
#include "plan/health/event.h"
#include "plan/follow.h"
#include "plan/health/finding.h"
#include "plan/health/hooks.h"
#include "plan/health/keys.h"
#include "plan/health/mounts.h"
#include "plan/health/settings.h"
#include "plan/health/status.h"
#include "plan/health/taken_out.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/masters.h"
#include "plan/role/recover.h"
#include "plan/role/switchover.h"
#include "plan/sync.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "state/native.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

/* Where less is free, ZFS refuses what takes a few blocks; how many is its own affair. */
#define ROOM_MIN (1u << 20)

/* text without "NAME: " in front: findings stand behind the name already. */
static const char *without_name(const char *text, const char *name)
{
	size_t n = strlen(name);

	return strncmp(text, name, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

/* --- roles --- */

/* What cannot tell where its other side is: nothing of zrep's, or not all of it. */
static void find_unfit(const struct pair *p, struct health *h)
{
	struct sync_opts opts = {0};
	struct plan sync = {0};

	plan_sync(p, &opts, &sync);
	if (sync.refusal != NULL)
		health_add(h, p->src.d->role == ROLE_NONE ? CHECK_UNKNOWN : CHECK_CRITICAL,
			   sync.refusal);
	plan_free(&sync);
}

static void add_switching(const struct pair *p, struct health *h)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(p, at);
		const struct dataset *d = me->d != NULL ? me->d : me->preserved;
		if (d == NULL || d->switch_state.kind == SWITCH_NONE)
			continue;
		struct err *e = plan_switching(p->tag, d, me->host_name);
		health_add(h, CHECK_CRITICAL, e);
		err_free(e);
	}
}

/* True if a change is under way, or a crash has left one that settling has to end. What it would leave as
 * it is (two masters) is find_refusals()'s. */
static bool find_switch(const struct pair *p, struct health *h)
{
	struct plan settle = {0};
	bool found;

	if (!plan_needs_recovery(p))
		return false;
	plan_recover(p, &settle);
	found = settle.refusal != NULL || settle.n > 0 || settle.again;
	if (settle.refusal != NULL)
		health_add(h, CHECK_CRITICAL, settle.refusal);
	else if (found)
		add_switching(p, h);
	h->look_again = found && !p->src.away && !p->dst.away;
	plan_free(&settle);
	return found;
}

static void find_away(const struct pair *p, const struct err *peer, struct health *h)
{
	const char *name = p->src.away ? p->dst.name : p->src.name;

	health_add_text(h, CHECK_CRITICAL,
			str_fmt("a %s would not succeed: %s", p->src.away ? "takeover" : "failover",
				without_name(peer->what, name)),
			peer->remedy ? mem_strdup(peer->remedy) : NULL);
	h->findings[h->n - 1].quoted = peer->quoted;
}

/* Why a failover would be refused; NULL if it would not. */
static struct err *refuses_switch(const struct pair *p)
{
	struct plan switch_state = {0};
	struct err *e = NULL;

	/* First, because its remedy is the one for a master that lost. */
	if (p->src.d != NULL && p->dst.d != NULL && p->src.d->role == ROLE_MASTER)
		e = plan_check_masters(p);
	if (e == NULL)
		plan_check_switchover(p, &switch_state);
	e = err_first(e, err_copy(switch_state.refusal));
	plan_free(&switch_state);
	return e;
}

/* The same of the sync that it begins with. */
static struct err *refuses_sync(const struct pair *p)
{
	struct sync_opts opts = {0};
	struct plan sync = {0};

	if (p->src.d->role == ROLE_MASTER)
		plan_sync(p, &opts, &sync);
	struct err *e = err_copy(sync.refusal);
	plan_free(&sync);
	return e;
}

/* What other tags say. */
static void find_tags(const struct pair *p, struct health *h)
{
	struct err *e = tags_check(p, PAIR_SRC, DEED_ROLE);

	if (e == NULL)
		e = tags_check(p, PAIR_DST, DEED_ROLE);
	err_wrap(e, "a role change would be refused");
	if (e != NULL)
		health_add(h, CHECK_CRITICAL, e);
	err_free(e);
}

/* The same dataset as if its key were loaded, or no other tag on it. */
static struct dataset without(const struct dataset *d, bool key, bool others)
{
	struct dataset copy = *d;

	if (key) {
		copy.key_missing = copy.key_stale = false;
		copy.key_wrapping = NULL;
	}
	copy.n_others = others ? 0 : d->n_others;
	copy.others_more = d->others_more && !others;
	return copy;
}

/* True if the two are a pair with a base. A missing key and other tags are told besides other reasons, not instead. */
static bool find_refusals(const struct pair *p, struct health *h)
{
	struct pair plain = *p, keyed;
	struct dataset src, dst, dst_keyed;
	struct err *e, *key;

	if (p->src.d != NULL) {
		src = without(p->src.d, false, true);
		plain.src.d = &src;
	}
	keyed = plain;
	if (p->dst.d != NULL) {
		dst = without(p->dst.d, false, true);
		dst_keyed = without(p->dst.d, true, true);
		plain.dst.d = &dst;
		keyed.dst.d = &dst_keyed;
	}
	e = refuses_switch(&keyed);
	bool fit = e == NULL;
	if (fit && p->src.d->role != ROLE_MASTER) {
		struct err *none = plan_no_master(p);
		health_add(h, CHECK_WARNING, none);
		err_free(none);
	}
	if (fit)
		e = refuses_sync(p);
	if (e != NULL)
		health_add(h, CHECK_CRITICAL, e);
	h->look_again = h->n > 0;
	if (fit && e == NULL)
		find_tags(p, h);
	key = fit ? refuses_switch(&plain) : NULL;
	if (key != NULL)
		health_add(h, CHECK_CRITICAL, key);
	err_free(key);
	err_free(e);
	return fit;
}

/* --- what a change needs besides --- */

/* A run that is under way, or died, may not have held the newest yet: the one before it still is. */
static bool is_common_held(const struct pair *p)
{
	for (size_t i = p->src.d->n_snaps; i-- > 0;) {
		const struct snap *s = &p->src.d->snaps[i];
		const struct snap *there = s->held ? dataset_snap_by_guid(p->dst.d, s->guid) : NULL;
		if (there != NULL && there->held)
			return true;
	}
	return false;
}

static void find_holds(const struct pair *p, const struct snap *base, struct health *h)
{
	const struct snap *there = dataset_snap_by_guid(p->dst.d, base->guid);

	if (is_common_held(p) || (base->bookmark && there->held))
		return;
	h->look_again = true;
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(p, at);
		const struct snap *s = at == PAIR_SRC ? base : there;
		if (!s->bookmark && !s->held)
			health_add_text(
			    h, CHECK_WARNING,
			    str_fmt("%s@%s on %s, the newest snapshot that both sides have, is not "
				    "held there by zrep: somebody could destroy it",
				    me->name, s->name, me->host_name),
			    remedy_fmt("the next `{zrep sync %s}` on %s holds it", p->src.d->name,
				       p->src.host_name));
	}
}

/* What a snapshot that somebody destroys would be missed for. */
static void find_bookmark(const struct pair *p, const struct snap *base, struct health *h)
{
	char *remedy = NULL, *text = base->bookmark ? plan_has_bookmark_only(p, base, &remedy)
						    : plan_lacks_bookmark(p, base);

	if (text != NULL && !base->bookmark)
		remedy =
		    remedy_fmt("the next `{zrep sync %s}` on %s makes one, if its user may do that "
			       "(see `{zrep allow}`) and the pool has feature@bookmarks enabled",
			       p->src.name, p->src.host_name);
	if (text != NULL)
		health_add_text(h, CHECK_OK, text, remedy);
}

static void find_split(const struct pair *p, struct health *h)
{
	struct strv notes = {0};

	plan_note_split(p, &notes);
	for (size_t i = 0; i < notes.n; i++)
		health_add_text(
		    h, CHECK_WARNING, mem_strdup(notes.items[i]),
		    plan_anew(p->src.d->name, p->src.host_name, p->dst.d->name, p->dst.host_name));
	strv_free(&notes);
}

/* When a failover to it was rehearsed last. */
static void find_drill(const struct pair *p, struct health *h)
{
	const struct drill_mark *m = &p->dst.d->drilled;
	char ago[NUM_TEXT];

	if (m->time == 0 || p->dst.d->role != ROLE_REPLICA)
		return;
	num_seconds(ago, p->now > m->time ? p->now - m->time : 0);
	if (m->well)
		health_add_text(h, CHECK_OK, str_fmt("a failover was last rehearsed %s ago", ago),
				NULL);
	else
		health_add_text(h, CHECK_WARNING,
				str_fmt("the last drill of %s on %s, %s ago, failed",
					p->dst.d->name, p->dst.host_name, ago),
				remedy_fmt("on %s, {zrep drill %s} tells why", p->dst.host_name,
					   p->dst.d->name));
}

/* What is available to it without what is reserved for it: what a stream brings is received beside it, and a snapshot
 * has all that was written reserved anew. */
static uint64_t room_beside(const struct dataset *d)
{
	uint64_t unused = d->refreservation > d->written ? d->refreservation - d->written : 0;

	return d->available > unused ? d->available - unused : 0;
}

/* `of`: what else the bytes are of. */
static void tell_space(const struct pair *p, uint64_t bytes, const char *of, struct health *h)
{
	char unsent[NUM_TEXT], left[NUM_TEXT];

	health_add_text(h, CHECK_CRITICAL,
			str_fmt("%s on %s has room for %s, and %s%s are not sent yet",
				p->dst.d->name, p->dst.host_name, num_bytes(left, h->room),
				num_bytes(unsent, bytes), of),
			str_fmt("make room on %s, or see the quota", p->dst.host_name));
}

/* The first write, and the snapshot of the first sync back, want some. */
static void tell_full(const struct pair *p, uint64_t left, struct health *h)
{
	char bytes[NUM_TEXT];

	health_add_text(h, CHECK_WARNING,
			str_fmt("as the master %s on %s could not be written to, nor be synced: "
				"there would be room for %s",
				p->dst.d->name, p->dst.host_name, num_bytes(bytes, left)),
			str_fmt("make room on %s, or see the quota", p->dst.host_name));
}

/* `lifted`: the highest one, itself or above it, with a limit of its own, which is all that `available` tells of then, and which
 * is lifted before anything is sent; NULL: there is none. What that is in has its own limits, and the pool's. */
static void find_space(const struct pair *p, const struct dataset *lifted, struct health *h)
{
	h->room = lifted != NULL ? lifted->room : room_beside(p->dst.d);
	h->room_known = lifted == NULL || lifted->room != UINT64_MAX;
	if (h->room_known && h->unsent > h->room)
		tell_space(p, h->unsent, "", h);
	else if (h->room_known && h->room - h->unsent < ROOM_MIN)
		tell_full(p, h->room - h->unsent, h);
}

/* How the replica differs from its master, and what room that leaves it. */
static void find_differences(const struct pair *p, const struct check_opts *opts, struct health *h)
{
	const struct dataset *lifted = opts->lifted_above;
	struct follow f;
	bool compared = follow_compare(p, &f);

	if (compared)
		health_tell_differences(h, p, &f);
	if (compared && lifted == NULL && follow_lifts_quota(&f))
		lifted = p->dst.d;
	find_space(p, lifted, h);
	if (compared) {
		health_tell_reserved(h, p, &f);
		follow_free(&f);
	}
}

/* What is reserved for it and for what is below it, and not used by them. */
static uint64_t unused_reservation(const struct dataset *d)
{
	const char *text = d != NULL ? dataset_setting(d, "reservation", NULL) : NULL;
	uint64_t reserved;

	return text != NULL && num_parse_u64(text, &reserved) && reserved > d->used
		   ? reserved - d->used
		   : 0;
}

uint64_t plan_check_needs(const struct pair *p, const struct health *h)
{
	/* It is lifted before anything is sent. */
	uint64_t unused = unused_reservation(p->dst.d);

	return h->unsent > unused ? h->unsent - unused : 0;
}

/* What its pool has beside what is reserved for it alone: a snapshot, and any change of a property, is made of that. */
static uint64_t room_outside(const struct dataset *d)
{
	uint64_t beside = room_beside(d), unused = unused_reservation(d);

	return beside > unused ? beside - unused : 0;
}

/* Each of them could have what is reserved for it, but not all; what the top reserves is for those below as well. */
static void find_tree_reserved(const struct pair *top, uint64_t reserves, uint64_t free,
			       struct health *h)
{
	char all[NUM_TEXT], left[NUM_TEXT];

	if (reserves <= free)
		return;
	health_add_text(
	    h, CHECK_WARNING,
	    str_fmt("as the masters %s on %s and what is below it could not have all that is "
		    "reserved for them on %s: %s more, and there is room for %s there",
		    top->dst.d->name, top->dst.host_name, top->src.host_name,
		    num_bytes(all, reserves), num_bytes(left, free)),
	    str_fmt("make room on %s, or lower it on %s", top->dst.host_name, top->src.host_name));
}

void plan_check_tree_room(const struct pair *top, uint64_t below, uint64_t reserves,
			  struct health *h)
{
	if (h->room_known && h->unsent <= h->room && below > h->room - h->unsent)
		tell_space(top, h->unsent + below, " of it and of what is below it", h);
	else if (h->room_known && h->unsent <= h->room)
		find_tree_reserved(top, reserves, h->room - h->unsent - below, h);
	health_tell_tree_quota(h, top, below);
}

static bool has_quota(const struct dataset *d)
{
	return !native_is_no_limit(dataset_setting(d, "quota", NULL)) ||
	       !native_is_no_limit(dataset_setting(d, "refquota", NULL));
}

/* A sync begins with a snapshot, for which a quota leaves room, but a full pool does not: it may be one of them, above it. And
 * one of what has a reservation takes as much again as was written. */
static void find_snapshot_room(const struct pair *p, struct health *h)
{
	const struct dataset *s = p->src.d;
	uint64_t takes = s->written < s->refreservation ? s->written : s->refreservation;
	char needs[NUM_TEXT], left[NUM_TEXT];

	if (takes > room_beside(s))
		health_add_text(
		    h, CHECK_CRITICAL,
		    str_fmt("%s on %s has a reservation, so that the next snapshot of it takes "
			    "%s, and there is room for %s",
			    s->name, p->src.host_name, num_bytes(needs, takes),
			    num_bytes(left, room_beside(s))),
		    str_fmt("make room on %s, or let it have a smaller refreservation",
			    p->src.host_name));
	else if (room_outside(s) < ROOM_MIN && h->unsent > 0 && !has_quota(s))
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("%s on %s has room for %s: if that is all that its pool has, the next "
			    "snapshot of it, and with that a failover, would fail",
			    s->name, p->src.host_name, num_bytes(left, room_outside(s))),
		    str_fmt("make room on %s", p->src.host_name));
}

/* A volume that is thick on the master, and was on the replica until it grew: would what the next sync reserves for it
 * be there? One that was made sparse stays so. */
static void find_reservation(const struct pair *p, struct health *h)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	bool thick = s->type == TYPE_VOLUME && s->refreservation >= s->volsize;
	char needs[NUM_TEXT], left[NUM_TEXT];

	if (!thick || d->refreservation == 0 || d->refreservation >= s->volsize)
		return;
	uint64_t more = s->volsize - d->refreservation;
	if (more > room_beside(d))
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt(
			"%s on %s cannot be reserved the whole of its %s, as %s on %s is: there "
			"is room for %s more",
			d->name, p->dst.host_name, num_bytes(needs, s->volsize), s->name,
			p->src.host_name, num_bytes(left, room_beside(d))),
		    str_fmt("make room on %s; the next sync reserves it", p->dst.host_name));
}

/* What a failover takes along, a takeover leaves, and is refused for it. */
static void find_left_behind(const struct pair *p, const struct check_opts *opts, struct health *h)
{
	struct pair seen = *p;
	struct strv along = {0};
	struct err *e;

	if (opts->along == NULL || opts->along->n == 0 || p->src.along == NULL)
		return;
	for (size_t i = 0; i < p->src.along->n; i++)
		if (!strv_has(opts->along, p->src.along->items[i]))
			strv_add(&along, p->src.along->items[i]);
	seen.src.along = &along;
	if ((e = tags_check_below(&seen, PAIR_SRC)) != NULL)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt(
			"a takeover of %s on %s would be refused, and after takeover -L the way "
			"back: %s",
			p->dst.d->name, p->dst.host_name, e->what),
		    remedy_fmt("on %s: {zrep failover %s} takes it along; of a takeover: %s",
			       p->src.host_name, p->src.d->name, e->remedy));
	err_free(e);
	strv_free(&along);
}

/* A bookmark will do for the next sync, and for a planned change. Who comes back after a forced one has to go back to a snapshot. */
static void find_bookmark_only(const struct pair *p, struct health *h)
{
	if (dataset_ground(p->src.d, p->dst.d) == NULL || dataset_base(p->src.d, p->dst.d) != NULL)
		return;
	health_add_text(
	    h, CHECK_WARNING,
	    str_fmt(
		"%s on %s and %s on %s have a bookmark in common, and no snapshot: after takeover "
		"-L, %s could not come back without being sent anew",
		p->src.d->name, p->src.host_name, p->dst.d->name, p->dst.host_name, p->src.d->name),
	    remedy_fmt("the next sync that has something to send makes one: on %s, {zrep sync %s}",
		       p->src.host_name, p->src.d->name));
}

/* Each side sends and receives, one after the other. */
static void find_denied(const struct pair *p, struct health *h)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		health_tell_denied(h, CHECK_WARNING, pair_end(p, at)->d,
				   pair_end(p, at)->host_name);
	}
}

/* What a stream needs and the other pool has not, now and after a change of the role. What the pool uses for another
 * dataset perhaps is no more than worth knowing. */
static void find_features(const struct pair *p, struct health *h)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *from = pair_end(p, at), *to = pair_end(p, pair_other(at));
		struct lacking l;
		size_t next = 0;
		while ((l = plan_lacking(from, to, &next)).feature != NULL) {
			struct err *e = plan_lacking_error(&l, from, to);
			if (l.needed || at == PAIR_SRC)
				health_add(h, l.needed ? CHECK_CRITICAL : CHECK_OK, e);
			err_free(e);
		}
	}
}

/* --- what would be lost --- */

static uint64_t time_of(const struct snap *s)
{
	return s->sent != 0 ? s->sent : s->creation;
}

/* Fills in the numbers; gives the newest that is on both sides, as far as can be told. */
static const struct snap *measure(const struct pair *p, struct health *h)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	const struct snap *base;
	uint64_t synced;

	if (s != NULL && !p->dst.away)
		base = d != NULL ? dataset_ground(s, d) : NULL;
	else
		base = s != NULL ? dataset_last_sent(s) : d != NULL ? dataset_last_sent(d) : NULL;
	if (base != NULL) {
		synced = time_of(base);
		/* A run that died may have marked one side only. */
		const struct snap *there = s && d ? dataset_snap_by_guid(d, base->guid) : NULL;
		if (there != NULL && there->sent > synced)
			synced = there->sent;
		h->lag_known = true;
		h->lag = p->now > synced ? p->now - synced : 0; /* clocks differ */
	}
	h->unsent_known = s != NULL;
	if (s != NULL)
		h->unsent = base != NULL ? dataset_written_after(s, base) : s->referenced;
	return base;
}

/* What stands in the way of any change of an end, and is not asked of the plans. */
static void find_status(const struct pair *p, enum pair_side at, bool changing, struct health *h)
{
	const struct endpoint *me = pair_end(p, at);
	const struct dataset *d = me->d;
	char bytes[NUM_TEXT];

	struct err *pool = plan_check_pool(me->pool, me->name, me->host_name);
	if (pool != NULL)
		health_add(h, CHECK_CRITICAL, pool);
	err_free(pool);
	if (d == NULL)
		return;
	if (d->role == ROLE_REPLICA && !d->readonly && !changing) {
		uint64_t written = plan_written_there(d);
		health_add_text(
		    h, written ? CHECK_CRITICAL : CHECK_WARNING,
		    written
			? str_fmt("the replica %s on %s can be written to, and was: %s", d->name,
				  me->host_name, num_bytes(bytes, written))
			: str_fmt("the replica %s on %s can be written to", d->name, me->host_name),
		    written ? plan_parted_ways(
				  d->src_fs, name_is_host(d->src_host) ? d->src_host : "the master",
				  d->name, me->host_name)
			    : remedy_fmt("on %s, {zrep doctor --fix %s} makes it read-only again",
					 me->host_name, d->name));
	}
	if (!changing && plan_is_readonly_master(d, pair_end(p, pair_other(at))->d))
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt("the master %s on %s cannot be written to: readonly=on is set on it",
			    d->name, me->host_name),
		    plan_open_again(d, me->host_name));
	health_tell_ahead(h, d, me->host_name, plan_mark_ahead(d, p->now));
	health_tell_settings(h, d, me->host_name, p->tag);
	health_tell_unread(h, d, me->host_name, p->tag);
}

static void find_left_out(const struct strv *left_out, struct health *h)
{
	for (size_t i = 0; left_out != NULL && i < left_out->n; i++) {
		health_add_text(
		    h, CHECK_CRITICAL,
		    str_fmt(
			"a failover would fail, because a dataset below cannot move with it: %s",
			left_out->items[i]),
		    NULL);
		h->look_again = true;
	}
}

/* What somebody, or the last run, has noted on a side. */
static void find_notes(const struct pair *p, enum pair_side at, struct health *h)
{
	const struct endpoint *me = pair_end(p, at);
	char ago[NUM_TEXT];

	if (me->d == NULL)
		return;
	if (me->d->paused)
		health_add_text(h, CHECK_WARNING,
				str_fmt("%s on %s is paused", me->name, me->host_name),
				remedy_fmt("if it is to go on: on %s, {zrep unpause %s}",
					   me->host_name, me->name));
	struct error_note note = plan_last_error(me->d);
	if (note.text == NULL)
		return;
	bool timed = note.time != 0;
	health_add_text(
	    h, plan_fails_again(me->d) ? CHECK_CRITICAL : CHECK_WARNING,
	    str_fmt("the last run on %s failed%s%s%s: %s", me->host_name, timed ? " " : "",
		    timed ? num_seconds(ago, p->now > note.time ? p->now - note.time : 0) : "",
		    timed ? " ago" : "", without_name(note.text, me->name)),
	    NULL);
}

void plan_check_health(const struct pair *p, const struct check_opts *opts, struct health *out)
{
	const struct snap *base;
	bool fit = false;

	*out = (struct health){0};
	if (p->src.d != NULL && (p->src.d->role == ROLE_NONE || p->src.d->role == ROLE_BROKEN) &&
	    p->dst.away && opts->peer_away == NULL) {
		find_unfit(p, out);
		return;
	}
	base = measure(p, out);
	struct err *copy = p->dst.d != NULL ? plan_check_copy(p->dst.d, p->dst.host_name) : NULL;
	if (copy != NULL) {
		health_add(out, CHECK_CRITICAL, copy);
		err_free(copy);
		return;
	}
	bool changing = find_switch(p, out);
	if (opts->peer_away != NULL) {
		find_away(p, opts->peer_away, out);
		if (p->dst.d != NULL)
			health_keys_one(p->dst.d, p->dst.host_name, out);
		if (p->src.d != NULL)
			health_keys_one(p->src.d, p->src.host_name, out);
	} else if (!changing) {
		fit = find_refusals(p, out);
	}
	if (fit) {
		health_keys_one(p->src.d, p->src.host_name, out);
		health_keys(p, out);
		find_split(p, out);
		find_drill(p, out);
		find_holds(p, base, out);
		find_bookmark(p, base, out);
		find_bookmark_only(p, out);
		find_differences(p, opts, out);
		find_snapshot_room(p, out);
		find_reservation(p, out);
		find_features(p, out);
		health_mounts(p, opts->there, opts->n_there, out);
		find_denied(p, out);
		health_taken_out(p, out);
		find_left_behind(p, opts, out);
	}
	if (base == NULL && opts->peer_away != NULL)
		health_add_text(out, CHECK_CRITICAL, mem_strdup("this side knows of no sync"),
				NULL);
	find_status(p, PAIR_SRC, changing, out);
	find_status(p, PAIR_DST, changing, out);
	find_left_out(opts->left_out, out);
	struct err *way_back = plan_no_way_back(p);
	if (way_back != NULL)
		health_add(out, CHECK_WARNING, way_back);
	err_free(way_back);
	health_hooks(p, out);
	health_tell_lag(out, base, opts->max_lag != 0 ? opts->max_lag : plan_rpo(p));
	find_notes(p, PAIR_SRC, out);
	find_notes(p, PAIR_DST, out);
}
