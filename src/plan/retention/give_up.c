#include "plan/retention/give_up.h"

#include <assert.h>
#include <stdlib.h>

#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/retention/select.h"
#include "state/dataset.h"
#include "util/buf.h"

#define SRC(p) (p)->src.d->name, (p)->src.host_name

static struct err *check(const struct pair *p, const struct snap *base)
{
	const struct dataset *d = p->src.d;

	if (d->role == ROLE_NONE || d->role == ROLE_BROKEN)
		return plan_no_pair(d->name, p->src.host_name, p->tag);
	if (d->switch_state.kind != SWITCH_NONE)
		return plan_switching(p->tag, d, p->src.host_name);
	if (d->role != ROLE_MASTER)
		return err_remedy(err_refuse(REASON_NOT_MASTER,
					     "%s on %s is a replica: the next increment of its "
					     "master begins at its newest snapshot",
					     SRC(p)),
				  "the same on its master: on %s, {zrep expire --release %s}",
				  d->src_host, d->src_fs);
	if (d->keep_bad)
		return err_remedy(err_refuse(REASON_SETTING,
					     "%s on %s: keep \"%.80s\" cannot be read, so zrep "
					     "cannot tell which snapshots it is to keep",
					     SRC(p), d->keep_text),
				  "set it, or: on %s, {zfs inherit %s:keep %s}", p->src.host_name,
				  p->tag, d->name);
	if (base == NULL)
		return err_remedy(
		    err_refuse(REASON_NO_BASE,
			       "%s on %s has no snapshot that the other side is known to have had: "
			       "nothing is kept for it",
			       SRC(p)),
		    "on %s, `{zrep expire -L %s}` destroys what savecount does not want",
		    p->src.host_name, d->name);
	if (dataset_bookmark(d, base->guid) != NULL)
		return NULL;
	char *mark = name_mark(p->tag, base->guid);
	struct err *e = err_remedy(
	    err_refuse(REASON_NO_BASE,
		       "%s@%s on %s, the newest that the other side is known to have, has no "
		       "bookmark: without the snapshot, the pair would have to be initialised anew",
		       d->name, base->name, p->src.host_name),
	    "make one, then run the same command again: on %s, {zfs bookmark %s@%s %s#%s}",
	    p->src.host_name, d->name, base->name, d->name, mark);
	free(mark);
	return e;
}

/* What was offered to the other side since may have arrived there; where it has its bookmark, that is enough as well. */
static bool is_needless(const struct dataset *d, const struct snap *s, const struct snap *base)
{
	return plan_is_ours(s) &&
	       (s->createtxg <= base->createtxg || dataset_bookmark(d, s->guid) != NULL);
}

bool plan_can_give_up(const struct dataset *d)
{
	const struct snap *base = dataset_last_sent(d);

	return d->role == ROLE_MASTER && base != NULL && dataset_bookmark(d, base->guid) != NULL;
}

static bool has_mark(const struct dataset *d)
{
	bool any = false;

	for (size_t i = 0; i < d->n_bookmarks; i++)
		any = any || d->bookmarks[i].zrep_named;
	return any;
}

void plan_give_up(const struct pair *pair, struct plan *out)
{
	const struct dataset *d = pair->src.d;
	const struct snap *base = dataset_last_sent(d);

	assert(pair->tag != NULL);
	/* Done already: nobody could tell any more which of the bookmarks it is, and nobody has to. */
	if (base == NULL && d->role == ROLE_MASTER && has_mark(d)) {
		out->unchanged = true;
		return;
	}
	struct err *e = check(pair, base);
	if (e != NULL) {
		plan_refuse(out, e);
		return;
	}
	bool *kept = plan_retained(d, UINT64_MAX, &(struct arriving){0});
	out->gives_up = true;
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		char *name = dataset_snap_name(d, s);
		if (s->held)
			plan_add(out, STEP_RELEASE, PHASE_GIVE_UP, PAIR_SRC, name);
		if (is_needless(d, s, base) && snap_foreign_holds(s) > 0)
			strv_addf(&out->notes, "%s on %s stays: somebody else holds it", name,
				  pair->src.host_name);
		else if (is_needless(d, s, base) && kept[i])
			strv_addf(&out->notes, "%s on %s stays: %s:keep wants it", name,
				  pair->src.host_name, pair->tag);
		else if (is_needless(d, s, base))
			plan_add(out, STEP_DESTROY,
				 s->zrep_named ? PHASE_EXPIRE : PHASE_EXPIRE_CASCADED, PAIR_SRC,
				 name);
		free(name);
	}
	free(kept);
	if (out->n == 0) {
		out->unchanged = true;
		return;
	}
	strv_addf(&out->done,
		  "the next sync of %s goes on from the bookmark #%s; until then %s on %s cannot "
		  "be reverted to what the other side has, which giving the role up with -L or "
		  "coming back as the replica would need",
		  d->name, dataset_bookmark(d, base->guid)->name, SRC(pair));
}
