#include "plan/bookmark.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/dataset.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"

/* How many that are of no use any more may pile up. */
#define OLD_BOOKMARKS 6u

void plan_bookmark(struct plan *p, const struct pair *pair, const char *snap, uint64_t guid)
{
	const struct dataset *s = pair->src.d;
	const struct snap *mark = guid != 0 ? dataset_bookmark(s, guid) : NULL;

	if (!pair->src.makes_bookmarks || (mark != NULL && mark->zrep_named))
		return;
	char *name = str_fmt("%s@%s", s->name, snap);
	plan_add(p, STEP_BOOKMARK, PHASE_TRANSFER, PAIR_SRC, name);
	free(name);
}

void plan_bookmark_in_turn(struct plan *p, const struct pair *pair)
{
	const struct dataset *s = pair->src.d;
	struct strv names = {0}; /* what is destroyed again */
	uint64_t *guids = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct step *mark = &p->steps[i];
		if (mark->kind->op != STEP_BOOKMARK)
			continue;
		const struct snap *of = dataset_snap_by_name(s, strchr(mark->name, '@') + 1);
		mark->later = ++n > MARKS_AT_A_TIME;
		if (of == NULL) /* it is taken in this sync, and the newest */
			continue;
		guids = mem_array(guids, names.n + 1, sizeof(*guids));
		guids[names.n] = of->guid;
		char *part = name_mark(pair->tag, of->guid);
		strv_addf(&names, "%s#%s", s->name, part);
		free(part);
	}
	/* The last one stays: the next sync may have to begin from it. */
	if (names.n == n && n > 0)
		n--;
	for (size_t i = 0; n > MARKS_AT_A_TIME && i < names.n && i < n; i++) {
		struct step *gone =
		    plan_add(p, STEP_UNBOOKMARK, PHASE_EXPIRE_BOOKMARKS, PAIR_SRC, names.items[i]);
		gone->guid = guids[i];
		gone->later = true;
	}
	strv_free(&names);
	free(guids);
}

char *plan_lacks_bookmark(const struct pair *pair, const struct snap *base)
{
	const struct endpoint *src = &pair->src;

	if (!src->makes_bookmarks || dataset_bookmark(src->d, base->guid) != NULL)
		return NULL;
	return str_fmt("%s@%s on %s, the newest snapshot that both sides have, has no bookmark: if "
		       "it is destroyed, the pair has to be initialised anew",
		       src->name, base->name, src->host_name);
}

char *plan_has_bookmark_only(const struct pair *pair, const struct snap *base, char **remedy)
{
	const struct endpoint *src = &pair->src;
	const struct snap *there = dataset_snap_by_guid(pair->dst.d, base->guid);

	*remedy = remedy_fmt("the next `{zrep sync %s}` on %s goes on from it", src->name,
			     src->host_name);
	return str_fmt("%s on %s has only the bookmark #%s of @%s, the newest snapshot that both "
		       "sides had",
		       src->name, src->host_name, base->name, there->name);
}

static void add_destroy(struct plan *p, const struct dataset *d, enum pair_side at,
			const struct snap *mark, enum step_phase phase)
{
	char *name = dataset_snap_name(d, mark);

	plan_add(p, STEP_UNBOOKMARK, phase, at, name);
	free(name);
}

void plan_expire_bookmarks(struct plan *p, const struct pair *pair, enum pair_side at,
			   const struct snap *base)
{
	const struct dataset *d = pair_end(pair, at)->d;
	size_t old = 0;

	if (base == NULL || !pair_end(pair, at)->makes_bookmarks)
		return;
	for (size_t i = 0; i < d->n_bookmarks && d->bookmarks[i].createtxg < base->createtxg; i++)
		old += d->bookmarks[i].zrep_named;
	for (size_t i = 0; i < d->n_bookmarks && old >= OLD_BOOKMARKS &&
			   d->bookmarks[i].createtxg < base->createtxg;
	     i++)
		if (d->bookmarks[i].zrep_named)
			add_destroy(p, d, at, &d->bookmarks[i], PHASE_EXPIRE_BOOKMARKS);
}

void plan_clear_bookmarks(struct plan *p, const struct dataset *d, enum pair_side at)
{
	for (size_t i = 0; i < d->n_bookmarks; i++)
		if (d->bookmarks[i].zrep_named)
			add_destroy(p, d, at, &d->bookmarks[i], PHASE_EXPIRE_BOOKMARKS);
}

/* "#a, #b and 3 more": those newer than `to` that are not zrep's. False: there is none. */
static bool name_foreign(const struct dataset *d, const struct snap *to, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_bookmarks; i++) {
		const struct snap *m = &d->bookmarks[i];
		if (m->zrep_named || m->createtxg <= to->createtxg)
			continue;
		if (n < 3)
			buf_addf(out, "%s#%s", n > 0 ? ", " : "", m->name);
		n++;
	}
	if (n > 3)
		buf_addf(out, " and %zu more", n - 3);
	return n > 0;
}

void plan_discard_bookmarks(struct plan *p, const struct dataset *d, enum pair_side at,
			    const struct snap *to)
{
	for (size_t i = 0; i < d->n_bookmarks; i++)
		if (d->bookmarks[i].createtxg > to->createtxg)
			add_destroy(p, d, at, &d->bookmarks[i], PHASE_GIVE_UP);
	struct buf names = {0};
	if (name_foreign(d, to, &names))
		strv_addf(
		    &p->notes,
		    "%s loses the bookmarks %s, because ZFS rolls nothing back past a bookmark",
		    d->name, names.data);
	buf_free(&names);
}
