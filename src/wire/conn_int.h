/* What conn.c (the connection and its reader) and call.c (calls and streams) share. */
#ifndef ZREP_WIRE_CONN_INT_H
#define ZREP_WIRE_CONN_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "wire/conn.h"
#include "wire/frame.h"

/* Calls that an agent serves at a time; a peer asking for more is told so. */
#define CONN_CALLS_MAX 256u

/* How long a wait may last before it looks again whether everything is to stop; and how long after
 * that what depends on the peer may go on. Milliseconds. */
#define WAIT_MS 400
#define STOP_MS 4000

struct chunk {
	struct chunk *next;
	size_t len, done, cap;
	unsigned char data[];
};

/* All fields of a call are under its connection's lock. */
struct call {
	struct conn *conn;
	struct call *next;
	uint32_t id;
	pthread_cond_t changed;

	struct chunk *head, *tail; /* DATA received and not yet read */
	uint64_t window;           /* bytes the peer may still send */
	uint64_t unacked;          /* bytes read here and not yet given back as CREDIT */
	bool in_end, in_ok;        /* END received */

	uint64_t credit; /* bytes we may still send */
	bool out_end;    /* END sent */

	bool cancelled; /* the peer sent CANCEL */
	bool replied;   /* REPLY received */
	struct err *error;
	uint64_t since; /* milliseconds: from when on here waits for there */

	/* Of a call being served the REQUEST, of one asked the REPLY, as it came. */
	nvlist_t *message;
	char *op;
};

struct conn {
	struct conn_opts opts;
	char *peer;
	int rfd, wfd;
	unsigned timeout;
	bool greeted; /* set before the reader starts */
	pthread_t reader;
	pthread_mutex_t wlock; /* one frame at a time goes out; taken after `lock` is released */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* `serving` or `dead` or `eof` */
	struct call *calls;
	uint32_t last_id;
	unsigned serving;
	struct err *dead; /* set once */
	bool eof;
	atomic_uint_least64_t last_rx, last_tx; /* milliseconds */
	atomic_uint_least64_t moved;            /* the same: something came that is no PING */
	bool in_payload;                        /* of the reader's */
};

/* Sends a frame; a failure fails the connection. */
void conn_send(struct conn *c, enum frame_type type, uint32_t id, const void *data, size_t len);
void conn_send_nv(struct conn *c, enum frame_type type, uint32_t id, const nvlist_t *nv);

/* Both with c->lock held. */
struct call *call_new(struct conn *c, uint32_t id);
struct call *call_find(struct conn *c, uint32_t id);

/* Takes the call off its connection and frees it. */
void call_free(struct call *call);

/* One frame received for a call. Takes chunk over. The error fails the connection. */
struct err *call_data(struct conn *c, uint32_t id, struct chunk *chunk);
struct err *call_message(struct conn *c, const struct frame *f, const unsigned char *payload);

#endif
