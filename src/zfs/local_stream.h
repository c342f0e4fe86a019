/* OP_SEND and OP_RECEIVE: the two with a stream. */
#ifndef ZREP_ZFS_LOCAL_STREAM_H
#define ZREP_ZFS_LOCAL_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>

#include <libzfs_core.h>

#include "util/err.h"
#include "util/nv.h"

struct local;
struct local_stream;
struct pump_stream;

/* The flags that OP_SEND's arguments ask for. False: one is none that zrep knows. Pure. */
bool local_send_flags(const nvlist_t *args, enum lzc_send_flags *out);

/* Begins a send or receive on a thread of its own. */
struct err *local_stream_begin(struct local *l, const char *op, const nvlist_t *args,
			       struct local_stream **out);

struct pump_stream *local_stream_pump(struct local_stream *s);

/* How many went through; while it lives. */
const atomic_uint_least64_t *local_stream_bytes(const struct local_stream *s);

/* Waits for the send or receive to end, and frees. */
struct err *local_stream_end(struct local_stream *s);

#endif
