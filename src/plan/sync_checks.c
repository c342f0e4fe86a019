/* What must be so before anything is sent from one side of a pair to the other: its checks, and what the plans of
 * transfers share. */
#include "plan/sync_checks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/bookmark.h"
#include "plan/identity.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/host_names.h"
#include "plan/role/links.h"
#include "plan/role/masters.h"
#include "plan/role/role_props.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

/* "tank/a on host1" */
#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

struct err *plan_broken(const struct dataset *s, const char *host, const char *tag)
{
	if (!s->src_host || !s->src_fs || !s->dest_host || !s->dest_fs)
		return err_remedy(
		    err_refuse(REASON_BROKEN_PAIR,
			       "%s on %s has only some of %s:src-host, src-fs, dest-host "
			       "and dest-fs set",
			       s->name, host, tag),
		    "on %s, {zrep doctor --fix %s} sets the others as they are on the other side, "
		    "or "
		    "says what to do",
		    host, s->name);
	if (strcmp(s->src_fs, s->name) == 0 && !s->master)
		return err_remedy(
		    err_refuse(REASON_BROKEN_PAIR,
			       "%s on %s is named as the source of its pair, but %s:master is "
			       "not set on it (received or inherited does not count)",
			       s->name, host, tag),
		    "if this side is to be the master: on %s, {zfs set %s:master=yes %s}", host,
		    tag, s->name);
	/* A command is to be pasted: nothing is in it that somebody could have stored for that. */
	const char *other = s->master ? s->dest_host : s->src_host;
	const char *fs = s->master ? s->dest_fs : s->src_fs;
	const char *self = s->master ? s->src_host : s->dest_host;
	const char *was = s->master ? s->src_fs : s->dest_fs;
	struct err *e =
	    err_refuse(REASON_BROKEN_PAIR,
		       "%s on %s carries zrep properties that do not fit it (source %s on %s)",
		       s->name, host, s->src_fs, s->src_host);
	if (name_names_host(self, host) && plan_can_be_renamed(s->name, was))
		return err_remedy(
		    e,
		    "if it was renamed: on %s, {zfs rename %s %s} gives it its name "
		    "back; to keep the new one: {zrep changeconfig }%s{%s %s %s}, and "
		    "then what that says",
		    host, s->name, was, s->master ? "" : "-d ", s->name,
		    name_is_host(other) ? other : "HOST", name_is_dataset(fs) ? fs : "DATASET");
	return err_remedy(
	    e,
	    "if the dataset or host was renamed: on %s, {zrep changeconfig }%s{%s "
	    "%s %s}, and then what that says; `{zrep list -v %s}` shows what it carries",
	    host, s->master ? "" : "-d ", s->name, name_is_host(other) ? other : "HOST",
	    name_is_dataset(fs) ? fs : "DATASET", s->name);
}

struct err *plan_check_source(const struct pair *p)
{
	const struct dataset *s = p->src.d;
	struct err *e;

	if (s == NULL && p->src.pool_away)
		return plan_pool_away(p->src.name, p->src.host_name);
	if (s == NULL && (e = plan_renamed(p, PAIR_SRC)) != NULL)
		return e;
	if (s == NULL)
		return err_remedy(
		    err_refuse(REASON_MISSING,
			       "the source %s on %s does not exist (destination: %s on %s)",
			       p->src.name, p->src.host_name,
			       p->dst.d ? p->dst.d->name : p->dst.name, p->dst.host_name),
		    "if it was renamed: on %s, {zrep changeconfig -d %s %s NEW-NAME}, and then "
		    "what "
		    "that says; if it was destroyed: on %s, {zrep takeover -L %s} makes the copy "
		    "there the master",
		    p->dst.host_name, p->dst.d ? p->dst.d->name : p->dst.name, p->src.host_name,
		    p->dst.host_name, p->dst.d ? p->dst.d->name : p->dst.name);
	switch (s->role) {
	case ROLE_MASTER:
		break;
	case ROLE_NONE:
		return err_remedy(
		    err_refuse(REASON_NO_PAIR, "%s on %s is not replicated by zrep (tag %s)",
			       SRC(p), p->tag),
		    "set it up: on %s, {zrep init %s HOST DATASET}", p->src.host_name, s->name);
	case ROLE_REPLICA:
		if (s->copy)
			return plan_check_copy(s, p->src.host_name);
		return err_remedy(
		    err_refuse(REASON_NOT_MASTER, "%s on %s is a replica; its master is %s on %s",
			       SRC(p), s->src_fs, s->src_host),
		    "sync on the master: on %s, {zrep sync %s}", s->src_host, s->src_fs);
	case ROLE_BROKEN:
		return plan_broken(s, p->src.host_name, p->tag);
	}
	return tags_check(p, PAIR_SRC, DEED_SEND);
}

