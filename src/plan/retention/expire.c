/* Which snapshots have served their time. */
#include "plan/retention/expire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/retention/select.h"
#include "state/dataset.h"
#include "state/schema.h"
#include "util/mem.h"

static void say_passed_on(struct plan *p, const struct pair *pair, const char *as,
			  const char *dataset, const struct snap *snap, const char *name_there)
{
	char *name = str_fmt("%s@%s", dataset, name_there);
	nvlist_t *props = nv_new();

	plan_prop_u64(props, pair->tag, as, snap->guid);
	plan_add(p, STEP_SET, PHASE_RECORD, PAIR_DST, name)->props = props;
	free(name);
}

void plan_cascaded(struct plan *p, const struct pair *pair, const char *dataset,
		   const struct snap *snap, const char *name_there)
{
	say_passed_on(p, pair, "relayed", dataset, snap, name_there);
}

void plan_ground(struct plan *p, const struct pair *pair, const char *dataset,
		 const struct snap *snap, const char *name_there)
{
	say_passed_on(p, pair, "ground", dataset, snap, name_there);
}

static const struct dataset *side_of(const struct pair *pair, enum pair_side at)
{
	return at == PAIR_SRC ? pair->src.d : pair->dst.d;
}

static const char *host_of(const struct pair *pair, enum pair_side at)
{
	return at == PAIR_SRC ? pair->src.host_name : pair->dst.host_name;
}

/* One side, and what has to stay there. */
struct expiry {
	const struct dataset *d;
	enum pair_side at;
	enum spares spares;         /* of its host */
	uint64_t last_txg;          /* of the newest that is still there then */
	uint64_t base;              /* the GUID of the one that both sides have */
	bool spare_held;            /* every hold of ours may be the one that matters */
	bool alone;                 /* the other side's word is missing */
	const struct dataset *peer; /* the other side; NULL: not known */
};

static void add_destroy(struct plan *p, const struct expiry *x, const struct snap *s)
{
	if (x->spares == SPARES_ALL || (x->spares == SPARES_FOREIGN && !s->zrep_named))
		return;
	char *name = str_fmt("%s@%s", x->d->name, s->name);

	plan_add(p, STEP_DESTROY,
		 s->zrep_named        ? PHASE_EXPIRE
		 : plan_is_foreign(s) ? PHASE_EXPIRE_FOREIGN
				      : PHASE_EXPIRE_CASCADED,
		 x->at, name);
	free(name);
}

/* The createtxg of the newest snapshot that a rollback in the plan leaves. */
static uint64_t last_txg(const struct plan *p, const struct dataset *d, enum pair_side at)
{
	const struct snap *to = NULL;

	for (size_t i = 0; i < p->n && to == NULL; i++)
		if (p->steps[i].kind->op == STEP_ROLLBACK && p->steps[i].at == at)
			to = dataset_snap_by_name(d, name_snap_part(p->steps[i].name));
	return to != NULL ? to->createtxg : UINT64_MAX;
}

/* Is it held on `on` for one of those whom that sends to under other tags, or where that went back to, so that nothing newer is?
 * They go on from that, and from nothing newer where they are many syncs behind. Whose a hold is is not known: as many of
 * the newest as there are such tags, of those that `d` has as well. */
static bool is_for_next_of(const struct dataset *on, const struct snap *there,
			   const struct dataset *d)
{
	size_t tags = 0, newer = 0;

	for (size_t i = 0; i < on->n_others; i++)
		tags += on->others[i].role == ROLE_MASTER;
	if (snap_foreign_holds(there) == 0 && there->guid != on->reset)
		return false;
	for (size_t i = on->n_snaps; newer < tags && i-- > 0 && &on->snaps[i] != there;)
		newer += snap_foreign_holds(&on->snaps[i]) > 0 &&
			 dataset_snap_by_guid(d, on->snaps[i].guid) != NULL;
	return newer < tags;
}

