/* The planned change of the master's role: would it succeed, making way, and the decision. What comes
 * after the decision, and what is left where it was not made, is settle.c's. */
#include "plan/role/switchover.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/keys.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/better.h"
#include "plan/role/history.h"
#include "plan/role/host_names.h"
#include "plan/role/masters.h"
#include "plan/role/recover.h"
#include "plan/role/role_props.h"
#include "plan/sync_checks.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/num.h"

/* src gave the role up (failover -L), and nobody took it: each names the other as its source. */
static bool nobody_leads(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;

	return s->role == ROLE_REPLICA && d->role == ROLE_REPLICA &&
	       strcmp(s->src_fs, d->name) == 0 && strcmp(d->src_fs, s->name) == 0;
}

uint64_t plan_next_epoch(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	uint64_t theirs = d != NULL ? d->epoch : 0;

	if (s->switch_state.kind == SWITCH_DEMOTING)
		return s->switch_state.epoch;
	/* Giving the role up, src has counted this step already. Were it counted again, src, which is not
	 * told before the next sync, could be forced to lead at the very same epoch. Unless it is not that step: its
	 * link says that somebody led at that epoch. Then dst did, and was set back; the next but one is dst's again. */
	if (d != NULL && nobody_leads(p) && theirs < s->epoch)
		return s->link.nonce != 0 && s->link.epoch >= s->epoch ? s->epoch + 2 : s->epoch;
	if (d != NULL && nobody_leads(p))
		return theirs + 1;
	return (theirs > s->epoch ? theirs : s->epoch) + 1;
}

static struct err *check_roles(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *renamed = err_first(plan_renamed(p, PAIR_SRC), plan_renamed(p, PAIR_DST));

	if (renamed != NULL)
		return renamed;
	if (s != NULL && s->role == ROLE_BROKEN)
		return plan_broken(s, p->src.host_name, p->tag);
	if (s != NULL && s->role != ROLE_MASTER && s->role != ROLE_REPLICA) {
		struct err *e = plan_no_pair(s->name, p->src.host_name, p->tag);
		if (d != NULL && d->role == ROLE_REPLICA) /* its master was cleared */
			err_remedy(e,
				   "on %s, {zrep doctor %s} says how it is made a pair again, "
				   "and how it is forgotten",
				   p->dst.host_name, d->name);
		return e;
	}
	if (s != NULL && d != NULL && s->role == ROLE_MASTER && d->role == ROLE_NONE)
		return plan_not_paired(p);
	if (d != NULL && d->role == ROLE_BROKEN)
		return plan_broken(d, p->dst.host_name, p->tag);
	if (d != NULL && d->role != ROLE_MASTER && d->role != ROLE_REPLICA)
		return plan_no_pair(d->name, p->dst.host_name, p->tag);
	if (s == NULL && p->src.pool_away)
		return plan_pool_away(p->src.name, p->src.host_name);
	if (d == NULL && p->dst.pool_away)
		return plan_pool_away(p->dst.name, p->dst.host_name);
	if (s == NULL)
		return err_remedy(
		    err_refuse(REASON_MISSING, "%s on %s does not exist", p->src.name,
			       p->src.host_name),
		    "if it was renamed: on %s, {zrep changeconfig -d %s %s NEW-NAME}, and then "
		    "what "
		    "that says; if it was destroyed: on %s, {zrep takeover -L %s} makes the copy "
		    "there the master",
		    p->dst.host_name, d != NULL ? d->name : p->dst.name, p->src.host_name,
		    p->dst.host_name, d != NULL ? d->name : p->dst.name);
	if (d == NULL)
		return err_remedy(
		    err_refuse(REASON_MISSING, "%s on %s does not exist", p->dst.name,
			       p->dst.host_name),
		    "if it was renamed: on %s, {zrep changeconfig %s %s NEW-NAME}, and then what "
		    "that says; there is no copy to change roles with until it is there: see "
		    "`{zrep sync %s}` on %s",
		    p->src.host_name, s->name, p->dst.host_name, s->name, p->src.host_name);
	if (s->switch_state.kind == SWITCH_UNKNOWN || d->switch_state.kind == SWITCH_UNKNOWN)
		return err_remedy(
		    err_refuse(REASON_SWITCHING,
			       "%s on %s is in a role change that this zrep does not know (%s)",
			       s->switch_state.kind == SWITCH_UNKNOWN ? s->name : d->name,
			       s->switch_state.kind == SWITCH_UNKNOWN ? p->src.host_name
								      : p->dst.host_name,
			       s->switch_state.kind == SWITCH_UNKNOWN ? s->switch_text
								      : d->switch_text),
		    "finish it with the zrep that began it");
	struct err *e = plan_check_epoch(s, p->src.host_name, p->tag);
	if (e != NULL || (e = plan_check_epoch(d, p->dst.host_name, p->tag)) != NULL ||
	    (e = plan_check_named(p)) != NULL || (e = identity_check_link(p)) != NULL)
		return e;
	if (nobody_leads(p))
		return NULL;
	if (s->role != ROLE_MASTER) {
		e = err_refuse(REASON_NO_PAIR, "%s on %s is no master (tag %s)", s->name,
			       p->src.host_name, p->tag);
		if (name_is_host(s->src_host) && name_is_dataset(s->src_fs))
			return err_remedy(e,
					  "the role moves where its master is: on %s, {zrep "
					  "failover %s}",
					  s->src_host, s->src_fs);
		return err_remedy(e, "see `{zrep status -a}` on both sides");
	}
	if (d->master && d->dest_fs != NULL && strcmp(d->dest_fs, s->name) == 0)
		return plan_check_masters(p);
	if (strcmp(s->dest_fs, d->name) != 0 ||
	    (d->src_fs != NULL && strcmp(d->src_fs, s->name) != 0))
		return plan_of_another(p);
	return plan_check_masters(p);
}

