/* The command line, taken apart into the context. */
#ifndef ZREP_CLI_OPTIONS_H
#define ZREP_CLI_OPTIONS_H

#include "cli/verb.h"

/* Finds the verb, and reads options and operands into c. *help: only its explanation is wanted. After an error
 * *verb may be known all the same. */
struct err *options_read(struct ctx *c, int argc, char **argv, const struct verb **verb,
			 bool *help);

/* That "all", which is there, stands for every dataset, and something is beside it. */
struct err *options_all_not_alone(const char *verb);

/* --every, in seconds, `most` at most; not given, *seconds stays as it is. */
struct err *options_every(const struct ctx *c, uint64_t most, uint64_t *seconds);

/* --max-lag, in seconds; 0: not given. */
struct err *options_max_lag(const struct ctx *c, uint64_t *seconds);

#endif
