/* changeconfig: where the pair is, stored on one side of it. */
#ifndef ZREP_PLAN_SETUP_RELOCATE_H
#define ZREP_PLAN_SETUP_RELOCATE_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

struct plan;

struct relocate_opts {
	bool force;            /* also a dataset that has no role of zrep's */
	bool replica;          /* it is the destination of the pair */
	const char *host, *fs; /* where the other side is */
	bool same_host;        /* that is this host */
	uint64_t savecount;    /* stored where there is none */
};

/* changeconfig: where the pair is, stored on one side of it (pair->src.d, whichever it is). */
void plan_relocate(const struct pair *pair, const struct relocate_opts *opts, struct plan *out);

#endif
