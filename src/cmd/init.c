#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work.h"
#include "util/mem.h"
#include "util/num.h"

/* Everything that an init looks at before it touches anything. */
struct look {
	struct work work; /* one job: the source */
	struct side far;  /* the destination, if it exists, and its parent */
	struct init_opts opts;
	char *parent;
};

static struct err *check_args(const struct ctx *c)
{
	struct err *e;

	if ((e = name_check_dataset(c->args.items[0])) != NULL ||
	    (e = name_check_host(c->args.items[1])) != NULL)
		return e;
	return name_check_dataset(c->args.items[2]);
}

static struct err *look_at_source(struct ctx *c, struct look *l)
{
	struct strv names = {0};

	strv_add(&names, c->args.items[0]);
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
	struct strv names = {0};
	nvlist_t *busy = NULL;
	struct err *e;

	if ((e = ctx_host(c, c->args.items[1], &j->host)) != NULL)
		return e;
	l->opts.same_host = host_is_local(j->host);
	strv_add(&names, dest);
	/* On one host, a lock on the source would be in its own way. */
	bool own = l->opts.same_host && strcmp(dest, j->name) == 0;
	if (!c->dry_run && !own && (e = ctx_lock(c, j->host, &names, &busy)) == NULL &&
	    nv_str(busy, dest) != NULL)
		e = err_new(ERR_BUSY, "%s on %s is busy: %s", dest, host_name(j->host),
			    nv_str(busy, dest));
	if (slash != NULL) {
		l->parent = str_fmt("%.*s", (int)(slash - dest), dest);
		strv_add(&names, l->parent);
	}
	if (e == NULL)
		e = ctx_list(c, j->host, &names, 0, &l->far);
	if (e == NULL) {
		j->far = side_find(&l->far, dest);
		l->opts.parent = l->parent ? side_find(&l->far, l->parent) : NULL;
	}
	nv_free(busy);
	strv_free(&names);
	return e;
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

	if ((e = check_args(c)) == NULL && (e = look_at_source(c, &l)) == NULL)
		e = look_at_destination(c, &l);
	status = e != NULL ? report(c, e) : act(c, &l);
	side_free(&l.far);
	work_free(&l.work);
	free(l.parent);
	return status;
}
