/* Streams to and from another host, over the connection of control and, where that deserves it, over more beside it, which
 * are for data only. A thread looks now and then how the streams get on, opens connections (see lines_want.h), divides large
 * streams over them (see pump/parts.h), and leaves those that nobody needs. Nothing waits for a login: a stream begins on
 * what is there. */
#ifndef ZREP_ZFS_LINES_H
#define ZREP_ZFS_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "pump/pump.h"
#include "util/err.h"
#include "util/nv.h"
#include "wire/ssh.h"

struct lines;
struct far_stream;

/* Connections for data at most. */
#define LINES_MAX 8u

/* Of the host that `control` leads to, whose login took so many milliseconds. What opts points to outlives it. */
struct lines *lines_new(const char *host, const struct ssh_opts *opts, struct conn *control,
			uint64_t login);

/* So many bytes are about to be moved, or it is known that they will be no more. */
void lines_expect(struct lines *l, uint64_t bytes);
void lines_settle(struct lines *l, uint64_t bytes);

/* OP_SEND or OP_RECEIVE there, of some `bytes` (0: not known): the stream to be pumped, and then its outcome, which also frees
 * it. It was closed then. */
struct far_stream *far_begin(struct lines *l, const char *op, const nvlist_t *args, uint64_t bytes);
struct pump_stream *far_pump(struct far_stream *f);
struct err *far_end(struct far_stream *f);

/* How they are waited for, as conn_waits() has it. */
bool lines_wait(struct lines *l, uint64_t *quiet);

/* What goes over connections for data fails, and no more are opened: from any thread. lines_cut(): these are ended as well, once.
 * lines_let_go(): they fail with why, which stays the caller's. */
void lines_cut(struct lines *l);
void lines_let_go(struct lines *l, const struct err *why);

/* Hangs up, in two halves: between them the connection of control is. No stream is there any more. NULL is fine. */
void lines_hang_up(struct lines *l);
void lines_free(struct lines *l);

#endif
