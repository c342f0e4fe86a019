#include "cli/run_charge.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/ops.h"

/* A year: no more is asked for in earnest. */
#define SECONDS_MAX 31536000u

void charge_free(struct charge *c)
{
	free(c->name);
	free(c->host);
	free(c->fs);
	free(c->told);
	free(c->noted);
	free(c);
}

bool charge_knows(const struct charge *c, const struct err *e)
{
	if (c->told == NULL || e->reason != c->told_reason)
		return false;
	return e->reason != REASON_NONE || strcmp(c->told, e->what) == 0;
}

void charges_say(const struct charges *s, const struct charge *c, struct log_event e)
{
	e.tag = s->c->tag;
	if (c != NULL) {
		e.dataset = c->name;
		e.peer = c->host;
	}
	log_say(&s->c->ui, s->log, &e);
}

static bool is_same(const struct charge *c, const char *name, const char *host, const char *fs)
{
	return strcmp(c->name, name) == 0 && strcmp(c->host, host) == 0 && strcmp(c->fs, fs) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct charge *const *)a)->name,
		      (*(const struct charge *const *)b)->name);
}

static int is_named(const void *name, const void *item)
{
	return strcmp(name, (*(const struct charge *const *)item)->name);
}

void charges_sort(struct charge **items, size_t n)
{
	if (n > 1)
		qsort(items, n, sizeof(*items), by_name);
}

struct charge *const *charges_named(struct charge *const *items, size_t n, const char *name)
{
	return n > 0 ? bsearch(name, items, n, sizeof(*items), is_named) : NULL;
}

/* --- what there is --- */

/* A dataset, as a roster has it. */
struct entry {
	const char *name, *host, *fs, *rpo; /* the roster's */
	bool paused, recursive;
	bool taken; /* its other side could be a dataset */
};

static int by_entry(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* In the order of their names, *n of them; the caller frees. NULL: it is no roster. */
static struct entry *read_roster(const nvlist_t *result, size_t *n)
{
	size_t ns[6];
	char **names = nv_strs(result, "names", &ns[0]), **hosts = nv_strs(result, "hosts", &ns[1]),
	     **fss = nv_strs(result, "fss", &ns[2]), **rpos = nv_strs(result, "rpos", &ns[3]);
	const uint64_t *paused = nv_u64s(result, "paused", &ns[4]),
		       *recursive = nv_u64s(result, "recursive", &ns[5]);

	*n = ns[0];
	for (size_t i = 1; i < ARRAY_LEN(ns); i++)
		if (ns[i] != *n)
			return NULL;
	struct entry *all = mem_zalloc((*n + 1) * sizeof(*all));
	for (size_t i = 0; i < *n; i++)
		all[i] = (struct entry){.name = names[i],
					.host = hosts[i],
					.fs = fss[i],
					.rpo = rpos[i],
					.paused = paused[i] != 0,
					.recursive = recursive[i] != 0,
					.taken = *hosts[i] != '\0' && name_is_dataset(fss[i])};
	if (*n > 1)
		qsort(all, *n, sizeof(*all), by_entry);
	return all;
}

/* Is the other side of one below the other side of the other, as they are here? */
static bool goes_along(const struct entry *root, const struct entry *member)
{
	char *there = str_fmt("%s%s", root->fs, member->name + strlen(root->name));
	bool is = strcmp(root->host, member->host) == 0 && strcmp(there, member->fs) == 0;

	free(there);
	return is;
}

/* Is it synced with the tree that it is in? What it is below comes before it. */
static bool is_within(const struct entry *all, size_t i)
{
	for (char *above = name_parent(all[i].name), *next; above != NULL; above = next) {
		size_t k = sorted_first(all, i, sizeof(*all), above);
		bool is = k < i && strcmp(all[k].name, above) == 0 && all[k].taken &&
			  all[k].recursive && goes_along(&all[k], &all[i]);
		next = name_parent(above);
		free(above);
		if (is) {
			free(next);
			return true;
		}
	}
	return false;
}

/* Lock held. Fills in what may have been set otherwise. */
static void update(struct charges *s, struct charge *of, const struct entry *e)
{
	uint64_t seconds = 0;

	of->gone = false;
	if (of->working) /* a lane reads it; at the next time, then */
		return;
	if (!num_parse_seconds(e->rpo, &seconds) || seconds > SECONDS_MAX)
		seconds = 0; /* status tells that it cannot be read */
	if (of->recursive != e->recursive || of->paused != e->paused)
		of->pace.at_rest = false;
	of->recursive = e->recursive;
	of->paused = e->paused;
	of->pace.rpo = seconds * 1000;
	of->pace.every = s->every;
}

static struct charge *make(struct charges *s, const struct entry *e)
{
	struct charge *c = mem_zalloc(sizeof(*c));

	*c = (struct charge){.name = mem_strdup(e->name),
			     .host = mem_strdup(e->host),
			     .fs = mem_strdup(e->fs),
			     .counts = {.last_seconds = -1}};
	update(s, c, e);
	return c;
}

/* Lock held. Those that are gone, but not what a lane works on. */
static void drop_gone(struct charges *s)
{
	size_t left = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i]->gone && !s->items[i]->working)
			charge_free(s->items[i]);
		else
			s->items[left++] = s->items[i];
	}
	s->n = left;
}

