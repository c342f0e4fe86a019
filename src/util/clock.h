/* A clock for how long things take: seconds since some moment, never going back. */
#ifndef ZREP_UTIL_CLOCK_H
#define ZREP_UTIL_CLOCK_H

#include <time.h>

static inline double clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#endif
