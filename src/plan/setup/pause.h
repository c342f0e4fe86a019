/* T:paused, which a sync of all passes over. */
#ifndef ZREP_PLAN_SETUP_PAUSE_H
#define ZREP_PLAN_SETUP_PAUSE_H

#include <stdbool.h>

#include "plan/pair.h"

struct plan;

/* T:paused. */
void plan_pause(const struct pair *pair, bool paused, struct plan *out);

#endif
