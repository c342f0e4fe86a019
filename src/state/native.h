/* What is known of ZFS's own properties: one row for each that is settable, or was. */
#ifndef ZREP_STATE_NATIVE_H
#define ZREP_STATE_NATIVE_H

#include <stdbool.h>

#include "util/buf.h"

enum native_trait {
	NATIVE_DATA =
	    1 << 0, /* it is about how the data is kept: a replica takes it over. All others
				     * it does not, known or not: a source may be hostile, and where
				     * something is mounted, shared or run is not its to say */
	NATIVE_NOT_CLONED = 1 << 1, /* a clone does not take it over. (A reservation of the same
				     * size twice may be more than there is.) */
	NATIVE_FILESYSTEM = 1 << 2, /* no volume has it */
	NATIVE_BORN = 1 << 3,   /* it is chosen when a dataset is made, and comes with its data */
	NATIVE_CIPHER = 1 << 4, /* a replica has the encryption and the key of its source */
	NATIVE_LESSENS =
	    1 << 6, /* only as "off": "on" may be more than what is above the replica allows */
	NATIVE_ALONE = 1 << 5, /* it is of one dataset alone, and of none below it */
	NATIVE_LIMIT =
	    1
	    << 7, /* it bounds what a dataset may take, or takes room beforehand: a replica has none, so that
		     * none stops a sync */
};

/* Has that property the trait? One without a row has none. */
bool native_has(const char *prop, enum native_trait trait);

/* Does a replica take over that its source has it set to this? */
bool native_copies(const char *prop, const char *value);

/* Is it a limit of such a dataset? What is reserved for a volume is part of its size. */
bool native_is_limit(const char *prop, bool volume);
/* Does that value of a limit mean that there is none? NULL does. */
bool native_is_no_limit(const char *value);

/* Adds the names of all that a replica may have from its source, limits included. */
void native_names(struct strv *names);

#endif
