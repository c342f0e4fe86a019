/* What a sync has to do: the picture of a pair -> steps, or a refusal with its remedy. */
#include "plan/sync.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/bookmark.h"
#include "plan/follow.h"
#include "plan/identity.h"
#include "plan/keys.h"
#include "plan/make_room.h"
#include "plan/named.h"
#include "plan/obstacles.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/retention/expire.h"
#include "plan/retention/select.h"
#include "plan/role/links.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "plan/tree/members.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

struct sync {
	const struct pair *pair;
	const struct sync_opts *opts;
	struct plan *out;
	const struct snap *
	    base; /* the source's; newest that both have, or will have after a resume. Of a snapshot that is gone
		    * there its bookmark */
	bool sends;    /* something is sent after it */
	bool keys;     /* nothing has to be sent because of a key */
	bool resume;   /* base comes by finishing a partial receive */
	bool rollback; /* the destination is rolled back to base first */
	const struct snap *
	    room; /* what the destination has behind this one holds nothing, and goes before anything is received;
				  * NULL: it has nothing, or what it has is rolled back */
	char *last;               /* name of the newest snapshot after this sync */
	const char *dst_last;     /* the same at the destination, where it may have been renamed */
	struct arriving arriving; /* own snapshots that the destination gets */
	uint64_t *creations;      /* arriving.creation */
	const struct snap **ground; /* see find_ground() */
};

/* "tank/a on host1" */
#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

/* The destination must be exactly at the base. What it has beyond it goes only with -f, and is named. */
static struct err *check_unchanged(struct sync *y, const struct snap *dst_base)
{
	const struct pair *p = y->pair;
	const struct dataset *d = p->dst.d;
	struct buf what = {0};

	if (!plan_name_changes(d, dst_base, &what))
		return NULL;
	/* With -f all that stands in the way is told, where anything does. */
	if (plan_is_only_marked(d, dst_base) && !y->opts->force) {
		buf_free(&what);
		y->room = dst_base;
		return plan_check_room(p, dst_base);
	}
	struct err *e = err_refuse(
	    REASON_CHANGED, "the destination %s on %s was changed: it has %s", DST(p), what.data);
	buf_free(&what);
	struct err *tags = tags_check(p, PAIR_DST, DEED_ROLLBACK);
	if (tags != NULL) {
		err_wrap(tags, "%s", e->what);
		err_free(e);
		return tags;
	}
	if (!y->opts->force) {
		char *ways =
		    plan_parted_ways(p->src.d->name, p->src.host_name, d->name, p->dst.host_name);
		err_remedy(e, "%s", ways);
		free(ways);
		return e;
	}
	char *keep =
	    remedy_fmt("to preserve it: on %s, {zrep rejoin %s}", p->dst.host_name, d->name);
	struct err *stands = plan_obstacles(d, dst_base, p->dst.host_name, keep);
	free(keep);
	if (stands != NULL) {
		err_wrap(stands, "%s", e->what);
		err_free(e);
		return stands;
	}
	strv_addf(&y->out->notes, "%s; it is rolled back to @%s", e->what, dst_base->name);
	err_free(e);
	y->rollback = true;
	return NULL;
}

/* The bases of the source's other pairs: with each of them on this destination too, any two members of the set can go on
 * from each other when the source is gone. By place as the source's other tags; NULL where a pair has none. */
static void find_ground(struct sync *y)
{
	const struct dataset *s = y->pair->src.d;
	char tag[NAME_TAG_MAX + 1];

	y->ground = mem_zalloc((s->n_others + 1) * sizeof(*y->ground));
	for (size_t i = 0; i < s->n_snaps && s->n_others > 0; i++) {
		const struct snap *k = &s->snaps[i];
		if (!k->other || snap_foreign_holds(k) == 0 || !name_seq_tag(k->name, tag))
			continue;
		for (size_t o = 0; o < s->n_others; o++)
			if (strcmp(s->others[o].tag, tag) == 0)
				y->ground[o] = k;
	}
}

