/* check: would a change of the role succeed now, and what would be lost without the master? */
#ifndef ZREP_PLAN_HEALTH_CHECK_H
#define ZREP_PLAN_HEALTH_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"

struct health;

struct check_opts {
	uint64_t max_lag;      /* seconds; 0: no limit */
	const struct err *far; /* why the side that is away could not be asked */
	/* Why something below it cannot become a pair, as each of them says ("NAME: why"); NULL: nothing is known. */
	const struct strv *left_out;
	/* What else is known to be on dst's host. */
	const struct dataset *const *there;
	size_t n_there;
};

/* Says how long ago the last sync was, critical if that is longer than max_lag (0: no limit). h->lag is known
 * where `base`, what was synced, is not NULL. */
void health_tell_lag(struct health *h, const struct snap *base, uint64_t max_lag);

/* A mark that lies `ahead` seconds in the future; nothing for 0. */
void health_tell_ahead(struct health *h, const struct dataset *d, const char *host, uint64_t ahead);
void plan_check_health(const struct pair *pair, const struct check_opts *opts, struct health *out);

#endif
