#include "util/config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

#define KEY_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static char *trim(char *s)
{
	s += strspn(s, " \t");
	size_t n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		s[--n] = '\0';
	return s;
}

/* The VALUE of a line, in place; NULL where it is none that can be read without a shell. */
static char *plain_value(char *s)
{
	char quote = *s == '\'' || *s == '"' ? *s : '\0';
	size_t n = quote ? strcspn(s + 1, quote == '"' ? "\"" : "'") : strlen(s);

	if (quote != '\0') {
		if (s[1 + n] != quote ||
		    (s[2 + n] != '\0' && *trim(s + 2 + n) != '#' && *trim(s + 2 + n) != '\0'))
			return NULL;
		s[1 + n] = '\0';
		s++;
	} else if (strpbrk(s, " \t'\"#;&|<>()") != NULL) {
		return NULL;
	}
	return quote != '\'' && strpbrk(s, "$`\\") != NULL ? NULL : s;
}

static struct err *parse_line(char *line, size_t number, struct strv *pairs)
{
	char *s = trim(line), *value;

	if (*s == '\0' || *s == '#')
		return NULL;
	if (strncmp(s, "export ", 7) == 0)
		s = trim(s + 7);
	size_t n = strspn(s, KEY_CHARS);
	if (n == 0 || n > 64 || isdigit((unsigned char)*s) || s[n] != '=')
		return err_new(ERR_USAGE, "line %zu is not of the form KEY=VALUE", number);
	s[n] = '\0';
	if ((value = plain_value(s + n + 1)) == NULL)
		return err_new(ERR_USAGE,
			       "line %zu: the value of %s is read as it is, not by a shell: put it "
			       "in single quotes",
			       number, s);
	strv_add(pairs, s);
	strv_add(pairs, value);
	return NULL;
}

struct err *config_parse(const char *text,
			 void (*found)(void *ctx, const char *key, const char *value), void *ctx)
{
	char *copy = mem_strdup(text), *line = copy;
	struct strv pairs = {0};
	struct err *e = NULL;

	for (size_t number = 1; e == NULL && line != NULL; number++) {
		char *end = strchr(line, '\n');
		if (end != NULL)
			*end = '\0';
		e = parse_line(line, number, &pairs);
		line = end != NULL ? end + 1 : NULL;
	}
	for (size_t i = 0; e == NULL && i < pairs.n; i += 2)
		found(ctx, pairs.items[i], pairs.items[i + 1]);
	strv_free(&pairs);
	free(copy);
	return e;
}
