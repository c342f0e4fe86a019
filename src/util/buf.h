/* A growing run of bytes that is always followed by a NUL, and a growing list of strings. */
#ifndef ZREP_UTIL_BUF_H
#define ZREP_UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* NUL-terminated; NULL while nothing was added */
	size_t len; /* without the NUL */
	size_t cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of text with commands in it, see util/remedy.h. */
void buf_tell(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);
/* The text, "" for an empty one. Valid until the next call on b. */
const char *buf_str(const struct buf *b);

/* Is s, which may be NULL, one of the n? */
bool str_is_one_of(const char *s, const char *const *list, size_t n);

/* A list of strings that it owns; items[n] is NULL, so that it can serve as an argument vector. */
struct strv {
	char **items;
	size_t n;
};

void strv_add(struct strv *v, const char *s);
void strv_addf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_tell(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds the words of s, split at blanks. No quoting: a word with a blank cannot be said. */
void strv_split(struct strv *v, const char *s);
bool strv_has(const struct strv *v, const char *s);
void strv_free(struct strv *v);

#endif
