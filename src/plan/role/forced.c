/* Changes of the role that the other side is not asked about: takeover -L and failover -L. */
#include "plan/role/forced.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/keys.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/history.h"
#include "plan/role/host_names.h"
#include "plan/role/links.h"
#include "plan/role/recover.h"
#include "plan/role/revert.h"
#include "plan/role/role_props.h"
#include "plan/tags.h"
#include "state/dataset.h"

/* --- takeover -L --- */

/* A first copy that broke off, or all of them were destroyed. */
static struct err *no_snapshot(const struct dataset *d, const char *host)
{
	struct err *e =
	    err_refuse(REASON_NO_BASE, "%s on %s has no complete snapshot", d->name, host);

	if (d->token != NULL)
		return err_remedy(e, "on %s, {zrep init %s %s %s} goes on with it", d->src_host,
				  d->src_fs, d->dest_host, d->dest_fs);
	return err_remedy(e,
			  "only its master has the data: on %s, {zrep sync %s} says how it is "
			  "brought here",
			  d->src_host, d->src_fs);
}

static struct err *check_force_promote(const struct pair *p, const struct revert_opts *opts,
				       bool *done)
{
	const struct endpoint *me = pair_end(p, PAIR_DST);
	const struct dataset *d = me->d;

	*done = false;
	if (d->role != ROLE_MASTER && d->role != ROLE_REPLICA)
		return plan_no_pair(me->name, me->host_name, p->tag);
	if (d->role == ROLE_MASTER &&
	    (d->switch_state.kind == SWITCH_NONE || d->switch_state.kind == SWITCH_PROMOTING)) {
		*done = true;
		return NULL;
	}
	if (d->switch_state.kind != SWITCH_NONE && d->switch_state.kind != SWITCH_DEMOTING &&
	    d->switch_state.kind != SWITCH_OFFERED)
		return plan_switching(p->tag, d, me->host_name);
	if (d->role == ROLE_MASTER && !opts->force)
		return err_remedy(
		    err_refuse(
			REASON_IN_DOUBT,
			"%s on %s is in doubt: %s may have become the master of epoch %" PRIu64
			" already",
			d->name, me->host_name, d->dest_host, d->switch_state.epoch),
		    "if it did not, or must not stay: on %s, {zrep takeover -L --force %s}",
		    me->host_name, d->name);
	if (dataset_newest(d) == NULL)
		return no_snapshot(d, me->host_name);
	struct err *e = plan_check_copy(d, me->host_name);
	if (e == NULL)
		e = plan_check_epoch(d, me->host_name, p->tag);
	if (e == NULL)
		e = tags_check(p, PAIR_DST, DEED_ROLE);
	return e != NULL ? e : plan_check_own_host(p, PAIR_DST);
}

/* Members that this one was not told of, or cannot reach, may have moved the role meanwhile. Whoever is forced to lead
 * must be ahead of them all the same: else he is superseded, when they meet, by what the operator gave up. An even
 * number, so that of a pair each host keeps to even or odd epochs (tests/model/README). */
enum { FORCED_AHEAD = 100 };

/* The master has made way for this one, which has all that it had: nothing is forced, and nothing lost. */
static const struct snap *accepts(const struct dataset *d, const struct revert_opts *opts)
{
	return opts->snap == NULL ? dataset_offer_proof(d) : NULL;
}

static uint64_t seized_epoch(const struct dataset *d, const struct revert_opts *opts)
{
	if (accepts(d, opts))
		return d->switch_state.epoch;
	uint64_t epoch = d->epoch + 1;
	/* In doubt, the other side may be the master of the epoch that was agreed on. */
	if (d->switch_state.kind == SWITCH_DEMOTING && d->switch_state.epoch >= epoch)
		epoch = d->switch_state.epoch + 1;
	/* What it was offered would be its own next one. */
	if (d->switch_state.kind == SWITCH_OFFERED && d->switch_state.epoch > epoch)
		epoch = d->switch_state.epoch;
	return epoch + FORCED_AHEAD;
}

/* Is there anything to plan? Else the plan says why not. */
static bool may_force_promote(const struct pair *pair, const struct revert_opts *opts,
			      struct plan *out)
{
	struct err *e = check_force_promote(pair, opts, &out->unchanged);

	assert(pair->dst.d != NULL);
	if (e != NULL)
		plan_refuse(out, e);
	return e == NULL && !out->unchanged;
}

