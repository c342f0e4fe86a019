#include "util/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Names of one hash in a list. Of 100,000 datasets named by any usual scheme there are 8 at most (nv_test.c). */
#define SAME_MAX 64u

/* Comparisons for each name of a list, on average. The table's buckets go by the last few letters: 100,000 datasets
 * that are numbered in the middle and all end in "/db" cost 2,000 each, 40,000 cost 3,200. So nothing smaller tells a
 * hostile list from an honest one. */
#define EACH_MAX 4096u

/* Comparisons for a message: some two seconds. The 100,000 datasets above cost 200,000,000. */
#define WORK_MAX (1u << 28)

/* The size that the table begins with. It doubles when there are more names than buckets. */
#define BUCKETS_MIN 16u

/* ELF's hash, of 28 bits. libnvpair takes a letter for signed where char is, as here. */
static uint32_t hash_of(const unsigned char *text, uint32_t len)
{
	uint32_t h = 0;

	for (uint32_t i = 0; i < len; i++) {
		h = (h << 4) + (uint32_t)(char)text[i];
		uint32_t top = h & 0xf0000000u;
		h = (h ^ top >> 24) & ~top;
	}
	return h;
}

void crowd_add(struct crowd *c, const unsigned char *text, uint32_t len)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		c->names = mem_array(c->names, c->cap, sizeof(*c->names));
	}
	c->names[c->n++] = (struct crowd_name){text, len, hash_of(text, len)};
}

/* How many names are compared while these are added one after the other. */
static uint64_t work_of(const struct crowd_name *names, size_t n)
{
	uint32_t few[BUCKETS_MIN] = {0}, *many = NULL;
	size_t room = BUCKETS_MIN, buckets = BUCKETS_MIN;
	uint64_t work = 0;

	while (room < n)
		room *= 2;
	if (room > BUCKETS_MIN)
		many = mem_zalloc(room * sizeof(*many));
	uint32_t *count = many != NULL ? many : few;
	for (size_t i = 0; i < n; i++) {
		work += count[names[i].hash & (buckets - 1)];
		if (i > buckets) {
			buckets *= 2;
			memset(count, 0, buckets * sizeof(*count));
			for (size_t k = 0; k < i; k++)
				count[names[k].hash & (buckets - 1)]++;
		}
		count[names[i].hash & (buckets - 1)]++;
	}
	free(many);
	return work;
}

static int by_hash(const void *a, const void *b)
{
	uint32_t x = ((const struct crowd_name *)a)->hash, y = ((const struct crowd_name *)b)->hash;

	return x < y ? -1 : x > y;
}

static bool same(const struct crowd_name *a, const struct crowd_name *b)
{
	return a->hash == b->hash && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Does a name stand twice among those of one hash, or are there too many? `names` is in the order of hashes. */
static bool any_same(const struct crowd_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i >= SAME_MAX && names[i].hash == names[i - SAME_MAX].hash)
			return true;
		for (size_t k = i; k > 0 && names[k - 1].hash == names[i].hash; k--)
			if (same(&names[k - 1], &names[i]))
				return true;
	}
	return false;
}

bool crowd_end_list(struct crowd *c, size_t first)
{
	struct crowd_name *names = c->names != NULL ? c->names + first : NULL;
	size_t n = c->n - first;

	c->n = first;
	if (n < 2)
		return true;
	uint64_t work = work_of(names, n);
	c->work += work;
	if (work > (uint64_t)n * EACH_MAX || c->work > WORK_MAX)
		return false;
	qsort(names, n, sizeof(*names), by_hash);
	return !any_same(names, n);
}

void crowd_free(struct crowd *c)
{
	free(c->names);
	*c = (struct crowd){0};
}
