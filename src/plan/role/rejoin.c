/* rejoin: which of two sides comes back as the replica of the other, and whether it may. revert.c is the way. */
#include "plan/role/rejoin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "plan/named.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/links.h"
#include "plan/role/masters.h"
#include "plan/role/revert.h"
#include "plan/role/role_props.h"
#include "plan/tags.h"
#include "plan/sync_checks.h"
#include "state/dataset.h"
#include "util/mem.h"

/* Is there a master to come back to, and a dataset that could? */
static struct err *not_there(const struct pair *p)
{
	const struct dataset *w = p->src.d, *l = p->dst.d;

	if (dataset_offer_stands(w, l)) /* it may lead yet, and lacks nothing */
		return plan_switching(p->tag, l, p->dst.host_name);
	if (w != NULL &&
	    (w->switch_state.kind == SWITCH_UNKNOWN || w->switch_state.kind == SWITCH_REVERTING))
		return plan_switching(p->tag, w, p->src.host_name);
	if (w == NULL && p->src.pool_away)
		return plan_pool_away(p->src.name, p->src.host_name);
	if (l == NULL && p->dst.pool_away)
		return plan_pool_away(p->dst.name, p->dst.host_name);
	struct err *renamed = err_first(plan_renamed(p, PAIR_SRC), plan_renamed(p, PAIR_DST));
	if (renamed != NULL)
		return renamed;
	if (w != NULL && w->role == ROLE_BROKEN)
		return plan_broken(w, p->src.host_name, p->tag);
	if (w == NULL || w->role != ROLE_MASTER) {
		struct err *e = err_refuse(REASON_NO_MASTER,
					   "%s on %s is not a master: there is no master to rejoin",
					   w ? w->name : p->src.name, p->src.host_name);
		const struct other_tag *o = w != NULL ? dataset_follows(w) : NULL;
		if (o != NULL)
			return err_remedy(
			    e,
			    "it follows %s on %s now, under tag %s; once that one has "
			    "met this replica, it is the one to come back to: on %s, "
			    "{zrep sync %s}",
			    o->src_fs, o->src_host, o->tag, o->src_host, o->src_fs);
		if (w == NULL || l == NULL)
			return err_remedy(e, "see `{zrep status -a}` on both sides");
		if (w->role == ROLE_NONE) /* cleared */
			return err_remedy(e,
					  "on %s, {zrep doctor %s} says how it is made a pair "
					  "again, and how it is forgotten",
					  p->dst.host_name, l->name);
		return err_remedy(e,
				  "see `{zrep status -a}` on both sides; `{zrep takeover }%s{%s}` "
				  "on %s makes that one the master",
				  dataset_base(l, w) == NULL ? "-L " : "", l->name,
				  p->dst.host_name);
	}
	if (l == NULL)
		return err_remedy(
		    err_refuse(REASON_MISSING, "%s on %s does not exist", p->dst.name,
			       p->dst.host_name),
		    "if it was renamed: on %s, {zrep changeconfig %s %s NEW-NAME}, and then what "
		    "that says; if it was destroyed, and no other copy is to be continued from: on "
		    "%s, {zrep clear %s}" PLAN_CLEAR_COSTS ", then {zrep init %s %s %s}",
		    p->src.host_name, w->name, p->dst.host_name, p->src.host_name, w->name, w->name,
		    p->dst.host_name, p->dst.name);
	return NULL;
}

/* Is the loser in a tree that leads there, at a later epoch? Then it is the one to go on, and was given up by its pair alone. */
static bool is_led_above(const struct pair *p)
{
	const struct dataset *top = p->dst.above;

	return top != NULL && top->role == ROLE_MASTER && plan_leads(top) &&
	       top->epoch > p->src.d->epoch;
}

/* The side that was to come back is none of a pair. */
static struct err *not_replicated(const struct pair *p)
{
	const struct dataset *w = p->src.d, *l = p->dst.d;
	char *back = plan_back_to_leader(p, PAIR_SRC);

	/* Nothing but a leader takes the name from a master, and what it could be continued from. */
	if (back == NULL && !is_led_above(p))
		return plan_not_paired(p);
	struct err *none = plan_no_pair(l->name, p->dst.host_name, p->tag);
	if (back != NULL)
		err_remedy(none, "%s", back);
	else
		err_remedy(none,
			   "to have %s replicate it again: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS
			   " and {zfs rename %s %s_before} keep what is there, then on %s, "
			   "{zrep init %s %s %s}",
			   p->dst.host_name, p->src.host_name, w->name, w->name, w->name,
			   p->dst.host_name, l->name, p->src.host_name, w->name);
	free(back);
	return none;
}

