/* What a half-done change of roles has become, and its end: the same plan finishes a change that is under
 * way and one that a crash has left. It is made from what both sides store, under both locks, so that no
 * late decision can still arrive. */
#include "plan/role/recover.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/cancel.h"
#include "plan/role/revert.h"
#include "plan/role/role_props.h"
#include "plan/tags.h"

/* Of the dataset that is settled, these must be as they were seen when one of them, or readonly, is set: whoever has
 * other locks may have settled it as well, and more. */
#define MARK "switch epoch master"

static uint64_t higher(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static const struct dataset *known(const struct endpoint *e)
{
	return e->aside != NULL ? e->aside : e->d; /* aside, it is on its way back */
}

static bool in_change(const struct endpoint *e)
{
	const struct dataset *d = known(e);

	return d != NULL && d->change.kind != CHANGE_NONE && d->change.kind != CHANGE_UNKNOWN;
}

bool plan_is_settled(const struct pair *pair)
{
	const struct endpoint *src = pair_end(pair, PAIR_SRC), *dst = pair_end(pair, PAIR_DST);

	return !in_change(src) && !in_change(dst);
}

/* A dataset that is not there cannot say whether it had decided. */
static void in_doubt(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other, struct plan *out)
{
	bool pool_away = me->side == PAIR_SRC ? pair->dst.pool_away : pair->src.pool_away;
	const char *why = other->away ? "cannot be asked"
			  : other->d  ? "is in a change that this zrep does not know"
			  : pool_away ? "has not imported its pool"
				      : "has no such dataset any more";
	char *command = plan_settler(pair->tag, me->d);
	struct err *e =
	    err_remedy(err_new(other->d != NULL ? ERR_REFUSED : ERR_UNREACHABLE,
			       "%s on %s is in doubt: it was making way for %s as master of "
			       "epoch %" PRIu64 ", and %s %s; it stays read-only",
			       me->name, me->host_name, other->host_name, me->d->change.epoch,
			       other->host_name, why),
		       "once %s can be asked: on %s, %s; if %s is gone for good: zrep takeover "
		       "-L --force %s",
		       other->host_name, me->host_name, command, other->host_name, me->name);

	if (pool_away)
		err_remedy(e, "on %s: zpool import %.*s; then on %s, %s", other->host_name,
			   (int)name_pool_len(other->name), other->name, me->host_name, command);
	free(command);
	plan_refuse(out, e);
}

/* The other side has decided. What was written here since would be lost to it; to know, this side must be
 * read-only first: the crash may have come before that. */
static void complete(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;
	const struct snap *fork = dataset_snap_by_guid(d, o->fork);
	struct err *e = tags_check(pair, me->side, DEED_ROLE);

	if ((!d->readonly || e != NULL) && o->change.kind == CHANGE_ENTERING) {
		out->again = true; /* the other side first: nothing that is in use here stops it */
		err_free(e);
		return;
	}
	if (e != NULL) { /* what another tag needs as it is, stays so */
		plan_refuse(out, e);
		return;
	}
	if (!d->readonly) {
		plan_expect(plan_add(out, STEP_PROVE, PHASE_PROVE, me->side, d->name), pair->tag, d,
			    MARK);
		plan_add(out, STEP_QUIESCE, PHASE_STOP, me->side, d->name);
		out->again = true;
		return;
	}
	if (fork == NULL || dataset_written_after(d, fork) > 0)
		return; /* superseded: plan_check_masters() says so */
	strv_addf(&out->done,
		  "%s on %s is the replica now: %s on %s is the master of epoch %" PRIu64, d->name,
		  me->host_name, o->name, other->host_name, o->epoch);
	plan_hook(out, pair, me->side, PHASE_DEMOTED, o->epoch, "replica");
	struct step *last = plan_add(out, STEP_SET, PHASE_RECORD, me->side, d->name);
	last->props = plan_replica_props(pair, me->side, o->epoch);
	plan_expect(last, pair->tag, d, MARK);
}

static void settle_leaving(const struct pair *pair, const struct endpoint *me,
			   const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;

	if (!d->master) { /* without root the mark goes a moment after the role */
		if (d->role == ROLE_REPLICA)
			plan_end_switch(out, pair, me, plan_replica_props(pair, me->side, 0));
	} else if (other->aside != NULL) {
		out->again = true; /* it is on its way back, which is finished first */
	} else if (o == NULL || o->change.kind == CHANGE_UNKNOWN) {
		in_doubt(pair, me, other, out);
	} else if (o->change.kind == CHANGE_BACK) {
		out->again = true;
	} else if (o->master && o->epoch >= d->change.epoch) {
		complete(pair, me, other, out);
	} else if (!o->master || o->epoch < d->epoch) {
		/* Not decided, and not about to be by somebody whose locks are others. */
		plan_expect(plan_add(out, STEP_PROVE, PHASE_PROVE, other->side, o->name), pair->tag,
			    o, MARK);
		plan_undo(pair, me, higher(d->epoch, o->master ? 0 : o->epoch), out);
	}
}

/* The decision was made, by us or by the operator: nobody has to be asked any more. */
static void settle_entering(const struct pair *pair, const struct endpoint *me,
			    const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;
	size_t before = out->n;

	if (!d->master || (o != NULL && o->master && o->epoch >= d->epoch))
		return; /* two masters: plan_check_masters() says so */
	if (tags_refuse(pair, me->side, DEED_WRITABLE, out))
		return;
	plan_restore_readonly(out, pair, me->side);
	if (out->n > before) { /* what it inherits then is seen then */
		out->again = true;
		return;
	}
	strv_addf(&out->done, "%s on %s is the master now, of epoch %" PRIu64, d->name,
		  me->host_name, d->epoch);
	if (d->readonly && !d->readonly_local) {
		nvlist_t *props = nv_new();
		nv_add_str(props, "readonly", "off");
		struct step *set = plan_add(out, STEP_SET, PHASE_RECORD, me->side, d->name);
		set->props = props;
		plan_expect(set, pair->tag, d, MARK);
		strv_addf(&out->done,
			  "%s on %s gets readonly=off: it would inherit readonly=on from what is "
			  "above it",
			  d->name, me->host_name);
	}
	plan_add(out, STEP_MOUNT, PHASE_MOUNT, me->side, d->name);
	plan_hook(out, pair, me->side, PHASE_PROMOTED, d->epoch, "master");
	plan_end_switch(out, pair, me, plan_unmark(pair->tag));
}

static void settle_end(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));

	if (!in_change(me) || out->refusal != NULL)
		return;
	switch (known(me)->change.kind) {
	case CHANGE_LEAVING:
		settle_leaving(pair, me, other, out);
		break;
	case CHANGE_ENTERING:
		settle_entering(pair, me, other, out);
		break;
	case CHANGE_BACK:
		plan_back(pair, at, out);
		break;
	case CHANGE_NONE:
	case CHANGE_UNKNOWN:
		break;
	}
}

void plan_settle(const struct pair *pair, struct plan *out)
{
	/* What a copy says must not finish or undo what the real one takes part in. */
	struct err *e = plan_check_named(pair);

	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	settle_end(pair, PAIR_SRC, out);
	settle_end(pair, PAIR_DST, out);
}
