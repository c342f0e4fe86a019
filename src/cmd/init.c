#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work.h"
#include "state/props.h"
#include "util/mem.h"
#include "util/num.h"

/* Everything that an init looks at before it touches anything. */
struct look {
	struct work work; /* one job: the source */
	struct side far;  /* the destination, if it exists, and its parent */
	struct init_opts opts;
	char *source, *snap; /* DATASET and SNAP of DATASET@SNAP; snap NULL without it */
	nvlist_t *wanted;
};

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

static struct err *read_args(const struct ctx *c, struct look *l)
{
	const char *arg = c->args.items[0], *at = strchr(arg, '@');
	struct err *e;

	l->source = str_fmt("%.*s", (int)strcspn(arg, "@"), arg);
	l->snap = at != NULL ? mem_strdup(at + 1) : NULL;
	l->wanted = nv_new();
	if ((e = name_check_dataset(l->source)) != NULL ||
	    (e = name_check_host(c->args.items[1])) != NULL ||
	    (e = name_check_dataset(c->args.items[2])) != NULL)
		return e;
	if (at != NULL && !name_is_snapshot(arg))
		return err_new(ERR_USAGE, "\"%.300s\" is no snapshot", arg);
	return read_wanted(c, l->wanted);
}

static struct err *look_at_source(struct ctx *c, struct look *l)
{
	struct strv names = {0};

	strv_add(&names, l->source);
	struct err *e = work_open(c, &names, NULL, NULL, LIST_NATIVE | LIST_SETTLE, &l->work);
	strv_free(&names);
	if (e == NULL && l->work.jobs[0].error != NULL) {
		e = l->work.jobs[0].error;
		l->work.jobs[0].error = NULL;
	}
	return e;
}

static struct err *look_at_destination(struct ctx *c, struct look *l)
{
	struct job *j = &l->work.jobs[0];
	const char *dest = c->args.items[2], *slash = strrchr(dest, '/');
	struct err *e = work_meet(&l->work, j, c->args.items[1], dest, &l->far);

	if (e != NULL)
		return e;
	char *parent = slash != NULL ? str_fmt("%.*s", (int)(slash - dest), dest) : NULL;
	l->opts.same_host = host_is_local(j->host);
	l->opts.parent = parent != NULL ? side_find(&l->far, parent) : NULL;
	free(parent);
	return NULL;
}

static void say_done(struct ctx *c, const struct task *t, const struct look *l)
{
	char bytes[NUM_TEXT];
	const struct job *j = &l->work.jobs[0];
	bool usual = strcmp(c->tag, "zrep") == 0;
	char *tag = usual ? mem_strdup("") : str_fmt(" -t %s", c->tag);

	if (c->json) {
		nvlist_t *nv = nv_new();
		nv_add_str(nv, "dataset", j->name);
		nv_add_str(nv, "host", l->opts.dst_host);
		nv_add_str(nv, "destination", l->opts.dst_fs);
		nv_add_str(nv, "snapshot", t->plan.base);
		nv_add_u64(nv, "bytes", atomic_load(&t->meter.bytes));
		print_json(nv);
		nv_free(nv);
	} else if (!c->quiet && t->plan.unchanged) {
		printf(
		    "%s -> %s:%s  @%s: is replicated already; keep it so with `zrep%s sync %s`\n",
		    j->name, l->opts.dst_host, l->opts.dst_fs, t->plan.base, tag, j->name);
	} else if (!c->quiet) {
		printf("%s -> %s:%s  @%s  %s: replicated; keep it so with `zrep%s sync %s`\n",
		       j->name, l->opts.dst_host, l->opts.dst_fs, t->plan.base,
		       num_bytes(bytes, atomic_load(&t->meter.bytes)), tag, j->name);
	}
	free(tag);
}

static int act(struct ctx *c, struct look *l)
{
	struct job *j = &l->work.jobs[0];
	struct plan plan = {0};
	struct task task;
	struct pair pair = work_pair(&l->work, j);
	int status;

	l->opts.src_host = c->self;
	l->opts.dst_host = c->args.items[1];
	l->opts.src_fs = j->name;
	l->opts.dst_fs = c->args.items[2];
	l->opts.snap = l->snap;
	l->opts.force = ctx_flag(c, 'f');
	l->opts.savecount = c->settings.save_count;
	l->opts.wanted = l->wanted;
	plan_init(&pair, &l->opts, &plan);
	if (c->dry_run) {
		status = work_dry_run(&l->work, &plan, 1);
		plan_free(&plan);
		return status;
	}
	bool began = plan.refusal == NULL;
	work_run(&l->work, &plan, &task);
	if (task.error == NULL)
		say_done(c, &task, l);
	else if (began && task.error->remedy == NULL)
		err_remedy(task.error,
			   "run the same command again: it goes on where this one stopped");
	return work_report(&l->work, &task, false);
}

int cmd_init(struct ctx *c)
{
	struct look l = {0};
	struct err *e;
	int status;

	if ((e = read_args(c, &l)) == NULL && (e = look_at_source(c, &l)) == NULL)
		e = look_at_destination(c, &l);
	status = e != NULL ? report(c, e) : act(c, &l);
	side_free(&l.far);
	work_free(&l.work);
	nv_free(l.wanted);
	free(l.source);
	free(l.snap);
	return status;
}
