#include "zfs/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/lock.h"

/* Pools that are asked; a host has a few. */
#define POOLS_MAX 32u

/* Of the timeout: how often to ask. */
#define TICKS 4u

/* How long watch_free() waits for a question that is being asked. Milliseconds. */
#define FREE_MS 2000u

/* One that calls were about. */
struct pool {
	struct watch *watch;
	char name[256]; /* "": none in particular: does ZFS answer at all? */
	bool asking;    /* a question has not been answered yet */
	unsigned asked; /* how often */
	bool hung;      /* a call was given up because of it */
	uint64_t since; /* when it answered last */
};

struct watch {
	struct local *local;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool running, stop;
	size_t asking;
	struct watched *calls;
	struct strv left; /* what calls that were given up may still change, sorted */
	struct pool pools[POOLS_MAX + 1]; /* the first is "" */
	size_t n_pools;
};

static void add_pool(struct strv *pools, const char *name)
{
	char pool[256];
	size_t n = strcspn(name, "/@#");

	if (n == 0 || n >= sizeof(pool))
		return;
	memcpy(pool, name, n);
	pool[n] = '\0';
	for (size_t i = pools->n; i-- > 0;)
		if (strcmp(pools->items[i], pool) == 0)
			return;
	if (name_is_dataset(pool) && pools->n <= POOLS_MAX) /* one too many is noticed */
		strv_add(pools, pool);
}

static void add(struct watched *d, bool changes, const char *name)
{
	add_pool(&d->pools, name);
	if (changes)
		lock_about(&d->names, name);
}

/* What the arguments of an operation are about; see ops.h. Unchecked: they may be a peer's. */
static void add_names(struct watched *d, bool changes, const nvlist_t *args)
{
	static const char *const arrays[] = {"datasets", "trees", "snaps", "bookmarks"};
	static const char *const lists[] = {"items", "props", "expect", "state"};

	for (size_t k = 0; k < ARRAY_LEN(arrays); k++) {
		size_t n;
		char **names = nv_strs(args, arrays[k], &n);
		for (size_t i = 0; i < n; i++)
			add(d, changes, names[i]);
	}
	/* Those of a receive are the properties of one dataset. */
	const char *snap = nv_str(args, "snap");
	for (size_t k = 0; k < ARRAY_LEN(lists) && snap == NULL; k++)
		nv_each(nv_nv(args, lists[k]), p)
			add(d, changes, nvpair_name(p));
	if (snap != NULL)
		add(d, changes, snap);
	lock_about_done(&d->names);
}

/* What is about none in particular, or about more than are asked one by one, is about all. */
static bool is_about(const struct watched *d, const struct pool *p)
{
	return d->pools.n == 0 || d->all || strv_has(&d->pools, p->name);
}

/* Does it change none of what it names? */
static bool only_reads(const char *op)
{
	static const char *const ops[] = {OP_LIST,   OP_TOKEN,  OP_LOCK,
					  OP_UNLOCK, OP_ROSTER, OP_WRITTEN};

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (strcmp(op, ops[i]) == 0)
			return true;
	return false;
}

/* A sign of life of one call. Lock held. */
static void alive(struct watched *d, uint64_t at)
{
	d->since = at;
	if (d->alive != NULL)
		d->alive(d->ctx);
}

/* A pool has answered: whoever has an answer of all that he is about is alive. */
static void answered(struct pool *pool)
{
	struct watch *w = pool->watch;

	pthread_mutex_lock(&w->lock);
	pool->since = clock_ms();
	pool->hung = false; /* a program that stays asks it again */
	for (struct watched *d = w->calls; d != NULL; d = d->next) {
		uint64_t least = UINT64_MAX;
		for (size_t i = 0; i < w->n_pools; i++)
			if (is_about(d, &w->pools[i]) && w->pools[i].since < least)
				least = w->pools[i].since;
		if (is_about(d, pool) && least > d->since)
			alive(d, least);
	}
	pthread_mutex_unlock(&w->lock);
}

/* Is it there? One that is suspended takes no question. One that is gone is an answer. No pool has the other name: that is
 * an answer as well. */
static bool is_there(const char *pool)
{
	errno = 0;
	return lzc_exists(*pool != '\0' ? pool : "zrep-asks-for-a-sign-of-life") || errno != EAGAIN;
}

/* Does it commit? Not by force: where nothing was written this costs little. */
static bool commits(const char *pool)
{
	nvlist_t *unforced, *out = NULL;

	if (*pool == '\0')
		return true;
	unforced = nv_new();
	if (nvlist_add_boolean_value(unforced, "force", B_FALSE) != 0)
		mem_exhausted();
	int rc = lzc_sync(pool, unforced, &out);
	nvlist_free(out);
	nv_free(unforced);
	return rc != EAGAIN;
}

