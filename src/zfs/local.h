/* What all operations on this host share. Only zfs/ uses it: host.c for ourselves, the agent for a peer. */
#ifndef ZREP_ZFS_LOCAL_H
#define ZREP_ZFS_LOCAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <libzfs_core.h>

#include "pump/pump.h"
#include "util/cancel.h"
#include "util/err.h"
#include "util/buf.h"
#include "util/nv.h"
#include "util/patience.h"
#include "zfs/ops.h"

struct confine;
struct locks;
struct ssh_opts;
struct written_counters;

struct local {
	const char *host; /* for messages */
	struct locks *locks;
	struct cancel *cancel;
	struct pump_limit limit; /* of an agent: over all that it sends, see OP_SEND */
	struct watch *watch;
	pthread_mutex_t owed_lock; /* over the next */
	struct strv
	    owed; /* locks that are to be dropped when what changes them is over: "TAG DATASET" */
	pthread_mutex_t unknown_lock;      /* over the next */
	struct strv unknown;               /* settings that its ZFS does not know */
	struct written_counters *counters; /* see OP_WRITTEN; NULL: none are read */
	atomic_bool few_columns;           /* its ZFS does not know when snapshots have changed */
	const struct ssh_opts *ssh;    /* of an agent: how it would reach others; see OP_REACH */
	const struct confine *confine; /* of an agent: what its peer may; NULL: everything */
	unsigned
	    timeout; /* seconds; 0, of an agent: it does not give up, whoever waits for it does */
	atomic_bool leaving; /* nothing is waited for any more: somebody asks this program to go */
	atomic_bool stuck;   /* a thread was left behind that uses this: it is never freed */
};

/* How long the calling thread waits for what it runs for its call; NULL: without end. Each thread has its own. */
const struct patience *local_patience(void);
void local_set_patience(const struct patience *p);

/* Is the call that this thread works for not waited for any more? Then it begins nothing more: what it hung in may let go
 * of it at any time later. */
bool local_is_given_up(void);

/* --- shared by the local_*.c files --- */

/* Opens /dev/zfs once for the process. */
struct err *local_init(struct local *l);

/* Runs a zfs command whose output is parsed. *failed: it exited non-zero; then `said` is what it
 * wrote to standard error. Errors: it could not be run, or ZFS is not there at all. */
struct err *local_zfs(struct local *l, char *const argv[], struct buf *out, struct buf *said,
		      bool *failed);

/* Adds of the n names those from *next on to the command, as many as one process can be given, and moves
 * *next behind them. At least one. */
void local_add_names(struct strv *argv, char *const *names, size_t n, size_t *next);
/* The names of an array argument, each checked: snapshots where `snaps`, else datasets. */
struct err *local_names(const nvlist_t *args, const char *key, bool snaps, char ***names,
			size_t *n);

/* The same of `items`, an nvlist of nvlists. */
struct err *local_items(const nvlist_t *args, const nvlist_t **items);

/* That what runs for `op` is not waited for any more. */
struct err *local_hung(struct local *l, const char *op);

/* False, with an error for each of the names: local_is_given_up(). Asked before each step of an operation that has several. */
bool local_goes_on(struct local *l, const char *doing, char *const *names, size_t n,
		   nvlist_t *result);

/* Adds the failure of one thing of a batch to result's `errors`. Takes e over. */
void local_add_error(nvlist_t *result, const char *name, struct err *e);

/* Is there one of that name? */
bool local_has_failed(const nvlist_t *result, const char *name);

/* Adds by which `zfs allow` this user may do what he may not: all that zrep ever does, and `more` (NULL
 * or ",prop,prop"), on the dataset that is the first `len` bytes of name. Takes NULL. Returns e. */
struct err *local_allow(struct local *l, struct err *e, const char *name, int len,
			const char *more);

/* Of an error that says that a feature of the pool of `name` on `host` is lacking: its reason and the remedy. Returns e. */
struct err *local_lacks_feature(struct err *e, const char *name, const char *host);

/* Is the pool of `name` not imported? ZFS says of what is in it what it says of what was destroyed. A suspended one is there. */
bool local_pool_gone(const char *name);

/* What an errno or ZFS_ERR_* from `doing` something means for `name` on this host, with a remedy
 * where there is one. */
struct err *local_error(struct local *l, int code, const char *doing, const char *name);

#endif
