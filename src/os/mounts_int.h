/* For os/SYSTEM/mounts.c only. */
#ifndef ZREP_OS_MOUNTS_INT_H
#define ZREP_OS_MOUNTS_INT_H

#include "os/mounts.h"

/* Takes over what `one` points at. */
void mounts_add(struct mounts *m, struct mount one);

/* Sets the depth of each, when all are there. */
void mounts_set_depths(struct mounts *m);

#endif
