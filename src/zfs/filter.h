/* A filter: a program of this host's administrator that every stream goes through, ZREP_OUTFILTER what is sent
 * from here and ZREP_INFILTER what is received here (mbuffer, zstd). What is run is what this host's environment
 * says, never what a peer does. */
#ifndef ZREP_ZFS_FILTER_H
#define ZREP_ZFS_FILTER_H

#include <stdbool.h>

#include "util/cancel.h"
#include "util/err.h"

struct filter;

/* Is there one for streams in that direction? */
bool filter_is_set(bool sending);

/* Is its program there? NULL: it is, or there is no filter. Nothing is run. */
struct err *filter_check(bool sending, const char *host);

/* Starts it between two descriptors, which it takes over, also after an error. A thread of its own
 * watches it: when it ends, all of its process group does, so that nothing keeps the pipes open; and
 * when cancel is set, as by filter_stop(). `host` is for messages and must outlive it. */
struct err *filter_start(bool sending, int in, int out, const char *host, struct cancel *cancel,
			 struct filter **f);

/* It has nothing to do any more: it is given some seconds to end by itself, then made to. Does not
 * wait. NULL is fine. */
void filter_stop(struct filter *f);

/* Stops it, waits for its end, and frees. NULL if it ended well; otherwise how it did, and what it said
 * last. `early`: however it ended, the stream was not through by then. f may be NULL. */
struct err *filter_end(struct filter *f, bool early);

#endif
