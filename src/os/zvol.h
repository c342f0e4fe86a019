/* A volume as the host's other programs see it: by its device and those of its partitions. */
#ifndef ZREP_OS_ZVOL_H
#define ZREP_OS_ZVOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "os/openers.h"
#include "util/cancel.h"

/* None at all: there is no device, or nobody has named it. */
struct zvol {
	dev_t *devs;
	size_t n;
};

/* `name` is the dataset's. Free with zvol_free(). */
struct zvol zvol_find(const char *name);
void zvol_free(struct zvol *z);

/* The processes that have it open. Whatever only looks at each device that was closed is given a few seconds to
 * look away; *cancel ends the waiting. */
struct openers zvol_openers(const struct zvol *z, struct cancel *cancel);

/* Has the kernel itself claimed the volume or a partition: mounted, swap, LVM, RAID, exported? No process
 * need have it open then. */
bool zvol_is_claimed(const char *name);

/* Does the kernel swap to it? */
bool zvol_is_swap(const char *name);

#endif
