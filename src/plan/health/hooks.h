/* Hooks and filters that a change of the role, or a sync, would run, and cannot. */
#ifndef ZREP_PLAN_HEALTH_HOOKS_H
#define ZREP_PLAN_HEALTH_HOOKS_H

#include "plan/pair.h"

struct health;

/* Of both hosts of a pair, as far as they were asked. */
void health_hooks(const struct pair *pair, struct health *out);

#endif
