#include "zfs/lines_want.h"

static uint64_t trip_of(const struct lines_seen *s)
{
	return s->trip > LINES_TRIP_MIN ? s->trip : LINES_TRIP_MIN;
}

/* On a short line each connection keeps a processor busy here, and one more is needed for what it carries. */
static unsigned most_of(const struct lines_seen *s)
{
	unsigned cores = s->cores / 2 > 1 ? s->cores / 2 : 1;

	return s->trip <= LINES_TRIP_MIN && cores < s->most ? cores : s->most;
}

/* How many more logins what is left is worth, if so many bytes are moved a second. */
static uint64_t worth(const struct lines_seen *s, uint64_t rate)
{
	uint64_t login = s->login > trip_of(s) ? s->login : trip_of(s);
	uint64_t left = rate > 0 ? s->left / (rate / 1000 + 1) : 0;
	uint64_t n = left / login;

	return n >= 2 ? n : 0;
}

bool lines_may(const struct lines_seen *s)
{
	return most_of(s) > 1 && worth(s, LINES_WINDOW * 1000ull / trip_of(s)) > 0;
}

unsigned lines_want(const struct lines_seen *s)
{
	unsigned most = most_of(s);

	if (s->have >= most || s->rate / 1000 * trip_of(s) < (uint64_t)LINES_SIGN * s->have)
		return s->have;
	uint64_t n = worth(s, s->rate);
	return n < most - s->have ? s->have + (unsigned)n : most;
}

unsigned lines_share(unsigned n, uint64_t mine, uint64_t all)
{
	if (mine >= all || all == 0)
		return n > 0 ? n : 1;
	uint64_t share = (uint64_t)(n * ((double)mine / (double)all) + 0.5);

	return share < 1 ? 1 : share > n && n > 0 ? n : (unsigned)share;
}
