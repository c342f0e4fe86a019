#include "cli/option_table.h"

#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"

const struct option_row option_rows[] = {
    {'t', "tag", "TAG", false, "the pair's tag"},
    {'n', "dry-run", NULL, false, "print what would be done, and do nothing"},
    {'v', "verbose", NULL, false, "say more"},
    {'y', "yes", NULL, false, "do not ask"},
    {'D', "debug", NULL, false, "say which host is asked for what"},
    {'R', "recursive", NULL, true, "the datasets below as well, now and from now on"},
    {'P', "parallel", "N", true, "at most N transfers at a time"},
    {OPT_JSON, "json", NULL, false, "for scripts"},
    {OPT_QUIET, "quiet", NULL, false, "say only what went wrong"},
    {OPT_TIMEOUT, "timeout", "SECONDS", false,
     "seconds of silence, or of a ZFS that hangs, after which a host is given up"},
    {OPT_WAIT, "wait", "SECONDS", false, "seconds to wait for what somebody else is at work on"},
    {OPT_HELP, "help", NULL, false, "explain it"},
    {OPT_VERSION, "version", NULL, false, "print the version"},
    {OPT_FORCE, "force", NULL, true, "whatever the other side has decided"},
    {OPT_DISCARD, "discard", NULL, true, "destroy what would be preserved"},
    {OPT_FENCED, "fenced", NULL, true, "the other side is off, somebody has seen to that"},
    {OPT_NO_SYNC, "no-sync", NULL, true, "what is missing comes with the next sync"},
    {OPT_END_SYNC, "end-sync", NULL, true, "a sync that has it locked is ended"},
    {OPT_MAX_LAG, "max-lag", "TIME", true, "critical if the last sync is longer ago"},
    {OPT_LIMIT, "limit", "RATE", true, "at most so many bytes per second in all: 500K, 50M"},
    {OPT_FIX, "fix", NULL, true, "mend what can be"},
    {OPT_USER, "user", "NAME", true, "for that user"},
    {OPT_RELEASE, "release", NULL, true, "give up the space that is kept for the replica"},
    {OPT_EVERY, "every", "TIME", true, "how often it looks"},
    {OPT_METRICS, "metrics", "FILE", true, "write metrics to a file, for Prometheus"},
    {OPT_LOG, "log", "WHERE", true, "text, journal, syslog or json"},
    {OPT_PULL, "pull", NULL, true, "fetch for the replicas of this host"},
    {OPT_OUTPUT, "output", "FILE", true, "into that file"},
    {OPT_UNDER, "under", "DATASET", true, "the peer may do with that and what is below it"},
    {OPT_ROLE, "role", "ROLE", true, "what it may do: replica, source or peer"},
    {OPT_APPEND_ONLY, "append-only", NULL, true, "it may destroy nothing"},
    {OPT_KEYS, "keys", "DATASET", true, "the keys of both hosts are for that pair"},
    {OPT_MAX_BYTES, "max-bytes", "SIZE", true, "it may move so much in one connection"},
    {OPT_MAX_CALLS, "max-calls", "N", true, "it may ask so often in one connection"},
    {OPT_MAX_TIME, "max-time", "TIME", true, "one connection may last so long"},
    {OPT_SSH, "ssh", NULL, true, "the lines for authorized_keys"},
    {0},
};

const struct option_row *option_find(int key)
{
	for (size_t i = 0; option_rows[i].name != NULL; i++)
		if (option_rows[i].key == key)
			return &option_rows[i];
	return NULL;
}

const struct option_row *option_find_name(const char *name, size_t len)
{
	for (size_t i = 0; option_rows[i].name != NULL; i++)
		if (strlen(option_rows[i].name) == len &&
		    strncmp(option_rows[i].name, name, len) == 0)
			return &option_rows[i];
	return NULL;
}

const struct option_row *option_find_letter(char letter)
{
	return option_find(letter == 'h' || letter == '?' ? OPT_HELP
			   : letter == 'V'                ? OPT_VERSION
							  : letter);
}

bool option_is_of(const struct verb *v, int key)
{
	const struct option_row *o = option_find(key);

	return !o->own || verb_has_option(v, o->name);
}

/* What the text of v says of a letter of its own, a line of the form "  -a ARG, -b  WORDS". NULL: nothing. */
static char *letter_text(const struct verb *v, char letter)
{
	const char *line = v->text;

	for (; line != NULL && *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n");
		const char *end = n > 4 ? memmem(line + 2, n - 2, "  ", 2) : NULL;
		if (end == NULL || strncmp(line, "  -", 3) != 0)
			continue;
		for (const char *p = line + 2; p + 1 < end; p++)
			if (p[0] == '-' && p[1] == letter) {
				end += strspn(end, " ");
				n = strcspn(end, "\n,;:("); /* what fits beside it */
				n -= n > 0 && end[n - 1] == ' ';
				return str_fmt("%.*s", (int)n, end);
			}
	}
	return NULL;
}

void option_each(const struct verb *v, option_fn each, void *ctx)
{
	for (const char *f = v != NULL ? v->flags : ""; *f != '\0'; f++) {
		char *text = letter_text(v, *f);
		bool value = f[1] == ':';
		struct option_about o = {*f, NULL, value ? "VALUE" : NULL, true, text};
		each(ctx, &o);
		free(text);
		f += value;
	}
	for (size_t i = 0; option_rows[i].name != NULL; i++) {
		const struct option_row *o = &option_rows[i];
		struct option_about about = {o->key < 256 ? (char)o->key : '\0', o->name, o->value,
					     o->own, o->text};
		if (!o->own || (v != NULL && verb_has_option(v, o->name)))
			each(ctx, &about);
	}
}
