/* Which snapshots have served their time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/schema.h"
#include "util/mem.h"

bool plan_is_ours(const struct snap *s)
{
	return s->own || s->relayed;
}

void plan_relayed(struct plan *p, const struct pair *pair, const char *dataset, const char *snap,
		  uint64_t guid)
{
	char *name = str_fmt("%s@%s", dataset, snap);
	nvlist_t *props = nv_new();

	plan_prop_u64(props, pair->tag, "relayed", guid);
	plan_add(p, STEP_SET, PAIR_DST, name)->props = props;
	free(name);
}

static const struct dataset *side_of(const struct pair *pair, enum pair_side at)
{
	return at == PAIR_SRC ? pair->src.d : pair->dst.d;
}

static const char *host_of(const struct pair *pair, enum pair_side at)
{
	return at == PAIR_SRC ? pair->src.host_name : pair->dst.host_name;
}

static void add_destroy(struct plan *p, const struct dataset *d, enum pair_side at,
			const struct snap *s)
{
	char *name = str_fmt("%s@%s", d->name, s->name);

	plan_add(p, s->own ? STEP_DESTROY : STEP_DESTROY_RELAYED, at, name);
	free(name);
}

/* One side, and what has to stay there. */
struct expiry {
	const struct dataset *d;
	enum pair_side at;
	uint64_t last_txg; /* of the newest that is still there then */
	uint64_t base;     /* the GUID of the one that both sides have */
	bool spare_held;   /* every hold of ours may be the one that matters */
	bool alone;        /* the other side's word is missing */
};

/* The createtxg of the newest snapshot that a rollback in the plan leaves. */
static uint64_t last_txg(const struct plan *p, const struct dataset *d, enum pair_side at)
{
	const struct snap *to = NULL;

	for (size_t i = 0; i < p->n && to == NULL; i++)
		if (p->steps[i].kind == STEP_ROLLBACK && p->steps[i].at == at)
			to = dataset_snap_by_name(d, name_snap_part(p->steps[i].name));
	return to != NULL ? to->createtxg : UINT64_MAX;
}

/* How many own snapshots are more than savecount, once `coming` more are there. */
static size_t excess_of(const struct expiry *x, size_t coming)
{
	size_t own = coming;
	uint64_t savecount = x->d->savecount ? x->d->savecount : SAVECOUNT_DEFAULT;

	for (size_t i = 0; i < x->d->n_snaps; i++)
		own += plan_is_ours(&x->d->snaps[i]) && x->d->snaps[i].createtxg <= x->last_txg;
	return own > savecount ? (size_t)(own - savecount) : 0;
}

/* The oldest own ones go, as many as are more than savecount. What is kept of them (by its age, the base, a
 * hold of somebody's) keeps its place in the count. */
static void add_excess(struct plan *p, const struct expiry *x, const struct coming *coming)
{
	const struct dataset *d = x->d;
	const struct snap *base = dataset_snap_by_guid(d, x->base);
	size_t excess = excess_of(x, coming->n);
	bool *kept = plan_kept(d, x->last_txg, coming);

	for (size_t i = 0; i < d->n_snaps && excess > 0; i++) {
		const struct snap *s = &d->snaps[i];
		/* What is newer may have arrived on the other side, and be the base without a mark. */
		if (x->alone && (base == NULL || s->createtxg >= base->createtxg))
			break;
		if (!plan_is_ours(s) || s->createtxg > x->last_txg)
			continue;
		excess--;
		if (!kept[i] && s->guid != x->base &&
		    s->holds <= (s->held && !x->spare_held ? 1u : 0u))
			add_destroy(p, d, x->at, s);
	}
	free(kept);
}

/* What is wrong with that side's savecount or keep, by which nothing must be destroyed then; NULL if
 * nothing is. */
static struct err *check_settings(const struct pair *pair, enum pair_side at)
{
	const struct dataset *d = side_of(pair, at);

	if (d->savecount_bad)
		return err_remedy(
		    err_new(ERR_REFUSED, "%s on %s: savecount \"%s\" is no number above 0", d->name,
			    host_of(pair, at), d->savecount_text),
		    "zfs set %s:savecount=%u %s", pair->tag, SAVECOUNT_DEFAULT, d->name);
	if (d->keep_bad)
		return err_remedy(
		    err_new(ERR_REFUSED,
			    "%s on %s: keep \"%.80s\" cannot be read (it wants words of a "
			    "number, 1 to %u, and a unit, h, d, w, m or y, no unit twice)",
			    d->name, host_of(pair, at), d->keep_text, KEEP_MAX),
		    "for example: zfs set %s:keep=\"24h 14d 8w 12m\" %s; without it: zfs inherit "
		    "%s:keep %s",
		    pair->tag, d->name, pair->tag, d->name);
	return NULL;
}

