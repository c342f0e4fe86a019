/* An archive of tar (ustar), for a handful of files. */
#ifndef ZREP_UTIL_TAR_H
#define ZREP_UTIL_TAR_H

#include "util/buf.h"

/* Adds a file of root's. `name` is relative and shorter than 100 bytes; `when` in seconds. */
void tar_add(struct buf *tar, const char *name, unsigned mode, long long when,
	     const struct buf *data);
/* Nothing follows. */
void tar_end(struct buf *tar);

#endif