/* Do the two name each other? */
static struct err *not_of_it(const struct pair *p)
{
	const struct dataset *w = p->src.d, *l = p->dst.d;

	if (strcmp(w->dest_fs, l->name) != 0)
		return err_remedy(
		    err_refuse(REASON_NOT_REPLICA,
			       "%s on %s replicates to %s on %s, not to %s on %s", w->name,
			       p->src.host_name, w->dest_fs, w->dest_host, l->name,
			       p->dst.host_name),
		    "if it is no replica of that any more: on %s, {zrep clear %s}" PLAN_CLEAR_COSTS
		    "; to have one there beside the other: on %s, {zrep -t TAG init %s %s "
		    "DATASET}, with another tag and another name",
		    p->dst.host_name, l->name, p->src.host_name, w->name, p->dst.host_name);
	if (l->role == ROLE_BROKEN)
		return plan_broken(l, p->dst.host_name, p->tag);
	if (l->role == ROLE_NONE)
		return not_replicated(p);
	struct err *e = plan_check_named(p);
	if (e != NULL)
		return e;
	/* A loser that is newer comes back, preserving that. One that is older may be another machine's. */
	if (identity_of_link(p) == IDENTITY_DST_BACK)
		return identity_check_link(p);
	const char *others = l->role == ROLE_MASTER ? l->dest_fs : l->src_fs;
	if (strcmp(others, w->name) != 0) {
		e = err_refuse(REASON_NOT_REPLICA, "%s on %s belongs to %s on %s, not to %s on %s",
			       l->name, p->dst.host_name, others,
			       l->role == ROLE_MASTER ? l->dest_host : l->src_host, w->name,
			       p->src.host_name);
		struct err *other = plan_of_another(p);
		err_remedy(e, "%s", other->remedy);
		err_free(other);
		return e;
	}
	return NULL;
}

/* Which of the two has lost, by their epochs? */
static struct err *not_behind(const struct pair *p, const struct revert_opts *opts)
{
	const struct dataset *w = p->src.d, *l = p->dst.d;

	if (l->master && l->epoch > w->epoch)
		return err_remedy(err_refuse(REASON_SUPERSEDED,
					     "%s on %s is the master of the higher epoch %" PRIu64
					     " (%s on %s: "
					     "%" PRIu64 ")",
					     l->name, p->dst.host_name, l->epoch, w->name,
					     p->src.host_name, w->epoch),
				  "the other side is the one to come back: {zrep rejoin %s} on %s",
				  w->name, p->src.host_name);
	if (!l->master && l->epoch > w->epoch && !opts->force)
		return err_remedy(err_refuse(REASON_SUPERSEDED,
					     "%s on %s has data of epoch %" PRIu64
					     ", and its master %s on %s is at %" PRIu64,
					     l->name, p->dst.host_name, l->epoch, w->name,
					     p->src.host_name, w->epoch),
				  "if that data is to go on: on %s, {zrep takeover -L %s}; if the "
				  "master's is: on %s, "
				  "{zrep rejoin --force %s}",
				  p->dst.host_name, l->name, p->dst.host_name, l->name);
	if (l->master && l->epoch == w->epoch && !opts->force)
		return err_remedy(
		    err_refuse(
			REASON_SPLIT_BRAIN,
			"split brain: %s on %s and %s on %s are both masters at epoch %" PRIu64,
			l->name, p->dst.host_name, w->name, p->src.host_name, l->epoch),
		    "if %s on %s is to become the replica: on %s, {zrep rejoin --force %s}",
		    l->name, p->dst.host_name, p->dst.host_name, l->name);
	return NULL;
}

/* The role is of the dataset: under the pair's tag alone the loser would be a replica, and a master still under the one by which
 * the winner sends to it as well. Neither of these links would go on. */
static struct err *not_of_all_tags(const struct pair *p, const struct revert_opts *opts)
{
	const struct dataset *w = p->src.d, *l = p->dst.d;
	const struct other_tag *o = l->master ? plan_sent_beside(p, PAIR_SRC) : NULL;

