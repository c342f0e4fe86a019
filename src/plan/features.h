/* Features of ZFS pools that a stream, or a property that goes with it, needs at its destination. */
#ifndef ZREP_PLAN_FEATURES_H
#define ZREP_PLAN_FEATURES_H

#include "plan/pair.h"
#include "util/err.h"

struct lacking {
	const char *feature; /* NULL: none is lacking */
	bool known;          /* the ZFS of the one that lacks it knows it, and could enable it */
	bool needed; /* the dataset is known to need it; else its pool is only known to use it */
};

/* The first feature, from `*at` on, that a stream of `from` needs or may need and that to's pool has not enabled. `*at`
 * begins as 0, and is behind it afterwards. Where the pools, or the dataset of `from`, are not known: none. */
struct lacking plan_lacking(const struct endpoint *from, const struct endpoint *to, size_t *at);

/* It in words, with what to do, for `from` to `to`. The caller frees. */
struct err *plan_lacking_error(const struct lacking *l, const struct endpoint *from,
			       const struct endpoint *to);

#endif
