#include "plan/health/beside.h"

#include <stdlib.h>
#include <string.h>

#include "plan/health/finding.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "util/remedy.h"

/* Fewer pairs than that have nothing in common that could be told from chance ... */
#define PAIRS_MIN 2u
/* ... and so have those beside which more is no pair than one for so many. */
#define PAIRS_FOR_ONE 2u
/* Datasets of a pool that is away which are named. */
#define NAMED 3u

static struct health *add(struct strv *names, struct health **healths, const char *name)
{
	*healths = mem_array(*healths, names->n + 1, sizeof(**healths));
	(*healths)[names->n] = (struct health){0};
	strv_add(names, name);
	return &(*healths)[names->n - 1];
}

/* --- what was forgotten --- */

static int by_name(const void *key, const void *one)
{
	return strcmp(key, ((const struct beside *)one)->name);
}

static const struct beside *find_beside(const struct side *side, const char *name)
{
	return side->n_beside > 0
		   ? bsearch(name, side->beside, side->n_beside, sizeof(*side->beside), by_name)
		   : NULL;
}

/* Is a pair below it, so that it only holds what is replicated? */
static bool holds_pairs(const struct side *side, const char *name)
{
	size_t first = sorted_first(side->datasets, side->n, sizeof(*side->datasets), name);

	/* What sorts between a name and what is below it begins with the name as well. */
	for (; first < side->n && strncmp(side->datasets[first].name, name, strlen(name)) == 0;
	     first++)
		if (side->datasets[first].role != ROLE_NONE &&
		    name_within(side->datasets[first].name, name))
			return true;
	for (size_t i = 0; i < side->n_beside; i++) /* under another tag */
		if (side->beside[i].tagged && name_within(side->beside[i].name, name) &&
		    strcmp(side->beside[i].name, name) != 0)
			return true;
	return false;
}

/* Somebody's word holds for what is below it; and what is in a tree is the tree's. */
static bool is_settled_above(const struct side *side, const char *name)
{
	bool settled = false;

	for (char *next, *above = name_parent(name); above != NULL; above = next) {
		const struct beside *b = find_beside(side, above);
		const struct dataset *d = side_find(side, above);
		settled = settled || (b != NULL && b->excluded) ||
			  (d != NULL && (d->excluded || d->recursive));
		next = settled ? NULL : name_parent(above);
		free(above);
	}
	return settled;
}

/* Could it have been meant to be a pair? */
static bool could_be(const struct side *side, const struct beside *b)
{
	char *before = preserved_name_before(b->name);
	bool kept = before != NULL;

	free(before);
	return !kept && !b->excluded && !b->readonly && !b->unmounted && !b->clone && !b->tagged &&
	       !b->swap && side_unreadable(side, b->name) == NULL && !holds_pairs(side, b->name) &&
	       !is_settled_above(side, b->name);
}

static size_t count(const struct strv *sorted, const char *name)
{
	size_t n = 0;

	for (size_t i = sorted_from(sorted->items, sorted->n, name);
	     i < sorted->n && strcmp(sorted->items[i], name) == 0; i++)
		n++;
	return n;
}

/* A master in `parent`, to tell where its neighbour could go. */
static const struct dataset *pair_in(const struct side *side, const char *parent)
{
	const struct dataset *found = NULL;

	for (size_t i = 0; i < side->n && found == NULL; i++) {
		char *of = name_parent(side->datasets[i].name);
		if (side->datasets[i].role == ROLE_MASTER && str_same(of, parent))
			found = &side->datasets[i];
		free(of);
	}
	return found;
}

static void tell_forgotten(const struct side *side, const char *tag, const char *host,
			   const char *name, const char *parent, size_t pairs, struct health *h)
{
	const struct dataset *like = pair_in(side, parent);
	char *there = like != NULL && like->dest_fs != NULL ? name_parent(like->dest_fs) : NULL;
	char *to = there != NULL ? str_fmt("%s%s", there, strrchr(name, '/')) : mem_strdup(name);

	health_add_text(
	    h, CHECK_WARNING,
	    str_fmt("%s on %s is not replicated, although %zu others in %s are", name, host, pairs,
		    parent),
	    remedy_fmt(
		"if it was forgotten: on %s, {zrep init}%s{ %s %s %s}; if it needs no replica: on "
		"%s, {zfs set %s:exclude=yes %s}",
		host, like != NULL && like->recursive ? " -R" : "", name,
		like != NULL ? like->dest_host : "HOST", to, host, tag, name));
	free(to);
	free(there);
}

