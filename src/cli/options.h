/* The command line, taken apart into the context. */
#ifndef ZREP_CMD_OPTIONS_H
#define ZREP_CMD_OPTIONS_H

#include "cli/verb.h"

/* Finds the verb, and reads options and operands into c. *help: only its explanation is wanted. After an error
 * *verb may be known all the same. */
struct err *options_read(struct ctx *c, int argc, char **argv, const struct verb **verb,
			 bool *help);

/* --max-lag, in seconds; 0: not given. */
struct err *options_max_lag(const struct ctx *c, uint64_t *seconds);

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
void options_each(const struct verb *v, option_fn each, void *ctx);

#endif
