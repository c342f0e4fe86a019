/* What a sync has to do: the picture of a pair -> steps, or a refusal with its remedy. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
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
	size_t own_sent;      /* own snapshots that the destination gets */
};

/* "tank/a on host1" */
#define SRC(p) (p)->src->name, (p)->src_host
#define DST(p) (p)->dst->name, (p)->dst_host

static struct err *broken(const struct pair *p)
{
	const struct dataset *s = p->src;

	if (!s->src_host || !s->src_fs || !s->dest_host || !s->dest_fs)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s has only some of %s:src-host, src-fs, dest-host "
			    "and dest-fs set",
			    SRC(p), p->tag),
		    "set the others as they are on the other side; see `zrep list -v %s`", s->name);
	if (strcmp(s->src_fs, s->name) == 0 && !s->master)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is named as the source of its pair, but %s:master is "
			    "not set on it (received or inherited does not count)",
			    SRC(p), p->tag),
		    "if this side is to be the master: zfs set %s:master=yes %s", p->tag, s->name);
	return err_remedy(
	    err_new(ERR_REFUSED,
		    "%s on %s carries zrep properties that do not fit it (source %s on %s)", SRC(p),
		    s->src_fs, s->src_host),
	    "if the dataset or host was renamed, set %s:src-fs and %s:src-host on both sides; see "
	    "`zrep list -v %s`",
	    p->tag, p->tag, s->name);
}

static struct err *check_source(const struct pair *p)
{
	const struct dataset *s = p->src;

	switch (s->role) {
	case ROLE_MASTER:
		break;
	case ROLE_NONE:
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s is not replicated by zrep (tag %s)", SRC(p),
					  p->tag),
				  "set it up: zrep init %s HOST DATASET", s->name);
	case ROLE_REPLICA:
		return err_remedy(err_new(ERR_REFUSED,
					  "%s on %s is a replica; its master is %s on %s", SRC(p),
					  s->src_fs, s->src_host),
				  "sync on the master: zrep sync %s", s->src_fs);
	case ROLE_BROKEN:
		return broken(p);
	}
	return NULL;
}

/* Not before it is known who is the master: the remedy for a loser is another one. */
static struct err *check_changes(const struct pair *p, bool leaving)
{
	const struct dataset *s = p->src, *d = p->dst;
	bool busy_s =
	    s->change.kind != CHANGE_NONE && !(leaving && s->change.kind == CHANGE_LEAVING);

	if (!busy_s && d->change.kind == CHANGE_NONE)
		return NULL;
	return err_remedy(err_new(ERR_REFUSED, "%s on %s is in the middle of a role change (%s)",
				  busy_s ? s->name : d->name, busy_s ? p->src_host : p->dst_host,
				  busy_s ? s->switching : d->switching),
			  "look at both sides with `zrep status -v`");
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static struct err *check_destination(const struct pair *p, bool leaving)
{
	const struct dataset *s = p->src, *d = p->dst;
	struct err *e;

	if (d == NULL)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "the destination %s on %s does not exist (source: %s on %s)",
			    s->dest_fs, p->dst_host, SRC(p)),
		    "if it was renamed, set %s:dest-fs on both sides; if it is gone: "
		    "zrep clear %s, then zrep init again",
		    p->tag, s->name);
	if ((e = plan_check_masters(p)) != NULL || (e = check_changes(p, leaving)) != NULL)
		return e;
	if (!same(d->src_fs, s->src_fs) || !same(d->dest_fs, s->dest_fs) ||
	    !same(d->src_host, s->src_host))
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is not the replica of %s on %s (it names %s on %s "
			    "as its source)",
			    DST(p), SRC(p), d->src_fs ? d->src_fs : "nothing",
			    d->src_host ? d->src_host : "no host"),
		    "compare `zrep list -v` on both sides");
	if (s->type != d->type)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s and %s on %s are not of one type: one is a volume, "
			    "the other a filesystem",
			    SRC(p), DST(p)),
		    "initialise the pair anew, into a destination that does not exist");
	if (s->encrypted != d->encrypted)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s is%s encrypted, %s on %s is%s: no stream fits both", SRC(p),
			    s->encrypted ? "" : " not", DST(p), d->encrypted ? "" : " not"),
		    "initialise the pair anew, into a destination that does not exist");
	return NULL;
}

