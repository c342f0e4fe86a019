/* A change of the master's role under way: the stages that failover and takeover are made of. */
#ifndef ZREP_ENGINE_SWITCHOVER_H
#define ZREP_ENGINE_SWITCHOVER_H

#include "engine/session.h"
#include "plan/plan.h"
#include "plan/role/revert.h"

/* Longer after a look, something may have changed that no lock keeps from changing: readonly, what is set, what is below. */
#define SWITCHOVER_LOOK_SECONDS 10

/* What readonly was on a master before it made way. */
enum was { WAS_READONLY, WAS_OFF, WAS_SET_OFF };

struct switchover {
	struct ctx *c;
	struct session w;
	bool takeover, offers; /* which of the verbs; neither: failover */
	bool alone;            /* -L, or what can do without the other side, where that is away */
	bool deciding;         /* the other side was asked to decide, or is about to be */
	struct revert_opts opts;
	struct strv names;
	size_t *groups;        /* of names */
	char *host;            /* HOST, if it was said */
	struct err **failures; /* by job: why it does not move */
	bool *by_sibling;      /* by job: it is another one's fate */
	bool *already;         /* by job: nothing had to be done */
	bool *unfit;           /* by job: nothing had to be done, and that is refused */
	bool *
	    marked; /* by job: an earlier run had begun something, which may have become known elsewhere */
	enum was *was;            /* by job */
	uint64_t *promised;       /* by job: the epoch that this run has it make way for; 0: none */
	struct revert_risk *told; /* by job: what the user was told that it costs */
	size_t at;                /* the job that a stage is at */
	struct strv refused;      /* trees that were not synced, as their role would not move */
	struct strv trees;        /* what was synced with its tree right before this, sorted */
	struct strv hosts, fss; /* of names, where the other sides probably are; empty: not known */
	bool synced;            /* its first sync had more to do than to note that */
	double looked;          /* when both sides were last seen, by clock_now() */
	double readonly_since, writable_since, readonly_seconds; /* 0: not yet */
};

/* The verb, for messages. */
const char *switchover_verb(const struct switchover *r);
/* Is the role where it was to go? Of an offer: is it made, or, alone, has the master made way? */
bool switchover_arrived(const struct switchover *r, const struct job *j);
/* Takes what failed over as the fates of the jobs, and of the trees that they belong to. */
void switchover_collect(struct switchover *r);
/* Why job i does not move, where it is the fate of k, of the same tree, that it cannot. */
struct err *switchover_by_sibling(const struct session *w, size_t i, size_t k,
				  const struct err *why);
/* Finishes or undoes what either side is in the middle of. */
void switchover_recover(struct switchover *r);
/* The sync of a stage; nothing where the source gave the role up. */
void switchover_plan_sync(struct switchover *r, const struct pair *pair, bool leaving,
			  struct plan *out);

/* What has to be known before the role is taken without the other side (NULL: nothing), and what a way back costs that job, or
 * NULL. Both also for -n, where no job has a fate yet. The caller frees. */
char *switchover_tell_forced(const struct switchover *r);
char *switchover_tell_back(const struct switchover *r, size_t i, struct revert_risk *risk);

/* The four ways. Afterwards each job has arrived, or has a fate. */
void switchover_planned(struct switchover *r);
void switchover_offer(struct switchover *r);
void switchover_force_promote(struct switchover *r);
void switchover_force_demote(struct switchover *r);

#endif
