/* A host: this one, or one behind an agent. Both do the same operations (ops.h). */
#ifndef ZREP_ZFS_HOST_H
#define ZREP_ZFS_HOST_H

#include <stdbool.h>

#include "pump/pump.h"
#include "util/cancel.h"
#include "util/err.h"
#include "util/nv.h"
#include "wire/ssh.h"
#include "zfs/ops.h"

struct host;

/* This host. `name` is what messages call it, `run_dir` where its locks are. Everything it waits for
 * ends when cancel is set. Never fails: ZFS is first touched by an operation. */
struct host *host_local(const char *name, const char *run_dir, struct cancel *cancel);

/* Seconds after which a call on this host is given up about which its ZFS has done nothing (60), as ssh_opts has it for
 * another. */
void host_set_timeout(struct host *h, unsigned seconds);

/* Another one, reached with ssh. */
struct err *host_remote(const char *name, const struct ssh_opts *opts, struct host **out);

/* Hangs up, drops locks, frees. NULL is fine. False: a thread hangs in this host's ZFS, which is left everything that it
 * may touch; then the program has to end by _exit(). */
bool host_close(struct host *h);

const char *host_name(const struct host *h);
bool host_is_local(const struct host *h);

/* Names of a host, which is to be this one; see local_known(). */
struct err *host_known(struct host *h, enum known what, const char *tag, struct strv *names);

/* --- what another host's zrep can do, which may be older or newer; this one's can all --- */

/* NULL, or that it does not know the operation: refused, with who has to upgrade. Asked for it all the same, it is told so
 * without having been asked; what takes several operations asks before the first. */
struct err *host_lacks(const struct host *h, const char *op);
/* The protocol and the features agreed upon, for a trace; the caller frees. */
char *host_speech(const struct host *h);

/* An operation from beginning to end. *result (may be NULL) is the caller's. Errors name the host
 * where the operation does not. */
struct err *host_call(struct host *h, const char *op, const nvlist_t *args, nvlist_t **result);

/* The same in two halves: between them the other host works while this one does something else. On
 * this host the work is done in host_end(). `args` must live until then. */
struct host_op {
	struct host *host;
	const char *op;
	const nvlist_t *args;
	struct call *call;
	struct err *error; /* it was not asked */
};
void host_begin(struct host *h, const char *op, const nvlist_t *args, struct host_op *out);
struct err *host_end(struct host_op *op, nvlist_t **result);

/* OP_SEND or OP_RECEIVE: the stream to be pumped, and then its outcome. host_stream_end() is called
 * after the end was closed, and frees. */
struct host_stream;
struct err *host_stream_begin(struct host *h, const char *op, const nvlist_t *args,
			      struct host_stream **out);
struct pump_end *host_stream_pump(struct host_stream *s);
struct err *host_stream_end(struct host_stream *s);

#endif
