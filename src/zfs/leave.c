#include "zfs/leave.h"

#include "util/clock.h"

/* How long what was given up is waited for. Milliseconds. */
#define LEAVE_MS 2000u

void leave_init(struct leave *w)
{
	*w = (struct leave){.over = false};
	pthread_mutex_init(&w->lock, NULL);
	patience_cond_init(&w->changed);
}

void leave_destroy(struct leave *w)
{
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
}

int leave_start(struct leave *w, void *(*fn)(void *arg), void *arg)
{
	return pthread_create(&w->thread, NULL, fn, arg);
}

bool leave_over(struct leave *w)
{
	pthread_mutex_lock(&w->lock);
	w->over = true;
	bool left = w->left;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return left;
}

bool leave_wait(struct leave *w, const struct patience *patience)
{
	uint64_t since = clock_ms();
	bool enough = false;

	pthread_mutex_lock(&w->lock);
	while (!w->over && !enough) {
		(void)patience_cond_wait(&w->changed, &w->lock, PATIENCE_MS);
		if (w->over)
			break;
		pthread_mutex_unlock(&w->lock);
		enough = patience_is_over(patience, since); /* it has locks of its own */
		pthread_mutex_lock(&w->lock);
	}
	bool over = w->over;
	pthread_mutex_unlock(&w->lock);
	if (over)
		pthread_join(w->thread, NULL);
	return over;
}

bool leave_behind(struct leave *w)
{
	uint64_t end = clock_ms() + LEAVE_MS;

	pthread_mutex_lock(&w->lock);
	while (!w->over && clock_ms() < end)
		(void)patience_cond_wait(&w->changed, &w->lock, PATIENCE_MS);
	w->left = !w->over;
	bool left = w->left;
	pthread_t thread = w->thread; /* the thread may free the rest from here on */
	pthread_mutex_unlock(&w->lock);
	if (left)
		pthread_detach(thread);
	else
		pthread_join(thread, NULL);
	return left;
}
