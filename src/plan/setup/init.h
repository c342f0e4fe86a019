/* How a pair begins: a full copy, or one that is there already, then the properties, the master's last. */
#ifndef ZREP_PLAN_SETUP_INIT_H
#define ZREP_PLAN_SETUP_INIT_H

#include "plan/setup/init_opts.h"

struct plan;

void plan_init(const struct pair *pair, const struct init_opts *opts, struct plan *out);

#endif
