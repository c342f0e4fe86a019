/* The agent's part in connections for data: those that join its session, and streams that are divided over them. */
#ifndef ZREP_ZFS_AGENT_LINES_H
#define ZREP_ZFS_AGENT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "pump/pump.h"
#include "util/err.h"
#include "util/nv.h"

struct agent_lines;
struct call;
struct conn;

/* How many connections may join. */
#define AGENT_LINES_MAX 8u

/* Calls at a time on each of these. */
#define AGENT_LINES_CALLS 64u

struct agent_lines_opts {
	const char *dir;     /* where to listen */
	const char *version; /* that joins */
	const char *host;    /* what we call ourselves */
	/* Serves a call of a connection that has joined, as conn_opts has it. */
	void (*serve)(void *ctx, struct call *call, const char *op, nvlist_t *args);
	void *ctx;
};

/* Does nothing until it is asked for a session. What opts points to outlives it. */
struct agent_lines *agent_lines_new(const struct agent_lines_opts *opts);

/* The session for the caller of that connection, whose connections join it. */
struct err *agent_lines_session(struct agent_lines *a, struct conn *first, const char **session);

/* Nobody joins any more; what has joined is hung up on. Waits until what they ask for has ended, `grace` seconds at most: false,
 * and nothing is freed. NULL is fine. */
bool agent_lines_end(struct agent_lines *a, unsigned grace);

/* --- divided streams --- */

struct divided;

/* The stream `id` of a call, which is its first line. The pump has *end, in place of the stream of the call. */
struct err *divided_begin(struct agent_lines *a, struct call *call, uint64_t id, bool sending,
			  struct divided **out, struct pump_stream *end);

/* Waits until its lines are no more carried. `end` was closed. Both: NULL is fine. */
void divided_end(struct divided *d);
void divided_free(struct divided *d);

/* Says of all its calls that they make progress. */
void divided_alive(struct divided *d);

/* Serves OP_PART, up to its REPLY. */
void divided_part(struct agent_lines *a, struct call *call, const nvlist_t *args);

#endif
