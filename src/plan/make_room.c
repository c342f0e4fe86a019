#include "plan/make_room.h"

#include <stdlib.h>

#include "plan/plan.h"
#include "plan/sync_checks.h"
#include "state/dataset.h"
#include "util/mem.h"

/* Not zrep's, by no tag: not by its name, nor as what a pair rests on, this one or another member's. */
static bool is_others(const struct snap *s)
{
	return !s->zrep_named && !s->other && !s->cascaded && !s->held && !s->ground &&
	       s->sent == 0;
}

bool plan_is_only_marked(const struct dataset *d, const struct snap *base)
{
	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > base->createtxg && !is_others(&d->snaps[i]))
			return false;
	return dataset_newest(d) != base && dataset_written_after(d, base) == 0;
}

/* The first of what would go that somebody else holds; NULL without one. */
static const struct snap *held_by_others(const struct dataset *d, const struct snap *base)
{
	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > base->createtxg && snap_foreign_holds(&d->snaps[i]) > 0)
			return &d->snaps[i];
	return NULL;
}

/* The same of what is the origin of a clone, where that was listed. */
static const struct snap *cloned(const struct dataset *d, const struct snap *base)
{
	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > base->createtxg && d->snaps[i].clones.n > 0)
			return &d->snaps[i];
	return NULL;
}

static struct err *check_clones(const struct pair *pair, const struct snap *base)
{
	const struct dataset *d = pair->dst.d;
	const char *host = pair->dst.host_name;
	const struct snap *s = cloned(d, base);

	if (s == NULL)
		return NULL;
	struct err *e = err_remedy(
	    err_refuse(REASON_HELD,
		       "%s@%s on %s is the origin of %s: it has no data of its own, but ZFS "
		       "receives nothing as long as it is the newest",
		       d->name, s->name, host, s->clones.items[0]),
	    /* To promote it would take along what both sides have in common. */
	    "on %s, if nobody needs it any more: {zfs destroy %s}, then the next sync goes on; to "
	    "keep it, and go on beside it: on %s, {zrep rejoin %s}",
	    host, s->clones.items[0], host, d->name);
	return e;
}

struct err *plan_check_room(const struct pair *pair, const struct snap *base)
{
	const struct dataset *d = pair->dst.d;
	const char *host = pair->dst.host_name;
	const struct snap *held = held_by_others(d, base);

	if (held == NULL)
		return check_clones(pair, base);
	char *full = str_fmt("%s@%s", d->name, held->name);
	struct err *e = err_remedy(
	    err_refuse(REASON_HELD,
		       "%s on %s is held, and not by zrep: it has no data of its own, but ZFS "
		       "receives nothing as long as it is the newest",
		       full, host),
	    "on %s, {zfs holds %s} tells by whom; if nobody needs it any more: {zfs release TAG "
	    "%s}, "
	    "then the next sync goes on; to keep it, and go on beside it: on %s, {zrep rejoin %s}",
	    host, full, full, host, d->name);
	free(full);
	return e;
}

void plan_make_room(const struct pair *pair, const struct snap *base, struct plan *out)
{
	const struct dataset *d = pair->dst.d;
	struct buf names = {0};
	size_t n = 0;

	for (size_t i = 0; i < d->n_snaps; i++) {
		if (d->snaps[i].createtxg <= base->createtxg)
			continue;
		char *name = str_fmt("%s@%s", d->name, d->snaps[i].name);
		struct step *s = plan_add(out, STEP_DESTROY, PHASE_TRANSFER, PAIR_DST, name);
		plan_expect_state(s, d, base);
		free(name);
		n++;
	}
	plan_name_newer(d, base, &names);
	strv_addf(&out->notes,
		  "%s on %s has %s, which somebody took of the replica, with nothing in %s "
		  "that @%s does not have: %s, because ZFS receives nothing behind %s",
		  d->name, pair->dst.host_name, names.data, n == 1 ? "it" : "them", base->name,
		  n == 1 ? "it goes" : "they go", n == 1 ? "it" : "them");
	buf_free(&names);
}
