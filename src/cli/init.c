#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "engine/tree_first.h"
#include "engine/tree_plan.h"
#include "plan/plan.h"
#include "plan/setup/init.h"
#include "state/dataset.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

/* -o and -x; what the settings say comes first, so that the command line can take it back. */
static struct err *read_wanted(const struct ctx *c, nvlist_t *wanted)
{
	const struct strv *from[] = {&c->settings.init_set, &c->set_props};
	struct err *e = NULL;

	for (size_t k = 0; k < ARRAY_LEN(from); k++)
		for (size_t i = 0; i < from[k]->n && e == NULL; i++)
			e = props_set(wanted, from[k]->items[i]);
	for (size_t i = 0; i < c->drop_props.n && e == NULL; i++)
		e = props_drop(wanted, c->drop_props.items[i]);
	return e;
}

static struct err *read_args(const struct ctx *c, struct init_look *l)
{
	const char *arg = c->args.items[0], *at = strchr(arg, '@');
	struct err *e;

	l->source = name_dataset(arg);
	l->snap = at != NULL ? mem_strdup(at + 1) : NULL;
	l->wanted = nv_new();
	if ((e = name_check_dataset(l->source)) != NULL ||
	    (e = name_check_host(c->args.items[1])) != NULL ||
	    (e = name_check_dataset(c->args.items[2])) != NULL)
		return e;
	if (at != NULL && !name_is_snapshot(arg))
		return err_new(ERR_USAGE, "\"%.300s\" is no snapshot", arg);
	if (at != NULL && c->recursive)
		return err_new(ERR_USAGE, "-R takes a snapshot of everything: it goes with no @%s",
			       at + 1);
	return read_wanted(c, l->wanted);
}

static struct err *look_at_source(struct ctx *c, struct init_look *l)
{
	struct strv names = {0};

	strv_add(&names, l->source);
	l->work.home_lock = LOCK_SEND;
	struct err *e = session_open(c, &names, NULL, NULL,
				     LIST_NATIVE | LIST_TXG_SYNC | LIST_BELOW | LIST_POOLS |
					 LIST_SETTINGS | LIST_KEYS,
				     &l->work);
	strv_free(&names);
	if (e == NULL && l->work.jobs[0].error != NULL) {
		e = l->work.jobs[0].error;
		l->work.jobs[0].error = NULL;
	}
	return e;
}

static struct err *look_at_destination(struct ctx *c, struct init_look *l)
{
	struct job *j = &l->work.jobs[0];
	const char *dest = c->args.items[2], *slash = strrchr(dest, '/');
	struct err *e = observe_probe(&l->work, j, c->args.items[1], dest, &l->peer);

	if (e != NULL)
		return e;
	char *parent = slash != NULL ? str_fmt("%.*s", (int)(slash - dest), dest) : NULL;
	l->opts.same_host = host_is_local(job_peer(j)->host);
	l->opts.parent = parent != NULL ? side_find(&l->peer, parent) : NULL;
	free(parent);
	return c->recursive ? init_look_below(l, dest) : init_look_origin(l);
}

static void record_job(struct ctx *c, const struct task *t, const struct job *j,
		       const struct init_look *l)
{
	struct record *one = ui_dataset(&c->ui, j->name);

	record_str(one, "host", l->opts.dst_host);
	record_str(one, "destination", j->peer_name ? j->peer_name : l->opts.dst_fs);
	record_str(one, "status", t->error ? "failed" : t->plan.unchanged ? "unchanged" : "sent");
	record_str(one, "snapshot", t->plan.base);
	record_u64(one, "bytes", atomic_load(&t->meter.bytes));
}

static void say_done(struct ctx *c, const struct task *t, const struct job *j,
		     const struct init_look *l)
{
	char bytes[NUM_TEXT];
	char *next = j->tree_member ? mem_strdup("")
				    : remedy_fmt("; keep it so with `{zrep sync %s}`", j->name);
	const char *dst = j->peer_name ? j->peer_name : l->opts.dst_fs;

	if (t->plan.unchanged)
		ui_done(&c->ui, "%s -> %s:%s  @%s: is replicated already%s", j->name,
			l->opts.dst_host, dst, t->plan.base, next);
	else
		ui_done(&c->ui, "%s -> %s:%s  @%s  %s: replicated%s", j->name, l->opts.dst_host,
			dst, t->plan.base, num_bytes(bytes, atomic_load(&t->meter.bytes)), next);
	free(next);
}