static bool is_ground(const struct sync *y, const struct snap *k)
{
	for (size_t o = 0; o < y->pair->src.d->n_others; o++)
		if (y->ground[o] == k)
			return true;
	return false;
}

/* Is there a pair of the source's of which the destination has nothing yet, and could be sent something? As after that
 * pair was made: then a snapshot goes there even if nothing was written. Later ones wait for something to be sent. */
static bool lacks_ground(const struct sync *y)
{
	const struct dataset *s = y->pair->src.d, *d = y->pair->dst.d;
	char tag[NAME_TAG_MAX + 1];

	for (size_t o = 0; o < s->n_others; o++) {
		bool has = y->ground[o] == NULL || y->ground[o]->createtxg <= y->base->createtxg;
		/* Also where the source has it no more: else two pairs with a savecount of 1 never rest. */
		for (size_t i = 0; i < d->n_snaps && !has; i++)
			has = d->snaps[i].ground && name_seq_tag(d->snaps[i].name, tag) &&
			      strcmp(s->others[o].tag, tag) == 0;
		for (size_t i = 0; i < s->n_snaps && !has; i++) {
			const struct snap *k = &s->snaps[i];
			has = k->other && name_seq_tag(k->name, tag) &&
			      strcmp(s->others[o].tag, tag) == 0 &&
			      dataset_snap_by_guid(d, k->guid) != NULL;
		}
		if (!has)
			return true;
	}
	return false;
}

/* It has to be there when the destination expires. What is passed on will: there, nobody else looks after it. */
static void add_arriving(struct sync *y, const struct snap *s, const char *dst_name)
{
	bool cascaded = y->pair->src.d->cascade && s->other;

	if (cascaded)
		plan_cascaded(y->out, y->pair, y->pair->dst.d->name, s, dst_name);
	else if (is_ground(y, s))
		plan_ground(y->out, y->pair, y->pair->dst.d->name, s, dst_name);
	if (!s->zrep_named && !cascaded)
		return;
	y->creations = mem_array(y->creations, y->arriving.n_known + 1, sizeof(*y->creations));
	y->creations[y->arriving.n_known++] = s->creation;
	y->arriving.creation = y->creations;
	y->arriving.n++;
}

/* What arrived in a run that died before it could say that it was passed on: newer than what the destination has held
 * since the run before. Nobody would expire it. True: there is such a one. */
static bool add_unsaid(struct sync *y, const struct snap *dst_base)
{
	const struct dataset *s = y->pair->src.d, *d = y->pair->dst.d;
	size_t first = 0;
	bool any = false;

	while (first < d->n_snaps && !d->snaps[first].held)
		first++;
	for (size_t i = first + 1; s->cascade && i < d->n_snaps; i++) {
		const struct snap *k = &d->snaps[i], *here = dataset_snap_by_guid(s, k->guid);
		if (k->createtxg > dst_base->createtxg || k->zrep_named || k->cascaded ||
		    here == NULL || !here->other)
			continue;
		add_arriving(y, here, k->name);
		any = true;
	}
	return any;
}

/* A partial receive is finished first, if what it was receiving still exists here and what it builds
 * on is still the destination's newest. Otherwise it is forgotten. */
static void plan_partial(struct sync *y)
{
	const struct pair *p = y->pair;
	const struct dataset *d = p->dst.d;

	if (d->token == NULL)
		return;
	const struct snap *to = dataset_snap_by_guid(p->src.d, p->token_to);
	const char *why = y->rollback                    ? "the destination is rolled back"
			  : to == NULL                   ? "its snapshot is gone"
			  : p->token_state == TOKEN_DEAD ? "the source cannot resume it"
			  : p->token_from != y->base->guid
			      ? "it does not begin from the newest common snapshot"
			      : NULL;
	if (why != NULL) {
		strv_addf(&y->out->notes,
			  "%s on %s: the partial receive cannot be finished any more (%s); it is "
			  "forgotten",
			  DST(p), why);
		plan_add(y->out, STEP_ABORT, PHASE_CLEAR_AWAY, PAIR_DST, d->name);
		return;
	}
	char *name = str_fmt("%s@%s", p->src.d->name, to->name);
	struct step *s = plan_add(y->out, STEP_RESUME, PHASE_TRANSFER, PAIR_SRC, name);
	s->to = str_fmt("%s@%s", d->name, to->name);
	s->token = mem_strdup(d->token);
	s->from = dataset_snap_name(p->src.d, y->base);
	s->raw = p->src.d->encrypted;
	s->bytes = to->written;
	free(name);
	plan_bookmark(y->out, p, to->name, to->guid);
	y->base = to;
	y->resume = true;
	add_arriving(y, to, to->name);
}