void plan_force_promote_prepare(const struct pair *pair, const struct revert_opts *opts,
				struct plan *out)
{
	/* To who was offered the role these were said then. */
	if (!may_force_promote(pair, opts, out) || accepts(pair->dst.d, opts))
		return;
	uint64_t epoch = seized_epoch(pair->dst.d, opts);
	if (!opts->fenced)
		plan_hook(out, pair, PAIR_DST, PHASE_FENCE, epoch, "master");
	plan_hook(out, pair, PAIR_DST, PHASE_PREPARE, epoch, "master");
}

/* Nobody sends it another key any more: what can be done about its own is done, or said. */
static void tell_key(const struct pair *pair, struct plan *out)
{
	const struct dataset *d = pair->dst.d;
	const char *host = pair->dst.host_name, *root = d->key_root ? d->key_root : d->name;

	if (keys_is_lost(d) && pair->dst.moves_keys) { /* see recover_promoting() */
		strv_tell(&out->notes,
			  "%s on %s used the key of %s, which does not open it: it gets one of its "
			  "own, that of its former master: {zfs load-key %s}, then {zfs mount %s}",
			  d->name, host, d->key_from.name, d->name, d->name);
	} else if (d->key_missing) {
		strv_tell(
		    &out->notes,
		    "the key of %s on %s is not loaded: {zfs load-key %s}, then {zfs mount %s}",
		    d->name, host, root, d->name);
	} else if (d->key_stale) {
		strv_tell(
		    &out->notes,
		    "the key that is loaded for %s on %s does not open it: {zfs unload-key %s}, "
		    "{zfs load-key %s}, then {zfs mount %s}",
		    d->name, host, root, root, d->name);
	}
}

static void record_alone(const struct pair *pair, uint64_t epoch, bool offered,
			 const struct snap *fork, nvlist_t *props)
{
	struct history_entry e =
	    plan_change(pair, offered ? HISTORY_PLANNED : HISTORY_FORCED, PAIR_SRC);

	history_set_number(&e, HISTORY_EPOCH, epoch);
	if (offered)
		history_set_number(&e, HISTORY_BYTES, 0);
	else if (fork->sent != 0 && pair->now >= fork->sent)
		history_set_number(&e, HISTORY_BEHIND, pair->now - fork->sent);
	history_set_number(&e, HISTORY_FORK, fork->guid);
	plan_record_alone(props, pair, PAIR_DST, &e);
}

void plan_force_promote(const struct pair *pair, const struct revert_opts *opts, struct plan *out)
{
	const struct dataset *d = pair->dst.d;

	if (!may_force_promote(pair, opts, out))
		return;
	uint64_t epoch = seized_epoch(d, opts);
	const struct snap *offered = accepts(d, opts), *fork = offered;
	if (fork == NULL)
		fork = dataset_last_sent(d);
	if (fork == NULL)
		fork = dataset_newest(d);
	tell_key(pair, out);
	if (d->token != NULL) /* nobody will finish it now */
		plan_add(out, STEP_ABORT, PHASE_CLEAR_AWAY, PAIR_DST, d->name);
	out->alone = true;
	struct step *force_promote = plan_add(out, STEP_DECIDE, PHASE_DECLARE, PAIR_DST, d->name);
	force_promote->props = plan_master_props(pair, PAIR_DST, epoch, fork->guid);
	/* Who was offered the role meets its master as whom that knows; unless it was set back to the moment of the offer,
	 * and the master has met it since. */
	if (offered == NULL)
		identity_forget_link(force_promote->props, pair->tag, d);
	record_alone(pair, epoch, offered != NULL, fork, force_promote->props);
	plan_expect(force_promote, pair->tag, d, "switch epoch master src-fs");
	if (offered != NULL) /* its master is to come back, and keeps its other links */
		plan_expect_state(force_promote, d, fork);
	else
		plan_adopt_links(pair, epoch, fork->guid, force_promote, out);
	out->again = true;
}

void plan_force_promote_end(const struct pair *pair, const struct revert_opts *opts,
			    struct plan *out)
{
	plan_finish_promotion(pair, seized_epoch(pair->dst.d, opts), out);
}

/* --- failover -L --- */

void plan_force_demote_check(const struct pair *pair, const struct revert_opts *opts,
			     struct plan *out)
{
	const struct endpoint *me = pair_end(pair, PAIR_SRC);
	const struct dataset *d = me->d;
	struct err *e = plan_check_epoch(d, me->host_name, pair->tag);
	struct plan back = {0};

