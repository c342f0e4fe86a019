/* The command line, taken apart into the context. */
#ifndef ZREP_CMD_OPTIONS_H
#define ZREP_CMD_OPTIONS_H

#include "cmd/cmd.h"

/* Finds the verb, and reads options and operands into c. *help: only its explanation is wanted. After an error
 * *verb may be known all the same. */
struct err *options_read(struct ctx *c, int argc, char **argv, const struct verb **verb,
			 bool *help);

#endif