/* Not before it is known who is the master: the remedy for a loser is another one. */
static struct err *check_changes(const struct pair *p, bool leaving)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	bool busy_s =
	    s->switch_state.kind != SWITCH_NONE && !(leaving && switch_makes_way(&s->switch_state));

	if (dataset_offer_stands(s, d))
		return plan_switching(p->tag, d, p->dst.host_name);
	if (!busy_s && d->switch_state.kind == SWITCH_NONE)
		return NULL;
	return plan_switching(p->tag, busy_s ? s : d, busy_s ? p->src.host_name : p->dst.host_name);
}

/* All but the source's host is as it should be: that may be another host, or this one under another name. */
static struct err *other_host(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	return err_because(
	    err_remedy(err_new(ERR_REFUSED,
			       "%s on %s is not the replica of %s on %s (it names %s on %s as its "
			       "source)",
			       DST(p), SRC(p), d->src_fs, d->src_host),
		       "if %s is another name of %s: on %s, {zfs set %s:src-host=%s %s}",
		       d->src_host, p->src.host_name, p->dst.host_name, p->tag, s->src_host,
		       d->name),
	    REASON_NOT_REPLICA);
}

/* A member that has no link of this tag: it receives under another one, from somebody else (`over`) or from here (`fed`). */
static struct err *elsewhere(const struct pair *p, const struct other_tag *over,
			     const struct other_tag *fed)
{
	const struct dataset *s = p->src.d;

	if (over != NULL)
		return err_remedy(
		    err_refuse(
			REASON_NOT_REPLICA,
			"%s on %s is not the replica of %s on %s under tag %s, but that of %s on "
			"%s under tag %s",
			DST(p), SRC(p), p->tag, over->src_fs, over->src_host, over->tag),
		    "to have it follow this one instead, keeping what only it has: on %s, {zrep "
		    "rejoin %s}",
		    p->src.host_name, s->name);
	return err_remedy(
	    err_refuse(
		REASON_NOT_REPLICA,
		"%s on %s is the replica of %s on %s under tag %s already, and has no pair of "
		"tag %s",
		DST(p), SRC(p), fed->tag, p->tag),
	    "to have the pair of tag %s lead to another one: on %s, {zrep changeconfig %s HOST "
	    "DATASET}; to give it up: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS,
	    p->tag, p->src.host_name, s->name, p->src.host_name, s->name);
}

struct err *plan_not_paired(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	assert(s != NULL && d != NULL && d->role == ROLE_NONE);
	const struct other_tag *over = plan_comes_over(p), *fed = plan_feeds(p, PAIR_SRC);
	if (over != NULL || fed != NULL)
		return elsewhere(p, over, fed);
	/* Without a GUID to be known by it may be either. */
	bool same = s->peer_guid != 0 && s->peer_guid == d->guid;
	bool other = s->peer_guid != 0 && s->peer_guid != d->guid;
	const char *self = s->src_host != NULL && name_is_host(s->src_host) ? s->src_host : "HOST";
	char *again = remedy_fmt("on %s, {zrep changeconfig -f -d %s %s %s} makes it the replica",
				 p->dst.host_name, d->name, self, s->name);
	char *anew = plan_anew(SRC(p), DST(p));
	struct err *e = err_refuse(
	    REASON_NOT_REPLICA, "%s on %s is not the replica of %s on %s: %s", DST(p), SRC(p),
	    same    ? "it is what that was synced to, and has nothing of zrep's any more"
	    : other ? "it is another dataset under that name"
		    : "nothing of zrep's is on it");

	if (same)
		err_remedy(e, "if it is to be that again: %s again", again);
	else if (other)
		err_remedy(e,
			   "if the replica has another name now: on %s, {zrep changeconfig %s %s "
			   "NEW-NAME}, and then what that says; %s",
			   p->src.host_name, s->name, p->dst.host_name, anew);
	else
		err_remedy(e, "if it has come from there: %s; %s", again, anew);
	free(again);
	free(anew);
	return e;
}

struct err *plan_check_kind(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (s->type != d->type)
		return err_refuse(REASON_MISFIT,
				  "%s on %s and %s on %s are not of one type: one is a volume, the "
				  "other a filesystem",
				  SRC(p), DST(p));
	if (s->encrypted != d->encrypted)
		return err_refuse(
		    REASON_MISFIT, "%s on %s is%s encrypted, %s on %s is%s: no stream fits both",
		    SRC(p), s->encrypted ? "" : " not", DST(p), d->encrypted ? "" : " not");
	return NULL;
}

