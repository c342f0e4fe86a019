/* Acting: the plans of a run are carried out, kind by kind, each kind in one call per host for all datasets together;
 * transfers in between, some at a time. */
#ifndef ZREP_ENGINE_EXECUTE_H
#define ZREP_ENGINE_EXECUTE_H

#include "engine/task.h"

/* Carries out every task's plan. Failures are in the tasks. Tasks with an error are left alone. */
void execute_run(struct run *r);

/* NULL, or that a host's zrep does not know an operation that a plan may take. What needs several plans one after the other
 * asks before the first. */
struct err *execute_lacks(const struct host *h);

#endif
