#include "zfs/lock_table.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/lock_park.h"

#define SIZE_AT_FIRST 64u

static struct lock **bucket_of(struct lock **buckets, size_t size, const char *path)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (const char *p = path; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return &buckets[h & (size - 1)];
}

struct lock *lock_table_find(const struct lock_table *t, const char *path)
{
	struct lock *k = t->size > 0 ? *bucket_of(t->buckets, t->size, path) : NULL;

	while (k != NULL && strcmp(k->path, path) != 0)
		k = k->next;
	return k;
}

static void put(struct lock **buckets, size_t size, struct lock *k)
{
	struct lock **b = bucket_of(buckets, size, k->path);

	k->next = *b;
	*b = k;
}

static void grow(struct lock_table *t)
{
	size_t size = t->size > 0 ? 2 * t->size : SIZE_AT_FIRST;
	struct lock **buckets = mem_zalloc(size * sizeof(struct lock *));

	for (size_t i = 0; i < t->size; i++)
		for (struct lock *next, *k = t->buckets[i]; k != NULL; k = next) {
			next = k->next;
			put(buckets, size, k);
		}
	free(t->buckets);
	t->buckets = buckets;
	t->size = size;
}

static void forget_order(struct lock_table *t)
{
	free(t->by_dataset);
	t->by_dataset = NULL;
}

/* Leaves all that are open here to a child. Where none is to be had, they stay, as long as there is room. */
static void park_all(struct lock_table *t)
{
	int *fds = mem_array(NULL, t->here, sizeof(*fds));
	struct lock_place *place = mem_zalloc(sizeof(*place));
	size_t n = 0;

	for (size_t i = 0; i < t->size; i++)
		for (const struct lock *k = t->buckets[i]; k != NULL; k = k->next)
			if (k->place == NULL && k->fd >= 0)
				fds[n++] = k->fd;
	place->park = lock_park_new(fds, n);
	free(fds);
	if (place->park == NULL) {
		free(place);
		return;
	}
	for (size_t i = 0; i < t->size; i++)
		for (struct lock *k = t->buckets[i]; k != NULL; k = k->next)
			if (k->place == NULL && k->fd >= 0)
				k->place = place;
	place->next = t->places;
	t->places = place;
	t->n_places++;
	t->here = 0;
}

int lock_table_flock(const struct lock *k, int operation)
{
	if (k->place != NULL)
		return lock_park_flock(k->place->park, k->fd, operation);
	return flock(k->fd, operation) == 0 ? 0 : errno;
}

void lock_table_add(struct lock_table *t, const char *path, const char *dataset, int fd,
		    bool shared)
{
	struct lock *k = mem_zalloc(sizeof(*k));

	if (t->n == t->size)
		grow(t);
	*k = (struct lock){
	    .path = mem_strdup(path), .dataset = mem_strdup(dataset), .fd = fd, .shared = shared};
	put(t->buckets, t->size, k);
	t->n++;
	forget_order(t);
	if (t->room == 0)
		t->room = lock_park_room();
	if (fd >= 0 && ++t->here >= t->room)
		park_all(t);
}

static void lock_free(struct lock_table *t, struct lock *k)
{
	if (k->place == NULL && k->fd >= 0) {
		close(k->fd);
		t->here--;
	}
	free(k->path);
	free(k->dataset);
	free(k);
}

void lock_table_remove(struct lock_table *t, const char *path)
{
	struct lock *gone = lock_table_find(t, path);

	if (gone == NULL)
		return;
	struct lock **p = bucket_of(t->buckets, t->size, path);
	while (*p != gone)
		p = &(*p)->next;
	*p = gone->next;
	if (gone->place != NULL)
		lock_park_drop(gone->place->park, gone->fd);
	lock_free(t, gone);
	t->n--;
	forget_order(t);
}

void lock_table_free(struct lock_table *t)
{
	for (size_t i = 0; i < t->size; i++)
		for (struct lock *next, *k = t->buckets[i]; k != NULL; k = next) {
			next = k->next;
			lock_free(t, k);
		}
	for (struct lock_place *next, *p = t->places; p != NULL; p = next) {
		next = p->next;
		lock_park_free(p->park);
		free(p);
	}
	free(t->buckets);
	forget_order(t);
	*t = (struct lock_table){0};
}

/* --- by dataset --- */

static int by_dataset(const void *a, const void *b)
{
	return strcmp((*(const struct lock *const *)a)->dataset,
		      (*(const struct lock *const *)b)->dataset);
}

static void put_in_order(struct lock_table *t)
{
	size_t n = 0;

	if (t->by_dataset != NULL)
		return;
	t->by_dataset = mem_zalloc((t->n + 1) * sizeof(struct lock *));
	for (size_t i = 0; i < t->size; i++)
		for (struct lock *k = t->buckets[i]; k != NULL; k = k->next)
			t->by_dataset[n++] = k;
	qsort(t->by_dataset, n, sizeof(struct lock *), by_dataset);
}

static size_t first_from(const struct lock_table *t, const char *dataset)
{
	size_t first = 0, n = t->n;

	while (n > 0) {
		size_t half = n / 2;
		if (strcmp(t->by_dataset[first + half]->dataset, dataset) < 0) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return first;
}

static void add(const struct lock_table *t, struct lock *k, int *fds, size_t *n)
{
	if (k->round != t->round && k->fd >= 0 && k->place == NULL)
		fds[(*n)++] = k->fd;
	else if (k->place != NULL && k->place->round != t->round)
		fds[(*n)++] = lock_park_end(k->place->park); /* with all that is there */
	if (k->place != NULL)
		k->place->round = t->round;
	k->round = t->round;
}

/* Of the dataset that has this very name. */
static void add_of(const struct lock_table *t, const char *dataset, int *fds, size_t *n)
{
	for (size_t i = first_from(t, dataset);
	     i < t->n && strcmp(t->by_dataset[i]->dataset, dataset) == 0; i++)
		add(t, t->by_dataset[i], fds, n);
}

/* Itself, what it is in, and what it is kept of: whatever begins it, as what else does so costs nothing. `name` is cut up. */
static void add_upwards(const struct lock_table *t, char *name, int *fds, size_t *n)
{
	for (size_t len = strlen(name); len > 0; len--) {
		name[len] = '\0';
		add_of(t, name, fds, n);
	}
}

static void add_below(const struct lock_table *t, const char *name, int *fds, size_t *n)
{
	char *from = str_fmt("%s/", name);

	for (size_t i = first_from(t, from);
	     i < t->n && strncmp(t->by_dataset[i]->dataset, from, strlen(from)) == 0; i++)
		add(t, t->by_dataset[i], fds, n);
	free(from);
}

size_t lock_table_about(struct lock_table *t, char *const *names, size_t n, int *fds)
{
	size_t found = 0;

	put_in_order(t);
	t->round++;
	for (size_t i = 0; i < n; i++) {
		char *name = str_fmt("%.*s", (int)strcspn(names[i], "@#"), names[i]);
		if (name_is_dataset(name)) {
			add_below(t, name, fds, &found);
			add_upwards(t, name, fds, &found);
		}
		free(name);
	}
	return found;
}