/* Appends "a, b and 3 more" of the destination's snapshots behind `base`. */
static void name_newer(const struct dataset *d, const struct snap *base, struct buf *to)
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

/* The destination must be exactly at the base. What it has beyond it goes only with -f, and is named. */
static struct err *check_unchanged(struct sync *y, const struct snap *dst_base)
{
	const struct pair *p = y->pair;
	const struct dataset *d = p->dst;
	bool newer = dataset_newest(d) != dst_base;
	struct buf what = {0};

	if (!newer && dataset_unchanged(d))
		return NULL;
	if (newer) {
		buf_addf(&what, "newer snapshots (");
		name_newer(d, dst_base, &what);
		buf_addf(&what, ")");
	}
	if (!dataset_unchanged(d)) {
		char bytes[NUM_TEXT];
		buf_addf(&what, "%s%s written since its newest snapshot", newer ? " and " : "",
			 num_bytes(bytes, d->written));
	}
	struct err *e = err_new(ERR_REFUSED, "the destination %s on %s was changed: it has %s",
				DST(p), what.data);
	buf_free(&what);
	if (!y->opts->force)
		return err_remedy(e,
				  "look at it; to keep it aside: on %s, zrep rejoin %s; if that "
				  "may go: zrep sync -f %s rolls "
				  "%s on %s back to @%s",
				  p->dst_host, d->name, p->src->name, DST(p), dst_base->name);
	const struct snap *held = plan_held_by_others(d, dst_base);
	if (held != NULL)
		return err_remedy(
		    err_wrap(e, "%s@%s on %s is held, and not by zrep", d->name, held->name,
			     p->dst_host),
		    "zfs holds %s@%s tells by whom; it has to be released before -f can "
		    "remove it",
		    d->name, held->name);
	strv_addf(&y->out->notes, "%s; it is rolled back to @%s", e->what, dst_base->name);
	err_free(e);
	y->rollback = true;
	return NULL;
}

static void add_rollback(struct sync *y, const struct snap *dst_base)
{
	const struct dataset *d = y->pair->dst;

	y->out->rollback = dst_base->createtxg;
	for (size_t i = 0; i < d->n_snaps; i++) {
		if (d->snaps[i].createtxg <= dst_base->createtxg)
			continue;
		char *name = str_fmt("%s@%s", d->name, d->snaps[i].name);
		if (d->snaps[i].held)
			plan_add(y->out, STEP_RELEASE_FIRST, AT_DST, name);
		plan_add(y->out, STEP_DESTROY_FOREIGN, AT_DST, name);
		free(name);
	}
	char *name = str_fmt("%s@%s", d->name, dst_base->name);
	plan_add(y->out, STEP_ROLLBACK, AT_DST, name);
	free(name);
}

/* A partial receive is finished first, if what it was receiving still exists here and what it builds
 * on is still the destination's newest. Otherwise it is forgotten. */
