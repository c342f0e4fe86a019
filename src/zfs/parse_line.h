/* Shared by parse.c and parse_snaps.c. */
#ifndef ZREP_ZFS_PARSE_LINE_H
#define ZREP_ZFS_PARSE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

/* Splits off the next line of *text, in place; NULL at the end. */
char *parse_next_line(char **text);

/* Splits a line at its tabs into exactly n fields, in place. */
bool parse_split(char *line, char **fields, size_t n);

/* `zfs` printed something that it never would. */
struct err *parse_unexpected(const char *command, const char *line);

#endif
