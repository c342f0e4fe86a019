/* /proc/PID/mountinfo, taken apart. */
#ifndef ZREP_OS_LINUX_MOUNTINFO_H
#define ZREP_OS_LINUX_MOUNTINFO_H

#include "os/mounts.h"

/* Pure. A line that makes no sense is an error: behind it could be a mounted dataset that is then taken for
 * one that is not. Free with mounts_free() in any case. */
struct err *mounts_parse(const char *text, struct mounts *out);

#endif
