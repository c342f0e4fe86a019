/* Which snapshots are kept by their age. */
#include "plan/retention/select.h"

#include <stdlib.h>

#include "util/mem.h"

/* An own snapshot: the period that it was made in, and its place in the order in which they were made. */
struct slot {
	uint64_t period;
	size_t place;
};

/* All of one period. */
struct group {
	size_t oldest, newest; /* places */
};

static int by_period(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->period != y->period)
		return x->period < y->period ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int by_newest(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return x->newest < y->newest ? -1 : x->newest > y->newest;
}

/* The groups of sorted slots, the oldest period first. Returns how many. */
static size_t find_groups(const struct slot *slots, size_t n, struct group *groups)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || slots[i].period != slots[i - 1].period)
			groups[found++].oldest = slots[i].place;
		groups[found - 1].newest = slots[i].place;
	}
	return found;
}

/* The last `want` groups keep their oldest; what is only coming (its place is n or more) stays anyway. */
static void mark_last(const struct group *groups, size_t found, size_t want, bool *kept, size_t n)
{
	for (size_t i = found > want ? found - want : 0; i < found; i++)
		if (groups[i].oldest < n)
			kept[groups[i].oldest] = true;
}

static bool *retained(const struct dataset *d, const struct retention *keep,
		      bool (*counts)(const struct snap *), uint64_t last_txg,
		      const struct arriving *arriving)
{
	size_t max = d->n_snaps + arriving->n_known;
	bool *kept = mem_zalloc((d->n_snaps + 1) * sizeof(*kept));
	struct slot *slots = mem_zalloc((max + 1) * sizeof(*slots));
	struct group *groups = mem_zalloc((max + 1) * sizeof(*groups));

	for (int unit = 0; unit < KEEP_UNITS; unit++) {
		size_t n = 0, found, want = keep->n[unit];
		if (want == 0)
			continue;
		for (size_t i = 0; i < d->n_snaps; i++)
			if (counts(&d->snaps[i]) && d->snaps[i].createtxg <= last_txg)
				slots[n++] =
				    (struct slot){retention_period(unit, d->snaps[i].creation), i};
		for (size_t i = 0; i < arriving->n_known; i++)
			slots[n++] = (struct slot){retention_period(unit, arriving->creation[i]),
						   d->n_snaps + i};
		qsort(slots, n, sizeof(*slots), by_period);
		found = find_groups(slots, n, groups);
		mark_last(groups, found, want, kept, d->n_snaps);
		/* While a clock was wrong, the newest periods are not those of the newest snapshots: ones
		 * from the future would stand in the place of all that are made after them, ones from 1970
		 * would come after all that there are. What is among the newest either way is kept. */
		qsort(groups, found, sizeof(*groups), by_newest);
		mark_last(groups, found, want, kept, d->n_snaps);
	}
	free(groups);
	free(slots);
	return kept;
}

bool *plan_retained(const struct dataset *d, uint64_t last_txg, const struct arriving *arriving)
{
	return retained(d, &d->keep, plan_is_ours, last_txg, arriving);
}

bool *plan_retained_foreign(const struct dataset *d, uint64_t last_txg)
{
	return retained(d, &d->foreign_keep.age, plan_is_foreign, last_txg, &(struct arriving){0});
}

bool plan_is_foreign(const struct snap *s)
{
	return !s->zrep_named && !s->other && !s->cascaded && !s->ground && !s->bookmark;
}

bool plan_is_ours(const struct snap *s)
{
	return s->zrep_named || s->cascaded;
}