/* The whole question. Where ZFS hangs it does not return. */
static void *ask(void *arg)
{
	struct pool *pool = arg;
	struct watch *w = pool->watch;
	struct err *e = local_init(w->local);

	if (e != NULL || is_there(pool->name)) {
		answered(pool);
		/* Each time it would cost too many txgs. */
		if (e == NULL && pool->asked % 2 == 0 && commits(pool->name))
			answered(pool);
	}
	err_free(e);
	pthread_mutex_lock(&w->lock);
	pool->asking = false;
	w->asking--;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* No thread is to be had now: it is asked the next time. Lock held. */
static void begin_asking(struct watch *w, struct pool *pool)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pool->asked++;
	pool->asking = pthread_create(&t, &attr, ask, pool) == 0;
	w->asking += pool->asking;
	pthread_attr_destroy(&attr);
}

/* What moves by itself says so; of what has been quiet for too long the pools are asked. Lock held. */
static void look(struct watch *w)
{
	uint64_t now = clock_ms();

	for (struct watched *d = w->calls; d != NULL; d = d->next) {
		uint64_t bytes = d->bytes != NULL ? atomic_load(d->bytes) : 0;
		if (now < d->since + d->tick)
			continue;
		if (d->free || bytes != d->seen) {
			d->seen = bytes;
			alive(d, now);
			continue;
		}
		for (size_t i = 0; i < w->n_pools; i++)
			if (is_about(d, &w->pools[i]) && !w->pools[i].asking &&
			    now >= w->pools[i].since + d->tick)
				begin_asking(w, &w->pools[i]);
	}
}

/* Until the next call may have been quiet for too long. Lock held. */
static void rest(struct watch *w)
{
	uint64_t ms = UINT64_MAX;

	for (const struct watched *d = w->calls; d != NULL; d = d->next)
		ms = d->tick / 2 < ms ? d->tick / 2 : ms;
	if (ms == UINT64_MAX)
		pthread_cond_wait(&w->changed, &w->lock);
	else
		(void)patience_cond_wait(&w->changed, &w->lock, ms);
}

