/* Which snapshots have served their time. */
#include <stdio.h>
#include <stdlib.h>

#include "plan/plan.h"

static const struct dataset *side_of(const struct pair *pair, enum where at)
{
	return at == AT_SRC ? pair->src : pair->dst;
}

static const char *host_of(const struct pair *pair, enum where at)
{
	return at == AT_SRC ? pair->src_host : pair->dst_host;
}

static void add_destroy(struct plan *p, const struct dataset *d, enum where at,
			const struct snap *s)
{
	char *name = str_fmt("%s@%s", d->name, s->name);

	plan_add(p, STEP_DESTROY, at, name);
	free(name);
}

/* How many own snapshots are more than savecount, once `coming` more are there. */
static size_t excess_of(const struct plan *p, const struct dataset *d, enum where at, size_t coming)
{
	size_t own = coming;
	uint64_t savecount = d->savecount ? d->savecount : SAVECOUNT_DEFAULT;

	for (size_t i = 0; i < d->n_snaps; i++)
		own += d->snaps[i].own && !plan_rolls_back(p, at, &d->snaps[i]);
	return own > savecount ? (size_t)(own - savecount) : 0;
}

/* The oldest `excess` own ones go. What is kept (the base, a hold of somebody's) keeps its place in
 * the count. */
static void add_excess(struct plan *p, const struct dataset *d, enum where at, size_t excess,
		       uint64_t keep, bool spare_held, bool alone)
{
	const struct snap *kept = dataset_snap_by_guid(d, keep);

	for (size_t i = 0; i < d->n_snaps && excess > 0; i++) {
		const struct snap *s = &d->snaps[i];
		/* What is newer may have arrived on the other side, and be the base without a mark. */
		if (alone && (kept == NULL || s->createtxg >= kept->createtxg))
			return;
		if (!s->own || plan_rolls_back(p, at, s))
			continue;
		excess--;
		if (s->guid != keep && s->holds <= (s->held && !spare_held ? 1u : 0u))
			add_destroy(p, d, at, s);
	}
}

void plan_expire_side(struct plan *p, const struct pair *pair, enum where at, size_t coming,
		      uint64_t keep)
{
	const struct dataset *d = side_of(pair, at);

	if (d->savecount_bad)
		strv_addf(&p->notes,
			  "%s on %s: savecount \"%s\" is no number above 0, so nothing is expired "
			  "there; set it: zfs set %s:savecount=%u %s",
			  d->name, host_of(pair, at), d->savecount_text, pair->tag,
			  SAVECOUNT_DEFAULT, d->name);
	else
		add_excess(p, d, at, excess_of(p, d, at, coming), keep, false, false);
}

void plan_expire(const struct pair *pair, enum where at, struct plan *out)
{
	const struct dataset *d = side_of(pair, at);
	const struct dataset *other = side_of(pair, at == AT_SRC ? AT_DST : AT_SRC);
	uint64_t keep = 0;

	if (d->change.kind != CHANGE_NONE) { /* it may be on its way back to one of them */
		plan_refuse(out, err_remedy(err_new(ERR_REFUSED,
						    "%s on %s is in the middle of a change (%s)",
						    d->name, host_of(pair, at), d->switching),
					    "zrep status finishes or undoes it"));
		return;
	}
	if (d->savecount_bad) {
		struct err *e =
		    err_new(ERR_REFUSED, "%s on %s: savecount \"%s\" is no number above 0", d->name,
			    host_of(pair, at), d->savecount_text);
		plan_refuse(out, err_remedy(e, "zfs set %s:savecount=%u %s", pair->tag,
					    SAVECOUNT_DEFAULT, d->name));
		return;
	}
	const struct snap *base = other != NULL ? dataset_base(d, other) : NULL;
	if (base != NULL) {
		keep = base->guid;
	} else {
		for (size_t i = d->n_snaps; i-- > 0 && keep == 0;)
			if (d->snaps[i].held || d->snaps[i].sent != 0)
				keep = d->snaps[i].guid;
	}
	/* Without the other side's word every hold of ours may be the one that matters. */
	add_excess(out, d, at, excess_of(out, d, at, 0), keep, true, base == NULL);
}

void plan_clear(const struct pair *pair, struct plan *out)
{
	const struct dataset *d = pair->src;
	nvlist_t *props;

	if (d->change.kind != CHANGE_NONE && d->change.kind != CHANGE_UNKNOWN) {
		plan_refuse(
		    out,
		    err_remedy(err_new(ERR_REFUSED, "%s on %s is in the middle of a change (%s)",
				       d->name, pair->src_host, d->switching),
			       "zrep status finishes or undoes it; if its other side is gone for "
			       "good: zrep takeover -L --force %s",
			       d->name));
		return;
	}
	props = nv_new();
	nv_each(d->own, p)
		nv_add_flag(props, nvpair_name(p));
	if (!nv_empty(props))
		plan_add(out, STEP_SET, AT_SRC, d->name)->props = props;
	else
		nv_free(props);
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		char *name = str_fmt("%s@%s", d->name, s->name);
		if (s->held)
			plan_add(out, STEP_RELEASE, AT_SRC, name);
		if (!s->own && s->sent != 0) { /* a foreign one that was the base */
			nvlist_t *mark = nv_new();
			char key[64];
			snprintf(key, sizeof(key), "%s:sent", pair->tag);
			nv_add_flag(mark, key);
			plan_add(out, STEP_SET, AT_SRC, name)->props = mark;
		}
		if (s->own && s->holds > (s->held ? 1u : 0u))
			strv_addf(&out->notes, "%s on %s stays: somebody else holds it", name,
				  pair->src_host);
		else if (s->own)
			plan_add(out, STEP_DESTROY, AT_SRC, name);
		free(name);
	}
}