/* `to` has the GUID `guid`; 0: it is made now. */
static void add_send(struct sync *y, const struct snap *from, const char *to, uint64_t guid,
		     uint64_t bytes)
{
	const struct pair *p = y->pair;
	char *name = str_fmt("%s@%s", p->src.d->name, to);
	struct step *s = plan_add(y->out, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, name);

	s->from = dataset_snap_name(p->src.d, from);
	s->to = str_fmt("%s@%s", p->dst.d->name, to);
	s->raw = p->src.d->encrypted;
	s->split = !s->raw && (p->src.d->split || p->dst.d->split);
	s->bytes = bytes;
	free(name);
	plan_bookmark(y->out, p, to, guid);
	y->sends = true;
}

/* Does the destination have another snapshot of that name? Then nothing can be received under it, as
 * when somebody destroys and makes anew a @latest here every night. */
static bool name_is_taken(const struct sync *y, const struct snap *k)
{
	const struct dataset *d = y->pair->dst.d;
	const struct snap *other = dataset_snap_by_name(d, k->name);

	if (other != NULL && y->room != NULL && other->createtxg > y->room->createtxg)
		return false;
	return other != NULL && !plan_rolls_back(y->out, PAIR_DST, other);
}

/* What a replica passes on: the newest that came to it. What somebody takes of it goes when the next one comes. */
static const struct snap *newest_arrived(const struct dataset *d)
{
	for (size_t i = d->n_snaps; i-- > 0;)
		if (d->snaps[i].other)
			return &d->snaps[i];
	return dataset_newest(d);
}

/* Does a snapshot go to the other side, in between or as the last? What a replica passes on under another tag are
 * not its own: the newest is enough. */
bool plan_is_sent(const struct dataset *d, const struct snap *s, const struct sync_opts *opts)
{
	if (opts->all || s->zrep_named)
		return true;
	if (d->cascade)
		return s == newest_arrived(d);
	return !opts->zrep_only && !s->other && foreign_goes(d->foreign, s->name);
}

static bool is_sent(const struct sync *y, const struct snap *k)
{
	return k->createtxg > y->base->createtxg && plan_is_sent(y->pair->src.d, k, y->opts);
}

/* What arrived in a run that died before it was marked would never expire. */
static void mark_ground(struct sync *y)
{
	const struct dataset *s = y->pair->src.d, *d = y->pair->dst.d;

	for (size_t o = 0; o < s->n_others && !s->cascade; o++) {
		const struct snap *there =
		    y->ground[o] != NULL ? dataset_snap_by_guid(d, y->ground[o]->guid) : NULL;
		if (there != NULL && !there->ground && !there->cascaded && !there->zrep_named &&
		    !plan_rolls_back(y->out, PAIR_DST, there))
			plan_ground(y->out, y->pair, d->name, y->ground[o], there->name);
	}
}

