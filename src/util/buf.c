#include "util/buf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"
#include "util/remedy.h"

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (b->cap - b->len < len + 1) {
		size_t cap = b->cap ? b->cap : 256;
		while (cap - b->len < len + 1)
			cap *= 2;
		b->data = mem_realloc(b->data, cap);
		b->cap = cap;
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = str_vfmt(fmt, ap);
	va_end(ap);
	buf_add(b, s, strlen(s));
	free(s);
}

void buf_tell(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = remedy_vfmt(fmt, ap);
	va_end(ap);
	buf_add(b, s, strlen(s));
	free(s);
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* Takes ownership of s. */
static void strv_take(struct strv *v, char *s)
{
	if ((v->n & (v->n - 1)) == 0) /* full: it doubles */
		v->items = mem_array(v->items, (v->n ? v->n * 2 : 1) + 1, sizeof(char *));
	v->items[v->n++] = s;
	v->items[v->n] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, mem_strdup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(v, str_vfmt(fmt, ap));
	va_end(ap);
}

void strv_tell(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(v, remedy_vfmt(fmt, ap));
	va_end(ap);
}

void strv_split(struct strv *v, const char *s)
{
	while (*(s += strspn(s, " \t")) != '\0') {
		size_t n = strcspn(s, " \t");
		strv_addf(v, "%.*s", (int)n, s);
		s += n;
	}
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->items[i], s) == 0)
			return true;
	return false;
}

void strv_free(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){0};
}

bool str_is_one_of(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; s != NULL && i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return true;
	return false;
}
