/* What check finds about where a replica would be mounted as the master. */
#ifndef ZREP_PLAN_HEALTH_MOUNTS_H
#define ZREP_PLAN_HEALTH_MOUNTS_H

#include <stddef.h>

struct dataset;
struct health;
struct pair;

/* Would it be mounted there, as the master is, alone at its place, and would what is mounted below still be seen? `there`: what
 * else is known to be on its host. */
void health_mounts(const struct pair *pair, const struct dataset *const *there, size_t n_there,
		   struct health *out);

#endif