	if (o == NULL)
		return NULL;
	struct err *e =
	    err_refuse(REASON_OTHER_TAG,
		       "%s on %s does not come back under tag %s: %s on %s sends to it under tag "
		       "%s as well, and it "
		       "would stay a master under that",
		       l->name, p->dst.host_name, p->tag, w->name, p->src.host_name, o->tag);
	char *back = plan_back_by(p, PAIR_SRC, opts->force ? "--force " : "");
	if (back != NULL)
		err_remedy(e, "come back under that one, keeping what only this side has: %s",
			   back);
	free(back);
	return e;
}

static struct err *not_the_loser(const struct pair *p, const struct revert_opts *opts)
{
	struct err *e = not_there(p);

	if (e == NULL)
		e = not_of_it(p);
	if (e == NULL)
		e = not_behind(p, opts);
	return e != NULL ? e : not_of_all_tags(p, opts);
}

/* With what the operator has said. */
static struct pair as_said(const struct pair *pair, const struct revert_opts *opts)
{
	struct pair said = *pair;

	said.yields = opts->force;
	return said;
}

struct err *plan_rejoin_hurts(const struct pair *pair, const struct revert_opts *opts)
{
	const struct dataset *w = pair->src.d, *l = pair->dst.d;
	const struct snap *base = w != NULL && l != NULL ? dataset_return(l, w) : NULL;
	bool back = opts->discard && (base == NULL || !plan_is_at(l, base));
	struct pair said = as_said(pair, opts);
	struct err *e = tags_check(&said, PAIR_DST, back ? DEED_BACK : DEED_ROLE);

	return e != NULL ? e : tags_check_below(&said, PAIR_DST);
}

/* The sync that follows holds what both have, but until then nothing may hold it there: where the winner has been back itself, by
 * another tag's pair, its hold went aside with what was kept. */
static void begin_way(const struct pair *pair, const struct snap *base,
		      const struct revert_opts *opts, struct plan *out)
{
	const struct dataset *w = pair->src.d;
	const struct snap *there = dataset_snap_by_guid(w, base->guid);

	plan_begin_revert(pair, PAIR_DST, base, opts->discard, out);
	if (out->refusal != NULL || there == NULL || there->held)
		return;
	char *name = dataset_snap_name(w, there);
	plan_add(out, STEP_HOLD, PHASE_PREPARE, PAIR_SRC, name);
	free(name);
}

void plan_rejoin(const struct pair *found, const struct revert_opts *opts, struct revert_risk *risk,
		 struct plan *out)
{
	struct pair said = as_said(found, opts);
	const struct pair *pair = &said;
	struct err *e = not_the_loser(pair, opts);
	const struct dataset *w = pair->src.d, *l = pair->dst.d;