static struct err *no_base(const struct pair *p)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct err *e =
	    err_refuse(REASON_NO_BASE, "%s on %s and %s on %s have no snapshot in common", s->name,
		       p->src.host_name, d->name, p->dst.host_name);

	if (nobody_leads(p)) {
		char *remedy = plan_nobody_leads(p);
		err_remedy(e, "%s", remedy);
		free(remedy);
		return e;
	}
	char *anew = plan_anew(s->name, p->src.host_name, d->name, p->dst.host_name);
	err_remedy(e,
		   "to make the copy on %s the master as it is: on %s, {zrep takeover -L %s}; %s",
		   p->dst.host_name, p->dst.host_name, d->name, anew);
	free(anew);
	return e;
}

void plan_check_switchover(const struct pair *pair, struct plan *out)
{
	const struct dataset *d = pair->dst.d;
	struct err *e = check_roles(pair);

	if (e == NULL)
		e = plan_outlived(pair->src.d, pair->src.host_name);
	if (e == NULL)
		e = err_copy(pair->led);
	if (e == NULL && pair->src.d->role == ROLE_MASTER)
		e = tags_check_led(pair, PAIR_SRC);
	/* With a master there is a last sync, for which a bookmark will do. */
	if (e == NULL && (pair->src.d->master ? dataset_ground(pair->src.d, d)
					      : dataset_base(pair->src.d, d)) == NULL)
		e = no_base(pair);
	if (e == NULL)
		e = plan_check_behind(pair);
	if (e == NULL && (e = tags_check(pair, PAIR_SRC, DEED_ROLE)) == NULL)
		e = tags_check(pair, PAIR_DST, DEED_ROLE);
	if (e == NULL)
		e = tags_check_below(pair, PAIR_SRC);
	if (e == NULL)
		e = keys_check_master(pair);
	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	if ((e = plan_check_own_host(pair, PAIR_DST)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct endpoint *me = pair_end(pair, PAIR_DST);
	char *host = d->dest_host != NULL ? plan_own_host(me) : NULL;
	if (host != NULL && strcmp(host, d->dest_host) != 0)
		strv_addf(&out->notes,
			  "%s calls itself %s: the pair stores that name from now on, and %s must "
			  "reach it by that name",
			  d->dest_host, host, pair->src.host_name);
	free(host);
}

/* What inherits readonly from the dataset becomes read-only with it. */
static void name_children(const struct pair *pair, struct plan *out)
{
	size_t n = pair->src_unmanaged;

	if (n > 0 && !pair->src.d->readonly)
		strv_addf(&out->notes,
			  "%zu dataset%s below %s on %s that zrep does not move become%s read-only "
			  "with it, unless readonly is set there",
			  n, n == 1 ? "" : "s", pair->src.d->name, pair->src.host_name,
			  n == 1 ? "s" : "");
}

/* Does who makes way rest where nothing comes of it? */
static bool is_to_rest(const struct pair *pair)
{
	const struct switch_state *s = &pair->src.d->switch_state;

	return pair->offers || s->kind == SWITCH_RESTING || s->rests;
}

void plan_demote(const struct pair *pair, struct plan *out)
{
	const struct dataset *s = pair->src.d;
	uint64_t epoch = plan_next_epoch(pair);
	nvlist_t *props;
	char *leaving;

	assert(pair->src.d != NULL);
	if (s->role != ROLE_MASTER) /* it gave the role up already */
		return;
	if (tags_refuse(pair, PAIR_SRC, DEED_ROLE, out))
		return;
	if (pair->dst.d != NULL)
		plan_hook(out, pair, PAIR_DST, PHASE_PREPARE, epoch, "master");
	props = nv_new();
	leaving = switch_demoting(epoch, is_to_rest(pair));
	plan_prop(props, pair->tag, "switch", leaving);
	plan_remember_readonly(props, pair->tag, s);
	struct step *mark = plan_add(out, STEP_SET, PHASE_DECLARE, PAIR_SRC, s->name);
	mark->props = props;
	plan_expect(mark, pair->tag, s, ROLE_MARKS);
	plan_hook(out, pair, PAIR_SRC, PHASE_STOP, epoch, "replica");
	plan_add(out, STEP_QUIESCE, PHASE_STOP, PAIR_SRC, s->name);
	name_children(pair, out);
	if (pair->dst.d != NULL)
		plan_note_split(pair, &out->notes);
	free(leaving);
}

void plan_check_promise(const struct pair *pair, uint64_t epoch, struct plan *out)
{
	const struct dataset *s = pair->src.d;

	if (s != NULL && s->role == ROLE_MASTER && s->switch_state.kind == SWITCH_DEMOTING &&
	    s->switch_state.epoch == epoch)
		return;
	plan_refuse(
	    out,
	    err_remedy(
		err_refuse(
		    REASON_WITHDRAWN,
		    "%s on %s is not being demoted any more in favour of a master of epoch %" PRIu64
		    ": somebody else has cancelled that, or has moved the role",
		    s != NULL ? s->name : pair->src.name, pair->src.host_name, epoch),
		"see `{zrep status -a}`; if the role is still to move, run the same again"));
}

/* The proof, by GUID, that dst has everything that was ever written on src. */
static struct err *check_whole(const struct pair *p, const struct snap *base)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	char bytes[NUM_TEXT];

	if (s->switch_state.kind != SWITCH_DEMOTING || !s->readonly)
		return err_remedy(
		    err_because(err_new(ERR_FAILED,
					"%s on %s is not read-only, or not marked as being demoted",
					s->name, p->src.host_name),
				REASON_WITHDRAWN),
		    "find out who changes its properties, then run the same again");
	if (dataset_written_after(s, base) > 0)
		return err_remedy(
		    err_because(
			err_new(ERR_FAILED,
				"%s on %s has %s that %s on %s does not have, after its last sync",
				s->name, p->src.host_name,
				num_bytes(bytes, dataset_written_after(s, base)), d->name,
				p->dst.host_name),
			REASON_WITHDRAWN),
		    "find out who writes to a read-only dataset, then run the same again");
	if (dataset_written_after(d, dataset_snap_by_guid(d, base->guid)) > 0) {
		char *ways = plan_parted_ways(s->name, p->src.host_name, d->name, p->dst.host_name);
		struct err *e =
		    err_remedy(err_refuse(REASON_WITHDRAWN, "%s on %s was changed meanwhile",
					  d->name, p->dst.host_name),
			       "%s", ways);
		free(ways);
		return e;
	}
	return NULL;
}

/* What src has promised is looked at once more, right before dst decides: somebody whose locks are others may have
 * taken the promise back since, and src may have been written to. */
static void prove(const struct pair *pair, const struct snap *base, bool predict, struct plan *out)
{
	const struct dataset *s = pair->src.d;
	struct step *p = plan_add(out, STEP_PROVE, PHASE_PROVE, PAIR_SRC, s->name);

	plan_expect(p, pair->tag, s, ROLE_MARKS);
	if (!predict)
		plan_expect_state(p, s, base);
	if (s->role != ROLE_MASTER) /* it gave the role up */
		return;
	/* With `predict` still to be said. */
	char *leaving = switch_demoting(plan_next_epoch(pair), is_to_rest(pair));
	if (s->switch_state.kind != SWITCH_DEMOTING)
		plan_prop(p->expect, pair->tag, "switch", leaving);
	nv_add_str(p->expect, "readonly", "on");
	free(leaving);
}

/* Who gave the role up before is the replica already, and has no step of its own. */
static void tell_source(const struct pair *pair, const nvlist_t *decision, struct plan *out)
{
	const struct dataset *s = pair->src.d;
	char *key = str_fmt("%s:history", pair->tag);
	const char *recorded = nv_str(decision, key);

	if (s->role != ROLE_MASTER && recorded != NULL) {
		struct step *tell = plan_add(out, STEP_SET, PHASE_COMMIT, PAIR_SRC, s->name);
		tell->props = nv_new();
		nv_add_str(tell->props, key, recorded);
		plan_expect(tell, pair->tag, s, ROLE_MARKS);
	}
	free(key);
}

const struct snap *plan_prove_whole(const struct pair *pair, bool predict, struct plan *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	/* The last sync has left a snapshot on both sides; foreseen, it may yet have to begin from a bookmark. */
	const struct snap *base = predict ? dataset_ground(s, d) : dataset_base(s, d);
	struct err *e = check_roles(pair);

	assert(pair->src.d != NULL && pair->dst.d != NULL);
	if (e == NULL && base == NULL)
		e = err_because(err_new(ERR_FAILED,
					"%s on %s and %s on %s have no snapshot in common", s->name,
					pair->src.host_name, d->name, pair->dst.host_name),
				REASON_NO_BASE);
	if (e == NULL && s->role == ROLE_MASTER && !predict)
		e = check_whole(pair, base);
	if (e == NULL && (e = tags_check(pair, PAIR_SRC, DEED_ROLE)) == NULL)
		e = tags_check(pair, PAIR_DST, DEED_ROLE);
	if (e != NULL) {
		plan_refuse(out, e);
		return NULL;
	}
	prove(pair, base, predict, out);
	return base;
}

void plan_promote(const struct pair *pair, bool predict, struct plan *out)
{
	const struct dataset *s = pair->src.d, *d = pair->dst.d;
	const struct snap *base = plan_prove_whole(pair, predict, out);

	if (base == NULL)
		return;
	out->base = str_fmt("%s", base->name);
	nvlist_t *props = plan_master_props(pair, PAIR_DST, plan_next_epoch(pair), base->guid);
	identity_decide(props, pair, plan_next_epoch(pair));
	if (s->paused) /* whoever paused it meant the pair */
		plan_prop(props, pair->tag, "paused", "yes");
	struct history_entry moved = plan_change(pair, HISTORY_PLANNED, PAIR_SRC);
	history_set_number(&moved, HISTORY_EPOCH, plan_next_epoch(pair));
	history_set_number(&moved, HISTORY_BYTES, 0);
	history_set_number(&moved, HISTORY_FORK, base->guid);
	plan_record(props, pair, PAIR_DST, &moved);
	struct step *decision = plan_add(out, STEP_DECIDE, PHASE_DECLARE, PAIR_DST, d->name);
	decision->props = props;
	plan_expect(decision, pair->tag, d, "switch epoch master src-fs");
	if (!predict)
		plan_expect_state(decision, d, dataset_snap_by_guid(d, base->guid));
	plan_finish_switch(pair, plan_next_epoch(pair), base->guid, predict, props, out);
	tell_source(pair, props, out);
	out->again = true;
}
