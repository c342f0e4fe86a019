/* Who stands in the way: the processes that use a filesystem or a device. Who is not root sees his own
 * processes only. */
#ifndef ZREP_OS_OPENERS_H
#define ZREP_OS_OPENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A process is named once, however much it uses. */
struct openers {
	size_t n;    /* how many there are */
	char *named; /* the first three: "pid 12 (postgres), pid 13 (sh)"; NULL without any */
};

/* Those with a shared writable mapping of a file on filesystem dev: what they write there reaches the
 * filesystem when the kernel likes, without a call that could be refused. */
struct openers openers_of_mappings(dev_t dev);

/* Those that have anything of filesystem dev: an open file, their directory, root, program or a
 * mapping. */
struct openers openers_of_mount(dev_t dev);

/* Those that have one of the devices open. */
struct openers openers_of_devices(const dev_t *devs, size_t n);

/* "pid 12 (postgres), pid 13 (sh), pid 14 (sh) and 2 more". The caller frees. */
char *openers_text(const struct openers *o);

void openers_free(struct openers *o);

/* --- for os/SYSTEM/openers.c --- */

/* `name`: what the process calls itself, so any bytes; only what can be printed is kept. */
void openers_add(struct openers *o, long pid, const char *name);

#endif
