/* The code of an error on the wire: the same number for the same thing, whatever the two systems call it. */
#ifndef ZREP_UTIL_CODE_H
#define ZREP_UTIL_CODE_H

#include <stdint.h>

/* An errno as Linux numbers it; a ZFS_ERR_* is the same everywhere. 0: none, or one that has no number there. */
uint64_t code_to_wire(int code);

/* The host's own for it, 0 where there is none. */
int code_from_wire(uint64_t wire);

#endif
