/* ZFS on this host. Only host.c (for ourselves) and the agent (for a peer) use this. */
#ifndef ZREP_ZFS_LOCAL_H
#define ZREP_ZFS_LOCAL_H

#include <stdatomic.h>

#include <libzfs_core.h>

#include "pump/pump.h"
#include "util/cancel.h"
#include "util/err.h"
#include "util/buf.h"
#include "util/nv.h"
#include "util/patience.h"
#include "zfs/ops.h"

struct locks;

struct local {
	const char *host; /* for messages */
	struct locks *locks;
	struct cancel *cancel;
	struct pump_limit limit; /* of an agent: over all that it sends, see OP_SEND */
	struct watch *watch;
	/* Of this program's own host. An agent does not give up: whoever waits for it does. */
	unsigned timeout;         /* seconds; 0: there is no end to patience */
	atomic_bool given_up;     /* it was over once: it is for every call from then on */
	atomic_bool stuck;        /* a thread was left behind that uses this: it is never freed */
	struct patience patience; /* see local_patience() */
};

/* Sets l->patience: with calls that ZFS has done nothing about for the timeout. */
void local_patience(struct local *l, unsigned timeout);

/* Looks op up in the table of operations and does it. */
struct err *local_call(struct local *l, const char *op, const nvlist_t *args, nvlist_t **result);

/* The host's zrep, of that version, knows no such operation. Refused, with who has to upgrade. */
struct err *local_unknown(const char *host, const char *version, const char *op);

/* The names of all that this host can be asked for, in no order, ending with NULL. */
const char *const *local_operations(void);

/* Names of this host, for completion: sorted, each once. */
struct err *local_known(struct local *l, enum known what, const char *tag, struct strv *names);

/* Is op one of the two with a stream? */
bool local_has_stream(const char *op);

/* The flags that OP_SEND's arguments ask for. False: one is none that zrep knows. Pure. */
bool local_send_flags(const nvlist_t *args, enum lzc_send_flags *out);

struct local_stream;
/* Begins a send or receive on a thread of its own. */
struct err *local_stream_begin(struct local *l, const char *op, const nvlist_t *args,
			       struct local_stream **out);
struct pump_end *local_stream_pump(struct local_stream *s);
/* How many went through; while it lives. */
const atomic_uint_least64_t *local_stream_bytes(const struct local_stream *s);
/* Waits for the send or receive to end, and frees. */
struct err *local_stream_end(struct local_stream *s);

/* --- shared by the local_*.c files --- */

/* Opens /dev/zfs once for the process. */
struct err *local_init(struct local *l);

/* Runs a zfs command whose output is parsed. *failed: it exited non-zero; then `said` is what it
 * wrote to standard error. Errors: it could not be run, or ZFS is not there at all. */
struct buf;
struct err *local_zfs(struct local *l, char *const argv[], struct buf *out, struct buf *said,
		      bool *failed);

/* Adds of the n names those from *next on to the command, as many as one process can be given, and moves
 * *next behind them. At least one. */
struct strv;
void local_add_names(struct strv *argv, char *const *names, size_t n, size_t *next);
/* The same of a listing: `zfs` complains and goes on where a dataset has gone, so a failure counts only when it is
 * about something else. Takes argv. */
struct strv;
struct err *local_listing(struct local *l, struct strv *argv, struct buf *out);
/* The same about n names, with as many processes as that takes. Frees argv, which lacks only them. */
struct err *local_listing_of(struct local *l, struct strv *argv, char *const *names, size_t n,
			     struct buf *out);

struct err *local_list(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_set(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_tokens(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_rename(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_clone(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_promote(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_quiesce(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_mount(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_unmount(struct local *l, const nvlist_t *args, nvlist_t *result);
struct err *local_hook(struct local *l, const nvlist_t *args, nvlist_t *result);

/* The names of an array argument, each checked: snapshots where `snaps`, else datasets. */
struct err *local_names(const nvlist_t *args, const char *key, bool snaps, char ***names,
			size_t *n);

/* The same of `items`, an nvlist of nvlists. */
struct err *local_items(const nvlist_t *args, const nvlist_t **items);

/* --- local_expect.c: what OP_SET is to find before it sets --- */

/* Is `expect` an nvlist as ops.h has it? */
struct err *expected_check(const nvlist_t *expect);
/* Adds to the arguments of the channel program which user properties are expected in a pool (of `len` bytes). */
void expected_args(const nvlist_t *expect, const char *pool, size_t len, nvlist_t *args);
/* Compares without a channel program (`native`: only native properties, which that does not): adds to *differs as that
 * does, which stays NULL if all is so. */
struct err *expected_look(struct local *l, const nvlist_t *expect, const char *pool, size_t len,
			  bool native, nvlist_t **differs);
/* Notes for all names of a pool that nothing is set there, because of what `differs`:
 * name -> {prop string, is string: "" where it is not set or there is no such dataset}. */
void expected_refuse(struct local *l, const nvlist_t *props, const nvlist_t *expect,
		     const char *pool, size_t len, const nvlist_t *differs, nvlist_t *result);

/* Is that property one of the user's own? */
bool local_is_user_prop(const char *prop);

/* Asks for properties of datasets (with one `zfs`; the last of `props` must be one that nobody can
 * set, see parse_get): name -> {value, source} into `datasets`, for those that exist. */
struct err *local_get(struct local *l, const char *const *props, size_t n_props, char *const *names,
		      size_t n, nvlist_t *datasets);

/* Adds to each dataset of a listing what all other tags say on it (see OP_LIST). */
struct err *local_tags(struct local *l, const char *tag, nvlist_t *datasets);

/* Adds `tagged` and `kept` to the datasets of a listing. */
struct err *local_examine(struct local *l, const char *tag, nvlist_t *datasets);

/* Adds the failure of one thing of a batch to result's `errors`. Takes e over. */
void local_add_error(nvlist_t *result, const char *name, struct err *e);

/* Adds by which `zfs allow` this user may do what he may not: all that zrep ever does, and `more` (NULL
 * or ",prop,prop"), on the dataset that is the first `len` bytes of name. Takes NULL. Returns e. */
struct err *local_allow(struct local *l, struct err *e, const char *name, int len,
			const char *more);

/* The name of the user we are, `otherwise` where he has none. The caller frees. */
char *local_user(const char *otherwise);

/* What an errno or ZFS_ERR_* from `doing` something means for `name` on this host, with a remedy
 * where there is one. */
struct err *local_error(struct local *l, int code, const char *doing, const char *name);

#endif