/* Everything behind the base, in order; then, if there is anything new at all, a snapshot of it. */
static void plan_sends(struct sync *y)
{
	const struct pair *p = y->pair;
	const struct dataset *s = p->src.d;
	const struct snap *from = y->base;
	bool no_snapshot = y->opts->no_snapshot || s->cascade, any = false;
	/* Making way, what is newest here is to be what both sides begin from: a snapshot of whosever that stayed here
	 * alone would be in the way of the first sync back. What both sides begin from is to be a snapshot on both. */
	bool newer = !no_snapshot && (from->bookmark || !y->keys ||
				      (y->opts->leaving && dataset_newest(s) != from));

	for (size_t i = s->n_snaps; i-- > 0 && !any && s->snaps[i].createtxg > y->base->createtxg;)
		any = is_sent(y, &s->snaps[i]);
	/* Another tag's snapshot of what the base has already is nothing new. */
	if (!any && !newer &&
	    (no_snapshot || (dataset_written_after(s, y->base) == 0 && !lacks_ground(y)))) {
		y->last = mem_strdup(from->name);
		return;
	}
	for (size_t i = 0; i < s->n_snaps; i++) {
		const struct snap *k = &s->snaps[i];
		if (!is_sent(y, k) && !(is_ground(y, k) && k->createtxg > y->base->createtxg))
			continue;
		if (name_is_taken(y, k)) {
			strv_addf(
			    &y->out->notes,
			    "%s@%s on %s is not sent: %s on %s has another snapshot of that name",
			    s->name, k->name, p->src.host_name, DST(p));
			continue;
		}
		add_send(y, from, k->name, k->guid, k->written);
		add_arriving(y, k, k->name);
		from = k;
	}
	/* The newest is ours and nothing came after it: a run before this one made it and could not
	 * send it. Another of the same content would be of no use, but to bring a key. */
	const struct snap *newest = dataset_newest(s);
	if ((newest != NULL && newest->zrep_named && s->written == 0 && from == newest &&
	     (y->keys || y->sends)) ||
	    no_snapshot) {
		y->last = mem_strdup(from->name);
		return;
	}
	uint64_t seq = plan_next_seq(s, p->dst.d);
	y->last = name_seq(p->tag, seq > y->opts->seq ? seq : y->opts->seq);
	char *name = str_fmt("%s@%s", s->name, y->last);
	plan_add(y->out, STEP_SNAPSHOT, PHASE_SNAPSHOT, PAIR_SRC, name);
	free(name);
	add_send(y, from, y->last, 0, s->written);
	y->arriving.n++;
}

static nvlist_t *mark(const struct pair *p)
{
	nvlist_t *props = nv_new();

	plan_prop_u64(props, p->tag, "sent", p->now);
	return props;
}

/* Of a pair that was made before it was stored, or whose destination's host was renamed. */
static void note_self(struct sync *y)
{
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(y->pair, at);
		nvlist_t *props = nv_new();
		plan_note_self(props, y->pair, me->d);
		if (!nv_empty(props))
			plan_add(y->out, STEP_SET, PHASE_RECORD, at, me->name)->props = props;
		else
			nv_free(props);
	}
}

/* What the replica has to know when its source is gone. */
static void tell_links(struct sync *y)
{
	nvlist_t *props = nv_new();

	plan_tell_links(y->pair, props);
	if (!nv_empty(props))
		plan_add(y->out, STEP_SET, PHASE_RECORD, PAIR_DST, y->pair->dst.d->name)->props =
		    props;
	else
		nv_free(props);
}

/* What the last run noted is over: of a refresh, it stands on the replica as well. */
static void clear_errors(struct sync *y)
{
	const struct pair *p = y->pair;

	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct dataset *d = at == PAIR_SRC ? p->src.d : p->dst.d;
		if (d->error == NULL && d->late == 0)
			continue;
		nvlist_t *clear = nv_new();
		if (d->error != NULL)
			plan_prop(clear, p->tag, "error", NULL);
		if (d->late != 0)
			plan_prop(clear, p->tag, "late", NULL);
		plan_add(y->out, STEP_SET, PHASE_RECORD, at, d->name)->props = clear;
	}
}

