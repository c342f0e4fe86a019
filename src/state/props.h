/* T:props: what a replica gets of properties beside its source's, so that a later init of the pair does the
 * same. One item for each property, in the order of their names, with commas in between:
 *
 *     compression=zstd,-atime,com.example:note=a%2Cb
 *
 * PROP=VALUE is set on the replica; -PROP is not taken from the source. In a value '%', ',' and everything that is
 * not printable ASCII stand as %XX. */
#ifndef ZREP_STATE_PROPS_H
#define ZREP_STATE_PROPS_H

#include <stdbool.h>

#include "util/err.h"
#include "util/nv.h"

/* What ZFS stores of a property at most, with room to spare for its name in messages. */
#define PROPS_TEXT_MAX 8000u

/* As an nvlist: PROP -> its value, or a flag for one that is left out. NULL where the text is none of the kind;
 * an empty nvlist for "". The caller frees. */
nvlist_t *props_parse(const char *text);

/* The text; "" for none. The caller frees. */
char *props_print(const nvlist_t *props);

/* Adds what stands behind -o ("PROP=VALUE") or -x ("PROP"), in place of what was said of that property before.
 * An ERR_USAGE where it is nothing of the kind. */
struct err *props_set(nvlist_t *props, const char *text);
struct err *props_drop(nvlist_t *props, const char *text);

/* Adds what `more` says, in place of what was said of the same properties. NULL is nothing. */
void props_merge(nvlist_t *props, const nvlist_t *more);

bool props_same(const nvlist_t *a, const nvlist_t *b);

#endif
