/* What init, sync, expire and clear have in common: tasks from names to reports. */
#ifndef ZREP_CMD_WORK_H
#define ZREP_CMD_WORK_H

#include "cmd/cmd.h"
#include "exec/run.h"

/* One dataset while a verb works on it. */
struct job {
	char *name;                 /* of the dataset on this host */
	const struct dataset *src, *dst;
	struct host *host;          /* of dst */
	const struct side *far;     /* what host holds */
	struct err *error;
	bool silent;                /* its error is not worth a word (-q) */
};

/* A host on the other side of some jobs. */
struct far {
	struct host *host;
	struct err *error;          /* it could not be asked */
	char *name;
	struct side side;
};

struct work {
	struct ctx *c;
	struct job *jobs;
	size_t n;
	struct side near;
	struct far *fars;
	size_t n_fars;
	bool replicas;
};

/* Locks the named datasets here and reads them. A job whose dataset is missing or busy has an error. */
struct err *work_open(struct ctx *c, const struct strv *names, unsigned list_flags,
		      struct work *out);

/* Connects to the other side of every job without an error whose dataset has one (dest-host of a
 * master; with `replicas`, src-host of a replica as well), locks the datasets there, and reads them. */
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
