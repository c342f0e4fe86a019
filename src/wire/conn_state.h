/* What a connection and its calls consist of: for conn.c, which reads, conn_send.c, and call.c. */
#ifndef ZREP_WIRE_CONN_STATE_H
#define ZREP_WIRE_CONN_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "util/err.h"
#include "wire/conn_opts.h"
#include "wire/frame.h"
#include "wire/hello.h"

/* Calls that an agent serves at a time; a peer asking for more is told so. */
#define CONN_CALLS_MAX 256u

/* How often who asks says that it is well. Milliseconds. */
#define NEWS_MS 1000u

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

	bool cancelled; /* the peer sent CANCEL */
	bool replied;   /* REPLY received */
	uint64_t since; /* milliseconds: from when on here waits for there */
	uint64_t asked; /* the same: when the REQUEST went out */
	bool waiting;   /* here waits for there */

	/* Of a call being served the REQUEST, of one asked the REPLY: as it came, and taken apart, which whoever serves
	 * or waits does. */
	struct chunk *said;
	nvlist_t *message;
	char *op;
};

struct conn {
	struct conn_opts opts;
	char *peer;
	int rfd, wfd;
	unsigned timeout;
	/* Both set before the reader starts. */
	bool greeted;
	struct hello hello;
	bool started; /* the reader was */
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
	uint64_t last_news;                     /* the same; of the reader's */
	atomic_uint_least64_t moved;            /* the same: something came that is no PING */
	atomic_uint_least64_t trip;             /* milliseconds: see conn_trip() */
	bool in_payload;                        /* of the reader's */
};

#endif