static void find_forgotten(const struct side *side, const char *tag, const char *host,
			   struct strv *names, struct health **healths)
{
	struct strv pairs = {0}, others = {0}, who = {0};

	/* Each by what it is in. */
	for (size_t i = 0; i < side->n; i++) {
		char *parent = name_parent(side->datasets[i].name);
		if (side->datasets[i].role == ROLE_MASTER && parent != NULL)
			strv_add(&pairs, parent);
		free(parent);
	}
	sorted_sort(pairs.items, pairs.n);
	for (size_t i = 0; i < side->n_beside; i++) {
		char *parent = name_parent(side->beside[i].name);
		if (parent != NULL && count(&pairs, parent) >= PAIRS_MIN &&
		    could_be(side, &side->beside[i])) {
			strv_add(&others, parent);
			strv_add(&who, side->beside[i].name);
		}
		free(parent);
	}
	sorted_sort(others.items, others.n);
	for (size_t i = 0; i < who.n; i++) {
		char *parent = name_parent(who.items[i]);
		size_t n = count(&pairs, parent);
		if (n >= PAIRS_FOR_ONE * count(&others, parent))
			tell_forgotten(side, tag, host, who.items[i], parent, n,
				       add(names, healths, who.items[i]));
		free(parent);
	}
	strv_free(&who);
	strv_free(&others);
	strv_free(&pairs);
}

/* --- what is away --- */

/* Under another name its pool is there. */
static bool is_here(const struct side *side, uint64_t guid)
{
	for (size_t i = 0; guid != 0 && i < side->n; i++)
		if (side->datasets[i].guid == guid)
			return true;
	return false;
}

/* `gone` are all of one pool. */
static void tell_away(const struct side *side, const char *host, const struct strv *gone,
		      struct strv *names, struct health **healths)
{
	char *pool = name_pool(gone->items[0]), *file = str_fmt("%s/%s", side->seen_dir, pool);
	struct buf which = {0};

	for (size_t i = 0; i < gone->n && i < NAMED; i++)
		buf_addf(&which, "%s%s", i > 0 ? ", " : "", gone->items[i]);
	if (gone->n > NAMED)
		buf_addf(&which, " and %zu more", gone->n - NAMED);
	health_add_text(
	    add(names, healths, pool), CHECK_CRITICAL,
	    str_fmt("%s has not imported the pool %s, in which it is the master of %s", host, pool,
		    buf_str(&which)),
	    remedy_fmt("on %s: {zpool import %s}; if that pool is not to be there any more, and "
		       "nobody is to be told: on %s, {rm %s}",
		       host, pool, host, file));
	buf_free(&which);
	free(file);
	free(pool);
}

static void add_away(const struct side *side, const struct strv *seen, const uint64_t *guids,
		     struct strv *names)
{
	for (size_t i = 0; i < seen->n; i++)
		if (!is_here(side, guids[i]))
			strv_add(names, seen->items[i]);
}

void plan_masters_away(const struct side *side, struct strv *names)
{
	add_away(side, &side->seen, side->seen_guids, names);
}

void plan_replicas_away(const struct side *side, const char *host, struct strv *names,
			struct strv *notes)
{
	size_t before = names->n;

	add_away(side, &side->seen_replicas, side->seen_replicas_guids, names);
	for (size_t i = before; i < names->n; i++) {
		if (i > before && name_same_pool(names->items[i - 1], names->items[i]))
			continue;
		char *pool = name_pool(names->items[i]),
		     *file = str_fmt("%s/%s", side->seen_replicas_dir, pool);
		char *note = remedy_fmt(
		    "%s had replicas in the pool %s when it was last seen; if it is not to be "
		    "there any more, and nobody is to be told: on %s, {rm %s}",
		    host, pool, host, file);
		strv_add(notes, note);
		free(note);
		free(file);
		free(pool);
	}
}

static void find_away(const struct side *side, const char *host, struct strv *names,
		      struct health **healths)
{
	struct strv all = {0}, gone = {0};

	plan_masters_away(side, &all);
	for (size_t i = 0; i <= all.n; i++) {
		bool last = i == all.n;
		if (gone.n > 0 && (last || !name_same_pool(gone.items[0], all.items[i]))) {
			tell_away(side, host, &gone, names, healths);
			strv_free(&gone);
		}
		if (!last)
			strv_add(&gone, all.items[i]);
	}
	strv_free(&gone);
	strv_free(&all);
}

void plan_beside(const struct side *side, const char *tag, const char *host, struct strv *names,
		 struct health **healths)
{
	find_away(side, host, names, healths);
	find_forgotten(side, tag, host, names, healths);
}
