#include "cli/help_text.h"

#include <string.h>

#include "util/buf.h"

#define WIDTH 80u
/* The most that stands before the explanation of an option. */
#define HEAD_MAX 20u

void help_text_words(struct buf *to, const char *s, size_t n, size_t at, size_t indent)
{
	const char *end = s + n;
	bool first = true;

	for (;;) {
		while (s < end && (*s == ' ' || *s == '\n'))
			s++;
		size_t len = 0;
		while (s + len < end && s[len] != ' ' && s[len] != '\n')
			len++;
		if (len == 0)
			break;
		if (!first && at + 1 + len > WIDTH) {
			buf_addf(to, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		buf_addf(to, "%s%.*s", first ? "" : " ", (int)len, s);
		at += len + !first;
		first = false;
		s += len;
	}
	buf_addf(to, "\n");
}

static bool is_option(const char *line)
{
	return strncmp(line, "  -", 3) == 0;
}

/* How long the option's head is, its two blanks in front included. */
static size_t head_len(const char *line)
{
	const char *end = strstr(line + 2, "  ");

	return end != NULL && end < line + strcspn(line, "\n") ? (size_t)(end - line)
							       : strcspn(line, "\n");
}

/* The length of the paragraph or option that begins here. */
static size_t item_len(const char *text)
{
	bool option = is_option(text);
	size_t n = 0;

	do {
		n += strcspn(text + n, "\n");
		n += text[n] == '\n';
	} while (text[n] != '\0' && !is_option(text + n) &&
		 (strncmp(text + n, "  ", 2) == 0) == option);
	return n;
}

void help_text_add(struct buf *to, const char *text)
{
	size_t column = 0;

	for (const char *t = text; *t != '\0'; t += item_len(t))
		if (is_option(t) && head_len(t) + 2 > column)
			column = head_len(t) + 2;
	if (column > HEAD_MAX)
		column = HEAD_MAX;
	for (const char *t = text; *t != '\0'; t += item_len(t)) {
		size_t head = is_option(t) ? head_len(t) : 0;
		if (head == 0) {
			help_text_words(to, t, item_len(t), 0, 0);
			continue;
		}
		buf_addf(to, "%-*.*s", (int)column, (int)head, t);
		if (head >= column)
			buf_addf(to, "\n%*s", (int)column, "");
		help_text_words(to, t + head, item_len(t) - head, column, column);
	}
}

size_t help_text_options_end(const char *text)
{
	size_t end = 0;

	for (const char *t = text; *t != '\0'; t += item_len(t))
		if (is_option(t))
			end = (size_t)(t - text) + item_len(t);
	return end != 0 ? end : strlen(text);
}
