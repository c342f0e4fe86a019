/* What is mounted where, and what mount(8) and umount(8) are told. */
#ifndef ZREP_OS_MOUNTS_H
#define ZREP_OS_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

struct mount {
	unsigned id, parent; /* a mount without one is its own, or names one that is not listed */
	dev_t dev;           /* as openers.h takes it; of what stands on a device: that device */
	char *root;          /* "/", or what of the filesystem a bind mount shows */
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

/* Of this process. Where the kernel keeps no list nothing is mounted. Free with mounts_free() in any case. */
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

/* Where the first mount of one of these devices is; NULL: nowhere. */
const char *mounts_point_of(const struct mounts *m, const dev_t *devs, size_t n);

/* Commits what is written to m's filesystem, mapped pages too. 0, or an errno. */
int mounts_commit(const struct mount *m);

/* The command that mounts m as it is, and the one that ends it: for what `zfs` leaves to mount(8). The words are
 * added to argv. */
void mounts_mount_command(const struct mount *m, struct strv *argv);
void mounts_umount_command(const struct mount *m, struct strv *argv);

/* --- for os/SYSTEM/mounts.c --- */

/* Takes over what `one` points at. */
void mounts_add(struct mounts *m, struct mount one);

/* Sets the depth of each, when all are there. */
void mounts_set_depths(struct mounts *m);

#endif
