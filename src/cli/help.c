#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "cli/help_text.h"
#include "cli/option_table.h"
#include "cli/verb.h"
#include "engine/context.h"
#include "util/buf.h"
#include "util/mem.h"

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

static void add_verb(struct buf *to, const struct verb *v)
{
	const char *text = v->text != NULL ? v->text : "";
	size_t head = strlen("usage: zrep  ") + strlen(v->name), end = help_text_options_end(text);
	struct about a = {.verb = v};
	struct buf whole = {0};

	buf_addf(to, "usage: zrep %s%s", v->name, *v->usage ? " " : "");
	help_text_words(to, v->usage, strlen(v->usage), head, head);
	if (v->shorthand != NULL)
		buf_addf(to, "       zrep %s ...\n", v->shorthand);
	buf_addf(to, "\n");
	option_each(v, add_missing, &a);
	if (*text == '\0')
		buf_addf(&whole, "To %s.\n", v->summary);
	buf_addf(&whole, "%.*s%s%s", (int)end, text, buf_str(&a.text), text + end);
	help_text_add(to, whole.data);
	buf_free(&whole);
	buf_free(&a.text);
}

/* --- all of them --- */

static const struct {
	enum verb_group group;
	const char *heading;
} groups[] = {
    {VERBS_DAILY, "every day"},  {VERBS_LOOKING, "looking"}, {VERBS_ROLES, "roles"},
    {VERBS_SETUP, "setting up"}, {VERBS_ODD, "odd jobs"},
};

/* No line more than it takes: each group begins beside its heading. */
static void add_all(struct buf *to)
{
	buf_addf(to, "usage: zrep [-t TAG] [-nvy] [--json] [--quiet] VERB ...\n\n");
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		const char *heading = groups[g].heading;
		for (size_t i = 0; verbs[i] != NULL; i++) {
			const struct verb *v = verbs[i];
			if (v->summary == NULL || v->group != groups[g].group)
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

	option_each(v, add_option, &c);
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

	for (size_t i = 0; verbs[i] != NULL; i++)
		if (verbs[i]->summary != NULL)
			record_verb(u, verbs[i]);
	record_options(u->run, NULL);
	add_all(&text);
	print(u, &text);
}

static int run_help(struct ctx *c)
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

const struct verb verb_help = {
    .name = "help",
    .flags = "",
    .max_args = 1,
    .usage = "[VERB]",
    .summary = "explain a verb",
    .run = run_help,
};
