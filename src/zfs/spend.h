/* What a confined agent has used up of what its key allows each connection: --max-bytes, --max-calls, --max-time. */
#ifndef ZREP_ZFS_SPEND_H
#define ZREP_ZFS_SPEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pump/pump.h"
#include "util/err.h"
#include "zfs/confine.h"

struct spend {
	const struct confine *confine; /* NULL: of an agent that may everything */
	atomic_uint_least64_t bytes, calls;
	atomic_bool over; /* its time is */
	/* Whose time ends: from a thread of its own, once. */
	void (*ended)(void *ctx, struct err *why);
	void *ctx;
	pthread_t clock;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool timed, stop;
};

/* What is counted begins now. `ended` is told at the end of the time, if there is one, and takes `why` over. The error is
 * that of a thread which could not be had. */
struct err *spend_begin(struct spend *s, const struct confine *c,
			void (*ended)(void *ctx, struct err *why), void *ctx);
/* `ended` is not told any more. */
void spend_end(struct spend *s);

/* One more call. A refusal: there are no more, and the caller of this hangs up when that is answered. */
struct err *spend_call(struct spend *s, const char *op);

/* One stream, of which every byte counts: `in` as it is read through the result breaks where there are no more. */
struct spend_stream {
	struct spend *spend;
	struct pump_stream in;
	const char *refused; /* why it broke; NULL: not by this */
};
struct pump_stream spend_stream(struct spend_stream *t, struct spend *s, struct pump_stream in);

/* What became of that stream: `e`, which it takes over, or the refusal that it came from. */
struct err *spend_stream_end(const struct spend_stream *t, const char *op, struct err *e);

#endif
