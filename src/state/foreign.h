/* T:foreign and T:foreign-keep: which snapshots of other tools go to the replica, and which of them stay there. Pure
 * functions over text from outside. */
#ifndef ZREP_STATE_FOREIGN_H
#define ZREP_STATE_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "state/retention_spec.h"

/* A list of patterns as the shell has them for names, between blanks: at least one, none of them empty or with an @ or a /
 * in it. "all" and "none" stand alone. */
bool foreign_check(const char *text);
/* Does a snapshot of that name (the part after @) go? text NULL, or no list: yes. */
bool foreign_goes(const char *text, const char *snap);

enum foreign_keep_kind {
	FOREIGN_KEEP_ALL,    /* "all", or not set: they are whoever's made them */
	FOREIGN_KEEP_MIRROR, /* "mirror": what the source has */
	FOREIGN_KEEP_NEWEST, /* a number: so many */
	FOREIGN_KEEP_AGE,    /* as T:keep */
};

struct foreign_keep {
	enum foreign_keep_kind kind;
	uint64_t n;
	struct retention age;
};

/* text NULL: all. False where it is none of these; *out is all then. */
bool foreign_keep_parse(const char *text, struct foreign_keep *out);

#endif
