/* What `zrep help` prints, from the tables of verbs and options. */
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "util/buf.h"
#include "util/mem.h"

#define WIDTH 80u
/* The most that stands before the explanation of an option. */
#define HEAD_MAX 20u

/* --- texts, in lines --- */

/* Adds words until the text ends, the first at column `at`, further lines from `indent` on. */
static void add_words(struct buf *to, const char *s, size_t n, size_t at, size_t indent)
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

/* A text of a verb is paragraphs, and options: lines that begin with "  -", then what stands before two blanks. */
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

static void add_text(struct buf *to, const char *text)
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
			add_words(to, t, item_len(t), 0, 0);
			continue;
		}
		buf_addf(to, "%-*.*s", (int)column, (int)head, t);
		if (head >= column)
			buf_addf(to, "\n%*s", (int)column, "");
		add_words(to, t + head, item_len(t) - head, column, column);
	}
}

/* --- a verb --- */

struct about {
	const struct verb *verb;
	struct buf text; /* of options that the verb's own text does not have */
};

static bool is_wordlike(char c)
{
	return c == '-' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Does the text have the letter in a "-x", or in a "-abx"? */
static bool has_letter(const char *text, char letter)
{
	for (const char *p = strchr(text, '-'); p != NULL; p = strchr(p + 1, '-')) {
		if ((p > text && is_wordlike(p[-1])) || p[1] == '-')
			continue;
		for (const char *q = p + 1; is_wordlike(*q) && *q != '-'; q++)
			if (*q == letter)
				return true;
	}
	return false;
}

static bool has_name(const char *text, const char *name)
{
	char *word = str_fmt("--%s", name);
	bool has = false;

	for (const char *p = strstr(text, word); p != NULL && !has; p = strstr(p + 1, word))
		has = !is_wordlike(p[strlen(word)]);
	free(word);
	return has;
}

static void add_missing(void *ctx, const struct option_about *o)
{
	struct about *a = ctx;
	const char *text = a->verb->text != NULL ? a->verb->text : "";

	if (!o->own || o->text == NULL || (o->letter != '\0' && has_letter(text, o->letter)) ||
	    (o->name != NULL && has_name(text, o->name)))
		return;
	buf_addf(&a->text, "  ");
	if (o->letter != '\0')
		buf_addf(&a->text, "-%c", o->letter);
	else
		buf_addf(&a->text, "--%s", o->name);
	buf_addf(&a->text, "%s%s  %s\n", o->value != NULL ? " " : "",
		 o->value != NULL ? o->value : "", o->text);
}

/* The end of the last option in a text; of the text, if it has none. */
static size_t options_end(const char *text)
{
	size_t end = 0;

	for (const char *t = text; *t != '\0'; t += item_len(t))
		if (is_option(t))
			end = (size_t)(t - text) + item_len(t);
	return end != 0 ? end : strlen(text);
}

static void add_verb(struct buf *to, const struct verb *v)
{
	const char *text = v->text != NULL ? v->text : "";
	size_t head = strlen("usage: zrep  ") + strlen(v->name), end = options_end(text);
	struct about a = {.verb = v};
	struct buf whole = {0};

	buf_addf(to, "usage: zrep %s%s", v->name, *v->usage ? " " : "");
	add_words(to, v->usage, strlen(v->usage), head, head);
	if (v->shorthand != NULL)
		buf_addf(to, "       zrep %s ...\n", v->shorthand);
	buf_addf(to, "\n");
	options_each(v, add_missing, &a);
	if (*text == '\0')
		buf_addf(&whole, "To %s.\n", v->summary);
	buf_addf(&whole, "%.*s%s%s", (int)end, text, buf_str(&a.text), text + end);
	add_text(to, whole.data);
	buf_free(&whole);
	buf_free(&a.text);
}

/* --- all of them --- */

/* What is in none of them is in the last. */
static const struct {
	const char *heading, *verbs; /* each with a blank before and after */
} groups[] = {
    {"every day", " sync refresh pause unpause expire "},
    {"looking", " status check doctor list uptodate lastsent "},
    {"roles", " failover takeover rejoin "},
    {"setting up", " init sentsync changeconfig allow clear "},
    {"odd jobs", ""},
};

static size_t group_of(const struct verb *v)
{
	char *word = str_fmt(" %s ", v->name);
	size_t g = 0;

	while (g + 1 < ARRAY_LEN(groups) && strstr(groups[g].verbs, word) == NULL)
		g++;
	free(word);
	return g;
}

/* No line more than it takes: each group begins beside its heading. */
static void add_all(struct buf *to)
{
	buf_addf(to, "usage: zrep [-t TAG] [-nvy] [--json] [--quiet] VERB ...\n\n");
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		const char *heading = groups[g].heading;
		for (const struct verb *v = verbs; v->name != NULL; v++) {
			if (v->summary == NULL || group_of(v) != g)
				continue;
			bool letter = v->shorthand != NULL && *v->shorthand == '-';
			buf_addf(to, "%-11s %-12s %-2s %s\n", heading, v->name,
				 letter ? v->shorthand : "", v->summary);
			heading = "";
		}
	}
	buf_addf(
	    to, "\n-t TAG  the pair's tag (ZREPTAG; zrep)    --quiet  only what went wrong\n"
		"-n      print the plan, and do nothing    --json   for scripts\n"
		"-v      say more                          -D       which host is asked for what\n"
		"-y      do not ask                        --timeout SECONDS  of silence (60)\n"
		"`zrep help VERB` explains one. Exit status: 0 done, 1 failed, 2 usage, 3 refused\n"
		"(somebody must decide), 4 busy, 5 other side unreachable.\n");
}

