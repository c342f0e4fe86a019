#include "plan/role/offer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/role_props.h"
#include "plan/role/switchover.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"

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

static struct err *check_rest(const struct pair *pair)
{
	const struct endpoint *me = pair_end(pair, PAIR_SRC);
	const struct dataset *d = me->d;

	if (d->role == ROLE_REPLICA)
		return err_remedy(
		    err_refuse(REASON_NOT_MASTER, "%s on %s is a replica; its master is %s on %s",
			       d->name, me->host_name, d->src_fs, d->src_host),
		    "only that one can make way: on %s, {zrep yield %s}", d->src_host, d->src_fs);
	if (d->role != ROLE_MASTER)
		return plan_no_pair(me->name, me->host_name, pair->tag);
	if (d->switch_state.kind != SWITCH_NONE && d->switch_state.kind != SWITCH_DEMOTING &&
	    d->switch_state.kind != SWITCH_RESTING)
		return plan_switching(pair->tag, d, me->host_name);
	return NULL;
}

void plan_rest(const struct pair *pair, bool asked_nobody, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, PAIR_SRC);
	const struct dataset *d = me->d;
	nvlist_t *props;
	struct err *e;

	assert(d != NULL);
	if ((e = check_rest(pair)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	if (d->switch_state.kind == SWITCH_DEMOTING && !asked_nobody) {
		/* Somebody may have been offered the role: it stays in doubt, and closed; also if it turns out that nobody was. */
		if (!d->switch_state.rests) {
			char *leaving = switch_demoting(d->switch_state.epoch, true);
			props = nv_new();
			plan_prop(props, pair->tag, "switch", leaving);
			free(leaving);
			struct step *rests =
			    plan_add(out, STEP_SET, PHASE_DECLARE, PAIR_SRC, d->name);
			rests->props = props;
			plan_expect(rests, pair->tag, d, ROLE_MARKS);
		}
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
