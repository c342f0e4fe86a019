/* Where a property of a dataset has its value from, as `zfs get` says it. NULL is none. */
#ifndef ZREP_UTIL_SOURCE_H
#define ZREP_UTIL_SOURCE_H

#include <stdbool.h>

#include "util/err.h"

/* It was set on this dataset, here. */
static inline bool source_is_local(const char *source)
{
	return str_same(source, "local");
}

/* It is set on this dataset: here, or by a stream. */
static inline bool source_is_own(const char *source)
{
	return source_is_local(source) || str_same(source, "received");
}

#endif
