/* A line of this user's authorized_keys: put there, and taken back. */
#ifndef ZREP_CLI_BIND_KEY_H
#define ZREP_CLI_BIND_KEY_H

#include <stdbool.h>

#include "util/authkeys.h"
#include "util/buf.h"
#include "util/err.h"

struct bound {
	char *path, *line;
	bool put;
	enum authkeys_was was;
	struct buf former; /* see authkeys_put() */
};

/* Puts `line` into ~/.ssh/authorized_keys. An error: the file is as it was, for example because the key has options there
 * already. `host` is ours, for messages. With `look` nothing is changed. The caller frees with bound_free() in any case. */
struct err *bound_put(struct bound *b, const char *host, const char *line, bool look);

/* What was in the line's place is there again; whatever else was written since stays. */
struct err *bound_undo(struct bound *b);

void bound_free(struct bound *b);

/* What the hidden verb answers on its standard output once the line is there, and what it has to be told then for the line to
 * stay. */
#define BIND_PUT "put"
#define BIND_KEEP "keep"

#endif
