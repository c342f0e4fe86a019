#include "util/authkeys.h"

#include <string.h>

#define BASE64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/="
#define WORD BASE64 "@._-"

static bool is_type(const char *s)
{
	return strncmp(s, "ssh-", 4) == 0 || strncmp(s, "ecdsa-", 6) == 0 ||
	       strncmp(s, "sk-", 3) == 0;
}

bool authkeys_is_key(const char *line)
{
	return is_type(line) && strspn(line, WORD " ") == strlen(line);
}

/* Behind the options, in which a quoted part may have blanks, and \" a quote. */
static const char *past_options(const char *s)
{
	bool quoted = false;

	for (; *s != '\0' && *s != '\n' && (quoted || (*s != ' ' && *s != '\t')); s++) {
		if (*s == '\\' && s[1] == '"')
			s++;
		else if (*s == '"')
			quoted = !quoted;
	}
	return s + strspn(s, " \t");
}

/* The TYPE of a line; NULL: it is a comment, or none of ours to understand. */
static const char *key_in(const char *line)
{
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '\n' || *line == '#')
		return NULL;
	const char *key = is_type(line) ? line : past_options(line);
	return is_type(key) ? key : NULL;
}

/* The BASE64 of a key. */
static const char *data_of(const char *key, size_t *len)
{
	key += strcspn(key, " \t\n");
	key += strspn(key, " \t");
	*len = strspn(key, BASE64);
	return key;
}

bool authkeys_is_line(const char *line)
{
	const char *key = strchr(line, '\n') == NULL ? key_in(line) : NULL;
	size_t n;

	if (key == NULL || key == line || !authkeys_is_key(key))
		return false;
	(void)data_of(key, &n);
	return n > 0;
}

static bool is_line(const char *at, size_t len, const char *line)
{
	return len == strlen(line) && memcmp(at, line, len) == 0;
}

enum authkeys_was authkeys_put(const char *text, const char *line, struct buf *out,
			       struct buf *former)
{
	size_t want_len, n_same = 0, n_free = 0;
	const char *want = data_of(key_in(line), &want_len), *next;

	*former = *out = (struct buf){0};
	for (const char *at = text; *at != '\0'; at = next) {
		size_t len = strcspn(at, "\n"), n = 0;
		const char *key = key_in(at), *data = key != NULL ? data_of(key, &n) : NULL;
		next = at + len + (at[len] == '\n');
		if (key == NULL || n != want_len || memcmp(data, want, n) != 0) {
			buf_add(out, at, (size_t)(next - at));
			continue;
		}
		bool same = is_line(at, len, line);
		/* Where it may come from, until when, what it may run: whoever wrote that meant it. */
		if (!same && key != at + strspn(at, " \t")) {
			buf_free(out);
			buf_free(former);
			*out = *former = (struct buf){0};
			buf_addf(former, "%.*s", (int)len, at);
			return AUTHKEYS_BOUND;
		}
		n_same += same;
		n_free += !same;
		if (!same)
			buf_addf(former, "%.*s\n", (int)len, at);
		if (n_same + n_free == 1)
			buf_addf(out, "%s\n", line);
	}
	if (n_same + n_free > 0)
		return n_free > 0 || n_same > 1 ? AUTHKEYS_FREE : AUTHKEYS_SAME;
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_addf(out, "\n");
	buf_addf(out, "%s\n", line);
	return AUTHKEYS_NEW;
}

bool authkeys_take_back(const char *text, const char *line, const char *former, struct buf *out)
{
	bool there = false;
	const char *next;

	*out = (struct buf){0};
	for (const char *at = text; *at != '\0'; at = next) {
		size_t len = strcspn(at, "\n");
		next = at + len + (at[len] == '\n');
		if (!is_line(at, len, line))
			buf_add(out, at, (size_t)(next - at));
		else if (!there)
			buf_add(out, former, strlen(former));
		there = there || is_line(at, len, line);
	}
	return there;
}
