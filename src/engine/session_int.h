/* Shared by work.c, far.c and round.c. */
#ifndef ZREP_CMD_WORK_INT_H
#define ZREP_CMD_WORK_INT_H

#include "engine/session.h"

/* A host on the other side of some jobs, looked at by a thread of its own. */
struct far {
	struct work *work;
	char *name;
	struct strv datasets;
	unsigned list_flags;
	pthread_t thread;
	bool running;
	/* Written by the thread, read after it was joined. */
	struct host *host;
	struct err *error;
	nvlist_t *busy;
	struct side side;
};

const char *work_far_name(const struct job *j);
struct err *busy_error(const char *dataset, const char *host, const char *owner);
struct err *script_error(const struct ctx *c, const struct dataset *d, const char *host);

/* Lists datasets by name. Where one is missing or on its way back to an older snapshot, all that a way back
 * has to know is read with it: what it had may be aside. */
struct err *work_list(struct ctx *c, struct host *h, const struct strv *names, unsigned flags,
		      struct side *out);

/* Threads that connect to every far host of the jobs, lock and list. */
void far_start(struct work *w);
void far_join(struct work *w);
void far_free(struct work *w);

/* What somebody else has locked of some names, and why it could not be asked. */
struct work_busy {
	nvlist_t *near, *far;
	struct err *error;
};
void work_busy_free(struct work_busy *b);

/* Locks datasets of this host and of that of job `like`, for work_add(). */
void work_lock(struct work *w, size_t like, const struct strv *near, const struct strv *far,
	       struct work_busy *out);

/* One more dataset on the host of a job, locked or busy, is looked at from now on. */
void far_add(struct work *w, const struct job *j, const struct work_busy *busy);

/* Lists again: far_look() all hosts that were reached, near_look() this one. */
void far_look(struct work *w, unsigned list_flags);
struct err *near_look(struct work *w, unsigned list_flags);

/* Adds a job that goes the same way as job `like`; work_lock() was asked for both names. work_look() then looks at it.
 * Its index. */
size_t work_add(struct work *w, size_t like, const char *name, const char *far_fs,
		const struct work_busy *busy);

/* The names of all jobs without an error (`all`: of all); on one far host only if `far` is one. */
struct strv names_of(const struct work *w, const struct far *far, bool all);

#endif
