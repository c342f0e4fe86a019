/* What init, sync, expire and clear have in common: tasks from names to reports. */
#ifndef ZREP_CMD_WORK_H
#define ZREP_CMD_WORK_H

#include "cmd/cmd.h"
#include "exec/run.h"

/* One dataset while a verb works on it. */
struct job {
	char *name; /* of the dataset on this host */
	const struct dataset *src, *dst;
	char *far_host, *far_fs; /* where dst is; NULL: nowhere, or not wanted */
	struct host *host;       /* of dst */
	struct err *error;
	bool silent; /* its error is not worth a word (-q) */
};

struct far;

struct work {
	struct ctx *c;
	struct job *jobs;
	size_t n;
	struct side near;
	struct far *fars; /* the hosts on the other side of the jobs */
	size_t n_fars;
	bool strict; /* see struct run */
};

/* Locks the named datasets here and reads them. A job whose dataset is missing or busy has an error.
 * `hosts` and `fss` (both NULL, or one for each name) say where their other sides probably are: those
 * are then connected to, locked and read at the same time. */
struct err *work_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss, unsigned list_flags, struct work *out);

/* Connects to the other side of every job without an error whose dataset has one (dest-host of a
 * master; with `replicas`, src-host of a replica as well), locks the datasets there, and reads them:
 * all hosts at the same time. */
void work_reach(struct work *w, bool replicas);

void work_free(struct work *w);

/* The pair of a job, with the resume token explained. */
struct pair work_pair(struct work *w, struct job *j);

/* Prints the plan of every job that has one. The exit status. */
int work_dry_run(struct work *w, const struct plan *plans);

/* Carries out the plans (job i has plans[i], which this takes over), with progress; then errors are in
 * the tasks. */
void work_run(struct work *w, struct plan *plans, struct task *tasks);

/* Prints every error and note; stores the errors on the datasets. The exit status: that of the
 * failures where they agree, else 1. */
int work_report(struct work *w, struct task *tasks, bool store);

#endif
