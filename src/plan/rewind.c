#include "plan/rewind.h"

#include <stdlib.h>
#include <string.h>

#include "plan/obstacles.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/revert.h"
#include "plan/sync.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"

static struct err *check_revert(const struct pair *p, const char *snap, const struct snap **to)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	const struct snap *here = dataset_snap_by_name(s, snap);
	struct err *e = tags_check(p, PAIR_DST, DEED_ROLLBACK);

	if (e != NULL)
		return e;
	if (here == NULL)
		return err_remedy(err_refuse(REASON_MISSING, "%s on %s has no snapshot @%s",
					     s->name, p->src.host_name, snap),
				  "on %s: {zfs list -t snapshot %s} shows those that it has",
				  p->src.host_name, s->name);
	if ((*to = dataset_snap_by_guid(d, here->guid)) == NULL)
		return err_remedy(err_refuse(REASON_MISSING, "%s on %s does not have %s@%s",
					     d->name, p->dst.host_name, s->name, snap),
				  "on %s: {zfs list -t snapshot %s} shows what it has",
				  p->dst.host_name, d->name);
	return plan_is_at(d, *to) ? NULL : plan_obstacles(d, *to, p->dst.host_name, NULL);
}

/* What the destination has behind `to`, as a note: it is about to go. */
static void say_going(const struct pair *p, const struct snap *to, struct plan *out)
{
	const struct dataset *d = p->dst.d;
	char bytes[NUM_TEXT];
	struct buf newer = {0};

	if (plan_is_at(d, to)) {
		out->unchanged = true;
		return;
	}
	plan_name_newer(d, to, &newer);
	strv_addf(&out->notes,
		  "%s on %s goes back to @%s: %s%s%s written after it %s destroyed there", d->name,
		  p->dst.host_name, to->name, buf_str(&newer), newer.len > 0 ? " and " : "",
		  num_bytes(bytes, dataset_written_after(d, to)), newer.len > 0 ? "are" : "is");
	buf_free(&newer);
}

/* Before the rollback, because what both sides held until now goes with it: killed after that, they would hold no base in
 * common, and an expire that cannot ask the other side could destroy it. */
static void hold(const struct pair *p, const struct snap *here, const struct snap *there,
		 struct plan *out)
{
	plan_holds(out, p->src.d, PAIR_SRC, here->name);
	plan_holds(out, p->dst.d, PAIR_DST, there->name);
	for (size_t i = 0; i < out->n; i++)
		if (out->steps[i].kind->op == STEP_HOLD)
			out->steps[i].kind = step_kind_of(STEP_HOLD, PHASE_PROTECT);
}

/* Sent means that the other side has it, and it has not any more. */
static void unmark(const struct pair *p, const struct snap *to, struct plan *out)
{
	const struct dataset *s = p->src.d;

	for (size_t i = 0; i < s->n_snaps; i++) {
		if (s->snaps[i].createtxg <= to->createtxg || s->snaps[i].sent == 0)
			continue;
		char *name = str_fmt("%s@%s", s->name, s->snaps[i].name);
		nvlist_t *props = nv_new();
		plan_prop(props, p->tag, "sent", NULL);
		plan_add(out, STEP_SET, PHASE_RECORD, PAIR_SRC, name)->props = props;
		free(name);
	}
}

void plan_rewind(const struct pair *pair, const char *snap, struct plan *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	const struct snap *to = NULL;
	struct err *e = plan_check_source(pair);

	if (e != NULL || (e = plan_check_destination(pair, false)) != NULL ||
	    (e = check_revert(pair, snap, &to)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *here = dataset_snap_by_name(s, snap);
	say_going(pair, to, out);
	out->base = mem_strdup(snap);
	out->discards[PAIR_DST] = true; /* he named the snapshot */
	/* First: a sync between this and the rollback would bring everything back. */
	nvlist_t *paused = nv_new();
	plan_prop(paused, pair->tag, "paused", "yes");
	plan_add(out, STEP_SET, PHASE_DECLARE, PAIR_SRC, s->name)->props = paused;
	if (d->token != NULL)
		plan_add(out, STEP_ABORT, PHASE_CLEAR_AWAY, PAIR_DST, d->name);
	if (!out->unchanged) {
		plan_roll_back(out, d, PAIR_DST, to);
		nvlist_t *reset = nv_new();
		plan_prop_u64(reset, pair->tag, "reset", to->guid);
		plan_add(out, STEP_SET, PHASE_RECORD, PAIR_DST, d->name)->props = reset;
	}
	hold(pair, here, to, out);
	unmark(pair, here, out);
	strv_tell(&out->done,
		  "%s on %s is at @%s, and %s on %s is paused; to bring the other side up to date "
		  "again: on %s, {zrep unpause %s}",
		  d->name, pair->dst.host_name, to->name, s->name, pair->src.host_name,
		  pair->src.host_name, s->name);
}
