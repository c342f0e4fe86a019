/* A file of settings, as /etc/default/zrep: lines KEY=VALUE that a shell could read, but none does. A pure
 * function over text from outside; it is fuzzed. */
#ifndef ZREP_UTIL_CONFIG_H
#define ZREP_UTIL_CONFIG_H

#include "util/err.h"

/* Calls `found` for each setting, in order. Blank lines and those that begin with '#' are passed over, "export "
 * in front of a KEY too. A VALUE may stand in single or double quotes; what only a shell could understand
 * ($, `, \ and what follows the closing quote) is an error that names the line. Nothing was found then. */
struct err *config_parse(const char *text,
			 void (*found)(void *ctx, const char *key, const char *value), void *ctx);

#endif
