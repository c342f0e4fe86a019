#include "cmd/remedy.h"

#include <string.h>

#include "cmd/cmd.h"

#define NAME "zrep"

/* May "zrep" begin, or a verb end, beside this? What is part of a name, a path or a property is another word. */
static bool is_edge(char c)
{
	return c == '\0' || strchr(" \n`'\"(),;:.?!", c) != NULL;
}

/* Verbs that have a tag. */
static bool is_verb(const char *word, size_t n)
{
	static const char *const without[] = {"help", "version", "agent", "complete"};

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (strlen(without[i]) == n && strncmp(without[i], word, n) == 0)
			return false;
	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (strlen(v->name) == n && strncmp(v->name, word, n) == 0)
			return true;
	return false;
}

/* Of what stands behind "zrep": options that stand alone, but for -t, and then a verb. */
static bool lacks_tag(const char *rest)
{
	while (*rest == ' ') {
		const char *word = ++rest;
		size_t n = strcspn(word, " \n");
		bool option = n >= 2 && *word == '-' && word[1] != 't' && word[1] != '-';

		if (!option) {
			n = strspn(word, "abcdefghijklmnopqrstuvwxyz");
			return is_verb(word, n) && is_edge(word[n]);
		}
		rest = word + n;
	}
	return false;
}

char *remedy_with_tag(const char *text, const char *tag)
{
	struct buf out = {0};
	const char *from = text;

	buf_add(&out, "", 0);
	for (const char *p = text; tag != NULL && (p = strstr(p, NAME)) != NULL;) {
		const char *end = p + strlen(NAME);
		if ((p == text || is_edge(p[-1])) && lacks_tag(end)) {
			buf_addf(&out, "%.*s -t %s", (int)(end - from), from, tag);
			from = end;
		}
		p = end;
	}
	buf_addf(&out, "%s", from);
	return out.data;
}
