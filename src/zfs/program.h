/* Channel programs: Lua that runs in the kernel while a pool's names stand still. For root only. */
#ifndef ZREP_ZFS_PROGRAM_H
#define ZREP_ZFS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "util/nv.h"

/* Far above what a thousand datasets take; a limit there must be. */
#define PROGRAM_INSTRUCTIONS 100000000u
#define PROGRAM_MEMORY (64u << 20)

/* A question about many names, which changes nothing and waits for no transaction. */
struct program_question {
	const char *text; /* takes `names`, returns a table by name */
	size_t at_once;   /* names that the pool stands still for */
	void (*answer)(void *ctx, const nvlist_t *found); /* what is said of some of them */
	void *ctx;
};

/* Asks, pool by pool. False: it cannot be asked this way, or not of all; some may have been answered. */
bool program_ask(const struct program_question *q, char *const *names, size_t n);

#endif
