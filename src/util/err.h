/* Errors are values: what failed, on which dataset and host, why, and what to do next.
 *
 * A function that can fail returns a struct err *: NULL means success. Whoever receives one owns it
 * and either passes it on (err_wrap adds context in front) or ends it with err_free(). Only ui/
 * prints. Running out of memory is not an error value: the program ends (see mem.h). */
#ifndef ZREP_UTIL_ERR_H
#define ZREP_UTIL_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The kind is also the exit status; the numbers are documented in zrep(8) and go over the wire. */
enum err_kind {
	ERR_FAILED = 1,      /* it was tried and did not work */
	ERR_USAGE = 2,       /* the command line is wrong */
	ERR_REFUSED = 3,     /* zrep will not do this by itself: somebody must decide */
	ERR_BUSY = 4,        /* another zrep is at work on it */
	ERR_UNREACHABLE = 5, /* the other side could not be asked */
};

/* The reason is what programs go by: status, check, hooks, monitoring, scripts. A word stands in JSON, in T:error and on the
 * wire, and keeps its meaning for ever; zrep-json(5) explains each. */
#define ERR_REASONS(X)                                                                             \
	X(NONE, "none")                                                                            \
	/* of roles */                                                                             \
	X(SUPERSEDED, "superseded")   /* the other side is the master of a higher epoch */         \
	X(SPLIT_BRAIN, "split-brain") /* two masters of one epoch */                               \
	X(IN_DOUBT, "in-doubt")       /* a change of role, and the other side cannot be asked */   \
	X(SWITCHING, "switching") /* a change of role is in progress, or was left by a crash */    \
	X(WITHDRAWN, "withdrawn") /* what was proven has changed before it was acted on */         \
	X(NO_MASTER, "no-master") /* neither side is the master */                                 \
	X(NOT_MASTER, "not-master")                                                                \
	X(NOT_REPLICA, "not-replica") /* it is not the replica of that master */                   \
	X(OLD_MASTER, "old-master")   /* the other side claims to lead, and was superseded */      \
	X(NOT_BEST, "not-best")       /* another member can be reached that leads, or has more */  \
	X(SET_BACK, "set-back")   /* an end was set back, or another machine has synced as it */   \
	X(OTHER_TAG, "other-tag") /* another tag on the dataset forbids it */                      \
	/* of pairs */                                                                             \
	X(NO_PAIR, "no-pair")                                                                      \
	X(BROKEN_PAIR, "broken-pair") /* its properties are not whole, or contradict each other */ \
	X(PAUSED, "paused")                                                                        \
	X(MISSING, "missing") /* there is no such dataset or snapshot */                           \
	X(EXISTS, "exists")   /* something is there already */                                     \
	X(CHANGED, "changed") /* the replica was written to, or has snapshots of its own */        \
	X(NO_BASE, "no-base") /* no snapshot in common */                                          \
	X(HELD, "held")                                                                            \
	X(MISFIT, "misfit") /* types, encryption, sizes or keys do not fit each other */           \
	X(NO_KEY, "no-key")                                                                        \
	X(NO_SPACE, "no-space")                                                                    \
	X(POOL_AWAY, "pool-away")                                                                  \
	X(POOL_READONLY, "pool-readonly")                                                          \
	X(IN_USE, "in-use") /* mounted and busy, or a volume that is open */                       \
	/* of hosts and transfers */                                                               \
	X(UNREACHABLE, "unreachable")                                                              \
	X(HUNG, "hung") /* its ZFS does not answer */                                              \
	X(PROTOCOL, "protocol")                                                                    \
	X(UPGRADE, "upgrade") /* the other host's zrep is too old for it */                        \
	X(LOCKED, "locked")                                                                        \
	X(PERMISSION, "permission")                                                                \
	X(CONFINED, "confined") /* the other host's agent is confined: see zfs/confine.h */        \
	X(STREAM, "stream")     /* a stream that ZFS does not take */                              \
	X(FILTER, "filter")                                                                        \
	X(HOOK, "hook")                                                                            \
	X(INTERRUPTED, "interrupted")                                                              \
	X(DAMAGED, "damaged") /* a pool cannot read what it has */                                 \
	X(FEATURE, "feature") /* a pool has not enabled a feature that the stream needs */         \
	X(LARGE_BLOCKS,                                                                            \
	  "large-blocks") /* the replica has large blocks, and small ones would be sent */         \
	/* of a run */                                                                             \
	X(TREE, "tree")           /* because of another dataset of the same tree */                \
	X(LEFT_OUT, "left-out")   /* something below it could not become a part of the tree */     \
	X(RENAMED, "renamed")     /* it has another name, which the other side cannot follow */    \
	X(SETTING, "setting")     /* a stored value, or a name, that zrep cannot use */            \
	X(DECLINED, "declined")   /* the operator was asked, and did not say yes */                \
	X(INVARIANT, "invariant") /* a plan of zrep's own that must not be: a mistake in zrep */

