/* The text of an authorized_keys file, as sshd(8) reads it: a line for each key, "[OPTIONS] TYPE BASE64 [COMMENT]". Pure. */
#ifndef ZREP_UTIL_AUTHKEYS_H
#define ZREP_UTIL_AUTHKEYS_H

#include <stdbool.h>

#include "util/buf.h"

/* Is it one line of a public key, which nothing can be smuggled in with? */
bool authkeys_is_key(const char *line);

/* Is it one line of authorized_keys with options in front and such a key behind them? */
bool authkeys_is_line(const char *line);

enum authkeys_was {
	AUTHKEYS_NEW,  /* that key was not there */
	AUTHKEYS_SAME, /* the line was there, and no other of that key: `out` is `text` */
	AUTHKEYS_FREE, /* lines of that key without any option are gone, and the line is in their place */
	AUTHKEYS_BOUND, /* that key has options already, which are not to be lost: `out` is empty */
};

/* `text` with `line`, which is authkeys_is_line(), in place of what there is of its key, or at its end; the rest byte by byte as
 * it was. *former: the lines, each with its end, that were in its place, or one that is in its way; "": none. The caller frees
 * both. */
enum authkeys_was authkeys_put(const char *text, const char *line, struct buf *out,
			       struct buf *former);

/* `text`, as it has become by now, with `former` in place of `line`. False: that is not there any more. The caller frees `out`. */
bool authkeys_take_back(const char *text, const char *line, const char *former, struct buf *out);

#endif
