/* What a half-done change of roles has become, and its end: the same plan finishes a change that is under
 * way and one that a crash has left. It is made from what both sides store, under both locks, so that no
 * late decision can still arrive. */
#include "plan/role/recover.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/follow.h"
#include "plan/identity.h"
#include "plan/keys.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/cancel.h"
#include "plan/role/history.h"
#include "plan/role/host_names.h"
#include "plan/role/revert.h"
#include "plan/role/role_props.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/remedy.h"

static uint64_t higher(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static const struct dataset *known(const struct endpoint *e)
{
	return e->preserved != NULL ? e->preserved : e->d; /* aside, it is on its way back */
}

static bool is_switching(const struct endpoint *e)
{
	const struct dataset *d = known(e);

	return d != NULL && d->switch_state.kind != SWITCH_NONE &&
	       d->switch_state.kind != SWITCH_UNKNOWN;
}

bool plan_needs_recovery(const struct pair *pair)
{
	const struct endpoint *src = pair_end(pair, PAIR_SRC), *dst = pair_end(pair, PAIR_DST);

	return is_switching(src) || is_switching(dst);
}

/* A dataset that is not there cannot say whether it had decided. */
static void in_doubt(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other, struct plan *out)
{
	bool pool_away = me->side == PAIR_SRC ? pair->dst.pool_away : pair->src.pool_away;
	const char *why = other->away ? "cannot be asked"
			  : other->d  ? "is in a role change that this zrep does not know"
			  : pool_away ? "has not imported its pool"
				      : "has no such dataset any more";
	char *command = plan_settler(me->d);
	struct err *e = err_remedy(
	    err_new(other->d != NULL ? ERR_REFUSED : ERR_UNREACHABLE,
		    "%s on %s is in doubt: it was being demoted in favour of %s as the "
		    "master of epoch %" PRIu64 ", and %s %s; it stays read-only",
		    me->name, me->host_name, other->host_name, me->d->switch_state.epoch,
		    other->host_name, why),
	    "once %s can be asked: on %s, %s; if %s is gone for good: on %s, "
	    "{zrep takeover -L --force %s}",
	    other->host_name, me->host_name, command, other->host_name, me->host_name, me->name);
	err_because(e, REASON_IN_DOUBT);

	if (pool_away)
		err_remedy(e, "on %s: {zpool import %.*s}; then on %s, %s", other->host_name,
			   (int)name_pool_len(other->name), other->name, me->host_name, command);
	free(command);
	plan_refuse(out, e);
}

/* The other side has decided, and this one has nothing that it has not. */
static void become_replica(const struct pair *pair, const struct endpoint *me,
			   const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;

	strv_addf(&out->done,
		  "%s on %s is the replica now: %s on %s is the master of epoch %" PRIu64, d->name,
		  me->host_name, o->name, other->host_name, o->epoch);
	plan_hook(out, pair, me->side, PHASE_DEMOTED, o->epoch, "replica");
	struct step *last = plan_add(out, STEP_SET, PHASE_RECORD, me->side, d->name);
	last->props = plan_replica_props(pair, me->side, o->epoch);
	plan_record(last->props, pair, me->side, NULL);
	plan_expect(last, pair->tag, d, ROLE_MARKS);
}

/* The other side has decided. What was written here since would be lost to it; to know, this side must be
 * read-only first: the crash may have come before that. */
static void complete(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;
	const struct snap *fork = dataset_snap_by_guid(d, o->fork);
	struct err *e = tags_check(pair, me->side, DEED_ROLE);

	if ((!d->readonly || e != NULL) && o->switch_state.kind == SWITCH_PROMOTING) {
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
			    ROLE_MARKS);
		plan_add(out, STEP_QUIESCE, PHASE_STOP, me->side, d->name);
		out->again = true;
		return;
	}
	if (fork == NULL || dataset_written_after(d, fork) > 0)
		return; /* superseded: plan_check_masters() says so */
	become_replica(pair, me, other, out);
}

/* Is it the replica of this one, or was, without a word on whose it is now? */
static bool is_of_me(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other)
{
	struct pair turned = *pair;

	turned.src = *me;
	turned.dst = *other;
	return other->d->role == ROLE_REPLICA && str_same(other->d->src_fs, me->d->name) &&
	       plan_names_source(&turned);
}

/* Does the other side follow somebody else, or has it given this pair up, and somebody has led at the epoch that was agreed
 * on, or above? Perhaps the other side did, before that. */
static bool is_outlived(const struct pair *pair, const struct endpoint *me,
			const struct endpoint *other)
{
	const struct dataset *d = me->d, *o = other->d;

	return d != NULL && d->master && d->switch_state.kind == SWITCH_DEMOTING && o != NULL &&
	       (o->role == ROLE_REPLICA || o->role == ROLE_NONE) && !o->copy &&
	       o->switch_state.kind == SWITCH_NONE && other->preserved == NULL &&
	       o->epoch >= d->switch_state.epoch && !is_of_me(pair, me, other);
}

