/* Which of two is the master. */
#ifndef ZREP_PLAN_ROLE_MASTERS_H
#define ZREP_PLAN_ROLE_MASTERS_H

#include "plan/pair.h"

/* Two masters, or a master behind its replica's epoch: why nothing may be sent; NULL if that is fine. */
struct err *plan_check_masters(const struct pair *pair);

#endif
