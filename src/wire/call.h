/* Calls on a connection: a request, its reply, and one stream of data with credit. */
#ifndef ZREP_WIRE_CALL_H
#define ZREP_WIRE_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "pump/pump.h"
#include "util/err.h"
#include "util/nv.h"

struct call;
struct chunk;
struct conn;
struct frame;

/* Begins a call. Never NULL; a failure shows in call_wait(). */
struct call *call_start(struct conn *c, const char *op, const nvlist_t *args);

/* The stream of a call: to read what the peer sends, or to send. */
struct pump_stream call_reader(struct call *call);
struct pump_stream call_writer(struct call *call);

/* Whoever waits in the stream of a call does so no more, from now on: the stream is broken. From any thread; `call`: a
 * struct call. The peer is told by closing the stream, or by the REPLY. */
void call_stop(void *call);

/* Tells the agent that the call is given up, whatever became of its stream; its REPLY still comes. */
void call_cancel(struct call *call);

/* Has the stream come to an end, or is it broken? Is it broken, or was it given up? */
bool call_is_over(struct call *call);
bool call_is_stopped(struct call *call);

/* Waits for the REPLY and frees the call. *result is the caller's; NULL on failure. Where the peer lives but for
 * the timeout does nothing about any call, the connection fails: see err_hung(). Reading and writing the
 * stream of a call ends likewise. */
struct err *call_wait(struct call *call, nvlist_t **result);

/* The agent's word that the call makes progress, or may yet: ZFS is slow and does not hang. Until the REPLY. Not
 * said to a peer that does not know it. */
void call_progress(struct call *call);

/* The seconds after which the peer gives up. */
unsigned call_timeout(const struct call *call);

/* Is the peer waited for: for a reply or a stream, or by an agent for whoever asks? Then *quiet has the milliseconds since
 * something came that shows that it makes progress; 0 of a peer that would not say. */
bool conn_waits(struct conn *c, uint64_t *quiet);

/* The connection that a call came on. */
struct conn *call_conn(const struct call *call);

/* The agent's end of a call: sends the REPLY and frees the call. Takes e over; result stays the
 * caller's and may be NULL. */
void call_reply(struct call *call, const nvlist_t *result, struct err *e);

/* --- for conn.c, which reads what comes --- */

/* Both with c->lock held. */
struct call *call_new(struct conn *c, uint32_t id);
struct call *call_find(struct conn *c, uint32_t id);

/* Takes the call off its connection and frees it. */
void call_free(struct call *call);

/* One frame received for a call. Both take chunk over, and the time they take is bounded by a constant and the frame's
 * length, whatever is in it. The error fails the connection. */
struct err *call_data(struct conn *c, uint32_t id, struct chunk *chunk);
struct err *call_message(struct conn *c, const struct frame *f, struct chunk *chunk);

#endif