/* Does the other side, which had not decided, follow somebody else of the set by now? It never will decide. */
static bool has_left(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other)
{
	const struct dataset *d = me->d, *o = other->d;

	return d != NULL && d->master && d->switch_state.kind == SWITCH_DEMOTING && o != NULL &&
	       !(pair->moves && me->side == PAIR_DST) && /* it is to lead again */
	       !o->copy && o->switch_state.kind == SWITCH_NONE && other->preserved == NULL &&
	       o->epoch < d->switch_state.epoch && d->peer_guid != 0 &&
	       identity_end(d, o) == END_KNOWN && dataset_one_set(d, o) &&
	       (o->role == ROLE_REPLICA ? !is_of_me(pair, me, other)
					: o->role == ROLE_NONE && dataset_follows(o) != NULL);
}

/* Then nobody takes over what this one was about to give. It stays closed: whom the other one follows may lead above it. */
static void leave_behind(const struct pair *pair, const struct endpoint *me,
			 const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;
	const struct other_tag *by = o->role == ROLE_NONE ? dataset_follows(o) : NULL;
	nvlist_t *props = nv_new();

	plan_expect(plan_add(out, STEP_PROVE, PHASE_PROVE, other->side, o->name), pair->tag, o,
		    ROLE_MARKS);
	plan_prop(props, pair->tag, "switch", NULL);
	plan_end_switch(out, pair, me, props);
	char *way = d->readonly ? remedy_fmt("it stays read-only; if it is to be written to all "
					     "the same: {zfs set readonly=off %s}",
					     d->name)
				: mem_strdup("it was not closed yet, and stays as it is");
	strv_addf(&out->done,
		  "%s on %s was being demoted in favour of %s on %s as the master of epoch %" PRIu64
		  ", which has not decided, and follows %s on %s now: %s",
		  d->name, me->host_name, o->name, other->host_name, d->switch_state.epoch,
		  by != NULL ? by->src_fs : o->src_fs, by != NULL ? by->src_host : o->src_host,
		  way);
	free(way);
}

/* Then this one is the master of an older epoch, which nobody is to write to by itself; it is told so where it meets who
 * leads. */
static void outlived(const struct pair *pair, const struct endpoint *me,
		     const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;
	nvlist_t *props = nv_new();

	plan_prop(props, pair->tag, "switch", NULL);
	plan_end_switch(out, pair, me, props);
	char *way = d->readonly ? remedy_fmt("so it stays read-only; if it is to be written to all "
					     "the same: {zfs set readonly=off %s}",
					     d->name)
				: mem_strdup("stop what writes to it");
	strv_addf(&out->done,
		  "%s on %s was being demoted in favour of %s on %s as the master of epoch %" PRIu64
		  ", which is of epoch %" PRIu64 " now and %s: somebody has led since%s %s",
		  d->name, me->host_name, o->name, other->host_name, d->switch_state.epoch,
		  o->epoch,
		  o->role == ROLE_REPLICA ? "follows another one" : "has given the pair up",
		  d->readonly ? "," : ";", way);
	free(way);
}

/* It has made way, and nobody has come to lead in its place: is it to stay closed? Who made way by a yield, or rested before,
 * is opened by nothing but a word that it is to lead; but the run that has closed it, and could not go on, leaves it as it
 * was. One that can be written to was never closed, or somebody has opened it: it is not closed now. */
static bool is_to_rest(const struct pair *pair, const struct endpoint *me)
{
	const struct dataset *d = me->d;

	return d->switch_state.rests && d->readonly && pair->before != BEFORE_LEADING &&
	       !(pair->moves && me->side == PAIR_DST);
}

static void recover_demoting(const struct pair *pair, const struct endpoint *me,
			     const struct endpoint *other, struct plan *out)
{
	const struct dataset *d = me->d, *o = other->d;

	if (!d->master) { /* without root the mark goes a moment after the role */
		if (d->role == ROLE_REPLICA)
			plan_end_switch(out, pair, me, plan_replica_props(pair, me->side, 0));
	} else if (other->preserved != NULL) {
		out->again = true; /* it is on its way back, which is finished first */
	} else if (o == NULL || o->switch_state.kind == SWITCH_UNKNOWN) {
		in_doubt(pair, me, other, out);
	} else if (o->switch_state.kind == SWITCH_REVERTING) {
		out->again = true;
	} else if (o->master && o->epoch >= d->switch_state.epoch) {
		complete(pair, me, other, out);
	} else if (dataset_offer_stands(d, o)) {
		/* It may be taken at any moment; who takes it back withdraws it there first. */
		out->again = pair->moves && me->side == PAIR_DST;
	} else if (o->switch_state.kind == SWITCH_OFFERED) {
		out->again =
		    true; /* that is void, and is taken away before this side can be written to */
	} else if (!o->master || o->epoch < d->epoch) {
		/* Not decided, and not about to be by somebody whose locks are others. */
		plan_expect(plan_add(out, STEP_PROVE, PHASE_PROVE, other->side, o->name), pair->tag,
			    o, ROLE_MARKS);
		uint64_t theirs = is_of_me(pair, me, other) ? o->epoch : 0;
		if (is_outlived(pair, me, other))
			outlived(pair, me, other, out);
		else if (is_to_rest(pair, me))
			plan_rest_again(pair, me, higher(d->epoch, theirs), out);
		else
			plan_undo_demote(pair, me, higher(d->epoch, theirs), out);
	}
}

