/* What the shells complete a command line with (completions/), from the same tables that read it: words, each with a
 * tab and what it is. Hidden from the usage; `zrep complete -- WORD...`, the last one unfinished. It fails silently. */
#include <stdlib.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/verb.h"
#include "util/mem.h"

struct line {
	struct ctx *c;
	const struct verb *verb;
	const char *word;      /* the unfinished one */
	char *tag;             /* of -t */
	const char *wants;     /* the option whose value it is; NULL: of none */
	const char *ops[3];    /* the first operands before it */
	size_t n_ops;          /* and how many there are */
	const char *looked_up; /* an option that find_option() looks for */
	bool value;            /* what it found */
};

/* --- what stands before the word --- */

static bool option_is(const struct option_about *o, const char *word)
{
	if (word[1] == '-')
		return o->name != NULL && strcmp(word + 2, o->name) == 0;
	return word[0] == '-' && word[1] == o->letter && word[2] == '\0';
}

static void find_option(void *ctx, const struct option_about *o)
{
	struct line *l = ctx;

	if (option_is(o, l->looked_up))
		l->value = o->value != NULL;
}

static bool has_value(struct line *l, const char *option)
{
	l->looked_up = option;
	l->value = false;
	option_each(l->verb, find_option, l);
	return l->value;
}

static void read_line(struct line *l, const struct strv *words)
{
	l->word = words->n > 0 ? words->items[words->n - 1] : "";
	for (size_t i = 0; i + 1 < words->n; i++) {
		const char *w = words->items[i];
		const struct verb *v = l->verb == NULL ? verb_find(w) : NULL;
		if (v != NULL) {
			l->verb = v;
		} else if (*w == '-') {
			if (!has_value(l, w))
				continue;
			if (i + 2 == words->n)
				l->wants = w;
			i++;
			if (i + 1 < words->n && (strcmp(w, "-t") == 0 || strcmp(w, "--tag") == 0)) {
				free(l->tag);
				l->tag = mem_strdup(words->items[i]);
			}
		} else {
			if (l->n_ops < ARRAY_LEN(l->ops))
				l->ops[l->n_ops] = w;
			l->n_ops++;
		}
	}
}

/* --- what it may become --- */

static void offer(const struct line *l, const char *word, const char *text)
{
	if (strncmp(word, l->word, strlen(l->word)) == 0)
		ui_line(&l->c->ui, "%s\t%s", word, text);
}

static void offer_option(void *ctx, const struct option_about *o)
{
	char letter[] = {'-', o->letter, '\0'}, *name;

	if (o->letter != '\0')
		offer(ctx, letter, o->text != NULL ? o->text : "");
	if (o->name == NULL)
		return;
	name = str_fmt("--%s", o->name);
	offer(ctx, name, o->text != NULL ? o->text : "");
	free(name);
}

static void offer_verbs(const struct line *l, bool shorthands)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		const struct verb *v = verbs[i];
		if (v->summary == NULL)
			continue;
		offer(l, v->name, v->summary);
		if (shorthands && v->shorthand != NULL && *v->shorthand == '-')
			offer(l, v->shorthand, v->summary);
	}
}

static void offer_known(const struct line *l, enum known what, const char *text)
{
	struct strv names = {0};

	host_set_timeout(l->c->local, 5); /* somebody sits there */
	struct err *e = host_known(l->c->local, what, l->tag, &names);

	for (size_t i = 0; i < names.n; i++)
		offer(l, names.items[i], text);
	err_free(e);
	strv_free(&names);
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* By what the verb's usage says. */
static void offer_operand(const struct line *l)
{
	static const char *const on_any[] = {"init", "allow", "sentsync", NULL};
	const char *usage = l->verb->usage, *host = strstr(usage, " HOST");
	bool listed = strstr(usage, "...") != NULL;

	if (strcmp(l->verb->name, "help") == 0 && l->n_ops == 0)
		offer_verbs(l, false);
	if (strcmp(usage, "HOST") == 0 && l->n_ops == 0)
		offer_known(l, KNOWN_HOSTS, "host");
	if (strstr(usage, "DATASET") == NULL)
		return;
	if (l->n_ops == 0 && is_one_of(l->verb->name, on_any))
		offer_known(l, KNOWN_EVERY, "dataset");
	else if (l->n_ops == 0 || (listed && strcmp(l->ops[0], "all") != 0))
		offer_known(l, KNOWN_DATASETS, "dataset");
	if (l->n_ops == 0 && strstr(usage, "| all") != NULL)
		offer(l, "all", "all of them");
	if (host != NULL && !listed && l->n_ops == 1)
		offer_known(l, KNOWN_HOSTS, "host");
	if (host != NULL && !listed && l->n_ops == 2)
		offer(l, l->ops[0], "the same name there");
	if (host == NULL && strstr(usage, "[HOST]") != NULL && l->n_ops >= 1)
		offer_known(l, KNOWN_HOSTS, "host");
}

static int run_complete(struct ctx *c)
{
	struct line l = {.c = c, .tag = mem_strdup(c->tag)};
	struct err *e;

	read_line(&l, &c->args);
	if ((e = name_check_tag(l.tag)) == NULL) {
		if (l.wants != NULL &&
		    (strcmp(l.wants, "-t") == 0 || strcmp(l.wants, "--tag") == 0))
			offer_known(&l, KNOWN_TAGS, "tag");
		else if (l.wants == NULL && *l.word == '-')
			option_each(l.verb, offer_option, &l);
		if (l.wants == NULL && l.verb == NULL)
			offer_verbs(&l, *l.word == '-');
		else if (l.wants == NULL && *l.word != '-')
			offer_operand(&l);
	}
	err_free(e);
	free(l.tag);
	return 0;
}

const struct verb verb_complete = {
    .name = "complete",
    .flags = "",
    .max_args = -1,
    .usage = "",
    .run = run_complete,
};
