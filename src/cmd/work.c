#include "cmd/work.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/progress.h"
#include "util/mem.h"
#include "util/num.h"
#include "zfs/ops.h"

/* Transfers at a time: more of them share the transaction groups of the receiving pool. */
#define PARALLEL 32u

static struct err *busy_error(const char *dataset, const char *host, const char *owner)
{
	return err_remedy(err_new(ERR_BUSY, "%s on %s is busy: %s", dataset, host, owner),
			  "wait for it, or see what it does");
}

static struct err *script_error(const struct ctx *c, const struct dataset *d, const char *host)
{
	return err_remedy(
	    err_new(ERR_BUSY, "%s on %s is locked by a running zrep script", d->name, host),
	    "wait for it; if no zrep script runs there: zfs inherit %s:lock-pid %s", c->tag,
	    d->name);
}

/* A host on the other side of some jobs, looked at by a thread of its own. */
struct far {
	struct work *work;
	char *name;
	struct strv datasets;
	pthread_t thread;
	bool joined;
	/* Written by the thread, read after it was joined. */
	struct host *host;
	struct err *error;
	nvlist_t *busy;
	struct side side;
};

/* Fills error and src of one job from what this host holds. */
static void look_up(struct work *w, struct job *j)
{
	const char *self = w->c->self;

	j->src = side_find(&w->near, j->name);
	if (j->error != NULL)
		return;
	if (j->src == NULL)
		j->error = err_remedy(err_new(ERR_FAILED, "%s on %s does not exist", j->name, self),
				      "`zrep list` shows the datasets that zrep knows");
	else if (j->src->script)
		j->error = script_error(w->c, j->src, self);
}

static void make_jobs(struct work *w, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss)
{
	w->jobs = mem_zalloc(names->n * sizeof(struct job));
	for (size_t i = 0; i < names->n; i++) {
		struct job *j = &w->jobs[w->n++];
		j->name = mem_strdup(names->items[i]);
		j->error = name_check_dataset(j->name);
		for (size_t k = 0; k < i && j->error == NULL; k++)
			if (strcmp(names->items[k], j->name) == 0)
				j->error = err_new(ERR_USAGE, "%s is named twice", j->name);
		if (hosts != NULL && *hosts->items[i] != '\0' && name_is_dataset(fss->items[i])) {
			j->far_host = mem_strdup(hosts->items[i]);
			j->far_fs = mem_strdup(fss->items[i]);
		}
	}
}

/* The names of all jobs without an error, those on one far host only if `far` is one. */
static struct strv names_of(const struct work *w, const struct far *far)
{
	struct strv names = {0};

	for (size_t i = 0; i < w->n; i++) {
		const struct job *j = &w->jobs[i];
		if (j->error != NULL)
			continue;
		if (far == NULL)
			strv_add(&names, j->name);
		else if (j->far_host != NULL && strcmp(j->far_host, far->name) == 0)
			strv_add(&names, j->far_fs);
	}
	return names;
}

static struct err *lock_near(struct work *w)
{
	struct strv names = names_of(w, NULL);
	nvlist_t *busy = NULL;
	struct err *e =
	    names.n > 0 && !w->c->dry_run ? ctx_lock(w->c, w->c->local, &names, &busy) : NULL;

	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL && nv_str(busy, w->jobs[i].name) != NULL)
			w->jobs[i].error =
			    busy_error(w->jobs[i].name, w->c->self, nv_str(busy, w->jobs[i].name));
	nv_free(busy);
	strv_free(&names);
	return e;
}

/* The name comes from a property, which anybody may have set who may set properties. */
static struct err *check_far_name(const struct ctx *c, const char *name)
{
	struct err *e = name_check_host(name);

	if (e != NULL)
		e->kind = ERR_REFUSED;
	return err_remedy(e,
			  "it is what %s:dest-host (on a replica %s:src-host) says: correct it on "
			  "both sides",
			  c->tag, c->tag);
}

