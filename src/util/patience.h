/* Who waits for something that may never come asks now and then whether that has lasted too long. */
#ifndef ZREP_UTIL_PATIENCE_H
#define ZREP_UTIL_PATIENCE_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* `since`: when the wait began, or something came last (clock_ms()). */
struct patience {
	bool (*is_over)(void *ctx, uint64_t since);
	void *ctx;
};

/* How often to ask. Milliseconds. */
#define PATIENCE_MS 200

/* p may be NULL, and then there is no end to it. */
static inline bool patience_is_over(const struct patience *p, uint64_t since)
{
	return p != NULL && p->is_over(p->ctx, since);
}

/* A condition whose timed waits do not care for the wall clock being set. */
static inline void patience_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

/* Waits for it, or so long. False: it was so long. */
static inline bool patience_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}

#endif
