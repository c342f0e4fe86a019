/* Files that others read while they are written. */
#ifndef ZREP_UTIL_FILE_H
#define ZREP_UTIL_FILE_H

#include "util/buf.h"
#include "util/err.h"

/* The file has all of the text then, or what it had: a temporary one beside it (".NAME.XXXXXX") takes its place. Readable for
 * all. Where a link leads to a file, that is meant; a device or a pipe is written to. From any thread. */
struct err *file_replace(const char *path, const struct buf *text);

#endif
