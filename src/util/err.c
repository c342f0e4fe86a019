#include "util/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/remedy.h"

char *str_vfmt(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		mem_exhausted();
	return s;
}

char *str_fmt(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = str_vfmt(fmt, ap);
	va_end(ap);
	return s;
}

bool str_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

char *str_clean(char *s)
{
	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
	return s;
}

static const char *const reason_words[] = {
#define X(name, word) [REASON_##name] = (word),
    ERR_REASONS(X)
#undef X
};

const char *err_reason_word(enum err_reason reason)
{
	return reason_words[(unsigned)reason < REASON_COUNT ? reason : REASON_NONE];
}

enum err_reason err_reason_of(const char *text, size_t len)
{
	for (unsigned i = 0; i < REASON_COUNT; i++)
		if (strlen(reason_words[i]) == len && strncmp(reason_words[i], text, len) == 0)
			return (enum err_reason)i;
	return REASON_NONE;
}

struct err *err_because(struct err *e, enum err_reason reason)
{
	if (e != NULL)
		e->reason = reason;
	return e;
}

bool err_is(const struct err *e, enum err_reason reason)
{
	return e != NULL && e->reason == reason;
}

static struct err *err_take(enum err_kind kind, int code, char *what)
{
	struct err *e = mem_zalloc(sizeof(*e));

	e->kind = kind;
	e->reason = kind == ERR_BUSY          ? REASON_LOCKED
		    : kind == ERR_UNREACHABLE ? REASON_UNREACHABLE
					      : REASON_NONE;
	e->code = code;
	e->what = what;
	return e;
}

struct err *err_new(enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct err *e = err_take(kind, 0, remedy_vfmt(fmt, ap));
	va_end(ap);
	return e;
}

struct err *err_refuse(enum err_reason reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct err *e = err_take(ERR_REFUSED, 0, remedy_vfmt(fmt, ap));
	va_end(ap);
	return err_because(e, reason);
}

struct err *err_sys(enum err_kind kind, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *front = remedy_vfmt(fmt, ap);
	va_end(ap);
	struct err *e = err_take(kind, code, str_fmt("%s: %s", front, strerror(code)));
	free(front);
	return e;
}

struct err *err_interrupted(const char *what)
{
	return err_because(
	    err_remedy(err_new(ERR_FAILED, "%s: interrupted", what),
		       "run the same command again: it goes on where this one stopped"),
	    REASON_INTERRUPTED);
}

struct err *err_hung(const char *host, unsigned seconds, const char *op)
{
	struct err *e =
	    err_remedy(err_new(ERR_UNREACHABLE,
			       "ZFS on %s does not answer: nothing has happened for %u s (%.40s)",
			       host, seconds, op),
		       "see `{zpool status}` and the kernel's log on %s; when ZFS answers again, "
		       "run the same command again",
		       host);
	return err_because(e, REASON_HUNG);
}

struct err *err_wrap(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return NULL;
	va_start(ap, fmt);
	char *front = remedy_vfmt(fmt, ap);
	va_end(ap);
	char *what = str_fmt("%s: %s", front, e->what);
	free(front);
	free(e->what);
	e->what = what;
	return e;
}

struct err *err_remedy(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return NULL;
	free(e->remedy);
	va_start(ap, fmt);
	e->remedy = remedy_vfmt(fmt, ap);
	va_end(ap);
	e->quoted = false;
	return e;
}

struct err *err_quote(struct err *e, const char *who)
{
	if (e == NULL)
		return NULL;
	str_clean(e->what);
	char *words = e->remedy;
	e->remedy = NULL;
	if (words != NULL) {
		err_remedy(e, "%s says: %s", who, str_clean(words));
		e->quoted = true;
	}
	free(words);
	return e;
}

struct err *err_first(struct err *a, struct err *b)
{
	if (a == NULL)
		return b;
	err_free(b);
	return a;
}

struct err *err_copy(const struct err *e)
{
	if (e == NULL)
		return NULL;
	struct err *c = err_take(e->kind, e->code, mem_strdup(e->what));
	c->reason = e->reason;
	c->quoted = e->quoted;
	if (e->remedy != NULL)
		c->remedy = mem_strdup(e->remedy);
	return c;
}

void err_free(struct err *e)
{
	if (e == NULL)
		return;
	free(e->what);
	free(e->remedy);
	free(e);
}