static void *look_far(void *arg)
{
	struct far *f = arg;
	struct ctx *c = f->work->c;

	if ((f->error = check_far_name(c, f->name)) == NULL)
		f->error = ctx_host(c, f->name, &f->host);
	if (f->error == NULL && !c->dry_run)
		f->error = ctx_lock(c, f->host, &f->datasets, &f->busy);
	if (f->error == NULL)
		f->error = ctx_list(c, f->host, &f->datasets, 0, &f->side);
	return NULL;
}

static struct far *find_far(struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (strcmp(w->fars[i].name, name) == 0)
			return &w->fars[i];
	return NULL;
}

/* One thread for each far host of the jobs without an error. */
static void start_fars(struct work *w)
{
	w->fars = mem_zalloc(w->n * sizeof(struct far));
	for (size_t i = 0; i < w->n; i++) {
		const struct job *j = &w->jobs[i];
		if (j->error != NULL || j->far_host == NULL || find_far(w, j->far_host) != NULL)
			continue;
		struct far *f = &w->fars[w->n_fars++];
		f->work = w;
		f->name = mem_strdup(j->far_host);
		f->datasets = names_of(w, f);
		if (pthread_create(&f->thread, NULL, look_far, f) != 0)
			mem_exhausted();
	}
}

static void join_fars(struct work *w)
{
	for (size_t i = 0; i < w->n_fars; i++)
		if (!w->fars[i].joined) {
			pthread_join(w->fars[i].thread, NULL);
			w->fars[i].joined = true;
		}
}

struct err *work_open(struct ctx *c, const struct strv *names, const struct strv *hosts,
		      const struct strv *fss, unsigned list_flags, struct work *out)
{
	*out = (struct work){.c = c};
	make_jobs(out, names, hosts, fss);
	struct err *e = lock_near(out);
	if (e == NULL && hosts != NULL)
		start_fars(out);
	struct strv valid = names_of(out, NULL);
	/* A busy dataset is read all the same: -q wants to know when it was synced. */
	for (size_t i = 0; i < out->n; i++)
		if (out->jobs[i].error != NULL && out->jobs[i].error->kind == ERR_BUSY)
			strv_add(&valid, out->jobs[i].name);
	if (valid.n > 0 && e == NULL)
		e = ctx_list(c, c->local, &valid, list_flags, &out->near);
	for (size_t i = 0; i < out->n && e == NULL; i++)
		look_up(out, &out->jobs[i]);
	strv_free(&valid);
	return e;
}

/* Where the other side of d is; false where there is none, or it is not wanted. */
static bool other_side(const struct dataset *d, bool replicas, const char **host, const char **fs)
{
	bool replica = d->role == ROLE_REPLICA;

	*host = replica ? d->src_host : d->dest_host;
	*fs = replica ? d->src_fs : d->dest_fs;
	return d->role == ROLE_MASTER || (replica && replicas);
}

static void attach(struct job *j, struct far *f)
{
	const char *owner = nv_str(f->busy, j->far_fs);

	if (f->error != NULL) {
		j->error = err_wrap(err_copy(f->error), "%s", j->name);
		return;
	}
	j->host = f->host;
	j->dst = side_find(&f->side, j->far_fs);
	if (owner != NULL)
		j->error = busy_error(j->far_fs, f->name, owner);
	else if (j->dst != NULL && j->dst->script)
		j->error = script_error(f->work->c, j->dst, f->name);
}

void work_reach(struct work *w, bool replicas)
{
	bool guessed = w->fars != NULL;

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const char *host, *fs;
		if (j->error != NULL || !other_side(j->src, replicas, &host, &fs))
			continue;
		if (!guessed) {
			j->far_host = mem_strdup(host);
			j->far_fs = mem_strdup(fs);
		} else if (j->far_host == NULL || strcmp(j->far_host, host) != 0 ||
			   strcmp(j->far_fs, fs) != 0) {
			j->error =
			    err_remedy(err_new(ERR_BUSY, "%s on %s changed while it was looked at",
					       j->name, w->c->self),
				       "run the same command again");
		}
	}
	if (!guessed)
		start_fars(w);
	join_fars(w);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const char *host, *fs;
		if (j->error == NULL && j->far_host != NULL &&
		    other_side(j->src, replicas, &host, &fs))
			attach(j, find_far(w, j->far_host));
	}
}

