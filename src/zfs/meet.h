/* How the agents of several connections become one. Each connection begins with a login and an agent of its own. The first
 * one listens at a socket in the run directory, lines.ID; each further one is told in its HELLO of which session it is to be,
 * finds the socket by that, gives its two descriptors away, and then only waits until it is needed no more. So one process
 * serves all connections of a session, with the locks that it has, and nothing is copied from process to process.
 *
 * A session goes by 256 random bits, of which the first 64 name the socket. Only who has the right to the same user's agent
 * can join: both sides look whose process the other one is. */
#ifndef ZREP_ZFS_MEET_H
#define ZREP_ZFS_MEET_H

#include <stdbool.h>

#include "util/cancel.h"
#include "util/err.h"

struct meet;

/* Begins to listen in `dir`. */
struct err *meet_open(const char *dir, struct meet **out);

/* What the session goes by; as long as m. */
const char *meet_session(const struct meet *m);

/* Somebody who has joined: the descriptors of his connection, and one that he holds for as long as it lasts, to be closed
 * after these. All are the caller's. */
struct met {
	int rfd, wfd, hold;
};

/* Waits so many milliseconds for somebody of the same `version`. False: nobody came who may. */
bool meet_take(struct meet *m, const char *version, int ms, struct met *out);

/* Whoever waits in meet_take() does so no more. */
void meet_wake(struct meet *m);

/* NULL is fine. */
void meet_close(struct meet *m);

/* Joins a session: gives rfd and wfd away, and waits until they are not needed any more, or cancel is set. They are closed
 * here, and so are the standard input and output. An error: there is no such session, or it did not take them. */
struct err *meet_join(const char *dir, const char *session, const char *version, int rfd, int wfd,
		      struct cancel *cancel);

#endif
