#include "ui/remedy.h"

#include <string.h>

#include "util/buf.h"

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

char *remedy_with_tag(const char *text, const char *tag, remedy_verb_fn takes_tag)
{
	struct buf out = {0};
	const char *from = text;

	buf_add(&out, "", 0);
	for (const char *p = text; tag != NULL && (p = strstr(p, NAME)) != NULL;) {
		const char *end = p + strlen(NAME);
		if ((p == text || is_edge(p[-1])) && !is_value(text, p) &&
		    lacks_tag(end, takes_tag)) {
			buf_addf(&out, "%.*s -t %s", (int)(end - from), from, tag);
			from = end;
		}
		p = end;
	}
	buf_addf(&out, "%s", from);
	return out.data;
}
