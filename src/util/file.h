/* Files that others read while they are written. */
#ifndef ZREP_UTIL_FILE_H
#define ZREP_UTIL_FILE_H

#include "util/buf.h"
#include "util/err.h"

/* Adds what is in the file to `to`: more than `most` bytes are an error, and so is a file that is not there (code ENOENT). */
struct err *file_read(const char *path, size_t most, struct buf *to);

/* The file has all of the text then, or what it had: a temporary one beside it (".NAME.XXXXXX") takes its place. Readable for
 * all. Where a link leads to a file, that is meant; a device or a pipe is written to. From any thread. */
struct err *file_replace(const char *path, const struct buf *text);

/* The same of a regular file that is somebody's own: it keeps its owner and mode (an error where it cannot), and a new one is readable for its owner alone. It is on
 * disk when this returns. */
struct err *file_replace_own(const char *path, const struct buf *text);

#endif
