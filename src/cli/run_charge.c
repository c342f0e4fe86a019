#include "cli/run_charge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* In the order of names, as the roster is. */
static int by_name(const void *a, const void *b)
{
	const struct charge *x = *(const struct charge *const *)a,
			    *y = *(const struct charge *const *)b;

	return strcmp(x->name, y->name);
}

struct charge *charges_of(const struct charges *s, const char *name)
{
	size_t first = 0, n = s->n;

	while (n > 0) {
		size_t half = n / 2;
		int c = strcmp(s->items[first + half]->name, name);
		if (c == 0)
			return s->items[first + half];
		if (c < 0) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return NULL;
}

/* What a roster says, as arrays of one length. */
struct roster {
	char **names, **hosts, **fss, **rpos;
	uint64_t *paused, *recursive;
	size_t n;
};

static bool read_roster(const nvlist_t *result, struct roster *r)
{
	size_t n[6];

	*r = (struct roster){.names = nv_strs(result, "names", &n[0]),
			     .hosts = nv_strs(result, "hosts", &n[1]),
			     .fss = nv_strs(result, "fss", &n[2]),
			     .rpos = nv_strs(result, "rpos", &n[3]),
			     .paused = nv_u64s(result, "paused", &n[4]),
			     .recursive = nv_u64s(result, "recursive", &n[5]),
			     .n = n[0]};
	for (size_t i = 1; i < ARRAY_LEN(n); i++)
		if (n[i] != n[0])
			return false;
	return true;
}

/* Is the other side of one below the other side of the other, as they are here? */
static bool goes_along(const struct roster *r, size_t root, size_t member)
{
	char *there = str_fmt("%s%s", r->fss[root], r->names[member] + strlen(r->names[root]));
	bool is =
	    strcmp(r->hosts[root], r->hosts[member]) == 0 && strcmp(there, r->fss[member]) == 0;

	free(there);
	return is;
}

/* Is it synced with the tree that it is in? Names come in order: what it is below came before. */
static bool is_within(const struct roster *r, const bool *taken, size_t i)
{
	for (char *above = name_parent(r->names[i]), *next; above != NULL; above = next) {
		size_t k = sorted_from(r->names, i, above);
		bool is = k < i && strcmp(r->names[k], above) == 0 && taken[k] &&
			  r->recursive[k] != 0 && goes_along(r, k, i);
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
static void update(struct charges *s, struct charge *of, const struct roster *r, size_t i)
{
	uint64_t seconds = 0, rpo;

	of->gone = false;
	if (of->working) /* a lane reads it; at the next time, then */
		return;
	if (!num_parse_seconds(r->rpos[i], &seconds) || seconds > SECONDS_MAX)
		seconds = 0; /* status tells that it cannot be read */
	rpo = seconds * 1000;
	if (of->recursive != (r->recursive[i] != 0) || of->paused != (r->paused[i] != 0))
		of->pace.at_rest = false;
	of->recursive = r->recursive[i] != 0;
	of->paused = r->paused[i] != 0;
	of->pace.rpo = rpo;
	of->pace.every = s->every;
}

static struct charge *make(struct charges *s, const struct roster *r, size_t i)
{
	struct charge *c = mem_zalloc(sizeof(*c));

	*c = (struct charge){.name = mem_strdup(r->names[i]),
			     .host = mem_strdup(r->hosts[i]),
			     .fs = mem_strdup(r->fss[i]),
			     .counts = {.last_seconds = -1}};
	update(s, c, r, i);
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
static void adopt(struct charges *s, const struct roster *r)
{
	bool *taken = mem_zalloc(r->n + 1);
	size_t known = s->n;

	for (size_t i = 0; i < s->n; i++)
		s->items[i]->gone = true;
	for (size_t i = 0; i < r->n; i++) {
		taken[i] = *r->hosts[i] != '\0' && name_is_dataset(r->fss[i]) &&
			   (i == 0 || strcmp(r->names[i - 1], r->names[i]) != 0);
		if (!taken[i] || is_within(r, taken, i))
			continue;
		struct charges before = {.items = s->items, .n = known};
		struct charge *c = charges_of(&before, r->names[i]);
		if (c != NULL && is_same(c, r->names[i], r->hosts[i], r->fss[i])) {
			update(s, c, r, i);
		} else if (c == NULL || !c->working) { /* else at the next look */
			s->items = mem_array(s->items, s->n + 1, sizeof(*s->items));
			s->items[s->n++] = make(s, r, i);
		}
	}
	drop_gone(s);
	if (s->n > 1)
		qsort(s->items, s->n, sizeof(*s->items), by_name);
	free(taken);
}

/* The answer's names in order, and the rest with them. */
struct place {
	const char *name;
	size_t at;
};

static int by_place(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

static void sort_roster(struct roster *r)
{
	struct place *p = mem_array(NULL, r->n + 1, sizeof(*p));
	struct roster o = {.names = mem_array(NULL, r->n + 1, sizeof(char *)),
			   .hosts = mem_array(NULL, r->n + 1, sizeof(char *)),
			   .fss = mem_array(NULL, r->n + 1, sizeof(char *)),
			   .rpos = mem_array(NULL, r->n + 1, sizeof(char *)),
			   .paused = mem_array(NULL, r->n + 1, sizeof(uint64_t)),
			   .recursive = mem_array(NULL, r->n + 1, sizeof(uint64_t)),
			   .n = r->n};

	for (size_t i = 0; i < r->n; i++)
		p[i] = (struct place){r->names[i], i};
	if (r->n > 1)
		qsort(p, r->n, sizeof(*p), by_place);
	for (size_t i = 0; i < r->n; i++) {
		o.names[i] = r->names[p[i].at];
		o.hosts[i] = r->hosts[p[i].at];
		o.fss[i] = r->fss[p[i].at];
		o.rpos[i] = r->rpos[p[i].at];
		o.paused[i] = r->paused[p[i].at];
		o.recursive[i] = r->recursive[p[i].at];
	}
	free(p);
	*r = o;
}

static void roster_free(struct roster *r)
{
	free(r->names);
	free(r->hosts);
	free(r->fss);
	free(r->rpos);
	free(r->paused);
	free(r->recursive);
}

struct err *charges_find(struct charges *s)
{
	nvlist_t *args = nv_new(), *result = NULL;
	struct roster r;

	nv_add_str(args, "tag", s->c->tag);
	if (s->pull)
		nv_add_flag(args, "pulls");
	struct err *e = host_call(s->c->local, OP_ROSTER, args, &result);
	if (e == NULL && read_roster(result, &r)) {
		sort_roster(&r);
		pthread_mutex_lock(&s->lock);
		adopt(s, &r);
		pthread_mutex_unlock(&s->lock);
		roster_free(&r);
	}
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
	uint64_t state = nv_u64(states, name, 0), count = nv_u64(counts, name, 0);

	c->seen = (struct seen){.state = state,
				.count = count,
				.has_state = deep && state != 0,
				.has_count = count != 0};
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

/* Since the last round, of whatever that has come. */
static bool has_changed(const struct charge *c)
{
	return (c->seen.has_state && c->seen.state != c->pace.rest.state) ||
	       (c->seen.has_count && c->pace.rest.has_count && c->seen.count != c->pace.rest.count);
}

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
		c->written = e == NULL && c->pace.begun != 0 && has_changed(c);
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
