/* The end of a pair. */
#ifndef ZREP_PLAN_SETUP_CLEAR_H
#define ZREP_PLAN_SETUP_CLEAR_H

#include "plan/pair.h"

struct plan;

/* Everything of zrep's on one dataset (pair->src.d) goes. */
void plan_clear(const struct pair *pair, struct plan *out);

#endif
