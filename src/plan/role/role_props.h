/* What the roles are made of: properties, readonly, hooks. */
#ifndef ZREP_PLAN_ROLE_ROLE_PROPS_H
#define ZREP_PLAN_ROLE_ROLE_PROPS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/step.h"

struct plan;

/* The properties that make an end the replica of its other side. `other` is NULL, or not a master, where
 * it does not know; epoch 0: left as it is. */
nvlist_t *plan_replica_props(const struct pair *pair, enum pair_side at, uint64_t epoch);

/* The properties that make an end the master. */
nvlist_t *plan_master_props(const struct pair *pair, enum pair_side at, uint64_t epoch,
			    uint64_t fork);

/* What an end, now a replica, is called in src-host when it is the master. The caller frees. */
char *plan_own_host(const struct endpoint *me);

/* Would that name mean this very host to others? An error if it would not. */
struct err *plan_check_own_host(const struct pair *pair, enum pair_side at);

/* A step of a hook, with its facts: the epoch that is about to be, the role that the side has then. */
void plan_hook(struct plan *p, const struct pair *pair, enum pair_side at, enum step_phase phase,
	       uint64_t epoch, const char *role);

/* The note on an end's readonly before zrep sets it, as a property to set with others; and its way back. */
void plan_remember_readonly(nvlist_t *props, const char *tag, const struct dataset *d);
void plan_restore_readonly(struct plan *p, const struct pair *pair, enum pair_side at);

/* Does the replica name the master's host as its source? Perhaps in other words: the script's failover has each
 * side write the other one's name as it knew it. */
bool plan_names_source(const struct pair *pair);

#endif