/* The decision was made, by us or by the operator: nobody has to be asked any more. */
static void recover_promoting(const struct pair *pair, const struct endpoint *me,
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
		struct step *set = plan_add(out, STEP_SET, PHASE_RECORD, me->side, d->name);
		set->props = plan_readonly_off(true);
		plan_expect(set, pair->tag, d, ROLE_MARKS);
		strv_addf(&out->done,
			  "%s on %s gets readonly=off: it would inherit readonly=on from what is "
			  "above it",
			  d->name, me->host_name);
	}
	if (keys_is_lost(d) && me->moves_keys) /* nobody sends it another one any more */
		plan_add(out, STEP_KEY_OWN, PHASE_ADJUST, me->side, d->name);
	follow_promote(pair, me->side, out);
	plan_add(out, STEP_MOUNT, PHASE_MOUNT, me->side, d->name);
	plan_hook(out, pair, me->side, PHASE_PROMOTED, d->epoch, "master");
	nvlist_t *unmark = plan_unmark(pair->tag);
	plan_record_end(unmark, pair, me->side);
	follow_unnote(unmark, pair->tag, d);
	plan_end_switch(out, pair, me, unmark);
}

/* A replica's way back is to whom it follows. One that still says that this is its replica, and has not heard who leads now,
 * would have it follow the wrong one again. */
static struct err *others_way(const struct pair *pair, const struct endpoint *me,
			      const struct endpoint *other)
{
	const struct dataset *d = known(me), *o = other->d;
	struct pair turned = *pair;
	struct dataset stored = *d;

	turned.src = *other;
	turned.dst = *me;
	turned.dst.d = &stored;
	if (o == NULL || o->role != ROLE_MASTER || d->role != ROLE_REPLICA || d->src_fs == NULL ||
	    o->epoch > d->epoch || /* it leads by now, as far as anybody knows */
	    (strcmp(d->src_fs, o->name) == 0 && plan_names_source(&turned)))
		return NULL;
	char *command = plan_settler(d);
	struct err *e = err_remedy(
	    err_refuse(REASON_NOT_REPLICA,
		       "%s on %s is on its way back to its source, %s on %s, and that is not %s on "
		       "%s",
		       d->name, me->host_name, d->src_fs, d->src_host, o->name, other->host_name),
	    "that ends it: on %s, %s", me->host_name, command);
	free(command);
	return e;
}

static void end_offer(const struct pair *pair, const struct endpoint *me, struct plan *out)
{
	nvlist_t *props = nv_new();

	plan_prop(props, pair->tag, "switch", NULL);
	plan_end_switch(out, pair, me, props);
}

/* It is void where its master makes way no more, and withdrawn where that wants its role back. */
static void recover_offered(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	const struct dataset *d = me->d, *o = other->d;
	bool stands = dataset_offer_stands(o, d);

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

/* A resting master that wants its role back has asked nobody to take it, and asks nobody now. */
static void recover_resting(const struct pair *pair, enum pair_side at, struct plan *out)
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

static void recover_end(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct endpoint *me = pair_end(pair, at), *other = pair_end(pair, pair_other(at));
	struct err *e;

	if (!is_switching(me) || out->refusal != NULL)
		return;
	switch (known(me)->switch_state.kind) {
	case SWITCH_DEMOTING:
		recover_demoting(pair, me, other, out);
		break;
	case SWITCH_PROMOTING:
		recover_promoting(pair, me, other, out);
		break;
	case SWITCH_REVERTING:
		if ((e = others_way(pair, me, other)) != NULL)
			plan_refuse(out, e);
		else
			plan_revert(pair, at, out);
		break;
	case SWITCH_OFFERED:
		recover_offered(pair, at, out);
		break;
	case SWITCH_RESTING:
		recover_resting(pair, at, out);
		break;
	case SWITCH_NONE:
	case SWITCH_UNKNOWN:
		break;
	}
}

void plan_recover(const struct pair *pair, struct plan *out)
{
	/* What a copy says must not finish or undo what the real one takes part in. */
	struct err *e = plan_check_named(pair);

	if (e == NULL)
		e = identity_check_link(pair);
	/* Who follows another one does not know this one any more. */
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		const struct endpoint *me = pair_end(pair, at);
		const struct endpoint *other = pair_end(pair, pair_other(at));
		bool left = has_left(pair, me, other);
		if (!left && (e == NULL || !is_outlived(pair, me, other)))
			continue;
		err_free(e);
		if (left)
			leave_behind(pair, me, other, out);
		else
			outlived(pair, me, other, out);
		return;
	}
	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	recover_end(pair, PAIR_SRC, out);
	recover_end(pair, PAIR_DST, out);
}