	if (e != NULL || (e = tags_check(pair, PAIR_SRC, DEED_SEND)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *base = dataset_return(l, w);
	if (base == NULL) {
		char *anew = plan_anew(w->name, pair->src.host_name, l->name, pair->dst.host_name);
		plan_refuse(
		    out, err_remedy(err_refuse(REASON_NO_BASE,
					       "%s on %s and %s on %s have no snapshot in common",
					       l->name, pair->dst.host_name, w->name,
					       pair->src.host_name),
				    "both are kept as they are; %s", anew));
		free(anew);
		return;
	}
	if (risk != NULL)
		*risk = plan_risk(l, base);
	out->base = mem_strdup(base->name);
	if (l->role == ROLE_REPLICA && plan_is_at(l, base) && l->switch_state.kind == SWITCH_NONE)
		out->unchanged = true;
	else if ((e = plan_rejoin_hurts(pair, opts)) != NULL)
		plan_refuse(out, e);
	else
		begin_way(pair, base, opts, out);
	if (out->refusal == NULL && l->role == ROLE_MASTER)
		plan_hook(out, pair, PAIR_DST, PHASE_STOP, w->epoch, "replica");
}

/* The destination as it is when these properties are set, which make it the source's replica. `others`: room for what it has of them. */
static struct dataset over_there(const struct pair *p, const nvlist_t *props,
				 struct other_tag *others)
{
	const struct dataset *s = p->src.d, *d = p->dst.d;
	struct dataset after = *d;

	after.role = ROLE_REPLICA;
	after.src_host = s->src_host;
	after.src_fs = s->src_fs;
	after.dest_host = s->dest_host;
	after.dest_fs = s->dest_fs;
	after.words_local = true;
	after.link = s->link;
	if (s->peer_guid != 0 && !dataset_was(d, s->peer_guid)) { /* plan_be_known() */
		after.former[0] = s->peer_guid;
		after.n_former = 1;
	}
	after.others = others;
	after.n_others = 0;
	for (size_t i = 0; i < d->n_others; i++) {
		struct other_tag o = d->others[i];
		char *key = str_fmt("%s:src-fs", o.tag);
		bool told = nvlist_exists(props, key), sends = nv_str(props, key) != NULL;
		free(key);
		if (told && !sends) /* given up */
			continue;
		if (told) { /* it sends there from then on */
			o.role = ROLE_MASTER;
			o.master = true;
			o.dest_host = o.src_host;
			o.dest_fs = o.src_fs;
			o.src_host = s->dest_host;
			o.src_fs = after.name;
		}
		others[after.n_others++] = o;
	}
	return after;
}

/* Could it not go back, once it has come over? Then it does not: it would have left whom it follows for nothing. */
static struct err *not_back_there(const struct pair *p, const nvlist_t *props,
				  const struct revert_opts *opts)
{
	struct pair then = *p;
	struct plan back = {0};
	struct other_tag *others = mem_zalloc((p->dst.d->n_others + 1) * sizeof(*others));
	struct dataset after = over_there(p, props, others);

	then.dst.d = &after;
	plan_rejoin(&then, opts, NULL, &back);
	struct err *e = back.refusal != NULL ? err_copy(back.refusal) : NULL;
	plan_free(&back);
	free(others);
	return e;
}

/* Whoever is left leads at the epoch of the one that is chosen, as far as anybody knows, or has given the role up since, and counts
 * one more. Before it is left the chosen one goes above that: when the two meet they are not two of one epoch any more, of
 * which either might be undone. */
enum { GOES_ABOVE = 2 };

static void go_above(const struct pair *p, struct plan *out)
{
	const struct dataset *s = p->src.d;
	struct step *above = plan_add(out, STEP_SET, PHASE_PREPARE, PAIR_SRC, s->name);

	above->props = nv_new();
	plan_prop_u64(above->props, p->tag, "epoch", s->epoch + GOES_ABOVE);
	plan_expect(above, p->tag, s, ROLE_MARKS);
	strv_addf(&out->done, "%s on %s is the master of epoch %" PRIu64 " now", s->name,
		  p->src.host_name, s->epoch + GOES_ABOVE);
}

void plan_come_over(const struct pair *p, const struct revert_opts *opts, struct plan *out)
{
	const struct other_tag *from = plan_comes_over(p);
	const struct dataset *d = p->dst.d;

	if (from == NULL)
		return;
	if (opts->discard) {
		plan_refuse(
		    out,
		    err_remedy(
			err_refuse(REASON_OTHER_TAG,
				   "%s on %s follows %s on %s under tag %s, and comes over from "
				   "there with all that it has: nothing of that is discarded",
				   d->name, p->dst.host_name, from->src_fs, from->src_host,
				   from->tag),
			"to have it come over, keeping what only it has: on %s, {zrep rejoin %s}",
			p->src.host_name, p->src.d->name));
		return;
	}
	nvlist_t *props = plan_replica_props(p, PAIR_DST, d->epoch);
	plan_be_known(p, props);
	struct err *e = not_back_there(p, props, opts);
	if (e != NULL) {
		plan_refuse(out, e);
		nv_free(props);
		return;
	}
	if (p->src.d->epoch == d->epoch)
		go_above(p, out);
	struct step *turn = plan_add(out, STEP_SET, PHASE_DECLARE, PAIR_DST, d->name);
	turn->props = props;
	plan_expect(turn, p->tag, d, ROLE_MARKS);
	plan_prop(turn->expect, p->tag, "src-fs", NULL);
	plan_prop(turn->expect, from->tag, "src-host", from->src_host);
	plan_prop(turn->expect, from->tag, "src-fs", from->src_fs);
	plan_prop(turn->expect, from->tag, "master", NULL);
	plan_prop(turn->expect, from->tag, "switch", NULL);
	strv_addf(&out->done,
		  "%s on %s is a replica of %s on %s now (tag %s), and not of %s on %s (tag %s)",
		  d->name, p->dst.host_name, p->src.d->name, p->src.host_name, p->tag, from->src_fs,
		  from->src_host, from->tag);
}