	assert(pair->src.d != NULL);
	if (d->role == ROLE_REPLICA) {
		out->unchanged = true;
	} else if (d->role != ROLE_MASTER) {
		plan_refuse(out, plan_no_pair(me->name, me->host_name, pair->tag));
	} else if (d->switch_state.kind != SWITCH_NONE && d->switch_state.kind != SWITCH_DEMOTING &&
		   d->switch_state.kind != SWITCH_RESTING) {
		plan_refuse(out, plan_switching(pair->tag, d, me->host_name));
	} else if (e != NULL || (e = tags_check(pair, PAIR_SRC, DEED_ROLE)) != NULL ||
		   (e = tags_check_below(pair, PAIR_SRC)) != NULL) {
		plan_refuse(out, e);
		e = NULL;
	} else { /* would there be a way? */
		plan_revert_to(pair, PAIR_SRC, opts, &back);
		if (back.refusal != NULL)
			plan_refuse(out, err_copy(back.refusal));
		plan_free(&back);
	}
	err_free(e);
}

void plan_check_loss(const struct pair *pair, const struct revert_opts *opts,
		     const struct revert_risk *told, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	const struct snap *to =
	    opts->snap != NULL ? dataset_snap_by_name(d, opts->snap) : dataset_last_sent(d);

	if (!opts->discard || to == NULL)
		return;
	struct revert_risk now = plan_risk(d, to);
	if (now.snaps <= told->snaps && now.bytes <= told->bytes)
		return;
	plan_refuse(
	    out,
	    err_remedy(
		err_refuse(REASON_WITHDRAWN,
			   "%s on %s was written to after zrep said what would be destroyed: "
			   "nothing was destroyed",
			   d->name, pair->src.host_name),
		"stop what writes to it, then say it again; without --discard it is preserved"));
}

void plan_force_demote(const struct pair *pair, const struct revert_opts *opts, struct plan *out)
{
	plan_force_demote_check(pair, opts, out);
	if (out->refusal == NULL && !out->unchanged)
		plan_revert_to(pair, PAIR_SRC, opts, out);
}

/* --- nothing to do --- */

/* Is it where @SNAP is, or did its present role begin there? */
static bool began_at(const struct dataset *d, const struct snap *to)
{
	return plan_is_at(d, to) || d->reset == to->guid ||
	       (d->role == ROLE_MASTER && d->fork == to->guid);
}

static struct err *not_taken_back(const struct endpoint *me, const char *snap)
{
	const struct dataset *d = me->d;
	const struct snap *to = dataset_snap_by_name(d, snap);
	const char *name = d->name;

	if (to == NULL)
		return plan_no_snapshot(d, me->host_name, snap);
	if (began_at(d, to))
		return NULL;
	if (d->role == ROLE_MASTER)
		return err_remedy(
		    err_refuse(REASON_NOT_REPLICA,
			       "%s on %s is the master already, and was not taken back to @%s",
			       name, me->host_name, snap),
		    "to take it back to that, and have it lead from there: on %s, {zrep failover "
		    "-L "
		    "%s@%s}, then {zrep takeover %s}",
		    me->host_name, name, snap, name);
	struct err *e = err_refuse(REASON_NOT_MASTER,
				   "%s on %s is a replica already, and was not taken back to @%s",
				   name, me->host_name, snap);
	if (!name_is_host(d->src_host) || !name_is_dataset(d->src_fs))
		return err_remedy(e,
				  "only if this side is to lead from there, whatever its master "
				  "has: on %s, {zrep takeover -L %s@%s}",
				  me->host_name, name, snap);
	return err_remedy(e,
			  "to take its master back to that: on %s, {zrep failover -L %s@%s}; only "
			  "if this side is to "
			  "lead from there, whatever that one has: on %s, {zrep takeover -L %s@%s}",
			  d->src_host, d->src_fs, snap, me->host_name, name, snap);
}

struct err *plan_check_arrived(const struct pair *pair, enum pair_side at,
			       const struct revert_opts *opts, bool alone)
{
	const struct endpoint *me = pair_end(pair, at);
	const struct dataset *d = me->d;
	struct err *e = opts->snap != NULL ? not_taken_back(me, opts->snap) : NULL;

	if (e != NULL || at != PAIR_DST || d->role != ROLE_MASTER)
		return e;
	if (!alone && pair->led != NULL)
		return err_copy(pair->led);
	if (!alone && (e = tags_check_led(pair, at)) != NULL)
		return e;
	return d->cascade || tags_changing(d) ? tags_check(pair, at, DEED_ROLE) : NULL;
}
