/* The locks that a process holds: found by the path of their file, and by the dataset that they are about. A run may hold
 * tens of thousands. */
#ifndef ZREP_ZFS_LOCK_TABLE_H
#define ZREP_ZFS_LOCK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lock {
	struct lock *next; /* in its bucket */
	char *path;
	char *dataset; /* "" and "/": of a whole run */
	unsigned uses; /* how often it was taken and not given back */
	int fd;        /* -1: somebody else has it, and we do without */
	bool shared;
	struct lock_place *place; /* where fd is open; NULL: in this process */
	uint64_t round;           /* of lock_table_about(), in which it was found last */
};

/* A child that holds some, see lock_park.h. */
struct lock_place {
	struct lock_place *next;
	struct lock_park *park;
	uint64_t round; /* as that of a lock */
};

struct lock_table {
	struct lock **buckets;
	size_t size; /* of them; 0, or a power of two */
	size_t n;
	struct lock **by_dataset; /* NULL: to be made anew */
	uint64_t round;
	struct lock_place *places;
	size_t here, room, n_places; /* how many are open here, and may be */
};

/* NULL: it is not held. */
struct lock *lock_table_find(const struct lock_table *t, const char *path);

/* One more, that is not there yet. Takes over the descriptor. */
void lock_table_add(struct lock_table *t, const char *path, const char *dataset, int fd,
		    bool shared);

/* Closes its file. One that is not there is fine. */
void lock_table_remove(struct lock_table *t, const char *path);

/* As flock(): 0, or the errno. */
int lock_table_flock(const struct lock *k, int operation);

/* Adds to fds, which has room for as many as there are locks and places, the files of those that a child is about which gets these names: of the
 * same dataset, of one above or below it, of one of which it is kept. Not those of a whole run. Gives how many. */
size_t lock_table_about(struct lock_table *t, char *const *names, size_t n, int *fds);

/* Closes all. */
void lock_table_free(struct lock_table *t);

#endif