struct err *plan_check_token(const struct pair *p)
{
	if (p->dst.d->token == NULL || p->token_state != TOKEN_UNKNOWN)
		return NULL;
	struct err *e =
	    p->token_why != NULL ? err_copy(p->token_why) : err_new(ERR_FAILED, "it was not asked");
	if (e->reason == REASON_NONE)
		err_because(e, REASON_STREAM);
	err_wrap(e, "%s on %s has a partial receive, and %s cannot say of what", DST(p),
		 p->src.host_name);
	return err_remedy(e,
			  "run the same command again; to do without what has arrived: on %s, {zfs "
			  "receive -A %s}",
			  p->dst.host_name, p->dst.d->name);
}

/* Why the side that lost could not rejoin, because of another tag; NULL: it could, or both sides lead alike. */
static struct err *refuses_rejoin(const struct pair *p)
{
	if (p->dst.d->epoch == p->src.d->epoch)
		return NULL;
	return tags_check(p, p->dst.d->epoch > p->src.d->epoch ? PAIR_SRC : PAIR_DST, DEED_ROLE);
}

/* Which of two is the master, with a remedy that is not refused in its turn. */
static struct err *check_masters(const struct pair *p)
{
	struct err *e = plan_check_masters(p);
	struct err *tags = e != NULL && p->dst.d->master ? refuses_rejoin(p) : NULL;

	if (tags != NULL)
		err_remedy(e, "{zrep rejoin} would be refused: %s; %s", tags->what,
			   tags->remedy != NULL ? tags->remedy : "nothing was touched");
	err_free(tags);
	return e;
}

static struct err *check_kind_and_tags(const struct pair *p)
{
	struct err *e = plan_check_kind(p);

	if (e != NULL) {
		char *anew =
		    plan_anew(p->src.d->name, p->src.host_name, p->dst.d->name, p->dst.host_name);
		err_remedy(e, "%s", anew);
		free(anew);
		return e;
	}
	return tags_check(p, PAIR_DST, DEED_RECEIVE);
}

/* Is the destination, which is what was synced to, the source's still, in spite of its words? At no earlier epoch somebody else
 * may lead who has taken it over: only whose sync was the last one, or the source's own host, speaks against that. */
static bool had_other_words(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	if (d->epoch != s->epoch)
		return d->epoch < s->epoch;
	if (s->link.nonce != 0 && d->link.nonce != 0)
		return s->link.nonce == d->link.nonce;
	return d->src_host == NULL || d->src_fs == NULL || plan_names_source(p);
}

struct err *plan_of_another(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e = err_refuse(
	    REASON_NOT_REPLICA,
	    "%s on %s is not the replica of %s on %s (it names %s on %s as its source)", DST(p),
	    SRC(p), d->src_fs ? d->src_fs : "nothing", d->src_host ? d->src_host : "no host");

	bool same = d->role == ROLE_REPLICA && s->peer_guid != 0 && s->peer_guid == d->guid;
	bool own = same && had_other_words(p);
	char *meet = same && !own ? plan_meet_followed(p) : NULL;

	if (meet != NULL) {
		err_remedy(e,
			   "it is what was synced to, and that one may lead at epoch %" PRIu64
			   " too, or at a later one; to be told who comes back, and how: %s",
			   s->epoch, meet);
		free(meet);
		return e;
	}
	if (own && name_is_host(s->src_host))
		return err_remedy(
		    e,
		    "it is what was synced to, and had other words then: on %s, {zrep "
		    "changeconfig -f -d %s %s %s} gives it those",
		    p->dst.host_name, d->name, s->src_host, s->name);
	return err_remedy(e,
			  "if the replica has another name now: on %s, {zrep changeconfig %s %s "
			  "NEW-NAME}, and then what that says; if there is none any more: on %s, "
			  "{zrep clear %s}" PLAN_CLEAR_COSTS ", then {zrep init %s HOST DATASET}, "
			  "with another name there",
			  p->src.host_name, s->name, p->dst.host_name, p->src.host_name, s->name,
			  s->name);
}

