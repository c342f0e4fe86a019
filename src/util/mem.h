/* Memory that cannot be had ends the program: everything zrep does can be run again after that, and
 * a hundred unreachable error paths would hide the reachable ones. */
#ifndef ZREP_UTIL_MEM_H
#define ZREP_UTIL_MEM_H

#include <stddef.h>

void *mem_alloc(size_t n);
void *mem_zalloc(size_t n);
void *mem_realloc(void *p, size_t n);
/* Room for n elements of `size` bytes; ends the program where the product overflows. */
void *mem_array(void *p, size_t n, size_t size);
char *mem_strdup(const char *s);
_Noreturn void mem_exhausted(void);

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
