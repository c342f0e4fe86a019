/* What the verbs that work on datasets have in common: jobs from names to reports. */
#ifndef ZREP_CMD_WORK_H
#define ZREP_CMD_WORK_H

#include "cmd/cmd.h"
#include "exec/run.h"

/* One dataset while a verb works on it. */
struct job {
	char *name; /* of the dataset on this host */
	const struct dataset *near, *far;
	const struct dataset *near_aside, *far_aside; /* see side_aside() */
	char *far_host, *far_fs; /* where far is; NULL: nowhere, or not wanted */
	struct host *host;       /* of far */
	bool pull;               /* far is the source, near the destination */
	struct {
		bool away, readonly; /* see side_pool_away(), side_pool_readonly() */
	} near_pool, far_pool;
	struct err *error;
	struct err *away;    /* why far could not be asked, in a work that is `patient` */
	bool busy, far_busy; /* somebody else has it locked, here or there: nothing is done to it */
	bool silent;         /* its error is not worth a word (-q) */
	bool incomplete;     /* see struct task */
	bool wished;         /* its error is what somebody has asked for (paused) */
	char *left_out;      /* of a top: why something below it took no part, "NAME: why"; owned */
	size_t group;        /* jobs of one group change together or not at all */
	/* In a tree (cmd/tree.c): */
	bool top, child; /* the recursive pair itself; one below it */
	size_t tree;     /* of either: the index of the job of its top */
	uint64_t seq;    /* of a top: see tree_seq() */
	bool fresh;      /* it is to become a pair: one side may not be there yet */
	bool dropped;    /* it was taken out of the tree */
	char *origin;    /* see struct init_opts; owned */
	struct strv via;
	const struct dataset *whole; /* its source, with all properties; NULL if not fresh */
};

struct far;

struct work {
	struct ctx *c;
	struct job *jobs;
	size_t n;
	struct side near;
	struct far *fars; /* the hosts on the other side of the jobs */
	size_t n_fars;
	bool strict;        /* see struct run */
	unsigned far_flags; /* how the far sides are first read */
	bool half;          /* see LIST_HALF */
	bool
	    curious; /* a far side is looked at also where the role does not say that there is one */
	bool patient; /* a far side that cannot be asked is no error yet */
	bool alone; /* the far side is not asked at all: what only it could say is left unsettled */
	struct side *wholes; /* what the `whole` of jobs are in */
	size_t n_wholes;
	bool
	    mute; /* tree_expand(): what does not come along is not printed, only left in left_out */
};

/* Locks the named datasets here and reads them. A job whose dataset is missing or busy has an error.
 * `hosts` and `fss` (both NULL, or one for each name) say where their other sides probably are: those
 * are then connected to, locked and read at the same time, as out->far_flags says; all else in `out` is set. */
struct err *work_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss, unsigned list_flags, struct work *out);

/* Connects to the other side of every job without an error whose dataset has one (dest-host of a
 * master; with `replicas`, src-host of a replica as well), locks the datasets there, and reads them:
 * all hosts at the same time. */
void work_reach(struct work *w, bool replicas);

/* The other side of a job that is no pair yet: connects, locks `fs` there, and reads it into *out, with its parent, what
 * is below it and all that is set on it. The caller frees *out when he is done with the job. */
struct err *work_meet(struct work *w, struct job *j, const char *host, const char *fs,
		      struct side *out);

/* An error for every job that fetches, or asks its master, and is not whom that names (plan_check_named()): before
 * anything is settled, or looked at further. */
void work_check_named(struct work *w);

void work_free(struct work *w);
void job_free(struct job *j);

/* Source and destination of a job, as its `pull` says. */
const struct dataset *job_src(const struct job *j);
const struct dataset *job_dst(const struct job *j);
const char *job_src_name(const struct job *j);
const char *job_dst_name(const struct job *j);

/* The pair of a job, source and destination as its `pull` says, with the resume token explained. */
struct pair work_pair(struct work *w, struct job *j);

/* Prints the plans of every job that has one: `stages` for each job, one after the other. The exit
 * status. */
int work_dry_run(struct work *w, const struct plan *plans, size_t stages);

/* Carries out the plans (job i has plans[i], which this takes over), with progress; then errors are in
 * the tasks. */
void work_run(struct work *w, struct plan *plans, struct task *tasks);

/* Prints every error and note; stores the errors on the datasets. The exit status: that of the
 * failures where they agree, else 1. */
int work_report(struct work *w, struct task *tasks, bool store);

/* --- round.c: several rounds of look, plan, act under the same locks --- */

/* Carries out plans[i] for every job without an error, prints what they note, and leaves what failed in
 * the jobs. Takes the plans over. */
void work_round(struct work *w, struct plan *plans);

/* Reads both sides again. */
void work_look(struct work *w, unsigned list_flags);

/* Finishes or undoes the changes of roles that either side is in the middle of, and says so; then both
 * sides have been read again. What cannot be settled is an error of the job. */
void work_settle(struct work *w, unsigned list_flags);

/* After a signal or a lost connection: whatever ran for us on other hosts has ended, and their datasets
 * are locked and read anew. */
void work_reconnect(struct work *w, unsigned list_flags);

/* A far side that could not be asked is an error after all. */
void work_need_far(struct work *w);

/* --- tree.c: recursive pairs --- */

/* Adds to the jobs, which both sides have been looked at for, those of what is below a recursive pair among them
 * (with `make`: below every one), after setting right there what was renamed or destroyed here. What was taken out
 * of a tree is dropped. */
void tree_expand(struct work *w, bool make, unsigned list_flags);

/* What the plan of a fresh job is made from; what is in `o` already and is not of one dataset alone, stays. */
void tree_init_opts(const struct work *w, struct job *j, struct init_opts *o);

/* The number that new snapshots of the tree that a job is part of have, after tree_number() has looked at all of them;
 * 0: it is in none. */
void tree_number(struct work *w);
uint64_t tree_seq(const struct work *w, const struct job *j);

/* A paused one, if any is: the source of the recursive pair among the jobs that job j is part of; NULL: of none. */
const struct dataset *tree_of(const struct work *w, const struct job *j);

/* What the settings and options say of every sync of this run. */
struct sync_opts work_sync_opts(const struct ctx *c);

/* Syncs datasets (with `pull`, fetches), saying only what went wrong (sync.c). The exit status. */
int sync_names(struct ctx *c, const struct strv *names, bool pull);

/* sync DATASET@SNAP (sync_back.c). */
int cmd_sync_back(struct ctx *c);

#endif