/* What the decision leaves on the dataset. */
static void expect_decided(struct step *s, const char *tag, uint64_t epoch)
{
	char *promoting = switch_promoting(epoch);

	s->expect = nv_new();
	plan_prop(s->expect, tag, "switch", promoting);
	plan_prop_u64(s->expect, tag, "epoch", epoch);
	plan_prop(s->expect, tag, "master", "yes");
	free(promoting);
}

static void finish_promotion(const struct pair *pair, uint64_t epoch, struct plan *out)
{
	const struct endpoint *me = &pair->dst;
	const struct dataset *d = me->d;
	nvlist_t *props = plan_writable_props(d);

	strv_addf(&out->done, "%s on %s is the master now, of epoch %" PRIu64, d->name,
		  me->host_name, epoch);
	if (props != NULL) {
		struct step *open = plan_add(out, STEP_WRITABLE, PHASE_RECORD, PAIR_DST, d->name);
		open->props = props;
		expect_decided(open, pair->tag, epoch);
	}
	follow_promote(pair, PAIR_DST, out);
	plan_add(out, STEP_MOUNT, PHASE_MOUNT, PAIR_DST, d->name);
	plan_hook(out, pair, PAIR_DST, PHASE_PROMOTED, epoch, "master");
	struct step *last = plan_add(out, STEP_SET, PHASE_COMMIT, PAIR_DST, d->name);
	last->props = plan_unmark(pair->tag);
	follow_unnote(last->props, pair->tag, d);
	expect_decided(last, pair->tag, epoch);
}

/* The old master, as recovery would have it once the other side has decided; but what recovery would look at is compared when
 * it is done. */
static void finish_demotion(const struct pair *pair, uint64_t epoch, uint64_t fork, bool predict,
			    const nvlist_t *decision, struct plan *out)
{
	const struct dataset *s = pair->src.d;
	struct dataset decided = *pair->dst.d;
	struct pair then = *pair;
	char *host = plan_own_host(&pair->dst);
	size_t before = out->n;

	char *history = str_fmt("%s:history", pair->tag);
	const char *recorded = nv_str(decision, history);

	if (recorded != NULL) /* text of the decision's: it goes with that */
		decided.history = (char *)(uintptr_t)recorded;
	decided.role = ROLE_MASTER;
	decided.master = true;
	decided.epoch = epoch;
	decided.fork = fork;
	decided.link = identity_decided(pair, epoch);
	decided.dest_host = pair->dst.d->src_host;
	decided.dest_fs = pair->dst.d->src_fs;
	decided.src_host = host;
	decided.src_fs = decided.name;
	decided.switch_state = (struct switch_state){.kind = SWITCH_PROMOTING, .epoch = epoch};
	then.dst.d = &decided;
	if (!predict)
		complete(&then, &then.src, &then.dst, out);
	else if (!tags_refuse(pair, PAIR_SRC, DEED_ROLE, out)) /* by then it has all been sent */
		become_replica(&then, &then.src, &then.dst, out);
	for (size_t i = before; i < out->n && !predict; i++)
		if (out->steps[i].kind->op == STEP_SET && out->steps[i].at == PAIR_SRC)
			plan_expect_state(&out->steps[i], s, dataset_snap_by_guid(s, fork));
	free(history);
	free(host);
}

void plan_finish_promotion(const struct pair *pair, uint64_t epoch, struct plan *out)
{
	if (!tags_refuse(pair, PAIR_DST, DEED_WRITABLE, out))
		finish_promotion(pair, epoch, out);
}

void plan_finish_switch(const struct pair *pair, uint64_t epoch, uint64_t fork, bool predict,
			const nvlist_t *decision, struct plan *out)
{
	struct err *e = tags_check(pair, PAIR_DST, DEED_WRITABLE);

	if (e == NULL && pair->dst.makes_writable) {
		finish_promotion(pair, epoch, out);
		if (pair->src.d->switch_state.kind == SWITCH_DEMOTING && pair->src.d->readonly)
			finish_demotion(pair, epoch, fork, predict, decision, out);
	}
	err_free(e);
}