static void plan_partial(struct sync *y)
{
	const struct pair *p = y->pair;
	const struct dataset *d = p->dst;

	if (d->token == NULL)
		return;
	const struct snap *to = dataset_snap_by_guid(p->src, p->token_to);
	const char *why = to == NULL      ? "its snapshot is gone"
			  : p->token_dead ? "the source cannot resume it"
			  : y->rollback   ? "the destination is rolled back"
			  : p->token_from != y->base->guid
			      ? "it does not begin from the newest common snapshot"
			      : NULL;
	if (why != NULL) {
		strv_addf(&y->out->notes,
			  "%s on %s: the partial receive cannot be finished any more (%s); it is "
			  "forgotten",
			  DST(p), why);
		plan_add(y->out, STEP_ABORT, AT_DST, d->name);
		return;
	}
	char *name = str_fmt("%s@%s", p->src->name, to->name);
	struct step *s = plan_add(y->out, STEP_RESUME, AT_SRC, name);
	s->to = str_fmt("%s@%s", d->name, to->name);
	s->token = mem_strdup(d->token);
	s->raw = p->src->encrypted;
	s->bytes = to->written;
	free(name);
	y->base = to;
	y->resume = true;
	y->own_sent += to->own;
}

static void add_send(struct sync *y, const char *from, const char *to, uint64_t bytes, bool own)
{
	const struct pair *p = y->pair;
	char *name = str_fmt("%s@%s", p->src->name, to);
	struct step *s = plan_add(y->out, STEP_SEND, AT_SRC, name);

	s->from = str_fmt("%s@%s", p->src->name, from);
	s->to = str_fmt("%s@%s", p->dst->name, to);
	s->raw = p->src->encrypted;
	s->bytes = bytes;
	y->own_sent += own;
	free(name);
}

/* Does the destination have another snapshot of that name? Then nothing can be received under it, as
 * when somebody destroys and makes anew a @latest here every night. */
static bool name_is_taken(const struct sync *y, const struct snap *k)
{
	const struct dataset *d = y->pair->dst;
	const struct snap *other = dataset_snap_by_name(d, k->name);

	return other != NULL && !plan_rolls_back(y->out, AT_DST, other);
}

/* Everything behind the base, in order; then, if there is anything new at all, a snapshot of it. */
static void plan_sends(struct sync *y)
{
	const struct pair *p = y->pair;
	const struct dataset *s = p->src;
	const char *from = y->base->name;
	bool newer = dataset_newest(s) != y->base;

	if (!newer && s->written == 0) {
		y->last = mem_strdup(from);
		return;
	}
	for (size_t i = 0; i < s->n_snaps; i++) {
		const struct snap *k = &s->snaps[i];
		if (k->createtxg <= y->base->createtxg || (y->opts->own_only && !k->own))
			continue;
		if (name_is_taken(y, k)) {
			strv_addf(
			    &y->out->notes,
			    "%s@%s on %s is not sent: %s on %s has another snapshot of that name",
			    s->name, k->name, p->src_host, DST(p));
			continue;
		}
		add_send(y, from, k->name, k->written, k->own);
		from = k->name;
	}
	/* The newest is ours and nothing came after it: a run before this one made it and could not
	 * send it. Another of the same content would be of no use. */
	const struct snap *newest = dataset_newest(s);
	if (newest->own && s->written == 0 && from == newest->name) {
		y->last = mem_strdup(newest->name);
		return;
	}
	y->last = name_seq(p->tag, plan_next_seq(s, p->dst));
	char *name = str_fmt("%s@%s", s->name, y->last);
	plan_add(y->out, STEP_SNAPSHOT, AT_SRC, name);
	free(name);
	add_send(y, from, y->last, s->written, true);
}

static nvlist_t *mark(const struct pair *p)
{
	nvlist_t *props = nv_new();

	plan_prop_u64(props, p->tag, "sent", p->now);
	return props;
}

