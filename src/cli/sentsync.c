/* sentsync: a copy that was made by other means is the replica. */
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/setup/adopt.h"
#include "util/mem.h"

struct look {
	struct session work; /* one job */
	struct side peer;
	struct sentsync_opts opts;
	char *dataset;
};

static struct err *read_args(const struct ctx *c, struct look *l)
{
	const char *arg = c->args.items[0];

	l->dataset = name_dataset(arg);
	if (!name_is_snapshot(arg))
		return err_remedy(err_new(ERR_USAGE, "\"%.300s\" is no snapshot", arg),
				  "say which one both sides have: {zrep sentsync DATASET@SNAP}");
	l->opts = (struct sentsync_opts){.snap = name_snap_part(arg),
					 .alone = ctx_flag(c, 'L'),
					 .savecount = c->settings.save_count};
	return NULL;
}

/* Who is asked is what the dataset says; whether that makes a pair, the plan says. */
static struct err *look_there(struct look *l)
{
	struct job *j = &l->work.jobs[0];
	const struct dataset *d = job_home(j)->d;
	struct err *e;

	if (l->opts.alone || d->role == ROLE_REPLICA || d->dest_host == NULL ||
	    d->dest_fs == NULL || !name_is_dataset(d->dest_fs))
		return NULL;
	if ((e = name_check_host(d->dest_host)) != NULL) {
		e->kind = ERR_REFUSED;
		return err_remedy(e, "that name is stored in %s:dest-host of %s: correct it",
				  l->work.c->tag, d->name);
	}
	return observe_probe(&l->work, j, d->dest_host, d->dest_fs, &l->peer);
}

static struct err *look(struct ctx *c, struct look *l)
{
	struct strv names = {0};
	struct err *e = read_args(c, l);

	if (e != NULL)
		return e;
	strv_add(&names, l->dataset);
	l->work.home_lock = LOCK_SEND;
	e = session_open(c, &names, NULL, NULL, 0, &l->work);
	strv_free(&names);
	if (e == NULL && l->work.jobs[0].error != NULL) {
		e = l->work.jobs[0].error;
		l->work.jobs[0].error = NULL;
	}
	return e != NULL ? e : look_there(l);
}

static void say_done(struct ctx *c, const struct task *t, const struct look *l)
{
	const struct dataset *d = job_home(&l->work.jobs[0])->d;
	struct record *one = ui_dataset(&c->ui, l->dataset);

	record_str(one, "host", d->dest_host);
	record_str(one, "destination", d->dest_fs);
	record_str(one, "status", t->plan.unchanged ? "unchanged" : "done");
	record_str(one, "snapshot", t->plan.base);
	ui_done(&c->ui, "%s -> %s:%s  @%s: %s", l->dataset, d->dest_host, d->dest_fs, t->plan.base,
		t->plan.unchanged ? "is what both sides are known to have already"
				  : "is what both sides have; the next sync goes on from there");
}

static int act(struct ctx *c, struct look *l)
{
	struct plan plan = {0};
	struct task task;
	const struct pair *pair = session_pair(&l->work, &l->work.jobs[0]);

	plan_sentsync(pair, &l->opts, &plan);
	if (c->dry_run) {
		int status = outcome_dry_run(&l->work, &plan, 1);
		plan_free(&plan);
		return status;
	}
	apply_plans(&l->work, &plan, &task);
	if (task.error == NULL)
		say_done(c, &task, l);
	return outcome_report(&l->work, &task, false);
}

static int run_sentsync(struct ctx *c)
{
	struct look l = {0};
	struct err *e = look(c, &l);
	int status = e == NULL              ? act(c, &l)
		     : e->kind == ERR_USAGE ? ui_error(&c->ui, e)
					    : ui_dataset_error(&c->ui, l.dataset, e);

	side_free(&l.peer);
	session_free(&l.work);
	free(l.dataset);
	return status;
}

const struct verb verb_sentsync = {
    .name = "sentsync",
    .flags = "L",
    .min_args = 1,
    .max_args = 1,
    .usage = "[-L] DATASET@SNAP",
    .group = VERBS_SETUP,
    .summary = "accept a copy made by other means as the replica",
    .text = "For a pair that `zrep changeconfig` has stored, and whose other side was given\n"
	    "SNAP by hand. The other side is asked: it must have SNAP (the very same one,\n"
	    "whatever its name) and nothing newer. Then both sides are marked, the other one is\n"
	    "read-only, and DATASET is the master.\n"
	    "  -L   do not ask the other side: only this one is marked, and the output says what\n"
	    "       must be true there\n",
    .run = run_sentsync,
};
