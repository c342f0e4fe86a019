#include "plan/guids.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "state/dataset.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"

/* One host, and what the steps so far have done to its names. */
struct names {
	const struct endpoint *end;
	const struct side *side;
	/* Each of `to` is what was listed as the one of `from`; of those in `from` nothing is known by that name any more. */
	struct strv from, to;
	/* Clones that it makes, and what was listed as the origin of each. A promoted one has the snapshots of that. */
	struct strv clones, origins;
	bool promoted;
};

/* What was listed under that name; NULL: nothing. */
static const struct dataset *seen(const struct names *n, const char *name)
{
	const struct dataset *known[] = {n->end->d, n->end->preserved, n->end->renamed};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i] != NULL && strcmp(known[i]->name, name) == 0)
			return known[i];
	return n->side != NULL ? side_find(n->side, name) : NULL;
}

/* The dataset that has that name now; NULL: nothing is known of it. */
static const struct dataset *listed(const struct names *n, const char *name)
{
	for (size_t i = n->to.n; i-- > 0;) {
		if (strcmp(n->to.items[i], name) == 0)
			return seen(n, n->from.items[i]);
		if (name_within(name, n->from.items[i])) /* it went along, if it was that */
			return NULL;
	}
	return seen(n, name);
}

/* The dataset whose snapshots are under that name now. */
static const struct dataset *snaps_under(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->clones.n && n->promoted; i++)
		if (strcmp(n->clones.items[i], name) == 0)
			return seen(n, n->origins.items[i]);
	return listed(n, name);
}

static uint64_t guid_of(const struct names *n, const char *name)
{
	const char *at = strpbrk(name, "@#");
	char *dataset = name_dataset(name);
	const struct dataset *d = at != NULL ? snaps_under(n, dataset) : listed(n, dataset);
	const struct snap *s = d == NULL || at == NULL ? NULL
			       : *at == '#'            ? dataset_bookmark_by_name(d, at + 1)
						       : dataset_snap_by_name(d, at + 1);

	free(dataset);
	return at == NULL ? (d != NULL ? d->guid : 0) : (s != NULL ? s->guid : 0);
}

/* A snapshot that this plan brings to the destination is the one that is sent. */
static uint64_t guid_of_sent(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->steps[i];
		if (step_is_transfer(s) && strcmp(s->to, name) == 0)
			return s->guid;
	}
	return 0;
}

static void fill(struct plan *p, struct step *s, struct names *ends)
{
	struct names *at = &ends[s->at];

	if (step_is_transfer(s)) {
		s->guid = guid_of(&ends[PAIR_SRC], s->name);
		if (s->from != NULL)
			s->from_guid = guid_of(&ends[PAIR_SRC], s->from);
		return;
	}
	if (s->kind->op == STEP_UNBOOKMARK && s->later) /* this plan makes it: its name has it */
		return;
	s->guid = guid_of(at, s->name);
	if (s->guid == 0 && s->at == PAIR_DST && strchr(s->name, '@') != NULL)
		s->guid = guid_of_sent(p, s->name);
	if (s->kind->op == STEP_CLONE) {
		char *origin = name_dataset(s->from);
		const struct dataset *d = listed(at, origin);
		s->from_guid = guid_of(at, s->from);
		s->guid = 0; /* it is made */
		strv_add(&at->clones, s->name);
		strv_add(&at->origins, d != NULL ? d->name : origin);
		free(origin);
	}
	at->promoted = at->promoted || s->kind->op == STEP_PROMOTE;
	if (s->kind->op == STEP_RENAME) {
		strv_add(&at->from, s->name);
		strv_add(&at->to, s->to);
	}
}

void plan_guids(struct plan *p, const struct pair *pair, const struct side *src,
		const struct side *dst)
{
	struct names ends[2] = {[PAIR_SRC] = {.end = &pair->src, .side = src},
				[PAIR_DST] = {.end = &pair->dst, .side = dst}};

	/* In the order of execution. */
	for (size_t k = 0; k < step_n_kinds; k++)
		for (size_t i = 0; i < p->n; i++)
			if (p->steps[i].kind == &step_kinds[k])
				fill(p, &p->steps[i], ends);
	for (int at = PAIR_SRC; at <= PAIR_DST; at++) {
		strv_free(&ends[at].from);
		strv_free(&ends[at].to);
		strv_free(&ends[at].clones);
		strv_free(&ends[at].origins);
	}
}
