#include "ui/remedy.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/name.h"

#define NAME "zrep"

/* May "zrep" begin, or a verb end, beside this? What is part of a name, a path or a property is another word. */
static bool is_edge(char c)
{
	return c == '\0' || strchr(" \n`'\"(),;:.?!", c) != NULL;
}

/* Is it the tag of a command, "-t zrep"? */
static bool is_value(const char *text, const char *word)
{
	return word - text >= 4 && strncmp(word - 4, " -t ", 4) == 0;
}

/* Is it in a name with blanks, "tank/my zrep sync data"? No command has a path right before it. */
static bool is_in_name(const char *text, const char *word)
{
	const char *p = word;

	if (p == text || *--p != ' ')
		return false;
	for (; p > text && !(p[-1] == ' ' || p[-1] == '\n'); p--)
		if (p[-1] == '/')
			return true;
	return false;
}

/* The end of a quoted word that begins here ('tank/my data'), or NULL. An apostrophe begins none. */
static const char *quoted_end(const char *text, const char *p)
{
	return *p == '\'' && (p == text || is_edge(p[-1])) ? strchr(p + 1, '\'') : NULL;
}

/* Of what stands behind "zrep": options that stand alone, but for -t, and then a verb. */
static bool lacks_tag(const char *rest, remedy_verb_fn takes_tag)
{
	while (*rest == ' ') {
		const char *word = ++rest;
		size_t n = strcspn(word, " \n");
		bool option = n >= 2 && *word == '-' && word[1] != 't' && word[1] != '-';

		if (!option) {
			n = strspn(word, "abcdefghijklmnopqrstuvwxyz");
			return takes_tag(word, n) && is_edge(word[n]);
		}
		rest = word + n;
	}
	return false;
}

static char *with_tag(const char *text, const char *tag, remedy_verb_fn takes_tag, bool marked)
{
	struct buf out = {0};
	const char *from = text;

	buf_add(&out, "", 0);
	for (const char *p = text; tag != NULL && *p != '\0';) {
		const char *quoted = quoted_end(text, p);
		if (quoted != NULL || strncmp(p, NAME, strlen(NAME)) != 0) {
			p = quoted != NULL ? quoted + 1 : p + 1;
			continue;
		}
		const char *end = p + strlen(NAME);
		bool begins = marked ? p > text && p[-1] == '`' : p == text || is_edge(p[-1]);
		if (begins && !is_value(text, p) && !is_in_name(text, p) &&
		    lacks_tag(end, takes_tag)) {
			buf_addf(&out, "%.*s -t %s", (int)(end - from), from, tag);
			from = end;
		}
		p = end;
	}
	buf_addf(&out, "%s", from);
	return out.data;
}

char *remedy_with_tag(const char *text, const char *tag, remedy_verb_fn takes_tag)
{
	return with_tag(text, tag, takes_tag, false);
}

char *remedy_with_tag_marked(const char *text, const char *tag, remedy_verb_fn takes_tag)
{
	return with_tag(text, tag, takes_tag, true);
}

char *remedy_with_quotes(const char *text, const char *name)
{
	struct buf out = {0};
	char *word = name_for_shell(name);
	const char *from = text;
	size_t n = strlen(name);

	buf_add(&out, "", 0);
	for (const char *p = text; n > 0 && (p = strstr(p, name)) != NULL; p += n) {
		if ((p > text && strchr(" =`(\n", p[-1]) == NULL) ||
		    (p[n] != '@' && !is_edge(p[n])))
			continue;
		buf_addf(&out, "%.*s%s", (int)(p - from), from, word);
		from = p + n;
	}
	buf_addf(&out, "%s", from);
	free(word);
	return out.data;
}