void plan_expire_side(struct plan *p, const struct pair *pair, enum pair_side at,
		      const struct coming *coming, uint64_t base)
{
	const struct dataset *d = side_of(pair, at);
	struct expiry x = {.d = d, .at = at, .last_txg = last_txg(p, d, at), .base = base};
	struct err *e = check_settings(pair, at);

	if (e == NULL)
		add_excess(p, &x, coming);
	else
		strv_addf(&p->notes, "%s, so nothing is expired there; %s%s", e->what,
			  d->savecount_bad ? "set it: " : "", e->remedy);
	err_free(e);
}

void plan_expire(const struct pair *pair, enum pair_side at, struct plan *out)
{
	const struct dataset *d = side_of(pair, at);
	const struct dataset *other = side_of(pair, at == PAIR_SRC ? PAIR_DST : PAIR_SRC);
	struct expiry x = {.d = d, .at = at, .last_txg = UINT64_MAX, .spare_held = true};
	struct err *e;

	if (d->change.kind != CHANGE_NONE) { /* it may be on its way back to one of them */
		plan_refuse(out, plan_switching(pair->tag, d, host_of(pair, at)));
		return;
	}
	if ((e = check_settings(pair, at)) != NULL) {
		plan_refuse(out, e);
		return;
	}
	const struct snap *base = other != NULL ? dataset_base(d, other) : NULL;
	x.alone = base == NULL;
	if (base == NULL)
		base = dataset_last_sent(d);
	x.base = base != NULL ? base->guid : 0;
	add_excess(out, &x, &(struct coming){0});
}

/* Does that property outlive the pair? Not one that says nothing, or cannot be read. */
static bool stays(const struct dataset *d, const char *key)
{
	const struct schema *row = schema_find(BEARS_DATASET, strchr(key, ':') + 1);

	return row != NULL && row->stays && !nv_empty(d->props);
}

void plan_clear(const struct pair *pair, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	nvlist_t *props;

	if (d->change.kind != CHANGE_NONE && d->change.kind != CHANGE_UNKNOWN) {
		struct err *e = plan_switching(pair->tag, d, pair->src.host_name);
		if (d->change.kind == CHANGE_LEAVING) {
			char *remedy = mem_strdup(e->remedy);
			err_remedy(e,
				   "%s; if its other side is gone for good: zrep takeover -L "
				   "--force %s",
				   remedy, d->name);
			free(remedy);
		}
		plan_refuse(out, e);
		return;
	}
	props = nv_new();
	nv_each(d->own, p)
		if (!stays(d, nvpair_name(p)))
			nv_add_flag(props, nvpair_name(p));
		else
			strv_addf(&out->notes,
				  "%s of %s on %s stays, for another init of it; without that: zfs "
				  "inherit %s %s",
				  nvpair_name(p), d->name, pair->src.host_name, nvpair_name(p),
				  d->name);
	if (!nv_empty(props))
		plan_add(out, STEP_SET, PAIR_SRC, d->name)->props = props;
	else
		nv_free(props);
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		char *name = str_fmt("%s@%s", d->name, s->name);
		if (s->held)
			plan_add(out, STEP_RELEASE, PAIR_SRC, name);
		if (!s->own && s->sent != 0) { /* a foreign one that was the base */
			nvlist_t *mark = nv_new();
			char key[64];
			snprintf(key, sizeof(key), "%s:sent", pair->tag);
			nv_add_flag(mark, key);
			if (s->relayed)
				plan_prop(mark, pair->tag, "relayed", NULL);
			plan_add(out, STEP_SET, PAIR_SRC, name)->props = mark;
		}
		if (s->own && s->holds > (s->held ? 1u : 0u))
			strv_addf(&out->notes, "%s on %s stays: somebody else holds it", name,
				  pair->src.host_name);
		else if (s->own)
			plan_add(out, STEP_DESTROY, PAIR_SRC, name);
		free(name);
	}
}
