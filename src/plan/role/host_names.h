/* What a host is called, by itself and by the other side of a pair. */
#ifndef ZREP_PLAN_ROLE_HOST_NAMES_H
#define ZREP_PLAN_ROLE_HOST_NAMES_H

#include <stdbool.h>

#include "plan/pair.h"

/* What an end, now a replica, is called in src-host when it is the master. The caller frees. */
char *plan_own_host(const struct endpoint *me);

/* Would that name mean this very host to others? An error if it would not. */
struct err *plan_check_own_host(const struct pair *pair, enum pair_side at);

/* Does the replica name the master's host as its source? Perhaps in other words: the script's failover has each
 * side write the other one's name as it knew it. */
bool plan_names_source(const struct pair *pair);

#endif