static void add_marks(struct sync *y)
{
	const struct pair *p = y->pair;
	char *at_src = str_fmt("%s@%s", p->src.d->name, y->last);
	char *at_dst = str_fmt("%s@%s", p->dst.d->name, y->dst_last);

	plan_add(y->out, STEP_SET, PHASE_RECORD, PAIR_SRC, at_src)->props = mark(p);
	plan_add(y->out, STEP_SET, PHASE_RECORD, PAIR_DST, at_dst)->props = mark(p);
	clear_errors(y);
	/* The replica was forced to lead and gave up: the only master goes on with what it has, at the
	 * epoch that is the highest now. Not above it: nobody was asked for a new one. */
	if (p->dst.d->epoch > p->src.d->epoch) {
		nvlist_t *epoch = nv_new();
		plan_prop_u64(epoch, p->tag, "epoch", p->dst.d->epoch);
		plan_add(y->out, STEP_SET, PHASE_DECLARE, PAIR_SRC, p->src.d->name)->props = epoch;
		strv_addf(&y->out->notes,
			  "%s on %s goes on as the master of epoch %" PRIu64
			  ", which %s on %s had taken "
			  "and gave up",
			  SRC(p), p->dst.d->epoch, DST(p));
	}
	/* The replica says what epoch it has the data of: it must know when it is asked to lead. */
	if (p->src.d->epoch > p->dst.d->epoch) {
		nvlist_t *epoch = nv_new();
		plan_prop_u64(epoch, p->tag, "epoch", p->src.d->epoch);
		plan_add(y->out, STEP_SET, PHASE_RECORD, PAIR_DST, p->dst.d->name)->props = epoch;
	}
	free(at_src);
	free(at_dst);
}

/* A stream carries the size of a volume, and not what is reserved for it. A thick one that has grown is to
 * stay thick on the other side, which may lead one day; one that was made sparse there stays so. */
static void add_reservation(struct sync *y)
{
	const struct dataset *s = y->pair->src.d, *d = y->pair->dst.d;
	bool thick = s->type == TYPE_VOLUME && s->refreservation >= s->volsize;

	if (!thick || d->refreservation == 0 || d->refreservation >= s->volsize)
		return;
	nvlist_t *props = nv_new();
	nv_add_str(props, "refreservation", "auto");
	plan_add(y->out, STEP_SET, PHASE_ADJUST, PAIR_DST, d->name)->props = props;
}

/* Not in the last sync of a source that makes way: nobody can write until that is over, and what can wait
 * does. */
static void add_expire(struct sync *y)
{
	const struct snap *base = dataset_snap_by_name(y->pair->src.d, y->last);
	struct arriving made = {.n = base == NULL};

	plan_expire_side(y->out, y->pair, PAIR_SRC, &made, base ? base->guid : 0);
	plan_expire_side(y->out, y->pair, PAIR_DST, &y->arriving, base ? base->guid : 0);
}

static bool is_recorded(const struct snap *base)
{
	return base->held && base->sent != 0;
}

static bool has_transfer(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (step_is_transfer(&p->steps[i]))
			return true;
	return false;
}

/* From the rollback to the last transfer. dst_base is the base as the destination has it. Returns what add_unsaid() says. */
static bool plan_transfers(struct sync *y, const struct snap *dst_base)
{
	const struct pair *pair = y->pair;
	struct plan *out = y->out;

	plan_follow(pair, out);
	y->keys = keys_are_brought(pair);
	if (!y->opts->leaving) /* the sync before has done that */
		follow_plan(pair, out);
	if (y->rollback)
		plan_roll_back(out, pair->dst.d, PAIR_DST, dst_base);
	if (y->opts->recursive || pair->src.d->recursive)
		plan_recursive(pair, out);
	find_ground(y);
	bool unsaid = add_unsaid(y, dst_base);
	if (y->base->bookmark)
		strv_addf(&out->notes,
			  "%s on %s does not have the newest snapshot of %s on %s any more; the "
			  "sync goes on from its bookmark #%s",
			  SRC(pair), DST(pair), y->base->name);
	else /* made by an older zrep, perhaps */
		plan_bookmark(out, pair, y->base->name, y->base->guid);
	plan_partial(y);
	plan_sends(y);
	plan_bookmark_in_turn(out, pair);
	if (has_transfer(out))
		keys_before(pair, out);
	if (y->room != NULL && has_transfer(out))
		plan_make_room(pair, y->room, out);
	return unsaid;
}

