#include "cmd/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/progress.h"
#include "util/mem.h"
#include "util/num.h"
#include "zfs/ops.h"

/* Transfers at a time: more of them share the transaction groups of the receiving pool. */
#define PARALLEL 16u

static struct err *busy_error(const char *dataset, const char *host, const char *owner)
{
	return err_remedy(err_new(ERR_BUSY, "%s on %s is busy: %s", dataset, host, owner),
			  "wait for it, or see what it does");
}

static struct err *script_error(const struct ctx *c, const struct dataset *d, const char *host)
{
	return err_remedy(err_new(ERR_BUSY, "%s on %s is locked by a running zrep script", d->name,
				  host),
			  "wait for it; if no zrep script runs there: zfs inherit %s:lock-pid %s",
			  c->tag, d->name);
}

/* Fills error, src for one job from what this host holds. */
static void look_up(struct work *w, struct job *j, const nvlist_t *busy)
{
	const char *self = w->c->self, *owner = nv_str(busy, j->name);

	j->src = side_find(&w->near, j->name);
	if (j->error != NULL)
		return;
	if (j->src == NULL)
		j->error = err_remedy(err_new(ERR_FAILED, "%s on %s does not exist", j->name, self),
				      "`zrep list` shows the datasets that zrep knows");
	else if (owner != NULL)
		j->error = busy_error(j->name, self, owner);
	else if (j->src->script)
		j->error = script_error(w->c, j->src, self);
}

struct err *work_open(struct ctx *c, const struct strv *names, unsigned list_flags,
		      struct work *out)
{
	struct strv valid = {0};
	nvlist_t *busy = NULL;
	struct err *e = NULL;

	*out = (struct work){.c = c};
	out->jobs = mem_zalloc(names->n * sizeof(struct job));
	for (size_t i = 0; i < names->n; i++) {
		struct job *j = &out->jobs[out->n++];
		j->name = mem_strdup(names->items[i]);
		j->error = name_check_dataset(j->name);
		for (size_t k = 0; k < i && j->error == NULL; k++)
			if (strcmp(names->items[k], j->name) == 0)
				j->error = err_new(ERR_USAGE, "%s is named twice", j->name);
		if (j->error == NULL)
			strv_add(&valid, j->name);
	}
	if (valid.n > 0 && !c->dry_run)
		e = ctx_lock(c, c->local, &valid, &busy);
	if (valid.n > 0 && e == NULL)
		e = ctx_list(c, c->local, &valid, list_flags, &out->near);
	for (size_t i = 0; i < out->n && e == NULL; i++)
		look_up(out, &out->jobs[i], busy);
	nv_free(busy);
	strv_free(&valid);
	return e;
}

/* NULL where there is no other side, or it is not wanted. */
static const char *far_host(const struct work *w, const struct dataset *d)
{
	if (d->role == ROLE_MASTER)
		return d->dest_host;
	return d->role == ROLE_REPLICA && w->replicas ? d->src_host : NULL;
}

static const char *far_name(const struct dataset *d)
{
	return d->role == ROLE_MASTER ? d->dest_fs : d->src_fs;
}

static struct far *find_far(struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (strcmp(w->fars[i].name, name) == 0)
			return &w->fars[i];
	return NULL;
}

static void open_fars(struct work *w)
{
	w->fars = mem_zalloc(w->n * sizeof(struct far));
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const char *name = j->error == NULL ? far_host(w, j->src) : NULL;
		if (name == NULL || find_far(w, name) != NULL)
			continue;
		struct far *f = &w->fars[w->n_fars++];
		f->name = mem_strdup(name);
		f->error = cancelled(w->c->cancel) ? err_new(ERR_FAILED, "interrupted")
						   : ctx_host(w->c, name, &f->host);
	}
}

/* Locks and reads everything that the jobs have on one other host. */
static void read_far(struct work *w, struct far *f)
{
	struct strv names = {0};
	nvlist_t *busy = NULL;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error == NULL && far_host(w, j->src) != NULL &&
		    strcmp(far_host(w, j->src), f->name) == 0)
			strv_add(&names, far_name(j->src));
	}
	if (!w->c->dry_run)
		f->error = ctx_lock(w->c, f->host, &names, &busy);
	if (f->error == NULL)
		f->error = ctx_list(w->c, f->host, &names, 0, &f->side);
	for (size_t i = 0; i < w->n && f->error == NULL; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || far_host(w, j->src) == NULL ||
		    strcmp(far_host(w, j->src), f->name) != 0)
			continue;
		const char *owner = nv_str(busy, far_name(j->src));
		j->host = f->host;
		j->far = &f->side;
		j->dst = side_find(&f->side, far_name(j->src));
		if (owner != NULL)
			j->error = busy_error(far_name(j->src), f->name, owner);
		else if (j->dst != NULL && j->dst->script)
			j->error = script_error(w->c, j->dst, f->name);
	}
	nv_free(busy);
	strv_free(&names);
}

