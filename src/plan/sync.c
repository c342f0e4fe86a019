/* What a sync has to do: the picture of a pair -> steps, or a refusal with its remedy. */
#include "plan/sync.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/named.h"
#include "plan/plan.h"
#include "plan/retention/expire.h"
#include "plan/retention/select.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "plan/tree/members.h"
#include "util/mem.h"
#include "util/num.h"

struct sync {
	const struct pair *pair;
	const struct sync_opts *opts;
	struct plan *out;
	const struct snap
	    *base;            /* the source's; newest that both have, or will have after a resume */
	bool resume;          /* base comes by finishing a partial receive */
	bool rollback;        /* the destination is rolled back to base first */
	char *last;           /* name of the newest snapshot after this sync */
	const char *dst_last; /* the same at the destination, where it may have been renamed */
	struct coming coming; /* own snapshots that the destination gets */
	uint64_t *arriving;   /* coming.creation */
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
	struct err *e = err_new(ERR_REFUSED, "the destination %s on %s was changed: it has %s",
				DST(p), what.data);
	buf_free(&what);
	struct err *tags = tags_check(p, PAIR_DST, DEED_ROLLBACK);
	if (tags != NULL) {
		err_wrap(tags, "%s", e->what);
		err_free(e);
		return tags;
	}
	if (!y->opts->force)
		return err_remedy(e,
				  "look at it; to keep it aside: on %s, zrep rejoin %s; if that "
				  "may go: on %s, zrep sync -f %s rolls "
				  "%s on %s back to @%s",
				  p->dst.host_name, d->name, p->src.host_name, p->src.d->name,
				  DST(p), dst_base->name);
	const struct snap *held = plan_held_by_others(d, dst_base);
	if (held != NULL)
		return err_remedy(
		    err_wrap(e, "%s@%s on %s is held, and not by zrep", d->name, held->name,
			     p->dst.host_name),
		    "zfs holds %s@%s tells by whom; it has to be released before -f can "
		    "remove it",
		    d->name, held->name);
	strv_addf(&y->out->notes, "%s; it is rolled back to @%s", e->what, dst_base->name);
	err_free(e);
	y->rollback = true;
	return NULL;
}

