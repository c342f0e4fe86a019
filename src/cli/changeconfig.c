#include <string.h>

#include "cli/changeconfig_moved.h"
#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/setup/relocate.h"
#include "util/mem.h"

static struct err *check_args(const struct ctx *c)
{
	struct err *e;

	if ((e = name_check_dataset(c->args.items[0])) != NULL ||
	    (e = name_check_host(c->args.items[1])) != NULL)
		return e;
	return name_check_dataset(c->args.items[2]);
}

/* Also where a user stands in front. */
static bool means_self(const struct ctx *c, const char *host)
{
	return ctx_is_self(c, host) || name_names_host(host, c->full_name);
}

static void say_done(struct ctx *c, bool unchanged)
{
	const char *name = c->args.items[0], *host = c->args.items[1], *fs = c->args.items[2];
	bool replica = ctx_flag(c, 'd');
	struct record *one = ui_dataset(&c->ui, name);

	record_str(one, "status", unchanged ? "unchanged" : "changed");
	record_str(one, "host", host);
	record_str(one, replica ? "source" : "destination", fs);
	ui_done(&c->ui, "%s on %s: its %s is %s%s on %s", name, c->self,
		replica ? "source" : "destination", unchanged ? "already " : "now ", fs, host);
}

static int act(struct ctx *c, struct session *w)
{
	struct job *j = &w->jobs[0];
	struct plan plan = {0};
	struct relocate_opts opts = {
	    .force = ctx_flag(c, 'f'),
	    .replica = ctx_flag(c, 'd'),
	    .host = c->args.items[1],
	    .fs = c->args.items[2],
	    .same_host = means_self(c, c->args.items[1]),
	    .savecount = c->settings.save_count != 0 ? c->settings.save_count : SAVECOUNT_DEFAULT};
	struct pair pair = pair_of_one(c->tag, c->self, job_home(j)->d);
	struct side all = {0};

	/* What is to be a master's replica may be another one's. */
	if (!opts.replica && (j->error = ctx_list(c, c->local, NULL, LIST_APART, &all)) != NULL)
		return 0;
	opts.rival = relocate_rival(all.datasets, all.n, pair.src.d, opts.host, opts.fs);
	plan_relocate(&pair, &opts, &plan);
	side_free(&all);
	if (c->dry_run) {
		int status = outcome_dry_run(w, &plan, 1);
		plan_free(&plan);
		return status;
	}
	bool unchanged = plan.unchanged;
	apply_round(w, &plan);
	if (j->error == NULL)
		say_done(c, unchanged);
	return 0;
}

static int run_changeconfig(struct ctx *c)
{
	struct session w = {0};
	struct strv names = {0};
	struct err *e;
	int status = 0;

	if (c->recursive)
		return changeconfig_moved(c);
	if (c->args.n != 3)
		return ui_error(
		    &c->ui, err_remedy(err_new(ERR_USAGE, "{zrep changeconfig} wants DATASET HOST "
							  "DATASET"),
				       "`{zrep help changeconfig}` explains it"));
	e = check_args(c);
	strv_add(&names, c->args.items[0]);
	if (e == NULL)
		e = session_open(c, &names, NULL, NULL, 0, &w);
	if (e == NULL && w.jobs[0].error == NULL)
		status = act(c, &w);
	if (e == NULL && w.n > 0 && w.jobs[0].error != NULL) {
		status = ui_dataset_error(&c->ui, w.jobs[0].name, w.jobs[0].error);
		w.jobs[0].error = NULL;
	}
	if (e != NULL)
		status = ui_error(&c->ui, e);
	session_free(&w);
	strv_free(&names);
	return status;
}

const struct verb verb_changeconfig = {
    .name = "changeconfig",
    .shorthand = "-C",
    .flags = "fd",
    .options = " recursive ",
    .min_args = 2,
    .max_args = 4,
    .usage = "[-f] [-d] DATASET HOST DATASET | -R [HOST] OLD [HOST] NEW",
    .group = VERBS_SETUP,
    .summary = "the other side has moved: say where it is",
    .text = "Stores on this host that the destination of DATASET is now the other DATASET on\n"
	    "HOST, and prints the command for the other side, which has to be told as well.\n"
	    "Nothing else is changed, and nothing is sent.\n"
	    "  -d   DATASET is the destination, and HOST has the source\n"
	    "  -f   even if DATASET has no such role yet; that does not make it the master\n"
	    "  -R   a pool, or a part of it, has another name: all pairs below OLD at once\n"
	    "         changeconfig -R OLD NEW             on this host\n"
	    "         changeconfig -R HOST OLD NEW        on HOST\n"
	    "         changeconfig -R HOST OLD HOST NEW   on HOST, which has another name itself\n"
	    "       What cannot be moved is told, and the others are.\n",
    .run = run_changeconfig,
};
