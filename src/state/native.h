/* What is known of ZFS's own properties: one row for each that is not like the others. */
#ifndef ZREP_STATE_NATIVE_H
#define ZREP_STATE_NATIVE_H

#include <stdbool.h>

enum native_trait {
	NATIVE_OF_PLACE = 1 << 0,   /* a replica has its own: it belongs to where a dataset is, or
				     * the stream itself brings it */
	NATIVE_NOT_CLONED = 1 << 1, /* a clone does not take it over. (A reservation of the same
				     * size twice may be more than there is.) */
	NATIVE_FILESYSTEM = 1 << 2, /* no volume has it */
	NATIVE_BORN = 1 << 3,   /* it is chosen when a dataset is made, and comes with its data */
	NATIVE_CIPHER = 1 << 4, /* a replica has the encryption and the key of its source */
	NATIVE_ALONE = 1 << 5,  /* it is of one dataset alone, and of none below it */
};

/* Has that property the trait? One without a row has none. */
bool native_has(const char *prop, enum native_trait trait);

#endif
