/* What goes out on a connection, and its end from this side. */
#ifndef ZREP_WIRE_CONN_SEND_H
#define ZREP_WIRE_CONN_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/nv.h"
#include "wire/frame.h"

struct conn;
struct iovec;

/* Sends a frame; a failure fails the connection. */
void conn_send(struct conn *c, enum frame_type type, uint32_t id, const void *data, size_t len);
void conn_send_nv(struct conn *c, enum frame_type type, uint32_t id, const nvlist_t *nv);

/* Ends the connection from this side, with the error that its calls will report. Takes e over. */
void conn_fail(struct conn *c, struct err *e);

/* Writes it all; the write lock is held, or nobody else writes yet. False when the peer is gone. */
bool conn_write(struct conn *c, struct iovec *iov, int n);

/* A frame without a payload, if nobody else is writing; left out where the pipe is full. False: somebody is. It never blocks. */
bool conn_send_now(struct conn *c, enum frame_type type, uint32_t id);

/* Nothing is written any more; gives the descriptor, to be closed, and waits for a frame that is being written for so many
 * milliseconds. -1: it did not end, or there is none any more. */
int conn_take_wfd(struct conn *c, unsigned ms);

/* Says that we live, unless somebody is writing anyway or the pipe is full. */
void conn_ping(struct conn *c);

/* Has it failed? */
bool conn_is_dead(struct conn *c);

/* The error of a connection that broke. */
struct err *conn_lost(const struct conn *c, const char *how);

#endif
