/* Which options there are: the long ones, which stand before or after the verb, and the letters of verbs. */
#ifndef ZREP_CLI_OPTION_TABLE_H
#define ZREP_CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct verb;

/* The keys of those without a letter. */
enum {
	OPT_JSON = 256,
	OPT_QUIET,
	OPT_TIMEOUT,
	OPT_HELP,
	OPT_VERSION,
	OPT_FORCE,
	OPT_DISCARD,
	OPT_MAX_LAG,
	OPT_LIMIT,
	OPT_FIX,
	OPT_USER,
	OPT_RELEASE,
	OPT_EVERY,
	OPT_METRICS,
	OPT_LOG,
	OPT_PULL,
	OPT_OUTPUT,
	OPT_WAIT,
	OPT_FENCED,
	OPT_UNDER,
	OPT_ROLE,
	OPT_APPEND_ONLY,
	OPT_SSH,
	OPT_KEYS,
	OPT_MAX_BYTES,
	OPT_MAX_CALLS,
	OPT_MAX_TIME,
	OPT_NO_SYNC,
	OPT_END_SYNC,
};

struct option_row {
	int key;
	const char *name;  /* the long one, which every option has: it is known by that */
	const char *value; /* what it has, as help calls it; NULL: nothing */
	bool own;          /* only the verbs that name it have it */
	const char *text;  /* for completion */
};

/* Ends with one without a name. */
extern const struct option_row option_rows[];

/* NULL: there is none. The letter may be one that is short for --help or --version. */
const struct option_row *option_find(int key);
const struct option_row *option_find_name(const char *name, size_t len);
const struct option_row *option_find_letter(char letter);

/* Does that verb have the option of that key? */
bool option_is_of(const struct verb *v, int key);

/* What there is to say of an option. */
struct option_about {
	char letter;       /* -l; NUL without one */
	const char *name;  /* --name; NULL for a letter of the verb's own */
	const char *value; /* what its value is called; NULL: it has none */
	bool own;          /* not every verb has it */
	const char *text;  /* NULL: nothing is said of it */
};
typedef void (*option_fn)(void *ctx, const struct option_about *o);
/* Calls `each` for every option that v has; v NULL: those that may stand before any verb. */
void option_each(const struct verb *v, option_fn each, void *ctx);

#endif