/* Lock held. */
static void adopt(struct charges *s, struct entry *all, size_t n)
{
	size_t known = s->n;

	for (size_t i = 0; i < s->n; i++)
		s->items[i]->gone = true;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &all[i];
		e->taken = e->taken && (i == 0 || strcmp(all[i - 1].name, e->name) != 0);
		if (!e->taken || is_within(all, i))
			continue;
		struct charge *const *at = charges_named(s->items, known, e->name);
		if (at != NULL && is_same(*at, e->name, e->host, e->fs)) {
			update(s, *at, e);
		} else if (at == NULL || !(*at)->working) { /* else at the next look */
			s->items = mem_array(s->items, s->n + 1, sizeof(*s->items));
			s->items[s->n++] = make(s, e);
		}
	}
	drop_gone(s);
	charges_sort(s->items, s->n);
}

/* What was here and cannot be seen any more is no news of each dataset, but one of its pool; and its return is another. */
static void tell_away(struct charges *s, const nvlist_t *result)
{
	const char *key = s->pull ? "seen_replicas" : "seen";
	size_t n;
	char **names = nv_strs(result, key, &n);
	struct strv pools = name_pools(names, n);

	for (size_t i = 0; i < pools.n; i++) {
		const char *pool = pools.items[i];
		unsigned of = 0;
		if (strv_has(&s->away, pool))
			continue;
		for (size_t k = 0; k < n; k++)
			of += name_same_pool(names[k], pool);
		struct err *e = err_remedy(
		    err_refuse(REASON_POOL_AWAY,
			       "pool %s is not imported on %s: %u dataset%s in it cannot be synced",
			       pool, s->c->self, of, of == 1 ? "" : "s"),
		    "on %s: {zpool import %s}; they are synced again by themselves then",
		    s->c->self, pool);
		charges_say(s, NULL, (struct log_event){.event = "pool-away", .error = e});
		err_free(e);
	}
	for (size_t i = 0; i < s->away.n; i++) {
		if (strv_has(&pools, s->away.items[i]))
			continue;
		char *text = str_fmt("pool %s is there again", s->away.items[i]);
		charges_say(s, NULL, (struct log_event){.event = "pool-back", .text = text});
		free(text);
	}
	strv_free(&s->away);
	s->away = pools;
}

struct err *charges_find(struct charges *s)
{
	nvlist_t *args = nv_new(), *result = NULL;
	size_t n;

	nv_add_str(args, "tag", s->c->tag);
	if (s->pull)
		nv_add_flag(args, "pulls");
	struct err *e = host_call(s->c->local, OP_ROSTER, args, &result);
	struct entry *all = e == NULL ? read_roster(result, &n) : NULL;
	if (all != NULL) {
		pthread_mutex_lock(&s->lock);
		adopt(s, all, n);
		pthread_mutex_unlock(&s->lock);
		tell_away(s, result);
	}
	free(all);
	nv_free(result);
	nv_free(args);
	return e;
}

/* --- looking --- */