/* True where nothing is left to hold, to mark or to tell; then the plan is whole. */
static bool ends_here(struct sync *y, const struct snap *dst_base, bool unsaid)
{
	const struct dataset *s = y->pair->src.d;
	const struct sync_opts *opts = y->opts;
	struct plan *out = y->out;

	if (y->sends)
		return false;
	if (y->base->bookmark) { /* nothing is there to hold or to mark */
		clear_errors(y);
		out->unchanged = !y->rollback;
		free(y->last);
		out->base = mem_strdup(dst_base->name);
		return true;
	}
	/* A new mark would say that the other side has everything. */
	bool behind = !y->resume && !y->rollback && !unsaid && y->base->sent != 0 &&
		      s->written > 0 && (opts->no_snapshot || s->cascade);
	/* Making way, the sync before this one has said all that there is to say. */
	bool said = (opts->leaving || opts->said) && out->n == 0 && is_recorded(y->base) &&
		    is_recorded(dst_base);
	if (!behind && !said)
		return false;
	if (behind)
		clear_errors(y);
	out->unchanged = true;
	out->base = y->last;
	return true;
}

/* One of many, and there is nothing to be told but that something was sent. */
static bool is_light(const struct sync *y)
{
	const struct dataset *s = y->pair->src.d, *d = y->pair->dst.d;

	return y->opts->light && y->sends && !y->rollback && s->error == NULL && d->error == NULL &&
	       s->epoch == d->epoch;
}

/* Both sides may be synced: everything from there on. */
static void plan_increment(struct sync *y, const struct snap *dst_base)
{
	const struct pair *pair = y->pair;
	struct plan *out = y->out;
	const struct snap *begin = y->base;
	bool unsaid = plan_transfers(y, dst_base);

	if (ends_here(y, dst_base, unsaid))
		return;
	y->dst_last = !y->sends && !y->resume ? dst_base->name : y->last;
	/* A base without its mark was in doubt until now. */
	out->unchanged = !y->sends && !y->resume && !y->rollback && y->base->sent != 0;
	out->base = y->last;
	if (is_light(y)) { /* the next round begins from it, marked or not */
		keys_after(pair, y->sends, out);
		add_reservation(y);
		return;
	}
	plan_holds(out, pair->src.d, PAIR_SRC, y->last);
	plan_holds(out, pair->dst.d, PAIR_DST, y->dst_last);
	add_marks(y);
	mark_ground(y);
	note_self(y);
	tell_links(y);
	keys_after(pair, y->sends, out);
	identity_record(pair, !out->unchanged, out);
	add_reservation(y);
	if (!y->opts->leaving && !y->opts->no_expire) {
		add_expire(y);
		plan_expire_bookmarks(out, pair, PAIR_SRC, begin);
		plan_expire_bookmarks(out, pair, PAIR_DST, dst_base);
	}
}

void plan_sync(const struct pair *pair, const struct sync_opts *opts, struct plan *out)
{
	struct sync y = {.pair = pair, .opts = opts, .out = out};
	struct err *e;

	assert(pair->tag != NULL && out->n == 0);
	out->discards[PAIR_DST] = opts->force;
	if ((e = plan_check_source(pair)) != NULL ||
	    (e = plan_check_destination(pair, opts->leaving)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	y.base = dataset_ground(pair->src.d, pair->dst.d);
	if (y.base == NULL) {
		plan_refuse(out, plan_no_base(pair));
		return;
	}
	const struct snap *dst_base = dataset_snap_by_guid(pair->dst.d, y.base->guid);
	if ((e = check_unchanged(&y, dst_base)) != NULL ||
	    (!y.rollback && (e = plan_check_token(pair)) != NULL)) {
		plan_refuse(out, e);
		return;
	}
	plan_increment(&y, dst_base);
	free(y.creations);
	free(y.ground);
}
