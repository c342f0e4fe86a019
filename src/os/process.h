/* Is a process that was seen once still there? */
#ifndef ZREP_OS_PROCESS_H
#define ZREP_OS_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* When it began, in whatever this system counts: two processes of one id differ in it. 0: there is none, or it cannot be
 * told. */
uint64_t process_began(pid_t pid);

/* Where the program that this process runs is. The caller frees; NULL: it cannot be told. */
char *process_program(void);

#endif
