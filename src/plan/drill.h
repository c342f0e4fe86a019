/* A rehearsal of a failover: what there would be, as clones. Nothing of the pair is changed. */
#ifndef ZREP_PLAN_DRILL_H
#define ZREP_PLAN_DRILL_H

#include <stddef.h>
#include <stdint.h>

#include "state/picture.h"
#include "util/err.h"

struct drill_item {
	const struct dataset *d; /* the picture's */
	const struct snap *snap; /* its newest */
	char *clone;
	bool mounts; /* a failover would have it mounted where its properties say */
};

struct drill {
	struct drill_item *items; /* by name: the dataset itself first, and then what is below it */
	size_t n;
	uint64_t taken; /* Unix time of the oldest of the snapshots: how old the data would be */
};

/* What a failover of the replica `name` on `side` would give, with all that belongs to its tree; `side` has every dataset of
 * the tag. An error: it is no replica, there is nothing to go on from, or it could not be read. The caller frees with
 * drill_free() in any case. */
struct err *plan_drill(const struct side *side, const char *name, const char *tag, uint64_t now,
		       struct drill *out);
void drill_free(struct drill *d);

#endif
