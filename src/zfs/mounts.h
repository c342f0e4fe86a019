/* What is mounted where: the kernel's /proc/PID/mountinfo, taken apart. Pure but for mounts_read(). */
#ifndef ZREP_ZFS_MOUNTS_H
#define ZREP_ZFS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

struct mount {
	unsigned id, parent;
	unsigned major, minor; /* what stat() and /proc/PID/maps call its filesystem */
	char *root;            /* "/", or what of the filesystem a bind mount shows */
	char *point;
	char *options; /* of this mount, as mount(8) takes them */
	char *type;
	char *source;  /* of type zfs: the dataset, or a snapshot */
	bool readonly; /* the filesystem is, wherever it is mounted */
	size_t depth;  /* mounts between it and the root */
};

/* In the kernel's order. */
struct mounts {
	struct mount *items;
	size_t n;
};

/* A line that makes no sense is an error: behind it could be a mounted dataset that is then taken for
 * one that is not. Free with mounts_free() in any case. */
struct err *mounts_parse(const char *text, struct mounts *out);

/* Of this process, from /proc. Where there is no such file nothing is mounted. */
struct err *mounts_read(struct mounts *out);

void mounts_free(struct mounts *m);

/* The next mount of exactly that dataset after `last` (NULL: the first); NULL when there is no more. */
const struct mount *mounts_next(const struct mounts *m, const char *dataset,
				const struct mount *last);

/* The mounts of datasets that are one of names or below one (not their snapshots, which the kernel
 * mounts and unmounts by itself), the deepest first, so that each can be unmounted in turn. The array
 * is the caller's, the mounts are not. */
const struct mount **mounts_within(const struct mounts *m, char *const *names, size_t n,
				   size_t *found);

#endif
