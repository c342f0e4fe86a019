#include "zfs/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/patience.h"
#include "zfs/local.h"

/* Pools that are asked at a time; a host has a few. */
#define POOLS_MAX 32u

/* Of the timeout: how often to ask. */
#define TICKS 4u

/* How long watch_free() waits for a question that is being asked. Milliseconds. */
#define FREE_MS 2000u

struct watch {
	struct local *local;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool running, stop, asking;
	struct watched *calls;
	struct strv pools; /* that any call was about */
	uint64_t since;
};

static void add_pool(struct strv *pools, const char *name)
{
	char pool[256];
	size_t n = strcspn(name, "/@#");

	if (n == 0 || n >= sizeof(pool) || pools->n >= POOLS_MAX)
		return;
	memcpy(pool, name, n);
	pool[n] = '\0';
	for (size_t i = pools->n; i-- > 0;)
		if (strcmp(pools->items[i], pool) == 0)
			return;
	if (name_is_dataset(pool))
		strv_add(pools, pool);
}

/* What the arguments of an operation are about; see ops.h. Unchecked: they may be a peer's. */
static void add_pools(struct strv *pools, const nvlist_t *args)
{
	static const char *const arrays[] = {"datasets", "snaps"}, *const lists[] = {"items",
										     "props"};

	for (size_t k = 0; k < ARRAY_LEN(arrays); k++) {
		size_t n;
		char **names = nv_strs(args, arrays[k], &n);
		for (size_t i = 0; i < n; i++)
			add_pool(pools, names[i]);
	}
	/* Those of a receive are the properties of one dataset. */
	const char *snap = nv_str(args, "snap");
	for (size_t k = 0; k < ARRAY_LEN(lists) && snap == NULL; k++)
		nv_each(nv_nv(args, lists[k]), p)
			add_pool(pools, nvpair_name(p));
	if (snap != NULL)
		add_pool(pools, snap);
}

/* A sign of life of one call. Lock held. */
static void alive(struct watched *d, uint64_t now)
{
	d->since = d->watch->since = now;
	if (d->alive != NULL)
		d->alive(d->ctx);
}

static void all_alive(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	for (struct watched *d = w->calls; d != NULL; d = d->next)
		alive(d, clock_ms());
	pthread_mutex_unlock(&w->lock);
}

/* Is each pool there? One that is suspended takes no question. One that is gone is an answer. */
static bool are_there(const struct strv *pools)
{
	for (size_t i = 0; i < pools->n; i++) {
		errno = 0;
		if (!lzc_exists(pools->items[i]) && errno == EAGAIN)
			return false;
	}
	/* No name is known: that of a pool that nobody has is an answer as well. */
	if (pools->n == 0)
		(void)lzc_exists("zrep-asks-for-a-sign-of-life");
	return true;
}

/* Do they commit? Not by force: where nothing was written this costs little. */
static bool commit(const struct strv *pools)
{
	nvlist_t *unforced = nv_new();
	bool ok = true;

	if (nvlist_add_boolean_value(unforced, "force", B_FALSE) != 0)
		mem_exhausted();
	for (size_t i = 0; i < pools->n && ok; i++) {
		nvlist_t *out = NULL;
		ok = lzc_sync(pools->items[i], unforced, &out) != EAGAIN;
		nvlist_free(out);
	}
	nv_free(unforced);
	return ok;
}

/* The whole question; no lock held. Where ZFS hangs it does not return. */
static void ask(struct watch *w, const struct strv *pools)
{
	struct err *e = local_init(w->local);

	if (e != NULL || are_there(pools)) {
		all_alive(w);
		if (e == NULL && commit(pools))
			all_alive(w);
	}
	err_free(e);
}

/* What moves by itself says so; the pools of what has been quiet for too long go into `pools`. Lock held. True: there
 * is something to ask. */
static bool look(struct watch *w, struct strv *pools)
{
	uint64_t now = clock_ms();
	bool quiet = false;

	for (struct watched *d = w->calls; d != NULL; d = d->next) {
		uint64_t bytes = d->bytes != NULL ? atomic_load(d->bytes) : 0;
		if (now < d->since + d->tick)
			continue;
		if (d->free || bytes != d->seen) {
			d->seen = bytes;
			alive(d, now);
			continue;
		}
		quiet = true;
		const struct strv *its = d->pools.n > 0 ? &d->pools : &w->pools;
		for (size_t i = 0; i < its->n; i++)
			add_pool(pools, its->items[i]);
	}
	return quiet;
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
		struct strv pools = {0};
		if (look(w, &pools)) {
			w->asking = true;
			pthread_mutex_unlock(&w->lock);
			ask(w, &pools);
			pthread_mutex_lock(&w->lock);
			w->asking = false;
			pthread_cond_broadcast(&w->changed);
		}
		strv_free(&pools);
		if (!w->stop)
			rest(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct watch *watch_new(struct local *l)
{
	struct watch *w = mem_zalloc(sizeof(*w));

	w->local = l;
	w->since = clock_ms();
	pthread_mutex_init(&w->lock, NULL);
	patience_cond_init(&w->changed);
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
	while (w->asking && clock_ms() < end)
		(void)patience_cond_wait(&w->changed, &w->lock, PATIENCE_MS);
	bool asking = w->asking;
	pthread_mutex_unlock(&w->lock);
	if (asking)
		return false;
	if (w->running)
		pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	strv_free(&w->pools);
	free(w);
	return true;
}

void watch_begin(struct watch *w, struct watched *d, const char *op, const nvlist_t *args,
		 unsigned timeout, const atomic_uint_least64_t *bytes, void (*alive_fn)(void *ctx),
		 void *ctx)
{
	*d = (struct watched){.watch = w,
			      .tick = (uint64_t)timeout * 1000 / TICKS,
			      .since = clock_ms(),
			      .free = strcmp(op, OP_HOOK) == 0,
			      .alive = alive_fn,
			      .ctx = ctx,
			      .bytes = bytes};
	add_pools(&d->pools, args);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < d->pools.n; i++)
		add_pool(&w->pools, d->pools.items[i]);
	d->next = w->calls;
	w->calls = d;
	if (!w->running && pthread_create(&w->thread, NULL, watch_thread, w) != 0)
		mem_exhausted();
	w->running = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void watch_end(struct watched *d)
{
	struct watch *w = d->watch;
	struct watched **p = &w->calls;

	pthread_mutex_lock(&w->lock);
	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	pthread_mutex_unlock(&w->lock);
	strv_free(&d->pools);
}

void watch_bytes(struct watched *d, const atomic_uint_least64_t *bytes)
{
	pthread_mutex_lock(&d->watch->lock);
	d->bytes = bytes;
	pthread_mutex_unlock(&d->watch->lock);
}

uint64_t watch_since(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	uint64_t since = w->since;
	pthread_mutex_unlock(&w->lock);
	return since;
}