/* Does the other side need it for them, or this one itself? What this one holds for them stays by that. */
static bool is_for_next(const struct expiry *x, const struct snap *s)
{
	const struct snap *there = x->peer != NULL ? dataset_snap_by_guid(x->peer, s->guid) : NULL;

	return (there != NULL && is_for_next_of(x->peer, there, x->d)) ||
	       (s->guid == x->d->reset && is_for_next_of(x->d, s, x->d));
}

/* How many own snapshots are more than savecount, once `coming` more are there. */
static size_t excess_of(const struct expiry *x, size_t arriving)
{
	size_t own = arriving;
	uint64_t savecount = x->d->savecount ? x->d->savecount : SAVECOUNT_DEFAULT;

	for (size_t i = 0; i < x->d->n_snaps; i++)
		own += plan_is_ours(&x->d->snaps[i]) && x->d->snaps[i].createtxg <= x->last_txg;
	return own > savecount ? (size_t)(own - savecount) : 0;
}

/* The oldest own ones go, as many as are more than savecount. What is kept of them (by its age, the base, a
 * hold of somebody's) keeps its place in the count. */
static void add_excess(struct plan *p, const struct expiry *x, const struct arriving *arriving)
{
	const struct dataset *d = x->d;
	const struct snap *base = dataset_snap_by_guid(d, x->base);
	size_t excess = excess_of(x, arriving->n);
	bool *kept = plan_retained(d, x->last_txg, arriving);

	for (size_t i = 0; i < d->n_snaps && excess > 0; i++) {
		const struct snap *s = &d->snaps[i];
		/* What is newer may have arrived on the other side, and be the base without a mark. */
		if (x->alone && (base == NULL || s->createtxg >= base->createtxg))
			break;
		if (!plan_is_ours(s) || s->createtxg > x->last_txg)
			continue;
		excess--;
		if (!kept[i] && s->guid != x->base && !is_for_next(x, s) &&
		    s->holds <= (s->held && !x->spare_held ? 1u : 0u))
			add_destroy(p, x, s);
	}
	free(kept);
}

/* Of what came for another tag's sake the newest is enough, of each tag. It takes no place in any count. */
static void add_ground(struct plan *p, const struct expiry *x)
{
	const struct dataset *d = x->d;
	struct strv seen = {0};
	char tag[NAME_TAG_MAX + 1];

	for (size_t i = d->n_snaps; i-- > 0;) {
		const struct snap *s = &d->snaps[i];
		if (!s->ground || s->createtxg > x->last_txg || !name_seq_tag(s->name, tag))
			continue;
		if (!strv_has(&seen, tag))
			strv_add(&seen, tag);
		else if (s->holds == 0 && s->guid != x->base)
			add_destroy(p, x, s);
	}
	strv_free(&seen);
}

/* Other tools' snapshots on a replica, by what its administrator has said of them. What is not older than the base may be
 * on its way, or in somebody's. `source` NULL: nobody knows what that has. */
static void add_foreign(struct plan *p, const struct expiry *x, const struct dataset *source)
{
	const struct dataset *d = x->d;
	const struct snap *base = dataset_snap_by_guid(d, x->base);
	const struct foreign_keep *keep = &d->foreign_keep;
	uint64_t newest = keep->n;

	if (base == NULL && source != NULL) /* what this sync brings is newer than the one before */
		base = dataset_return(d, source);

	if (d->role != ROLE_REPLICA || base == NULL || keep->kind == FOREIGN_KEEP_ALL ||
	    d->foreign_bad != NULL || (keep->kind == FOREIGN_KEEP_MIRROR && source == NULL))
		return;
	bool *kept =
	    keep->kind == FOREIGN_KEEP_AGE ? plan_retained_foreign(d, base->createtxg) : NULL;
	for (size_t i = d->n_snaps; i-- > 0;) {
		const struct snap *s = &d->snaps[i];
		if (!plan_is_foreign(s) || s->createtxg > x->last_txg)
			continue;
		/* What is newer than the base is not counted: it may be about to go, to make room. */
		if (keep->kind == FOREIGN_KEEP_NEWEST && newest > 0 &&
		    s->createtxg < base->createtxg) {
			newest--;
			continue;
		}
		if (s->createtxg >= base->createtxg || s->holds > 0 || (kept != NULL && kept[i]) ||
		    (keep->kind == FOREIGN_KEEP_MIRROR &&
		     dataset_snap_by_guid(source, s->guid) != NULL))
			continue;
		add_destroy(p, x, s);
	}
	free(kept);
}