/* It has to be there when the destination expires. What is passed on will: there, nobody else looks after it. */
static void add_coming(struct sync *y, const struct snap *s, const char *dst_name)
{
	bool relayed = y->pair->src.d->relay && s->other;

	if (relayed)
		plan_relayed(y->out, y->pair, y->pair->dst.d->name, dst_name, s->guid);
	if (!s->own && !relayed)
		return;
	y->arriving = mem_array(y->arriving, y->coming.n_known + 1, sizeof(*y->arriving));
	y->arriving[y->coming.n_known++] = s->creation;
	y->coming.creation = y->arriving;
	y->coming.n++;
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
	for (size_t i = first + 1; s->relay && i < d->n_snaps; i++) {
		const struct snap *k = &d->snaps[i], *here = dataset_snap_by_guid(s, k->guid);
		if (k->createtxg > dst_base->createtxg || k->own || k->relayed || here == NULL ||
		    !here->other)
			continue;
		add_coming(y, here, k->name);
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
	s->from = str_fmt("%s@%s", p->src.d->name, y->base->name);
	s->raw = p->src.d->encrypted;
	s->bytes = to->written;
	free(name);
	y->base = to;
	y->resume = true;
	add_coming(y, to, to->name);
}

static void add_send(struct sync *y, const char *from, const char *to, uint64_t bytes)
{
	const struct pair *p = y->pair;
	char *name = str_fmt("%s@%s", p->src.d->name, to);
	struct step *s = plan_add(y->out, STEP_SEND, PHASE_TRANSFER, PAIR_SRC, name);

	s->from = str_fmt("%s@%s", p->src.d->name, from);
	s->to = str_fmt("%s@%s", p->dst.d->name, to);
	s->raw = p->src.d->encrypted;
	s->split = !s->raw && (p->src.d->split || p->dst.d->split);
	s->bytes = bytes;
	free(name);
}

/* Does the destination have another snapshot of that name? Then nothing can be received under it, as
 * when somebody destroys and makes anew a @latest here every night. */
static bool name_is_taken(const struct sync *y, const struct snap *k)
{
	const struct dataset *d = y->pair->dst.d;
	const struct snap *other = dataset_snap_by_name(d, k->name);

	return other != NULL && !plan_rolls_back(y->out, PAIR_DST, other);
}

/* Does a snapshot go to the other side, in between or as the last? What a replica passes on under another tag are
 * not its own: the newest is enough. */
bool plan_is_sent(const struct dataset *d, const struct snap *s, const struct sync_opts *opts)
{
	if (opts->all || s->own)
		return true;
	if (d->relay)
		return s == dataset_newest(d);
	return !opts->own_only && !s->other;
}

static bool is_sent(const struct sync *y, const struct snap *k)
{
	return k->createtxg > y->base->createtxg && plan_is_sent(y->pair->src.d, k, y->opts);
}

/* Everything behind the base, in order; then, if there is anything new at all, a snapshot of it. */
static void plan_sends(struct sync *y)
{
	const struct pair *p = y->pair;
	const struct dataset *s = p->src.d;
	const char *from = y->base->name;
	bool no_snapshot = y->opts->no_snapshot || s->relay, any = false;
	/* Making way, what is newest here is to be what both sides begin from: a snapshot of whosever that stayed here
	 * alone would be in the way of the first sync back. */
	bool newer = y->opts->leaving && !no_snapshot && dataset_newest(s) != y->base;

	for (size_t i = s->n_snaps; i-- > 0 && !any && s->snaps[i].createtxg > y->base->createtxg;)
		any = is_sent(y, &s->snaps[i]);
	/* Another tag's snapshot of what the base has already is nothing new. */
	if (!any && !newer && (no_snapshot || dataset_written_after(s, y->base) == 0)) {
		y->last = mem_strdup(from);
		return;
	}
	for (size_t i = 0; i < s->n_snaps; i++) {
		const struct snap *k = &s->snaps[i];
		if (!is_sent(y, k))
			continue;
		if (name_is_taken(y, k)) {
			strv_addf(
			    &y->out->notes,
			    "%s@%s on %s is not sent: %s on %s has another snapshot of that name",
			    s->name, k->name, p->src.host_name, DST(p));
			continue;
		}
		add_send(y, from, k->name, k->written);
		add_coming(y, k, k->name);
		from = k->name;
	}
	/* The newest is ours and nothing came after it: a run before this one made it and could not
	 * send it. Another of the same content would be of no use. */
	const struct snap *newest = dataset_newest(s);
	if ((newest->own && s->written == 0 && from == newest->name) || no_snapshot) {
		y->last = mem_strdup(from);
		return;
	}
	uint64_t seq = plan_next_seq(s, p->dst.d);
	y->last = name_seq(p->tag, seq > y->opts->seq ? seq : y->opts->seq);
	char *name = str_fmt("%s@%s", s->name, y->last);
	plan_add(y->out, STEP_SNAPSHOT, PHASE_TRANSFER, PAIR_SRC, name);
	free(name);
	add_send(y, from, y->last, s->written);
	y->coming.n++;
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

/* What the last run noted is over: of a refresh, it stands on the replica as well. */
static void clear_errors(struct sync *y)
{
	const struct pair *p = y->pair;

	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct dataset *d = at == PAIR_SRC ? p->src.d : p->dst.d;
		if (d->error == NULL)
			continue;
		nvlist_t *clear = nv_new();
		plan_prop(clear, p->tag, "error", NULL);
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
	struct coming made = {.n = base == NULL};

	plan_expire_side(y->out, y->pair, PAIR_SRC, &made, base ? base->guid : 0);
	plan_expire_side(y->out, y->pair, PAIR_DST, &y->coming, base ? base->guid : 0);
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
	y.base = dataset_base(pair->src.d, pair->dst.d);
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
	if (y.rollback)
		plan_roll_back(out, pair->dst.d, PAIR_DST, dst_base);
	if (opts->recursive || pair->src.d->recursive)
		plan_recursive(pair, out);
	bool unsaid = add_unsaid(&y, dst_base);
	plan_partial(&y);
	plan_sends(&y);
	bool no_send = strcmp(y.last, y.base->name) == 0;
	if (no_send && !y.resume && !y.rollback && !unsaid &&
	    (opts->no_snapshot || pair->src.d->relay) && pair->src.d->written > 0 &&
	    y.base->sent != 0) { /* a new mark would say that the other side has everything */
		clear_errors(&y);
		out->unchanged = true;
		out->base = y.last;
		return;
	}
	y.dst_last = no_send && !y.resume ? dst_base->name : y.last;
	/* A base without its mark was in doubt until now. */
	out->unchanged = no_send && !y.resume && !y.rollback && y.base->sent != 0;
	out->base = y.last;
	plan_holds(out, pair->src.d, PAIR_SRC, y.last);
	plan_holds(out, pair->dst.d, PAIR_DST, y.dst_last);
	add_marks(&y);
	note_self(&y);
	add_reservation(&y);
	if (!opts->leaving && !opts->no_expire)
		add_expire(&y);
	free(y.arriving);
}
