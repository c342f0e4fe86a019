/* Who stands in the way: the processes that use a filesystem or a device, read from /proc. Who is not
 * root sees his own processes only. `proc` is "/proc", or what a test puts in its place. */
#ifndef ZREP_ZFS_USERS_H
#define ZREP_ZFS_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A process is named once, however much it uses. */
struct users {
	size_t n;    /* how many there are */
	char *named; /* the first three: "pid 12 (postgres), pid 13 (sh)"; NULL without any */
};

/* Those with a shared writable mapping of a file on filesystem dev: what they write there reaches the
 * filesystem when the kernel likes, without a call that could be refused. */
struct users users_of_mappings(const char *proc, dev_t dev);

/* Those that have anything of filesystem dev: an open file, their directory, root, program or a
 * mapping. */
struct users users_of_mount(const char *proc, dev_t dev);

/* Those that have one of the devices open. */
struct users users_of_devices(const char *proc, const dev_t *devs, size_t n);

/* "pid 12 (postgres), pid 13 (sh), pid 14 (sh) and 2 more". The caller frees. */
char *users_text(const struct users *u);

void users_free(struct users *u);

#endif
