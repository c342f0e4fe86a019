/* sentsync: a copy that was made by other means becomes the replica of a pair that is stored already. Steps and their
 * order are those of init, without the transfer: until the last one the source is nobody's. */
#include "plan/setup/adopt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "plan/bookmark.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/setup/pair_props.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"

struct sentsync {
	const struct pair *pair;
	const struct sentsync_opts *opts;
	struct plan *out;
	struct pair_setup begin;
	const struct snap *at_src, *at_dst;
};

#define SRC(p) (p)->src.d->name, (p)->src.host_name
#define DST(p) (p)->dst.d->name, (p)->dst.host_name

static struct err *check_source(struct sentsync *y)
{
	const struct pair *p = y->pair;
	const struct dataset *s = p->src.d;

	if (s->switch_state.kind != SWITCH_NONE)
		return plan_switching(p->tag, s, p->src.host_name);
	if (s->role == ROLE_REPLICA)
		return err_remedy(err_refuse(REASON_NOT_MASTER,
					     "%s on %s is a replica; its master is %s on %s",
					     SRC(p), s->src_fs, s->src_host),
				  "run it there: on %s, {zrep sentsync %s@%s}", s->src_host,
				  s->src_fs, y->opts->snap);
	if (!s->named_source || !s->dest_host || !s->dest_fs || !name_is_dataset(s->dest_fs))
		return err_remedy(
		    err_refuse(REASON_NO_PAIR,
			       "%s on %s is not stored as the source of a pair (tag %s)", SRC(p),
			       p->tag),
		    "say where its other side is: on %s, {zrep changeconfig -f %s HOST DATASET}",
		    p->src.host_name, s->name);
	y->at_src = dataset_snap_by_name(s, y->opts->snap);
	if (y->at_src == NULL)
		return err_remedy(err_refuse(REASON_MISSING, "%s on %s has no snapshot @%s", SRC(p),
					     y->opts->snap),
				  "on %s, see {zfs list -t snapshot %s}", p->src.host_name,
				  s->name);
	return tags_check(p, PAIR_SRC, DEED_SEND);
}

/* The destination is proven to be exactly at that snapshot, or it is said how it differs. */
static struct err *check_destination(struct sentsync *y)
{
	const struct pair *p = y->pair;
	struct buf what = {0};
	struct err *e;

	if (p->dst.d == NULL && p->dst.pool_away)
		return plan_pool_away(p->src.d->dest_fs, p->dst.host_name);
	if (p->dst.d == NULL)
		return err_remedy(err_refuse(REASON_MISSING, "%s on %s does not exist",
					     p->src.d->dest_fs, p->dst.host_name),
				  "bring the copy there first; or let zrep make one: on %s, "
				  "{zrep clear %s}" PLAN_CLEAR_COSTS ", then {zrep init %s %s %s}",
				  p->src.host_name, p->src.d->name, p->src.d->name,
				  p->dst.host_name, p->src.d->dest_fs);
	if ((e = setup_check_free(&y->begin)) != NULL || (e = setup_check_kind(p)) != NULL)
		return e;
	y->at_dst = dataset_snap_by_guid(p->dst.d, y->at_src->guid);
	if (y->at_dst == NULL) {
		bool named = dataset_snap_by_name(p->dst.d, y->opts->snap) != NULL;
		return err_remedy(
		    err_refuse(REASON_MISSING, "%s on %s does not have %s@%s of %s%s", DST(p),
			       p->src.d->name, y->opts->snap, p->src.host_name,
			       named ? ": what has that name there is another snapshot" : ""),
		    "names prove nothing; compare: on %s, {zfs list -t snapshot -o name,guid %s}; "
		    "on %s, {zfs list -t snapshot -o name,guid %s}",
		    p->src.host_name, p->src.d->name, p->dst.host_name, p->dst.d->name);
	}
	if (!plan_name_changes(p->dst.d, y->at_dst, &what))
		return NULL;
	e = err_remedy(
	    err_refuse(REASON_CHANGED, "%s on %s is not at @%s: it has %s", DST(p), y->at_dst->name,
		       what.data),
	    "name a newer snapshot that both have, or keep what it has: on %s, {zfs snapshot "
	    "%s@kept}, and send that elsewhere; if it may be lost: on %s, {zfs rollback "
	    "-r %s@%s}",
	    p->dst.host_name, p->dst.d->name, p->dst.host_name, p->dst.d->name, y->at_dst->name);
	buf_free(&what);
	return e;
}

static bool is_marked(const struct snap *s)
{
	return s->held && s->sent != 0;
}

/* Everything is as it would be afterwards. */
static bool is_done(const struct sentsync *y)
{
	const struct pair *p = y->pair;

	if (p->src.d->role != ROLE_MASTER || !is_marked(y->at_src))
		return false;
	return y->opts->alone ||
	       (setup_is_ours(&y->begin) && p->dst.d->readonly && is_marked(y->at_dst) &&
		strcmp(p->dst.d->dest_host, p->src.d->dest_host) == 0);
}

static void add_steps(struct sentsync *y)
{
	const struct pair *p = y->pair;

	plan_bookmark(y->out, p, y->opts->snap, y->at_src->guid);
	setup_mark(&y->begin, PAIR_SRC);
	if (!y->opts->alone) {
		setup_mark(&y->begin, PAIR_DST);
		/* Nobody writes to it from here on, and then it says that it is a replica. */
		plan_add(y->out, STEP_SET, PHASE_DECLARE, PAIR_DST, p->dst.d->name)->props =
		    setup_readonly(NULL);
		plan_add(y->out, STEP_SET, PHASE_RECORD, PAIR_DST, p->dst.d->name)->props =
		    setup_readonly(setup_props(&y->begin, PAIR_DST));
	} else {
		strv_tell(&y->out->notes,
			  "%s was not asked: %s there must have @%s and nothing newer, be "
			  "read-only, and name this pair ({zrep changeconfig -d}); else the next "
			  "sync says what is missing",
			  p->src.d->dest_host, p->src.d->dest_fs, y->opts->snap);
	}
	nvlist_t *props = setup_props(&y->begin, PAIR_SRC);
	plan_prop(props, p->tag, "master", "yes");
	plan_add(y->out, STEP_SET, PHASE_COMMIT, PAIR_SRC, p->src.d->name)->props = props;
	y->out->base = mem_strdup(y->opts->snap);
}

void plan_sentsync(const struct pair *pair, const struct sentsync_opts *opts, struct plan *out)
{
	struct sentsync y = {.pair = pair, .opts = opts, .out = out};
	const struct dataset *s = pair->src.d;
	struct err *e;

	assert(s != NULL && opts->snap != NULL);
	y.begin = (struct pair_setup){.pair = pair,
				      .out = out,
				      .src_host = s->src_host,
				      .src_fs = s->src_fs,
				      .dst_host = s->dest_host,
				      .dst_fs = s->dest_fs,
				      .snap = opts->snap,
				      .savecount = opts->savecount,
				      .alone = opts->alone};
	if ((e = check_source(&y)) != NULL ||
	    (!opts->alone && (e = check_destination(&y)) != NULL)) {
		plan_refuse(out, e);
		return;
	}
	y.begin.dst_snap = y.at_dst != NULL ? y.at_dst->name : opts->snap;
	if (is_done(&y)) {
		out->unchanged = true;
		out->base = mem_strdup(opts->snap);
		return;
	}
	add_steps(&y);
}
