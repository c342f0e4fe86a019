/* What a connection is told when it is opened. */
#ifndef ZREP_WIRE_CONN_OPTS_H
#define ZREP_WIRE_CONN_OPTS_H

#include <stdbool.h>

#include "util/nv.h"

struct call;

struct conn_opts {
	const char *peer;    /* host name, for messages */
	const char *version; /* of this program */
	const char *host;    /* what we call ourselves */
	const char *tag;     /* NULL on the agent's side */
	unsigned timeout;    /* seconds of silence; 0: take the peer's word for it */
	const char
	    *session; /* the one that this connection belongs to, see zfs/meet.h; NULL: it is one */
	/* Of the agent: the names of what it can be asked for, ending with NULL. */
	const char *const *operations;
	unsigned calls;       /* that it serves at a time; 0: CONN_CALLS_MAX */
	const char *confined; /* of the agent: by which policy; NULL: it is not */
	/* Waiting on a call ends when this is set; NULL: never. */
	struct cancel *cancel;
	/* Serves a REQUEST, on a thread of its own; it must end with call_reply(). NULL: we are not
	 * the agent and a REQUEST is an error. */
	void (*serve)(void *ctx, struct call *call, const char *op, nvlist_t *args);
	/* Of who asks: does it make progress, or wait for nothing but the agent? Then the agent hears of it. From any thread,
	 * with no lock of the connection's held; NULL: it does. */
	bool (*well)(void *ctx);
	void *well_ctx;
	/* The connection failed; called once, from any thread. For what must be told to stop. */
	void (*failed)(void *ctx);
	void *ctx;
};

#endif