static const char *named(const struct charge *c, bool here)
{
	return here ? c->name : c->fs;
}

static void take_seen(struct charge *c, const nvlist_t *result, const char *name, bool deep)
{
	const nvlist_t *states = nv_nv(result, "states"), *counts = nv_nv(result, "counts");
	uint64_t state = nv_u64(states, name, 0);

	c->seen = (struct seen){.state = state,
				.count = nv_u64(counts, name, 0),
				.has_state = deep && state != 0,
				.has_count = nvlist_exists(counts, name)};
}

struct err *charges_see(struct ctx *c, struct host *h, struct charge *const *items, size_t n,
			bool here, bool deep)
{
	nvlist_t *args = nv_new(), *result = NULL;
	struct strv singles = {0}, trees = {0};

	if (n == 0) {
		nv_free(args);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		strv_add(items[i]->recursive ? &trees : &singles, named(items[i], here));
	nv_add_strs(args, "datasets", singles.items, singles.n);
	nv_add_strs(args, "trees", trees.items, trees.n);
	if (!deep)
		nv_add_flag(args, "counted");
	struct err *e = host_call(h, OP_WRITTEN, args, &result);
	for (size_t i = 0; e == NULL && i < n; i++)
		take_seen(items[i], result, named(items[i], here), deep);
	strv_free(&singles);
	strv_free(&trees);
	nv_free(result);
	nv_free(args);
	return e;
}

/* Those that want to be looked at so. Lock held. */
static size_t want(struct charges *s, bool deep, uint64_t now, struct charge **out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct charge *c = s->items[i];
		if (c->working || c->due || c->paused || c->gone)
			continue;
		enum pace_want w = pace_next(&c->pace, s->counted, now);
		if (w == PACE_LOOK_DEEP && now < s->next_look)
			w = s->counted ? PACE_LOOK : PACE_NOTHING;
		if (deep ? w == PACE_LOOK_DEEP || w == PACE_SYNC : w == PACE_LOOK)
			out[n++] = c;
	}
	return n;
}

/* How long ZFS is left alone after it was asked for what is at rest: so many times as long as that took, LOOK_MOST at most. */
#define LOOK_SHARE 3u
#define LOOK_MOST 5000u

/* What was seen of them counts, or (e) nothing was: then only what has to be synced anyway is. */
static void take_looks(struct charges *s, struct charge **items, size_t n, bool deep, uint64_t now,
		       const struct err *e)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++) {
		struct charge *c = items[i];
		bool must = pace_next(&c->pace, s->counted, now) == PACE_SYNC;
		c->pace.looked = now;
		if (deep)
			c->pace.looked_deep = now;
		if (e != NULL)
			c->seen = (struct seen){0};
		if (c->seen.has_count)
			s->counted = true;
		c->written = e == NULL && c->pace.begun != 0 && pace_differs(&c->pace, &c->seen);
		c->due = s->pull || must || (e == NULL && pace_changed(&c->pace, &c->seen));
		if (c->due)
			pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
}

/* None of them is a lane's while it is not due. Pool by pool: one that hangs keeps no other from being looked at. */
static struct err *look(struct charges *s, bool deep)
{
	uint64_t now = clock_ms();
	struct err *first = NULL;

	pthread_mutex_lock(&s->lock);
	struct charge **items = mem_array(NULL, s->n + 1, sizeof(*items));
	size_t n = want(s, deep, now, items);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && name_same_pool(items[i]->name, items[k]->name);)
			k++;
		/* What is fetched was written elsewhere: whoever fetches it asks there. */
		struct err *e =
		    s->pull ? NULL : charges_see(s->c, s->c->local, items + i, k - i, true, deep);
		take_looks(s, items + i, k - i, deep, now, e);
		first = err_first(first, e);
	}
	if (deep && n > 0) {
		uint64_t rest = (clock_ms() - now) * LOOK_SHARE;
		s->next_look = clock_ms() + (rest < LOOK_MOST ? rest : LOOK_MOST);
	}
	free(items);
	return first;
}

struct err *charges_look(struct charges *s)
{
	struct err *e = s->counted ? look(s, false) : NULL;

	return err_first(e, look(s, true));
}
