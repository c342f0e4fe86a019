/* What a picture answers: datasets and snapshots found in it, and what both sides have. */
#include <stdlib.h>
#include <string.h>

#include "state/picture.h"
#include "util/mem.h"

const struct dataset *side_find(const struct side *s, const char *dataset)
{
	for (size_t lo = 0, hi = s->n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(dataset, s->datasets[mid].name);
		if (c == 0)
			return &s->datasets[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* The first of `all` (n of them, sorted) that does not come before what is looked for. */
static size_t first_from(const struct snap **all, size_t n, uint64_t guid, const char *name)
{
	size_t lo = 0;

	while (n > 0) {
		size_t half = n / 2;
		const struct snap *mid = all[lo + half];
		if (name != NULL ? strcmp(mid->name, name) < 0 : mid->guid < guid) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return lo;
}

const struct snap *dataset_snap_by_guid(const struct dataset *d, uint64_t guid)
{
	size_t i = first_from(d->by_guid, d->n_snaps, guid, NULL);

	return i < d->n_snaps && d->by_guid[i]->guid == guid ? d->by_guid[i] : NULL;
}

const struct snap *dataset_snap_by_name(const struct dataset *d, const char *name)
{
	size_t i = first_from(d->by_name, d->n_snaps, 0, name);

	return i < d->n_snaps && strcmp(d->by_name[i]->name, name) == 0 ? d->by_name[i] : NULL;
}

bool dataset_is_stray(const struct dataset *d, const char *self)
{
	return !d->master && !(str_same(d->src_fs, d->name) && d->src_host != NULL &&
			       name_names_host(d->src_host, self));
}

const struct snap *dataset_newest(const struct dataset *d)
{
	return d->n_snaps > 0 ? &d->snaps[d->n_snaps - 1] : NULL;
}

const struct snap *dataset_base(const struct dataset *a, const struct dataset *b)
{
	for (size_t i = a->n_snaps; i-- > 0;)
		if (dataset_snap_by_guid(b, a->snaps[i].guid) != NULL)
			return &a->snaps[i];
	return NULL;
}

const struct snap *dataset_last_sent(const struct dataset *d)
{
	for (size_t i = d->n_snaps; i-- > 0;)
		if (d->snaps[i].held || d->snaps[i].sent != 0)
			return &d->snaps[i];
	return NULL;
}

static uint64_t written_since_newest(const struct dataset *d)
{
	const struct snap *newest = dataset_newest(d);
	bool noise = newest != NULL && d->reset != 0 && d->reset == newest->guid && d->readonly &&
		     d->written <= RESET_NOISE;

	return noise ? 0 : d->written;
}

uint64_t dataset_written_after(const struct dataset *d, const struct snap *s)
{
	uint64_t bytes = written_since_newest(d);

	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > s->createtxg)
			bytes += d->snaps[i].written;
	return bytes;
}

bool dataset_unchanged(const struct dataset *d)
{
	return written_since_newest(d) == 0;
}

const struct dataset *side_aside(const struct side *s, const char *name)
{
	const struct dataset *here = side_find(s, name);

	for (size_t i = 0; i < s->n; i++) {
		const struct dataset *d = &s->datasets[i];
		if (d->change.kind != CHANGE_BACK || d->change.keep == NULL ||
		    strcmp(d->change.keep, d->name) != 0 || !change_is_kept(d->name, name))
			continue;
		/* A clone that took its place has the same note from birth. Another dataset is none of its
		 * business, whatever it says of itself. */
		if (here == NULL ||
		    (here->change.kind == CHANGE_BACK && here->change.keep != NULL &&
		     here->change.guid == d->change.guid &&
		     strcmp(here->change.keep, d->name) == 0))
			return d;
	}
	return NULL;
}

char *dataset_name_before(const struct dataset *d)
{
	char *before = NULL;

	if (d->change.kind == CHANGE_BACK && d->change.keep != NULL &&
	    strcmp(d->change.keep, d->name) == 0)
		before = change_name_before(d->name);
	return before != NULL ? before : mem_strdup(d->name);
}