struct err *plan_check_destination(const struct pair *p, bool leaving)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e;

	if (d == NULL && p->dst.pool_away)
		return plan_pool_away(s->dest_fs, p->dst.host_name);
	if ((e = plan_renamed(p, PAIR_DST)) != NULL)
		return e;
	if (d == NULL)
		return err_remedy(
		    err_refuse(REASON_MISSING,
			       "the destination %s on %s does not exist (source: %s on %s)",
			       s->dest_fs, p->dst.host_name, SRC(p)),
		    "if it was renamed: on %s, {zrep changeconfig %s %s NEW-NAME}, and then what "
		    "that says; if it was destroyed, and no other copy is to be continued from: on "
		    "%s, {zrep clear %s}" PLAN_CLEAR_COSTS ", then {zrep init %s %s %s}",
		    p->src.host_name, s->name, s->dest_host, p->src.host_name, s->name, s->name,
		    p->dst.host_name, s->dest_fs);
	if ((e = check_masters(p)) != NULL || (e = check_changes(p, leaving)) != NULL ||
	    (e = plan_check_named(p)) != NULL || (e = identity_check_link(p)) != NULL)
		return e;
	if (plan_follows(p))
		return check_kind_and_tags(p);
	if (d->role == ROLE_NONE)
		return plan_not_paired(p);
	if (str_same(d->src_fs, s->src_fs) && str_same(d->dest_fs, s->dest_fs) &&
	    d->src_host != NULL && !plan_names_source(p))
		return other_host(p);
	if (!str_same(d->src_fs, s->src_fs) || !str_same(d->dest_fs, s->dest_fs) ||
	    d->src_host == NULL)
		return plan_of_another(p);
	return check_kind_and_tags(p);
}

void plan_note_split(const struct pair *p, struct strv *notes)
{
	if (!p->src.d->split && !p->dst.d->split)
		return;
	strv_addf(notes,
		  "%s on %s has small blocks in place of the large ones of %s on %s, and ZFS takes "
		  "no stream back: as the replica, %s on %s has to be made anew",
		  DST(p), SRC(p), SRC(p));
}

struct err *plan_no_base(const struct pair *p)
{
	char *anew = plan_anew(SRC(p), DST(p));
	struct err *e = err_remedy(
	    err_refuse(REASON_NO_BASE,
		       "%s on %s and %s on %s have no snapshot in common, so there is no base for "
		       "an increment",
		       SRC(p), DST(p)),
	    "both copies are kept as they are; %s", anew);

	free(anew);
	return e;
}

void plan_name_newer(const struct dataset *d, const struct snap *base, struct buf *to)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_snaps; i++) {
		if (d->snaps[i].createtxg <= base->createtxg)
			continue;
		if (n < 3)
			buf_addf(to, "%s@%s", n ? ", " : "", d->snaps[i].name);
		n++;
	}
	if (n > 3)
		buf_addf(to, " and %zu more", n - 3);
}

bool plan_name_changes(const struct dataset *d, const struct snap *base, struct buf *to)
{
	bool newer = dataset_newest(d) != base;

	if (newer) {
		buf_addf(to, "newer snapshots (");
		plan_name_newer(d, base, to);
		buf_addf(to, ")");
	}
	if (!dataset_unchanged(d)) {
		char bytes[NUM_TEXT];
		buf_addf(to, "%s%s written since its newest snapshot", newer ? " and " : "",
			 num_bytes(bytes, d->written));
		newer = true;
	}
	return newer;
}

void plan_roll_back(struct plan *p, const struct dataset *d, enum pair_side at,
		    const struct snap *to)
{
	char *target = str_fmt("%s@%s", d->name, to->name);
	bool held = to->held;

	assert(d != NULL && to >= d->snaps && to < d->snaps + d->n_snaps);
	if (at == PAIR_DST)
		p->rollback = to->createtxg;
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (d->snaps[i].createtxg <= to->createtxg)
			continue;
		char *name = str_fmt("%s@%s", d->name, d->snaps[i].name);
		/* What was the base until now goes: what is the base then is held before that. */
		if (d->snaps[i].held && !held) {
			plan_add(p, STEP_HOLD, PHASE_PROTECT, at, target);
			held = true;
		}
		if (d->snaps[i].held)
			plan_add(p, STEP_RELEASE, PHASE_GIVE_UP, at, name);
		plan_add(p, STEP_DESTROY, PHASE_GIVE_UP, at, name);
		free(name);
	}
	plan_discard_bookmarks(p, d, at, to);
	plan_add(p, STEP_ROLLBACK, PHASE_GIVE_UP, at, target);
	free(target);
}

bool plan_may_follow(const struct pair *p)
{
	struct err *e = NULL;
	bool may = plan_follows(p) && dataset_ground(p->src.d, p->dst.d) != NULL &&
		   (e = plan_check_named(p)) == NULL && (e = identity_check_ends(p)) == NULL;

	err_free(e);
	return may;
}
