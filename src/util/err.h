/* Errors are values: what failed, on which dataset and host, why, and what to do next.
 *
 * A function that can fail returns a struct err *: NULL means success. Whoever receives one owns it
 * and either passes it on (err_wrap adds context in front) or ends it with err_free(). Only ui/
 * and the verbs print. Running out of memory is not an error value: the program ends (see mem.h). */
#ifndef ZREP_UTIL_ERR_H
#define ZREP_UTIL_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* The kind is also the exit status; the numbers are documented in zrep(8) and go over the wire. */
enum err_kind {
	ERR_FAILED = 1,      /* it was tried and did not work */
	ERR_USAGE = 2,       /* the command line is wrong */
	ERR_REFUSED = 3,     /* zrep will not do this by itself: somebody must decide */
	ERR_BUSY = 4,        /* another zrep is at work on it */
	ERR_UNREACHABLE = 5, /* the other side could not be asked */
};

struct err {
	enum err_kind kind;
	int code;     /* errno or ZFS_ERR_* behind it, 0 where there is none */
	char *what;   /* one sentence, without a full stop */
	char *remedy; /* what to do next, or NULL */
};

#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* A new error. Never NULL. */
struct err *err_new(enum err_kind kind, const char *fmt, ...) ERR_PRINTF(2, 3);

/* A new error ending in ": " and the meaning of errno value `code`. */
struct err *err_sys(enum err_kind kind, int code, const char *fmt, ...) ERR_PRINTF(3, 4);

/* That ZFS on a host is given up, which in `seconds` has done nothing about `op`. Never NULL. */
struct err *err_hung(const char *host, unsigned seconds, const char *op);

/* Puts the formatted text and ": " in front of e's. Takes NULL and gives it back. Returns e. */
struct err *err_wrap(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* Sets what to do next, replacing an earlier remedy. Takes NULL. Returns e. */
struct err *err_remedy(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

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
