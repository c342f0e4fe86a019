/* What a picture answers: datasets and snapshots found in it, and what both sides have. */
#include "state/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "state/picture.h"
#include "util/buf.h"
#include "util/mem.h"

const char *dataset_setting(const struct dataset *d, const char *prop, const char **from)
{
	if (from != NULL)
		*from = nv_str(d->settings_from, prop);
	return nv_str(d->settings, prop);
}

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

uint64_t snap_foreign_holds(const struct snap *s)
{
	uint64_t own = s->held ? 1 : 0;

	return s->holds > own ? s->holds - own : 0;
}

bool dataset_is_outlived(const struct dataset *d)
{
	return d->role == ROLE_MASTER && !d->cascade && d->switch_state.kind == SWITCH_NONE &&
	       d->readonly && d->readonly_local && d->readonly_was != NULL &&
	       strcmp(d->readonly_was, "on") != 0;
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

/* zrep's own if there is one. */
const struct snap *dataset_bookmark(const struct dataset *d, uint64_t guid)
{
	size_t i = first_from(d->marks_by_guid, d->n_bookmarks, guid, NULL);

	return i < d->n_bookmarks && d->marks_by_guid[i]->guid == guid ? d->marks_by_guid[i] : NULL;
}

const struct snap *dataset_bookmark_by_name(const struct dataset *d, const char *name)
{
	size_t i = first_from(d->marks_by_name, d->n_bookmarks, 0, name);

	return i < d->n_bookmarks && strcmp(d->marks_by_name[i]->name, name) == 0
		   ? d->marks_by_name[i]
		   : NULL;
}

const struct snap *dataset_ground(const struct dataset *a, const struct dataset *b)
{
	const struct snap *base = dataset_base(a, b);

	for (size_t i = a->n_bookmarks; i-- > 0;) {
		const struct snap *m = &a->bookmarks[i];
		if (base != NULL && m->createtxg <= base->createtxg)
			break;
		if (dataset_snap_by_guid(b, m->guid) != NULL)
			return dataset_bookmark(a, m->guid);
	}
	return base;
}

const struct snap *dataset_return(const struct dataset *b, const struct dataset *a)
{
	const struct snap *ground = dataset_ground(a, b);

	return ground != NULL ? dataset_snap_by_guid(b, ground->guid) : NULL;
}

char *dataset_snap_name(const struct dataset *d, const struct snap *s)
{
	return str_fmt("%s%c%s", d->name, s->bookmark ? '#' : '@', s->name);
}

const struct snap *dataset_last_sent(const struct dataset *d)
{
	for (size_t i = d->n_snaps; i-- > 0;)
		if (d->snaps[i].held || d->snaps[i].sent != 0)
			return &d->snaps[i];
	return NULL;
}

/* In its snapshot of that place, or (behind the last of them) since then. */
static uint64_t written_in(const struct dataset *d, size_t i)
{
	uint64_t bytes = i < d->n_snaps ? d->snaps[i].written : d->written;
	bool first = i > 0 && d->reset != 0 && d->reset == d->snaps[i - 1].guid;

	return first && d->readonly && bytes <= RESET_NOISE ? 0 : bytes;
}

uint64_t dataset_written_after(const struct dataset *d, const struct snap *s)
{
	uint64_t bytes = written_in(d, d->n_snaps);

	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].createtxg > s->createtxg)
			bytes += written_in(d, i);
	return bytes;
}

bool dataset_offer_stands(const struct dataset *master, const struct dataset *replica)
{
	return master != NULL && replica != NULL && master->role == ROLE_MASTER &&
	       master->switch_state.kind == SWITCH_DEMOTING && master->readonly &&
	       replica->role == ROLE_REPLICA && replica->switch_state.kind == SWITCH_OFFERED &&
	       replica->switch_state.epoch == master->switch_state.epoch;
}

