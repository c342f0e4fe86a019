/* For os/SYSTEM/openers.c only. */
#ifndef ZREP_OS_OPENERS_INT_H
#define ZREP_OS_OPENERS_INT_H

#include "os/openers.h"

/* `name`: what the process calls itself, so any bytes; only what can be printed is kept. */
void openers_add(struct openers *o, long pid, const char *name);

#endif
