/* Bytes from a send to a receive.
 *
 * A pump_stream is one side of a stream: a pipe to a thread inside libzfs_core, or a stream of a
 * connection. The pump moves bytes from one to the other and counts them; it does not know which
 * kind they are. Whether the stream was complete is said by the ends, never by an end of file. */
#ifndef ZREP_PUMP_PUMP_H
#define ZREP_PUMP_PUMP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cancel.h"
#include "util/patience.h"

struct pump_stream {
	void *ctx;
	/* Some bytes into buf: how many, 0 when no more come, -1 when the stream is broken. */
	ssize_t (*read)(void *ctx, void *buf, size_t len);
	/* All of buf: 0, or -1 when nobody takes it any more. */
	int (*write)(void *ctx, const void *buf, size_t len);
	/* Ends this side. ok: everything was moved; otherwise the stream is abandoned. */
	void (*close)(void *ctx, bool ok);
};

/* What is known of a stream while it runs; read by whoever shows progress. */
struct pump_meter {
	atomic_uint_least64_t bytes;
	uint64_t expected; /* estimate, 0 if unknown; set before the pump starts */
};

/* A bandwidth that any number of pumps share, each in its turn. {0} is none. */
struct pump_limit {
	atomic_uint_least64_t rate; /* bytes per second; 0: no limit */
	atomic_uint_least64_t due;  /* when what was let through so far is paid for; ns */
};

/* Lets n bytes through, and says how many nanoseconds after `now` (of a clock that never goes back) that
 * may be. What was not used is saved up for an eighth of a second only. */
uint64_t pump_limit_take(struct pump_limit *l, size_t n, uint64_t now);

/* How much to move at a time: so little that a slow stream keeps moving. 1 to PUMP_CHUNK. */
size_t pump_limit_piece(const struct pump_limit *l);

/* Moves everything from `in` to `out`, no faster than `limit` (NULL: no limit), closes both, and says
 * whether all of it arrived in `out`. */
bool pump_run(struct pump_stream *in, struct pump_stream *out, struct pump_meter *meter,
	      struct pump_limit *limit, struct cancel *cancel);

/* An end that is a pipe. Takes fd over: close() closes it. Waiting ends when cancel is set, or patience (which may be
 * NULL) is over. */
struct pump_stream pump_fd_end(int fd, struct cancel *cancel, const struct patience *patience);

#define PUMP_CHUNK (256u << 10)

#endif
