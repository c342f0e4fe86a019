/* A copy that was made by other means becomes the replica. */
#ifndef ZREP_PLAN_SETUP_ADOPT_H
#define ZREP_PLAN_SETUP_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

struct plan;

/* A snapshot of pair->src.d (`snap`, the part after '@') that was brought to the other side by other means becomes the
 * base of the pair that pair->src.d has stored. `alone`: the other side is not asked. */
struct sentsync_opts {
	const char *snap;
	bool alone;
	uint64_t savecount; /* as above */
};

void plan_sentsync(const struct pair *pair, const struct sentsync_opts *opts, struct plan *out);

#endif
