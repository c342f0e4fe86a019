#include "state/switch_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"

/* The rest of text behind `word` and a blank; NULL if it does not begin so. */
static const char *after(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 && text[n] == ' ' ? text + n + 1 : NULL;
}

static bool parse_epoch(const char *text, uint64_t *epoch)
{
	return num_parse_u64(text, epoch) && *epoch > 0 && *epoch < EPOCH_MAX;
}

static bool parse_guid(const char *text, uint64_t *guid)
{
	return num_parse_u64(text, guid) && *guid != 0;
}

/* What stands in front of the first blank, to `parse`; what is behind it, or NULL. */
static const char *behind(const char *text, bool (*parse)(const char *word, uint64_t *value),
			  uint64_t *value)
{
	char *word = str_fmt("%.*s", (int)strcspn(text, " "), text);
	const char *rest = text + strlen(word);
	bool ok = parse(word, value) && *rest == ' ';

	free(word);
	return ok ? rest + 1 : NULL;
}

static bool parse_demoting(const char *text, struct switch_state *c)
{
	if (parse_epoch(text, &c->epoch))
		return true;
	const char *rest = behind(text, parse_epoch, &c->epoch);

	c->rests = rest != NULL && strcmp(rest, SWITCH_RESTING_TEXT) == 0;
	return c->rests;
}

static bool parse_offered(const char *text, struct switch_state *c)
{
	const char *rest = behind(text, parse_epoch, &c->epoch);

	return rest != NULL && parse_guid(rest, &c->guid);
}

static bool parse_reverting(const char *text, struct switch_state *c)
{
	const char *rest = behind(text, parse_guid, &c->guid);

	if (rest == NULL)
		return false;
	if (strcmp(rest, "discard") == 0)
		return true;
	if ((rest = after(rest, "keep")) == NULL || !name_is_dataset(rest))
		return false;
	c->preserve_as = mem_strdup(rest);
	return true;
}

struct switch_state switch_parse(const char *text)
{
	struct switch_state c = {.kind = SWITCH_NONE};
	const char *rest;

	if (text == NULL)
		return c;
	c.kind = SWITCH_UNKNOWN;
	if ((rest = after(text, "leaving")) != NULL && parse_demoting(rest, &c))
		c.kind = SWITCH_DEMOTING;
	else if ((rest = after(text, "entering")) != NULL && parse_epoch(rest, &c.epoch))
		c.kind = SWITCH_PROMOTING;
	else if ((rest = after(text, "offered")) != NULL && parse_offered(rest, &c))
		c.kind = SWITCH_OFFERED;
	else if (strcmp(text, SWITCH_RESTING_TEXT) == 0)
		c.kind = SWITCH_RESTING;
	else if ((rest = after(text, "back")) != NULL && parse_reverting(rest, &c))
		c.kind = SWITCH_REVERTING;
	return c;
}

bool switch_makes_way(const struct switch_state *s)
{
	return s->kind == SWITCH_DEMOTING || s->kind == SWITCH_RESTING;
}

bool switch_waits(const struct switch_state *s)
{
	return s->kind == SWITCH_OFFERED || s->kind == SWITCH_RESTING;
}

void switch_clear(struct switch_state *c)
{
	free(c->preserve_as);
	*c = (struct switch_state){0};
}

char *switch_demoting(uint64_t epoch, bool rests)
{
	return str_fmt("leaving %" PRIu64 "%s", epoch, rests ? " " SWITCH_RESTING_TEXT : "");
}

char *switch_promoting(uint64_t epoch)
{
	return str_fmt("entering %" PRIu64, epoch);
}

char *switch_offered(uint64_t epoch, uint64_t guid)
{
	return str_fmt("offered %" PRIu64 " %" PRIu64, epoch, guid);
}

char *switch_reverting(uint64_t guid, const char *keep)
{
	if (keep == NULL)
		return str_fmt("back %" PRIu64 " discard", guid);
	return str_fmt("back %" PRIu64 " keep %s", guid, keep);
}

char *preserved_name_before(const char *kept)
{
	size_t n = strlen(kept), tail = strlen(PRESERVED_INFIX) + strlen("20261125T130509Z");

	if (n <= tail)
		return NULL;
	const char *end = kept + n - tail;
	if (strncmp(end, PRESERVED_INFIX, strlen(PRESERVED_INFIX)) != 0 ||
	    strspn(end + strlen(PRESERVED_INFIX), "0123456789TZ") != tail - strlen(PRESERVED_INFIX))
		return NULL;
	return str_fmt("%.*s", (int)(end - kept), kept);
}

bool switch_is_aside(const struct switch_state *s, const char *name)
{
	return s->kind == SWITCH_REVERTING && str_same(s->preserve_as, name);
}

bool preserved_is_of(const char *kept, const char *name)
{
	char *before = preserved_name_before(kept);
	bool is = before != NULL && strcmp(before, name) == 0;

	free(before);
	return is;
}
