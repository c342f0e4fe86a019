#include "state/links.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/name.h"

void links_add(struct links *l, const char *tag, bool up, const char *host, const char *fs)
{
	l->items = mem_array(l->items, l->n + 1, sizeof(*l->items));
	l->items[l->n++] = (struct link){
	    .tag = mem_strdup(tag), .host = mem_strdup(host), .fs = mem_strdup(fs), .up = up};
}

static bool is_tag(const char *tag)
{
	struct err *e = name_check_tag(tag);
	bool ok = e == NULL;

	err_free(e);
	return ok;
}

/* Cuts a word off at its blank; NULL: there is none. */
static char *cut(char **rest)
{
	char *word = *rest, *end = strchr(word, ' ');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return word;
}

static bool parse_one(char *text, struct links *l)
{
	char *fs = text, *tag = cut(&fs), *way = tag != NULL ? cut(&fs) : NULL,
	     *host = way != NULL ? cut(&fs) : NULL;
	bool up = str_same(way, "<");

	if (host == NULL || (!up && !str_same(way, ">")) || !is_tag(tag) || !name_is_host(host) ||
	    !name_is_dataset(fs) || l->n >= LINKS_MAX)
		return false;
	links_add(l, tag, up, host, fs);
	return true;
}

struct links links_parse(const char *text)
{
	struct links l = {0};
	bool ok = text != NULL && strlen(text) <= LINKS_TEXT_MAX;

	if (!ok || *text == '\0')
		return l;
	char *copy = mem_strdup(text), *rest = copy;
	while (ok && rest != NULL) {
		char *one = rest, *comma = strchr(rest, ',');
		if (comma != NULL)
			*comma = '\0';
		rest = comma != NULL ? comma + 1 : NULL;
		ok = parse_one(one, &l);
	}
	free(copy);
	if (!ok)
		links_free(&l);
	return l;
}

char *links_print(const struct links *l)
{
	struct buf text = {0};

	for (size_t i = 0; i < l->n && i < LINKS_MAX; i++) {
		const struct link *k = &l->items[i];
		size_t more = strlen(k->tag) + strlen(k->host) + strlen(k->fs) + 5;
		if (text.len + more <= LINKS_TEXT_MAX)
			buf_addf(&text, "%s%s %s %s %s", text.len > 0 ? "," : "", k->tag,
				 k->up ? "<" : ">", k->host, k->fs);
	}
	return text.data;
}

void links_free(struct links *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].tag);
		free(l->items[i].host);
		free(l->items[i].fs);
	}
	free(l->items);
	*l = (struct links){0};
}
