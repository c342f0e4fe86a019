#include "engine/lane.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"

static bool go_together(const struct strv *names, const struct strv *hosts, const struct strv *fss,
			size_t i, size_t k)
{
	return strcmp(hosts->items[i], hosts->items[k]) == 0 &&
	       name_same_pool(names->items[i], names->items[k]) &&
	       name_same_pool(fss->items[i], fss->items[k]);
}

size_t *lanes_of(const struct strv *names, const struct strv *hosts, const struct strv *fss,
		 size_t *n_lanes)
{
	size_t *lane = mem_array(NULL, names->n + 1, sizeof(*lane));
	size_t *first = mem_array(NULL, names->n + 1, sizeof(*first)); /* by lane */

	*n_lanes = 0;
	for (size_t i = 0; i < names->n; i++) {
		size_t k = 0;
		while (k < *n_lanes && !go_together(names, hosts, fss, i, first[k]))
			k++;
		if (k == *n_lanes)
			first[(*n_lanes)++] = i;
		lane[i] = k;
	}
	free(first);
	return lane;
}

void lanes_init(struct lanes *l, size_t n, unsigned parallel)
{
	*l = (struct lanes){.parallel = parallel, .n = n};
	l->items = mem_zalloc((n + 1) * sizeof(*l->items));
	for (size_t i = 0; i < n; i++)
		l->items[i].all = l;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
}

void lanes_free(struct lanes *l)
{
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->changed);
	free(l->items);
}

bool lane_may(const struct lane *lane)
{
	const struct lanes *l = lane->all;
	size_t begun = 0, running = 0, kept = 0;

	for (size_t i = 0; i < l->n; i++)
		begun += &l->items[i] == lane || (l->items[i].begun && !l->items[i].over);
	size_t share = l->parallel / begun;

	for (size_t i = 0; i < l->n; i++) {
		const struct lane *o = &l->items[i];
		running += o->running;
		if (o != lane && o->begun && !o->over && o->running < share)
			kept += share - o->running;
	}
	return running < l->parallel && (lane->running < share || running + kept < l->parallel);
}

void lane_begin(struct lane *lane)
{
	pthread_mutex_lock(&lane->all->lock);
	lane->begun = true;
	pthread_mutex_unlock(&lane->all->lock);
}

void lane_enter(struct lane *lane)
{
	if (lane == NULL)
		return;
	pthread_mutex_lock(&lane->all->lock);
	while (!lane_may(lane))
		pthread_cond_wait(&lane->all->changed, &lane->all->lock);
	lane->running++;
	pthread_mutex_unlock(&lane->all->lock);
}

void lane_leave(struct lane *lane)
{
	if (lane == NULL)
		return;
	pthread_mutex_lock(&lane->all->lock);
	lane->running--;
	pthread_cond_broadcast(&lane->all->changed);
	pthread_mutex_unlock(&lane->all->lock);
}

void lane_end(struct lane *lane)
{
	pthread_mutex_lock(&lane->all->lock);
	lane->over = true;
	pthread_cond_broadcast(&lane->all->changed);
	pthread_mutex_unlock(&lane->all->lock);
}
