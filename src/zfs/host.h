/* A host: this one, or one behind an agent. Both do the same operations (ops.h). */
#ifndef ZREP_ZFS_HOST_H
#define ZREP_ZFS_HOST_H

#include <stdbool.h>

#include "pump/pump.h"
#include "util/cancel.h"
#include "util/err.h"
#include "util/nv.h"
#include "wire/ssh.h"
#include "zfs/lock_ask.h"
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

/* Hangs up on another host, of which nothing is under way; it keeps its name, and every operation on it is an error. NULL is
 * fine. */
void host_hang_up(struct host *h);

/* The same while something may be under way there, from any thread: it fails, and so does each thing that begins. Freed
 * with host_close(). */
void host_cut(struct host *h);

/* Hangs up, drops locks, frees. NULL is fine. False: a thread hangs in this host's ZFS, which is left everything that it
 * may touch; then the program has to end by _exit(). */
bool host_close(struct host *h);

/* Of ZFS's properties that were asked for, those that this host's ZFS does not know; NULL: not noted yet. Once noted, they
 * stay for as long as the host does. The first takes what is in `settings`. From any thread. */
void host_note_unknown(struct host *h, struct strv *settings);
const struct strv *host_unknown(const struct host *h);

const char *host_name(const struct host *h);
bool host_is_local(const struct host *h);
/* Is it another one, of which nothing can be asked any more on this connection? */
bool host_is_lost(const struct host *h);

/* Names of a host, which is to be this one; see local_complete_names(). */
struct err *host_known(struct host *h, enum known what, const char *tag, struct strv *names);

/* --- what another host's zrep can do, which may be older or newer; this one's can all --- */

/* NULL, or that it does not know the operation: refused, with who has to upgrade. Asked for it all the same, it is told so
 * without having been asked; what takes several operations asks before the first. */
struct err *host_lacks(const struct host *h, const char *op);
/* The same of a feature; `what` that is for, as a verb: "destroy ...". */
struct err *host_lacks_feature(const struct host *h, enum feature feature, const char *what);
/* By which policy its agent is confined, as that says it; NULL: it is not, or is this one. */
const char *host_confined(const struct host *h);
/* Does that let us destroy snapshots, `foreign`: also those that are not the tag's own? */
bool host_may_destroy(const struct host *h, bool foreign);
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

/* So many bytes are about to be sent to or from it, or it is known that they will be no more: a guess, by which it is judged
 * whether more connections deserve to be made. */
void host_expect(struct host *h, uint64_t bytes);
void host_settle(struct host *h, uint64_t bytes);

/* OP_SEND or OP_RECEIVE, of some `bytes` (0: not known): the stream to be pumped, and then its outcome. host_stream_end() is
 * called after the end was closed, and frees. */
struct host_stream;
struct err *host_stream_begin(struct host *h, const char *op, const nvlist_t *args, uint64_t bytes,
			      struct host_stream **out);
struct pump_stream *host_stream_pump(struct host_stream *s);
struct err *host_stream_end(struct host_stream *s);

/* --- who has the locks, and how he is; see lock_ask.h --- */

/* Whoever finds a lock of this host's that we have can ask. */
void host_answer(struct host *h, const char *what, const struct lock_owner *owner);
/* No more. */
void host_be_silent(struct host *h);

/* Is it waited for? Then *quiet has the milliseconds since it showed that it makes progress. */
bool host_waits(struct host *h, uint64_t *quiet);

/* Is nothing of this host's waited for, or does it answer? `host`: a struct host. For ssh_opts. */
bool host_is_well(void *host);

/* Nothing is waited for any more there: calls that run fail, and so does each that begins. From any thread. */
void host_let_go(struct host *h);

#endif
