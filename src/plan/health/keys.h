/* What check, status -m and doctor say of keys beside what a change of the role is refused for. */
#ifndef ZREP_PLAN_HEALTH_KEYS_H
#define ZREP_PLAN_HEALTH_KEYS_H

#include "plan/pair.h"

struct health;

/* Of both sides of a pair: what differs, and what that means. */
void health_keys(const struct pair *pair, struct health *out);

/* Of a replica by itself, whether it could be read as the master included; of a master only whether it uses a key that does
 * not open it. `host`: as messages call its host. */
void health_keys_one(const struct dataset *d, const char *host, struct health *out);

#endif
