/* A line of this user's authorized_keys: put there, and taken back. */
#ifndef ZREP_CLI_BIND_KEY_H
#define ZREP_CLI_BIND_KEY_H

#include <stdbool.h>

#include "util/authkeys.h"
#include "util/buf.h"
#include "util/err.h"

struct bound {
	char *path;
	struct buf before; /* all that was there; none where `missing` */
	bool missing, put;
	enum authkeys_was was;
	char *former; /* the line in whose place it is, or that is in its way; NULL: none */
};

/* Puts `line` into ~/.ssh/authorized_keys, see authkeys_put(). An error: the file is as it was, for example because the key is
 * bound to something else there. `host` is ours, for messages. With `look` nothing is changed. The caller frees with
 * bound_free() in any case. */
struct err *bound_put(struct bound *b, const char *host, const char *line, bool look);

/* The file becomes what it was. */
struct err *bound_undo(struct bound *b);

void bound_free(struct bound *b);

/* What the hidden verb answers on its standard output once the line is there, and what it has to be told then for the line to
 * stay. */
#define BIND_PUT "put"
#define BIND_KEEP "keep"

#endif