static void make_plans(struct ctx *c, struct init_look *l, struct plan *plans)
{
	struct session *w = &l->work;
	struct tree_index x;

	l->opts.src_host = c->self;
	l->opts.dst_host = c->args.items[1];
	l->opts.src_fs = w->jobs[0].name;
	l->opts.dst_fs = c->args.items[2];
	l->opts.snap = l->snap;
	l->opts.force = ctx_flag(c, 'f');
	l->opts.savecount = c->settings.save_count;
	l->opts.wanted = l->wanted;
	tree_number(w);
	l->opts.seq = tree_seq(w, &w->jobs[0]);
	l->wanted_tree = nv_new();
	props_merge(l->wanted_tree, job_home(&w->jobs[0])->d->props);
	props_merge(l->wanted_tree, l->wanted);
	tree_index_make(w, &x);
	for (size_t i = 0; i < w->n; i++) {
		const struct pair *pair = session_pair(w, &w->jobs[i]);
		struct init_opts opts = l->opts;
		job_peer(&w->jobs[i])->self = l->peer.host;
		opts.recursive = c->recursive && i == 0;
		if (c->recursive) {
			tree_init_opts(w, &x, &w->jobs[i], &opts);
			opts.wanted = l->wanted;
			opts.root_props = i == 0 ? NULL : l->wanted_tree;
		}
		plan_init(pair, &opts, &plans[i]);
	}
	tree_index_free(&x);
}

/* A tree begins as a whole, or not at all. True: one of it is refused. */
static bool refuse_all(struct session *w, struct plan *plans)
{
	size_t bad = w->n;

	for (size_t i = 0; i < w->n; i++)
		if (plans[i].refusal != NULL)
			bad = i;
	for (size_t i = 0; i < w->n && bad < w->n; i++) {
		if (plans[i].refusal != NULL)
			continue;
		w->jobs[i].silent = true;
		plan_refuse(&plans[i], err_new(plans[bad].refusal->kind, "%s has to wait for %s",
					       w->jobs[i].name, w->jobs[bad].name));
	}
	return bad < w->n;
}

static int act(struct ctx *c, struct init_look *l)
{
	struct session *w = &l->work;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	int status;

	make_plans(c, l, plans);
	if (c->dry_run) {
		status = outcome_dry_run(w, plans, 1);
	} else {
		bool began = !refuse_all(w, plans);
		apply_plans(w, plans, tasks);
		for (size_t i = 0; i < w->n; i++) {
			record_job(c, &tasks[i], &w->jobs[i], l);
			if (tasks[i].error == NULL)
				say_done(c, &tasks[i], &w->jobs[i], l);
			else if (began && tasks[i].error->remedy == NULL)
				err_remedy(tasks[i].error, "run the same command again: it goes on "
							   "where this one stopped");
			if (w->jobs[i].silent && tasks[i].error != NULL)
				ui_add_error(&c->ui, w->jobs[i].name, tasks[i].error);
		}
		status = outcome_report(w, tasks, false);
	}
	free(tasks);
	plans_free(plans, w->n);
	return status;
}

static int run_init(struct ctx *c)
{
	struct init_look l = {0};
	struct err *e;
	int status;

	if ((e = read_args(c, &l)) == NULL && (e = look_at_source(c, &l)) == NULL)
		e = look_at_destination(c, &l);
	status = e == NULL              ? act(c, &l)
		 : e->kind == ERR_USAGE ? ui_error(&c->ui, e)
					: ui_dataset_error(&c->ui, l.source, e);
	side_free(&l.peer);
	side_free(&l.src_below);
	side_free(&l.dst_below);
	session_free(&l.work);
	nv_free(l.wanted);
	nv_free(l.wanted_tree);
	free(l.origin);
	free(l.source);
	free(l.snap);
	return status;
}

const struct verb verb_init = {
    .name = "init",
    .shorthand = "-i",
    .flags = "fro:x:",
    .options = " recursive limit ",
    .min_args = 3,
    .max_args = 3,
    .usage = "[-fRr] [-o PROP=VALUE] [-x PROP] DATASET[@SNAP] HOST DESTINATION",
    .group = VERBS_SETUP,
    .summary = "make a replica of DATASET on HOST",
    .text =
	"Checks both sides, takes a first snapshot (or uses SNAP), sends it, and stores on\n"
	"both sides that they are a pair. DATASET becomes the master, DESTINATION a\n"
	"read-only replica; its parent must exist. When it breaks off, run it again: the\n"
	"transfer is resumed. DESTINATION may exist if it has a snapshot of DATASET's,\n"
	"brought there by other means (then nothing is sent), or with -f if it has no\n"
	"snapshot at all.\n"
	"  -f             discard what DESTINATION has beyond the newest common snapshot or, if\n"
	"                 it has no snapshot, its data (says what is lost)\n"
	"  -o PROP=VALUE  set PROP on the replica; -n shows all properties that it gets\n"
	"  -x PROP        do not copy PROP from DATASET\n"
	"  -r             resume (also without it, where there is something to resume)\n",
    .run = run_init,
};
