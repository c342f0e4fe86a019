/* A connection: frames on two descriptors, many calls at the same time, streams with credit.
 *
 * A thread of its own reads; anybody may write. When the connection fails, every call on it ends
 * with the same error. zrep-protocol(5) has the bytes. */
#ifndef ZREP_WIRE_CONN_H
#define ZREP_WIRE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "wire/conn_opts.h"
#include "wire/hello.h"

struct conn;

/* Exchanges preamble and HELLO on rfd and wfd, which stay the caller's, and starts the reader. On
 * failure *noise holds what came instead of a preamble, if anything did (the caller frees). */
struct err *conn_open(int rfd, int wfd, const struct conn_opts *opts, struct conn **out,
		      struct buf *noise);

/* The same in two halves. Between them nothing is read that the peer sends after its HELLO, so that the descriptors can be
 * given to another process. */
struct err *conn_greet(int rfd, int wfd, const struct conn_opts *opts, struct conn **out,
		       struct buf *noise);
struct err *conn_start(struct conn *c);

/* One on which another process has exchanged the greetings, which came to `hello`. To be started. */
struct conn *conn_greeted(int rfd, int wfd, const struct conn_opts *opts,
			  const struct hello *hello);

/* The shortest time that an answer took, in milliseconds: no round trip takes longer. UINT64_MAX: there was none yet. */
uint64_t conn_trip(const struct conn *c);

/* What the peer said of itself, and what was agreed upon. */
const struct hello *conn_hello(const struct conn *c);
bool conn_has(const struct conn *c, enum feature feature);

/* Waits until the peer closes, or the connection has failed, and everything being served has ended, `grace` seconds at most
 * after that. The agent's main loop. False when something is still being served. */
bool conn_wait(struct conn *c, unsigned grace);

/* Joins the reader, if it was started, and frees. Every call must have ended. The peer must have closed, or the
 * connection failed. NULL is fine. */
void conn_free(struct conn *c);

#endif
