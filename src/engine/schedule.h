/* Who sends what next. */
#ifndef ZREP_ENGINE_SCHEDULE_H
#define ZREP_ENGINE_SCHEDULE_H

#include "engine/task.h"

/* Carries out the transfers of all tasks, r->parallel at a time: a dataset that is received for the first time waits for
 * the one that it is in, or that it is a clone of. */
void schedule_transfers(struct run *r);

#endif
