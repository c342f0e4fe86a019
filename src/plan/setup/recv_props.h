/* What properties a replica is made with. */
#ifndef ZREP_PLAN_SETUP_RECV_PROPS_H
#define ZREP_PLAN_SETUP_RECV_PROPS_H

#include <stdbool.h>

#include "plan/pair.h"

/* Is a native property that is set on a dataset set on its replica by init, and on what takes its place when it is put
 * aside? */
bool plan_init_copies(const char *prop);

#endif
