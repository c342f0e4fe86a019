/* Numbers that nobody else draws. */
#ifndef ZREP_UTIL_RANDOM_H
#define ZREP_UTIL_RANDOM_H

#include <stdint.h>

/* From the system's generator; never 0. */
uint64_t random_u64(void);

#endif