/* What is wrong with that side's savecount or keep, by which nothing must be destroyed then; NULL if
 * nothing is. */
static struct err *check_settings(const struct pair *pair, enum pair_side at)
{
	const struct dataset *d = side_of(pair, at);

	if (d->savecount_bad)
		return err_remedy(err_refuse(REASON_SETTING,
					     "%s on %s: savecount \"%s\" is no number above 0",
					     d->name, host_of(pair, at), d->savecount_text),
				  "on %s, {zfs set %s:savecount=%u %s}", host_of(pair, at),
				  pair->tag, SAVECOUNT_DEFAULT, d->name);
	if (d->foreign_bad != NULL)
		return err_remedy(err_refuse(REASON_SETTING, "%s on %s: %.120s cannot be read",
					     d->name, host_of(pair, at), d->foreign_bad),
				  "zrep(8) says how it is written; on %s, it is set where `{zfs "
				  "get -Ho source %s:%.*s %s}` says, and without it: {zfs inherit "
				  "%s:%.*s %s} there",
				  host_of(pair, at), pair->tag, (int)strcspn(d->foreign_bad, " "),
				  d->foreign_bad, d->name, pair->tag,
				  (int)strcspn(d->foreign_bad, " "), d->foreign_bad, d->name);
	if (d->keep_bad)
		return err_remedy(
		    err_refuse(REASON_SETTING,
			       "%s on %s: keep \"%.80s\" cannot be read (it wants numbers from 1 "
			       "to %u, each followed by a unit, h, d, w, m or y, no unit twice)",
			       d->name, host_of(pair, at), d->keep_text, KEEP_MAX),
		    "for example: on %s, {zfs set %s:keep=\"24h 14d 8w 12m\" %s}; without it: {zfs "
		    "inherit %s:keep %s}",
		    host_of(pair, at), pair->tag, d->name, pair->tag, d->name);
	return NULL;
}

void plan_expire_side(struct plan *p, const struct pair *pair, enum pair_side at,
		      const struct arriving *arriving, uint64_t base)
{
	const struct dataset *d = side_of(pair, at);
	struct expiry x = {.d = d,
			   .at = at,
			   .spares = pair_end(pair, at)->spares,
			   .last_txg = last_txg(p, d, at),
			   .base = base,
			   .peer = side_of(pair, pair_other(at))};
	struct err *e = check_settings(pair, at);

	assert(d != NULL);
	if (e == NULL) {
		add_excess(p, &x, arriving);
		add_ground(p, &x);
		add_foreign(p, &x, at == PAIR_DST ? pair->src.d : NULL);
	} else {
		strv_addf(&p->notes, "%s, so nothing is expired there; %s%s", e->what,
			  d->savecount_bad ? "set it: " : "", e->remedy);
	}
	err_free(e);
}

void plan_expire(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct dataset *d = side_of(pair, at);
	const struct dataset *other = side_of(pair, at == PAIR_SRC ? PAIR_DST : PAIR_SRC);
	struct expiry x = {.d = d,
			   .at = at,
			   .spares = pair_end(pair, at)->spares,
			   .last_txg = UINT64_MAX,
			   .spare_held = true,
			   .peer = other};
	struct err *e;

	assert(d != NULL);
	if (d->switch_state.kind != SWITCH_NONE) { /* it may be on its way back to one of them */
		plan_refuse(out, plan_switching(pair->tag, d, host_of(pair, at)));
		return;
	}
	if ((e = check_settings(pair, at)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *base = other != NULL ? dataset_return(d, other) : NULL;
	x.alone = base == NULL;
	if (base == NULL)
		base = dataset_last_sent(d);
	x.base = base != NULL ? base->guid : 0;
	add_excess(out, &x, &(struct arriving){0});
	add_ground(out, &x);
	add_foreign(out, &x, other);
}