const struct snap *dataset_offer_proof(const struct dataset *replica)
{
	if (replica->role != ROLE_REPLICA || replica->switch_state.kind != SWITCH_OFFERED ||
	    replica->switch_state.epoch <= replica->epoch)
		return NULL;
	const struct snap *proof = dataset_snap_by_guid(replica, replica->switch_state.guid);

	/* Snapshots that somebody took there since are of no matter, with nothing in them. */
	return proof != NULL && dataset_written_after(replica, proof) == 0 ? proof : NULL;
}

bool dataset_unchanged(const struct dataset *d)
{
	return written_in(d, d->n_snaps) == 0;
}

/* The first of those aside whose name comes after all that `name` had before it was put aside. */
static size_t first_aside(const struct side *s, const char *name)
{
	size_t first = 0, n = s->n_aside, len = strlen(name);

	while (n > 0) {
		size_t half = n / 2;
		const char *kept = s->aside[first + half]->name;
		int c = strncmp(kept, name, len);
		if (c < 0 || (c == 0 && strcmp(kept + len, PRESERVED_INFIX) < 0)) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return first;
}

/* What keeps what `name` had stands together. The next from `i` on; n_aside: there is none. */
static size_t next_aside(const struct side *s, const char *name, size_t i)
{
	size_t len = strlen(name);

	while (i < s->n_aside && strncmp(s->aside[i]->name, name, len) == 0 &&
	       strncmp(s->aside[i]->name + len, PRESERVED_INFIX, strlen(PRESERVED_INFIX)) == 0) {
		if (preserved_is_of(s->aside[i]->name, name))
			return i;
		i++;
	}
	return s->n_aside;
}

const struct dataset *side_preserved(const struct side *s, const char *name)
{
	const struct dataset *here = s->n_aside > 0 ? side_find(s, name) : NULL;

	for (size_t i = s->n_aside > 0 ? next_aside(s, name, first_aside(s, name)) : 0;
	     i < s->n_aside; i = next_aside(s, name, i + 1)) {
		const struct dataset *d = s->aside[i];
		/* A clone that took its place has the same note from birth. Another dataset is none of its
		 * business, whatever it says of itself. */
		if (here == NULL || (here->switch_state.kind == SWITCH_REVERTING &&
				     here->switch_state.preserve_as != NULL &&
				     here->switch_state.guid == d->switch_state.guid &&
				     strcmp(here->switch_state.preserve_as, d->name) == 0))
			return d;
	}
	return NULL;
}

const struct dataset *side_displaced(const struct side *s, const char *name)
{
	if (s->n_aside == 0 || side_preserved(s, name) != NULL)
		return NULL;
	size_t i = next_aside(s, name, first_aside(s, name));
	return i < s->n_aside ? s->aside[i] : NULL;
}

char *dataset_name_before(const struct dataset *d)
{
	char *before = NULL;

	if (switch_is_aside(&d->switch_state, d->name))
		before = preserved_name_before(d->name);
	return before != NULL ? before : mem_strdup(d->name);
}

const char *dataset_set(const struct dataset *d)
{
	const char *set = d->set_id;

	for (size_t i = 0; set == NULL && i < d->n_others; i++)
		set = d->others[i].set_id;
	return set;
}

bool dataset_was(const struct dataset *d, uint64_t guid)
{
	bool was = d->guid == guid;

	for (size_t i = 0; i < d->n_former; i++)
		was = was || d->former[i] == guid;
	return was;
}

bool dataset_one_set(const struct dataset *a, const struct dataset *b)
{
	const char *x = dataset_set(a), *y = dataset_set(b);

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

const struct other_tag *dataset_follows(const struct dataset *d)
{
	for (size_t i = 0; i < d->n_others; i++)
		if (d->others[i].role == ROLE_REPLICA && d->others[i].src_fs != NULL &&
		    d->others[i].src_host != NULL)
			return &d->others[i];
	return NULL;
}
