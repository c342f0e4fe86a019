#include "plan/role/offer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/role/cancel.h"
#include "plan/role/role_props.h"
#include "plan/role/switchover.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"

bool plan_offer_stands(const struct dataset *master, const struct dataset *replica)
{
	return master != NULL && replica != NULL && master->role == ROLE_MASTER &&
	       master->switch_state.kind == SWITCH_DEMOTING && replica->role == ROLE_REPLICA &&
	       replica->switch_state.kind == SWITCH_OFFERED &&
	       replica->switch_state.epoch == master->switch_state.epoch;
}

const struct snap *plan_offer_holds(const struct dataset *replica)
{
	if (replica->role != ROLE_REPLICA || replica->switch_state.kind != SWITCH_OFFERED ||
	    replica->switch_state.epoch <= replica->epoch)
		return NULL;
	const struct snap *proof = dataset_snap_by_guid(replica, replica->switch_state.guid);

	/* Snapshots that somebody took there since are of no matter, with nothing in them. */
	return proof != NULL && dataset_written_after(replica, proof) == 0 ? proof : NULL;
}

void plan_offer(const struct pair *pair, bool predict, struct plan *out)
{
	const struct dataset *d = pair->dst.d;
	const struct snap *base = plan_prove_whole(pair, predict, out);

	if (base == NULL)
		return;
	out->base = mem_strdup(base->name);
	nvlist_t *props = nv_new();
	char *offered = switch_offered(plan_next_epoch(pair), base->guid);
	plan_prop(props, pair->tag, "switch", offered);
	free(offered);
	struct step *offer = plan_add(out, STEP_OFFER, PHASE_DECLARE, PAIR_DST, d->name);
	offer->props = props;
	plan_expect(offer, pair->tag, d, "switch epoch master src-fs");
	if (!predict)
		plan_expect_state(offer, d, dataset_snap_by_guid(d, base->guid));
}

void plan_rest(const struct pair *pair, bool asked_nobody, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, PAIR_SRC);
	const struct dataset *d = me->d;
	nvlist_t *props;

	assert(d != NULL && d->role == ROLE_MASTER);
	if (d->switch_state.kind == SWITCH_DEMOTING && !asked_nobody) {
		/* Somebody may have been offered the role: it stays in doubt, and closed. */
		if (!d->readonly)
			plan_add(out, STEP_QUIESCE, PHASE_STOP, PAIR_SRC, d->name);
		return;
	}
	if (tags_refuse(pair, PAIR_SRC, DEED_ROLE, out))
		return;
	props = nv_new();
	plan_prop(props, pair->tag, "switch", SWITCH_RESTING_TEXT);
	plan_remember_readonly(props, pair->tag, d);
	struct step *mark = plan_add(out, STEP_SET, PHASE_DECLARE, PAIR_SRC, d->name);
	mark->props = props;
	plan_expect(mark, pair->tag, d, ROLE_MARKS);
	if (d->switch_state.kind == SWITCH_NONE)
		plan_hook(out, pair, PAIR_SRC, PHASE_STOP, d->epoch, "replica");
	plan_add(out, STEP_QUIESCE, PHASE_STOP, PAIR_SRC, d->name);
}

static void end_offer(const struct pair *pair, const struct endpoint *me, struct plan *out)
{
	nvlist_t *props = nv_new();

	plan_prop(props, pair->tag, "switch", NULL);
	plan_end_switch(out, pair, me, props);
}

void plan_recover_offered(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d, *o = other->d;
	bool stands = plan_offer_stands(o, d);

	if (other->preserved != NULL || (o != NULL && o->switch_state.kind == SWITCH_REVERTING)) {
		out->again = true; /* that is finished first */
		return;
	}
	if (o == NULL || other->busy || o->switch_state.kind == SWITCH_UNKNOWN ||
	    (stands && !(pair->moves && other->side == PAIR_DST)))
		return;
	end_offer(pair, me, out);
	if (stands)
		strv_addf(&out->done, "%s on %s does not get the role that it was offered", d->name,
			  me->host_name);
	else
		strv_addf(&out->done,
			  "%s on %s was offered the role of %s on %s as the master of epoch "
			  "%" PRIu64 "; that is over",
			  d->name, me->host_name, o->name, other->host_name, d->switch_state.epoch);
}

void plan_recover_resting(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d, *o = other->d;

	if (!pair->moves || at != PAIR_DST || !d->master ||
	    (o != NULL && o->master && o->epoch >= d->epoch))
		return;
	if (o != NULL && o->switch_state.kind == SWITCH_OFFERED) {
		out->again = true; /* that is void, and is taken away first */
		return;
	}
	plan_undo_demote(pair, me, d->epoch, out);
}