/* --- as values: what there is, and (tests/manual) has to be in the manual --- */

struct collect {
	struct strv words;
	bool own;
};

static void add_option(void *ctx, const struct option_about *o)
{
	struct collect *c = ctx;

	if (o->own == c->own && o->letter != '\0')
		strv_addf(&c->words, "-%c", o->letter);
	if (o->own == c->own && o->name != NULL)
		strv_addf(&c->words, "--%s", o->name);
}

/* v NULL: those that all have. */
static void record_options(struct record *to, const struct verb *v)
{
	struct collect c = {.own = v != NULL};

	options_each(v, add_option, &c);
	record_strs(to, "options", c.words.items, c.words.n);
	strv_free(&c.words);
}

static void record_verb(const struct ui *u, const struct verb *v)
{
	struct record *one = record_map(record_map(u->run, "verbs"), v->name);

	record_str(one, "shorthand", v->shorthand);
	record_str(one, "usage", v->usage);
	record_str(one, "summary", v->summary);
	record_options(one, v);
}

/* --- the verb --- */

/* The text ends with a line break. Frees it. */
static void print(const struct ui *u, struct buf *text)
{
	ui_line(u, "%.*s", (int)text->len - 1, text->data);
	buf_free(text);
}

void help_verb(const struct ui *u, const struct verb *v)
{
	struct buf text = {0};

	record_verb(u, v);
	add_verb(&text, v);
	print(u, &text);
}

static void help_all(const struct ui *u)
{
	struct buf text = {0};

	for (const struct verb *v = verbs; v->name != NULL; v++)
		if (v->summary != NULL)
			record_verb(u, v);
	record_options(u->run, NULL);
	add_all(&text);
	print(u, &text);
}

int cmd_help(struct ctx *c)
{
	if (c->args.n == 0) {
		help_all(&c->ui);
		return 0;
	}
	const struct verb *v = verb_find(c->args.items[0]);
	if (v == NULL || v->summary == NULL)
		return ui_error(&c->ui, err_remedy(err_new(ERR_USAGE, "there is no verb \"%.40s\"",
							   c->args.items[0]),
						   "`zrep help` lists them"));
	help_verb(&c->ui, v);
	return 0;
}
