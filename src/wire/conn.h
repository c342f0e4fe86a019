/* A connection: frames on two descriptors, many calls at the same time, streams with credit.
 *
 * A thread of its own reads; anybody may write. When the connection fails, every call on it ends
 * with the same error. zrep-protocol(5) has the bytes. */
#ifndef ZREP_WIRE_CONN_H
#define ZREP_WIRE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "pump/pump.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"

struct conn;
struct call;

struct conn_hello {
	char *version, *host;
	char *tag;        /* NULL when there is none */
	unsigned timeout; /* 0 when there is none */
};
void conn_hello_free(struct conn_hello *h);

/* The pure half of reading a HELLO: takes the message apart, refuses another protocol. `peer` is
 * for messages. */
struct err *conn_hello_parse(const nvlist_t *nv, const char *peer, struct conn_hello *out);

struct conn_opts {
	const char *peer;    /* host name, for messages */
	const char *version; /* of this program */
	const char *host;    /* what we call ourselves */
	const char *tag;     /* NULL on the agent's side */
	unsigned timeout;    /* seconds of silence; 0: take the peer's word for it */
	/* Waiting on a call ends when this is set; NULL: never. */
	struct cancel *cancel;
	/* Serves a REQUEST, on a thread of its own; it must end with call_reply(). NULL: we are not
	 * the agent and a REQUEST is an error. */
	void (*serve)(void *ctx, struct call *call, const char *op, nvlist_t *args);
	/* The connection failed; called once, from any thread. For what must be told to stop. */
	void (*failed)(void *ctx);
	void *ctx;
};

/* Exchanges preamble and HELLO on rfd and wfd, which stay the caller's, and starts the reader. On
 * failure *noise holds what came instead of a preamble, if anything did (the caller frees). */
struct err *conn_open(int rfd, int wfd, const struct conn_opts *opts, struct conn_hello *hello,
		      struct conn **out, struct buf *noise);

/* Waits until the peer closes and everything being served has ended, `grace` seconds at most after
 * the close. The agent's main loop. False when something is still being served. */
bool conn_wait(struct conn *c, unsigned grace);

/* Joins the reader and frees. Every call must have ended. The peer must have closed, or the
 * connection failed. NULL is fine. */
void conn_free(struct conn *c);

/* Ends the connection from this side, with the error that its calls will report. Takes e over. */
void conn_fail(struct conn *c, struct err *e);

/* Begins a call. Never NULL; a failure shows in call_wait(). */
struct call *call_start(struct conn *c, const char *op, const nvlist_t *args);

/* The stream of a call: to read what the peer sends, or to send. */
struct pump_end call_reader(struct call *call);
struct pump_end call_writer(struct call *call);

/* Waits for the REPLY and frees the call. *result is the caller's; NULL on failure. Where the peer lives but for
 * the timeout does nothing about any call, the connection fails: see err_hung(). Reading and writing the
 * stream of a call ends likewise. */
struct err *call_wait(struct call *call, nvlist_t **result);

/* The agent's word that the call makes progress, or may yet: ZFS is slow and does not hang. Until the REPLY. */
void call_progress(struct call *call);

/* The seconds after which the peer gives up. */
unsigned call_timeout(const struct call *call);

/* The agent's end of a call: sends the REPLY and frees the call. Takes e over; result stays the
 * caller's and may be NULL. */
void call_reply(struct call *call, const nvlist_t *result, struct err *e);

#endif
