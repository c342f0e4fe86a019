#include "util/authkeys.h"

#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"

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

/* Does the line let its key do everything that its user may? */
static bool is_free(const char *line, const char *key)
{
	const char *command = strstr(line, "command=");

	return command == NULL || command > key;
}

enum authkeys_was authkeys_put(const char *text, const char *line, struct buf *out, char **former)
{
	size_t want_len, n_same = 0, n_free = 0, n_bound = 0;
	const char *want = data_of(key_in(line), &want_len);
	const char *at = text != NULL ? text : "", *next;

	*former = NULL;
	*out = (struct buf){0};
	for (; *at != '\0'; at = next) {
		size_t len = strcspn(at, "\n"), n = 0;
		const char *key = key_in(at), *data = key != NULL ? data_of(key, &n) : NULL;
		next = at + len + (at[len] == '\n');
		if (key == NULL || n != want_len || memcmp(data, want, n) != 0) {
			buf_add(out, at, (size_t)(next - at));
			continue;
		}
		bool same = len == strlen(line) && memcmp(at, line, len) == 0;
		if (same)
			n_same++;
		else if (is_free(at, key))
			n_free++;
		else
			n_bound++;
		/* What it is bound to matters more. */
		if (!same && (*former == NULL || !is_free(at, key))) {
			free(*former);
			*former = str_fmt("%.*s", (int)len, at);
		}
		if (n_same + n_free == 1 && n_bound == 0)
			buf_addf(out, "%s\n", line);
	}
	if (n_bound > 0) {
		buf_free(out);
		return AUTHKEYS_BOUND;
	}
	if (n_same + n_free == 0) {
		if (out->len > 0 && out->data[out->len - 1] != '\n')
			buf_addf(out, "\n");
		buf_addf(out, "%s\n", line);
		return AUTHKEYS_NEW;
	}
	return n_free > 0 || n_same > 1 ? AUTHKEYS_FREE : AUTHKEYS_SAME;
}