static void *watch_thread(void *arg)
{
	struct watch *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		look(w);
		rest(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* False: it is none of those that are asked, and there are too many for one more. Lock held, or nobody else knows w. */
static bool know_pool(struct watch *w, const char *name)
{
	for (size_t i = 0; i < w->n_pools; i++)
		if (strcmp(w->pools[i].name, name) == 0)
			return true;
	if (w->n_pools == ARRAY_LEN(w->pools))
		return false;
	struct pool *p = &w->pools[w->n_pools++];
	*p = (struct pool){.watch = w, .since = clock_ms()};
	memcpy(p->name, name, strlen(name) + 1); /* add_pool() has seen to its length */
	return true;
}

struct watch *watch_new(struct local *l)
{
	struct watch *w = mem_zalloc(sizeof(*w));

	w->local = l;
	pthread_mutex_init(&w->lock, NULL);
	patience_cond_init(&w->changed);
	(void)know_pool(w, "");
	return w;
}

bool watch_free(struct watch *w)
{
	uint64_t end = clock_ms() + FREE_MS;

	if (w == NULL)
		return true;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->changed);
	while (w->asking > 0 && clock_ms() < end)
		(void)patience_cond_wait(&w->changed, &w->lock, PATIENCE_MS);
	bool asking = w->asking > 0;
	pthread_mutex_unlock(&w->lock);
	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
	if (asking)
		return false;
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	strv_free(&w->left);
	free(w);
	return true;
}

/* Lock held: those that have not answered for as long as the call was waited for. Another one may have been asked a moment
 * ago. A question is late by a tick at most. */
static void note_hung(struct watch *w, const struct watched *d)
{
	uint64_t now = clock_ms(), limit = (uint64_t)w->local->timeout * 1000;

	for (size_t i = 0; i < w->n_pools; i++)
		if (is_about(d, &w->pools[i]) && w->pools[i].asking &&
		    now + d->tick >= w->pools[i].since + limit)
			w->pools[i].hung = true;
}

static bool is_over(void *ctx, uint64_t since)
{
	struct watched *d = ctx;
	const struct local *l = d->watch->local;

	if (!atomic_load(&d->given_up) && atomic_load(&l->leaving))
		atomic_store(&d->given_up, true);
	if (atomic_load(&d->given_up) || l->timeout == 0)
		return atomic_load(&d->given_up);
	pthread_mutex_lock(&d->watch->lock);
	if (clock_ms() >= (d->since > since ? d->since : since) + (uint64_t)l->timeout * 1000) {
		atomic_store(&d->given_up, true);
		note_hung(d->watch, d);
	}
	pthread_mutex_unlock(&d->watch->lock);
	return atomic_load(&d->given_up);
}

struct err *watch_begin(struct watch *w, struct watched *d, const char *op, const nvlist_t *args,
			unsigned timeout, const atomic_uint_least64_t *bytes,
			void (*alive_fn)(void *ctx), void *ctx)
{
	uint64_t tick = (uint64_t)timeout * 1000 / TICKS;
	int rc = 0;

	*d = (struct watched){.watch = w,
			      .tick = tick < WATCH_TICK_MAX ? tick : WATCH_TICK_MAX,
			      .since = clock_ms(),
			      .free = strcmp(op, OP_HOOK) == 0,
			      .alive = alive_fn,
			      .ctx = ctx,
			      .bytes = bytes,
			      .patience = {is_over, d}};
	add_names(d, !only_reads(op), args);
	pthread_mutex_lock(&w->lock);
	if (!w->running)
		rc = pthread_create(&w->thread, NULL, watch_thread, w);
	w->running = rc == 0;
	if (rc == 0) {
		for (size_t i = 0; i < d->pools.n; i++)
			d->all = !know_pool(w, d->pools.items[i]) || d->all;
		d->next = w->calls;
		w->calls = d;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	if (rc == 0)
		return NULL;
	strv_free(&d->pools);
	strv_free(&d->names);
	return err_sys(ERR_FAILED, rc, "%s: cannot start a thread", w->local->host);
}

void watch_end(struct watched *d)
{
	struct watch *w = d->watch;
	struct watched **p = &w->calls;

	pthread_mutex_lock(&w->lock);
	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	for (size_t i = 0; atomic_load(&d->given_up) && i < d->names.n; i++)
		strv_add(&w->left, d->names.items[i]);
	lock_about_done(&w->left);
	pthread_mutex_unlock(&w->lock);
	strv_free(&d->pools);
	strv_free(&d->names);
}

void watch_over(struct watch *w, const char *op, const nvlist_t *args)
{
	struct watched d = {.watch = w};

	add_names(&d, !only_reads(op), args);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < d.names.n; i++) {
		size_t k = sorted_from(w->left.items, w->left.n, d.names.items[i]);
		if (k >= w->left.n || strcmp(w->left.items[k], d.names.items[i]) != 0)
			continue;
		free(w->left.items[k]);
		memmove(&w->left.items[k], &w->left.items[k + 1],
			(w->left.n - k) * sizeof(*w->left.items)); /* with the NULL behind */
		w->left.n--;
	}
	pthread_mutex_unlock(&w->lock);
	strv_free(&d.pools);
	strv_free(&d.names);
}

bool watch_is_changing(struct watch *w, const char *dataset)
{
	pthread_mutex_lock(&w->lock);
	bool yes = lock_is_about(&w->left, dataset);
	for (const struct watched *d = w->calls; d != NULL && !yes; d = d->next)
		yes = lock_is_about(&d->names, dataset);
	pthread_mutex_unlock(&w->lock);
	return yes;
}

void watch_bytes(struct watched *d, const atomic_uint_least64_t *bytes)
{
	pthread_mutex_lock(&d->watch->lock);
	d->bytes = bytes;
	pthread_mutex_unlock(&d->watch->lock);
}

bool watch_is_hung(struct watch *w, const nvlist_t *args)
{
	struct watched d = {.watch = w};
	bool hung = false;

	add_names(&d, false, args);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < d.pools.n; i++)
		d.all = !know_pool(w, d.pools.items[i]) || d.all;
	/* Where ZFS does not answer at all, no pool does. */
	for (size_t i = 0; i < w->n_pools; i++)
		hung = hung || (w->pools[i].hung && (i == 0 || is_about(&d, &w->pools[i])));
	pthread_mutex_unlock(&w->lock);
	strv_free(&d.pools);
	return hung;
}

bool watch_waits(struct watch *w, uint64_t *quiet)
{
	uint64_t now = clock_ms();

	*quiet = UINT64_MAX;
	pthread_mutex_lock(&w->lock);
	for (const struct watched *d = w->calls; d != NULL; d = d->next) {
		uint64_t bytes = d->bytes != NULL ? atomic_load(d->bytes) : 0;
		uint64_t mine = d->free || bytes != d->seen || now < d->since ? 0 : now - d->since;
		*quiet = mine < *quiet ? mine : *quiet;
	}
	bool any = w->calls != NULL;
	pthread_mutex_unlock(&w->lock);
	return any;
}
