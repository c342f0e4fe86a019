/* What openers.h asks, of a directory like /proc: "/proc", or what a test puts in its place. */
#ifndef ZREP_OS_LINUX_PROC_H
#define ZREP_OS_LINUX_PROC_H

#include "os/openers.h"

struct openers proc_openers_of_mappings(const char *proc, dev_t dev);
struct openers proc_openers_of_mount(const char *proc, dev_t dev);
struct openers proc_openers_of_devices(const char *proc, const dev_t *devs, size_t n);

#endif