void work_free(struct work *w)
{
	join_fars(w);
	for (size_t i = 0; i < w->n; i++) {
		free(w->jobs[i].name);
		free(w->jobs[i].far_host);
		free(w->jobs[i].far_fs);
		err_free(w->jobs[i].error);
	}
	for (size_t i = 0; i < w->n_fars; i++) {
		free(w->fars[i].name);
		err_free(w->fars[i].error);
		nv_free(w->fars[i].busy);
		strv_free(&w->fars[i].datasets);
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

/* The plan's lines, as they are printed without --json. */
static void plan_json(nvlist_t *all, const char *name, const struct plan *plan, struct buf *text)
{
	nvlist_t *one = nv_new();
	struct strv lines = {0};
	char *save = NULL;

	for (char *l = strtok_r(text->data, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save))
		strv_add(&lines, l + strspn(l, " "));
	nv_add_strs(one, "plan", lines.items, lines.n);
	nv_add_u64(one, "exit", plan->refusal != NULL ? plan->refusal->kind : 0);
	nv_add_nv(all, name, one);
	strv_free(&lines);
	nv_free(one);
}

int work_dry_run(struct work *w, const struct plan *plans)
{
	nvlist_t *json = nv_new();
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
		if (w->c->json)
			plan_json(json, j->name, &plans[i], &text);
		else
			printf("%s\n%s", j->name, text.data);
		if (plans[i].refusal != NULL)
			status = plans[i].refusal->kind;
		buf_free(&text);
	}
	if (w->c->json)
		print_json(json);
	nv_free(json);
	return status;
}

void work_run(struct work *w, struct plan *plans, struct task *tasks)
{
	struct progress_item *items = mem_zalloc(w->n * sizeof(*items));
	size_t shown = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		struct job *j = &w->jobs[i];
		*t = (struct task){
		    .label = j->name, .src = w->c->local, .dst = j->host, .plan = plans[i]};
		plans[i] = (struct plan){0};
		t->error = j->error != NULL ? j->error : err_copy(t->plan.refusal);
		/* Before the first step: with -f they say what is about to go. */
		for (size_t k = 0; k < t->plan.notes.n; k++)
			note(w->c, "%s", t->plan.notes.items[k]);
		j->error = NULL;
		if (t->dst == NULL)
			t->dst = t->src;
		for (size_t k = 0; k < t->plan.n; k++)
			if (t->plan.steps[k].kind == STEP_SEND ||
			    t->plan.steps[k].kind == STEP_RESUME)
				t->meter.expected += t->plan.steps[k].bytes + 1;
		if (t->meter.expected > 0 && t->error == NULL)
			items[shown++] = (struct progress_item){t->label, &t->meter, &t->phase};
	}
	struct run run = {.tag = w->c->tag,
			  .tasks = tasks,
			  .n = w->n,
			  .parallel = PARALLEL,
			  .cancel = w->c->cancel,
			  .strict = w->strict};
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

	bool stopped = cancelled(w->c->cancel);
	size_t unfinished = 0;

	if (store && !stopped)
		store_errors(w, tasks);
	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		for (size_t k = 0; k < t->notes.n; k++)
			note(w->c, "%s", t->notes.items[k]);
		unfinished += t->error != NULL;
		if (t->error != NULL && stopped) {
			err_free(t->error);
		} else if (t->error != NULL && !w->jobs[i].silent) {
			int kind = report(w->c, t->error);
			status = status == 0 || status == kind ? kind : ERR_FAILED;
		} else {
			err_free(t->error);
		}
		t->error = NULL;
		plan_free(&t->plan);
		strv_free(&t->notes);
	}
	if (stopped && unfinished > 0) /* once for all: each would say the same */
		status =
		    report(w->c, err_remedy(err_new(ERR_FAILED,
						    "interrupted: %zu of %zu datasets (%s%s) "
						    "are not finished",
						    unfinished, w->n, w->jobs[0].name,
						    w->n > 1 ? ", ..." : ""),
					    "run the same command again: it goes on where this one "
					    "stopped"));
	return status;
}