static void add_marks(struct sync *y)
{
	const struct pair *p = y->pair;
	char *at_src = str_fmt("%s@%s", p->src->name, y->last);
	char *at_dst = str_fmt("%s@%s", p->dst->name, y->dst_last);

	plan_add(y->out, STEP_SET, AT_SRC, at_src)->props = mark(p);
	plan_add(y->out, STEP_SET, AT_DST, at_dst)->props = mark(p);
	if (p->src->error != NULL) {
		nvlist_t *clear = nv_new();
		plan_prop(clear, p->tag, "error", NULL);
		plan_add(y->out, STEP_SET, AT_SRC, p->src->name)->props = clear;
	}
	/* The replica was forced to lead and gave up: the only master goes on with what it has, at the
	 * epoch that is the highest now. Not above it: nobody was asked for a new one. */
	if (p->dst->epoch > p->src->epoch) {
		nvlist_t *epoch = nv_new();
		plan_prop_u64(epoch, p->tag, "epoch", p->dst->epoch);
		plan_add(y->out, STEP_SET_FIRST, AT_SRC, p->src->name)->props = epoch;
		strv_addf(&y->out->notes,
			  "%s on %s goes on as the master of epoch %" PRIu64
			  ", which %s on %s had taken "
			  "and gave up",
			  SRC(p), p->dst->epoch, DST(p));
	}
	/* The replica says what epoch it has the data of: it must know when it is asked to lead. */
	if (p->src->epoch > p->dst->epoch) {
		nvlist_t *epoch = nv_new();
		plan_prop_u64(epoch, p->tag, "epoch", p->src->epoch);
		plan_add(y->out, STEP_SET, AT_DST, p->dst->name)->props = epoch;
	}
	free(at_src);
	free(at_dst);
}

/* A stream carries the size of a volume, and not what is reserved for it. A thick one that has grown is to
 * stay thick on the other side, which may lead one day; one that was made sparse there stays so. */
static void add_reservation(struct sync *y)
{
	const struct dataset *s = y->pair->src, *d = y->pair->dst;
	bool thick = s->type == TYPE_VOLUME && s->refreservation >= s->volsize;

	if (!thick || d->refreservation == 0 || d->refreservation >= s->volsize)
		return;
	nvlist_t *props = nv_new();
	nv_add_str(props, "refreservation", "auto");
	plan_add(y->out, STEP_SET_MORE, AT_DST, d->name)->props = props;
}

static struct err *no_base(const struct pair *p)
{
	return err_remedy(
	    err_new(ERR_REFUSED,
		    "%s on %s and %s on %s have no snapshot in common: there is nothing "
		    "to send a difference from",
		    SRC(p), DST(p)),
	    "both copies are kept as they are; to begin anew: zrep clear on both sides, "
	    "rename or destroy %s on %s, then zrep init",
	    DST(p));
}

void plan_sync(const struct pair *pair, const struct sync_opts *opts, struct plan *out)
{
	struct sync y = {.pair = pair, .opts = opts, .out = out};
	struct err *e;

	if ((e = check_source(pair)) != NULL ||
	    (e = check_destination(pair, opts->leaving)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	y.base = dataset_base(pair->src, pair->dst);
	if (y.base == NULL) {
		plan_refuse(out, no_base(pair));
		return;
	}
	const struct snap *dst_base = dataset_snap_by_guid(pair->dst, y.base->guid);
	if ((e = check_unchanged(&y, dst_base)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	if (y.rollback)
		add_rollback(&y, dst_base);
	plan_partial(&y);
	plan_sends(&y);
	bool no_send = strcmp(y.last, y.base->name) == 0;
	y.dst_last = no_send && !y.resume ? dst_base->name : y.last;
	/* A base without its mark was in doubt until now. */
	out->unchanged = no_send && !y.resume && !y.rollback && y.base->sent != 0;
	out->base = y.last;
	plan_holds(out, pair->src, AT_SRC, y.last);
	plan_holds(out, pair->dst, AT_DST, y.dst_last);
	add_marks(&y);
	add_reservation(&y);
	size_t made = dataset_snap_by_name(pair->src, y.last) == NULL;
	const struct snap *keep = made ? NULL : dataset_snap_by_name(pair->src, y.last);
	if (opts->leaving) /* nobody can write until that is over: what can wait does */
		return;
	plan_expire_side(out, pair, AT_SRC, made, keep ? keep->guid : 0);
	plan_expire_side(out, pair, AT_DST, y.own_sent, keep ? keep->guid : 0);
}