void work_reach(struct work *w, bool replicas)
{
	w->replicas = replicas;
	open_fars(w);
	for (size_t i = 0; i < w->n_fars; i++)
		if (w->fars[i].error == NULL)
			read_far(w, &w->fars[i]);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const char *name = j->error == NULL ? far_host(w, j->src) : NULL;
		if (name != NULL && find_far(w, name)->error != NULL)
			j->error = err_wrap(err_copy(find_far(w, name)->error), "%s", j->name);
	}
}

void work_free(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->jobs[i].name);
		err_free(w->jobs[i].error);
	}
	for (size_t i = 0; i < w->n_fars; i++) {
		free(w->fars[i].name);
		err_free(w->fars[i].error);
		side_free(&w->fars[i].side);
	}
	side_free(&w->near);
	free(w->fars);
	free(w->jobs);
}

struct pair work_pair(struct work *w, struct job *j)
{
	struct pair p = {.tag = w->c->tag,
			 .src_host = w->c->self,
			 .dst_host = j->host ? host_name(j->host) : "nowhere",
			 .src = j->src,
			 .dst = j->dst,
			 .now = (uint64_t)time(NULL)};
	nvlist_t *args, *result = NULL;

	if (j->dst == NULL || j->dst->token == NULL)
		return p;
	args = nv_new();
	nv_add_str(args, "token", j->dst->token);
	struct err *e = host_call(w->c->local, OP_TOKEN, args, &result);
	p.token_dead = e != NULL || nv_str(result, "dead") != NULL;
	p.token_to = nv_u64(result, "toguid", 0);
	p.token_from = nv_u64(result, "fromguid", 0);
	err_free(e);
	nv_free(result);
	nv_free(args);
	return p;
}

int work_dry_run(struct work *w, const struct plan *plans)
{
	int status = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		struct buf text = {0};
		if (j->error != NULL) {
			status = report(w->c, j->error);
			j->error = NULL;
			continue;
		}
		struct plan_names names = {w->c->self, j->host ? host_name(j->host) : "nowhere"};
		plan_print(&plans[i], &names, &text);
		printf("%s\n%s", j->name, text.data);
		if (plans[i].refusal != NULL)
			status = plans[i].refusal->kind;
		buf_free(&text);
	}
	return status;
}

void work_run(struct work *w, struct plan *plans, struct task *tasks)
{
	struct progress_item *items = mem_zalloc(w->n * sizeof(*items));
	size_t shown = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		struct job *j = &w->jobs[i];
		*t = (struct task){.label = j->name, .src = w->c->local, .dst = j->host,
				   .plan = plans[i]};
		plans[i] = (struct plan){0};
		t->error = j->error != NULL ? j->error : err_copy(t->plan.refusal);
		j->error = NULL;
		if (t->dst == NULL)
			t->dst = t->src;
		for (size_t k = 0; k < t->plan.n; k++)
			if (t->plan.steps[k].kind == STEP_SEND || t->plan.steps[k].kind == STEP_RESUME)
				t->meter.expected += t->plan.steps[k].bytes + 1;
		if (t->meter.expected > 0 && t->error == NULL)
			items[shown++] = (struct progress_item){t->label, &t->meter, &t->phase};
	}
	struct run run = {.tag = w->c->tag,
			  .tasks = tasks,
			  .n = w->n,
			  .parallel = PARALLEL,
			  .cancel = w->c->cancel};
	struct progress *p = w->c->quiet ? NULL : progress_start(items, shown);
	run_tasks(&run);
	progress_stop(p);
	free(items);
}

/* T:error on the source: what status shows until a sync succeeds. Refusals and busy datasets are not
 * stored: they are no news about the data. */
static void store_errors(struct work *w, struct task *tasks)
{
	nvlist_t *props = nv_new(), *args = nv_new();
	char *key = str_fmt("%s:error", w->c->tag);

	for (size_t i = 0; i < w->n; i++) {
		const struct err *e = tasks[i].error;
		if (e == NULL || w->jobs[i].src == NULL || w->jobs[i].src->role != ROLE_MASTER ||
		    (e->kind != ERR_FAILED && e->kind != ERR_UNREACHABLE))
			continue;
		char *text = str_fmt("%" PRIu64 " %.500s", (uint64_t)time(NULL), e->what);
		nvlist_t *one = nv_new();
		nv_add_str(one, key, text);
		nv_add_nv(props, w->jobs[i].name, one);
		nv_free(one);
		free(text);
	}
	nv_add_nv(args, "props", props);
	if (!nv_empty(props)) /* best effort: the message itself was printed */
		err_free(host_call(w->c->local, OP_SET, args, NULL));
	free(key);
	nv_free(props);
	nv_free(args);
}

int work_report(struct work *w, struct task *tasks, bool store)
{
	int status = 0;

	if (store)
		store_errors(w, tasks);
	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		for (size_t k = 0; k < t->plan.notes.n; k++)
			note(w->c, "%s", t->plan.notes.items[k]);
		for (size_t k = 0; k < t->notes.n; k++)
			note(w->c, "%s", t->notes.items[k]);
		if (t->error != NULL && !w->jobs[i].silent) {
			int kind = report(w->c, t->error);
			status = status == 0 || status == kind ? kind : ERR_FAILED;
		} else {
			err_free(t->error);
		}
		t->error = NULL;
		plan_free(&t->plan);
		strv_free(&t->notes);
	}
	return status;
}
