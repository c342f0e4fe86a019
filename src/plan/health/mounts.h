/* What check finds about where a replica would be mounted as the master. */
#ifndef ZREP_PLAN_HEALTH_MOUNTS_H
#define ZREP_PLAN_HEALTH_MOUNTS_H

struct check_opts;
struct health;
struct pair;

/* Would it be mounted there, as the master is, alone at its place, and would what is mounted below still be seen? */
void health_mounts(const struct pair *pair, const struct check_opts *opts, struct health *out);

#endif