enum err_reason {
#define X(name, word) REASON_##name,
	ERR_REASONS(X)
#undef X
	    REASON_COUNT
};

/* The word of a reason; "none" for what is none. */
const char *err_reason_word(enum err_reason reason);
/* The reason of the first `len` bytes of text; REASON_NONE where they are no word of ours. */
enum err_reason err_reason_of(const char *text, size_t len);

struct err {
	enum err_kind kind;
	enum err_reason reason;
	int code;     /* errno or ZFS_ERR_* behind it, 0 where there is none */
	char *what;   /* one sentence, without a full stop */
	char *remedy; /* what to do next, or NULL */
	bool
	    quoted; /* the remedy is another host's word, and begins with whose: no command of ours */
};

#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Formats are those of remedy_fmt(): a command stands in braces. */

/* A new error. Never NULL. Its reason is that of its kind: LOCKED, UNREACHABLE, else NONE. */
struct err *err_new(enum err_kind kind, const char *fmt, ...) ERR_PRINTF(2, 3);

/* A refusal, and why as a value. Never NULL. */
struct err *err_refuse(enum err_reason reason, const char *fmt, ...) ERR_PRINTF(2, 3);

/* A new error ending in ": " and the meaning of errno value `code`. */
struct err *err_sys(enum err_kind kind, int code, const char *fmt, ...) ERR_PRINTF(3, 4);

/* That ZFS on a host is given up, which in `seconds` has done nothing about `op`. Never NULL. */
struct err *err_hung(const char *host, unsigned seconds, const char *op);

/* Puts the formatted text and ": " in front of e's. Takes NULL and gives it back. Returns e. */
struct err *err_wrap(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* Sets what to do next, replacing an earlier remedy. Takes NULL. Returns e. */
struct err *err_remedy(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* The error came from host `who`, which may be hostile: its text is made fit to print, and its remedy becomes what that
 * host says. Takes NULL. Returns e. */
struct err *err_quote(struct err *e, const char *who);

/* Says why, as a value, replacing an earlier reason. Takes NULL. Returns e. */
struct err *err_because(struct err *e, enum err_reason reason);

/* That what was at work (a dataset, mostly) was told to stop, and that it goes on when it is run again. */
struct err *err_interrupted(const char *what);

/* Is it an error, and for that reason? Takes NULL. */
bool err_is(const struct err *e, enum err_reason reason);

/* Keeps the first of two errors, frees the other; either may be NULL. */
struct err *err_first(struct err *a, struct err *b);

struct err *err_copy(const struct err *e);
void err_free(struct err *e);

/* vasprintf that cannot fail. The caller frees. */
char *str_vfmt(const char *fmt, va_list ap);
char *str_fmt(const char *fmt, ...) ERR_PRINTF(1, 2);

/* Both are there, and the same text. */
bool str_same(const char *a, const char *b);

/* Turns all but printable ASCII into '?', in place: what came from outside may go to a terminal, or
 * into JSON. Returns s. */
char *str_clean(char *s);

#endif
