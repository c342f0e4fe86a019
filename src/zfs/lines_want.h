/* How many connections to a host deserve to be there. Pure functions.
 *
 * What one ssh connection carries in a round trip is bounded by its window, 2 MiB; so on a long line it is the window that a
 * stream waits for. A further connection costs a login. It is worth it where what is left to be moved takes longer than
 * that, and where the connections that are there have shown that a good part of their windows is in use: on a slow line
 * none is, however long it is. */
#ifndef ZREP_ZFS_LINES_WANT_H
#define ZREP_ZFS_LINES_WANT_H

#include <stdbool.h>
#include <stdint.h>

/* Of an ssh connection, in bytes; and how much of it has to be moved in a round trip to be a sign that it is used up. */
#define LINES_WINDOW (2u << 20)
#define LINES_SIGN (LINES_WINDOW / 8 * 5)

/* What is shorter is taken for so long, milliseconds: not the window, but ssh's processor bounds a connection then. */
#define LINES_TRIP_MIN 2u

struct lines_seen {
	uint64_t trip;  /* milliseconds of a round trip */
	uint64_t login; /* the same that the first login took */
	uint64_t rate;  /* bytes a second, over all connections; 0: not known */
	uint64_t left;  /* bytes that are to be moved yet */
	unsigned have;  /* connections that there are, or are being made; at least 1 */
	unsigned most;  /* that there may be */
	unsigned cores; /* processors of this host */
};

/* May it come to more than one, while so much is moved? */
bool lines_may(const struct lines_seen *s);

/* How many there should be: never fewer than there are. */
unsigned lines_want(const struct lines_seen *s);

/* Over how many of `n` lines for data a stream should go of which `mine` bytes are left, of `all`. At least 1. */
unsigned lines_share(unsigned n, uint64_t mine, uint64_t all);

#endif
