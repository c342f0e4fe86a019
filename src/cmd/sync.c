#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work.h"
#include "util/mem.h"
#include "util/num.h"

/* A run over everything excludes another one: two cron jobs would only stand in each other's way. */
static struct err *lock_batch(struct ctx *c)
{
	struct strv batch = {0};
	nvlist_t *busy;

	strv_add(&batch, "");
	struct err *e = ctx_lock(c, c->local, &batch, &busy);
	strv_free(&batch);
	if (e == NULL && nv_str(busy, "") != NULL)
		e = err_remedy(err_new(ERR_BUSY, "another `zrep sync all` runs on %s: %s", c->self,
				       nv_str(busy, "")),
			       "wait for it: until it ends, it has all datasets locked");
	nv_free(busy);
	return e;
}

static uint64_t last_sent(const struct dataset *d)
{
	uint64_t last = 0;

	for (size_t i = 0; d != NULL && i < d->n_snaps; i++)
		if (d->snaps[i].sent > last)
			last = d->snaps[i].sent;
	return last;
}

/* -q SECONDS, as a number; 0 without it. */
static struct err *quiet_limit(const struct ctx *c, uint64_t *limit)
{
	*limit = 0;
	if (c->quiet_seconds != NULL && !num_parse_u64(c->quiet_seconds, limit))
		return err_new(ERR_USAGE, "-q wants seconds, not \"%.40s\"", c->quiet_seconds);
	return NULL;
}

static bool is_recent(const struct dataset *d, uint64_t limit)
{
	uint64_t now = (uint64_t)time(NULL), sent = last_sent(d);

	return sent <= now && now - sent <= limit;
}

/* A busy dataset that was synced recently enough is fine as it is. */
static void apply_quiet(struct work *w, uint64_t limit)
{
	for (size_t i = 0; i < w->n && limit > 0; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL && j->error->kind == ERR_BUSY && is_recent(j->near, limit))
			j->silent = true;
	}
}

/* The same for a whole batch: another run has it, and nothing is older than it may be. Takes e over. */
static struct err *excuse_batch(struct ctx *c, struct err *e, uint64_t limit, bool *excused)
{
	struct strv names = {0};
	struct side side = {0};
	struct err *f = NULL;

	if (e == NULL || e->kind != ERR_BUSY || limit == 0)
		return e;
	if ((f = ctx_masters(c, &names, NULL, NULL)) == NULL && names.n > 0)
		f = ctx_list(c, c->local, &names, 0, &side);
	*excused = f == NULL;
	for (size_t i = 0; i < side.n; i++)
		*excused = *excused && is_recent(&side.datasets[i], limit);
	side_free(&side);
	strv_free(&names);
	err_free(f);
	if (!*excused)
		return e;
	err_free(e);
	return NULL;
}

static void make_plans(struct work *w, struct plan *plans)
{
	struct sync_opts opts = {.force = ctx_flag(w->c, 'f'), .own_only = ctx_own_only(w->c)};

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		/* What was the master may have become the replica just now. */
		if (j->error == NULL && j->near == NULL)
			j->error = err_new(ERR_FAILED, "%s on %s is not there any more", j->name,
					   w->c->self);
		if (j->error == NULL) {
			struct pair pair = work_pair(w, j);
			plan_sync(&pair, &opts, &plans[i]);
		}
	}
}

/* A line for what was sent; for one that was asked for by name, also for "nothing to do". */
static void say_result(struct ctx *c, const struct task *t, const struct job *j, bool all,
		       nvlist_t *json)
{
	char bytes[NUM_TEXT], seconds[NUM_TEXT];
	uint64_t sent = atomic_load(&t->meter.bytes);

	if (c->json) {
		nvlist_t *one = nv_new();
		nv_add_str(one, "host", j->host ? host_name(j->host) : "");
		nv_add_str(one, "destination", j->near && j->near->dest_fs ? j->near->dest_fs : "");
		nv_add_str(one, "status",
			   t->error            ? "failed"
			   : t->plan.unchanged ? "unchanged"
					       : "sent");
		if (t->plan.base != NULL)
			nv_add_str(one, "snapshot", t->plan.base);
		nv_add_u64(one, "bytes", sent);
		if (t->error != NULL) {
			nv_add_u64(one, "exit", t->error->kind);
			nv_add_str(one, "error", t->error->what);
		}
		nv_add_nv(json, j->name, one);
		nv_free(one);
		return;
	}
	if (c->quiet || t->error != NULL)
		return;
	if (t->plan.unchanged && (!all || c->verbose))
		printf("%s -> %s:%s  unchanged since @%s\n", j->name, host_name(j->host),
		       j->near->dest_fs, t->plan.base);
	else if (!t->plan.unchanged)
		printf("%s -> %s:%s  @%s  %s in %s\n", j->name, host_name(j->host),
		       j->near->dest_fs, t->plan.base, num_bytes(bytes, sent),
		       num_seconds(seconds, (uint64_t)(t->seconds + 0.5)));
}

static void say_sum(struct ctx *c, const struct task *tasks, size_t n)
{
	size_t failed = 0, unchanged = 0;
	uint64_t bytes = 0;
	char text[NUM_TEXT];

	for (size_t i = 0; i < n; i++) {
		failed += tasks[i].error != NULL;
		unchanged += tasks[i].error == NULL && tasks[i].plan.unchanged;
		bytes += atomic_load(&tasks[i].meter.bytes);
	}
	if (!c->quiet && !c->json)
		printf("%zu dataset%s: %zu sent (%s), %zu unchanged, %zu failed\n", n,
		       n == 1 ? "" : "s", n - failed - unchanged, num_bytes(text, bytes), unchanged,
		       failed);
}

static int sync_work(struct ctx *c, struct work *w, bool all)
{
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	nvlist_t *json = nv_new();
	int status;

	make_plans(w, plans);
	if (c->dry_run) {
		status = work_dry_run(w, plans, 1);
	} else {
		work_run(w, plans, tasks);
		for (size_t i = 0; i < w->n; i++)
			say_result(c, &tasks[i], &w->jobs[i], all, json);
		if (all)
			say_sum(c, tasks, w->n);
		if (c->json)
			print_json(json);
		status = work_report(w, tasks, true);
		for (size_t i = 0; i < w->n && status == 0; i++)
			status = w->jobs[i].incomplete ? ERR_FAILED : 0;
	}
	for (size_t i = 0; i < w->n; i++)
		plan_free(&plans[i]);
	nv_free(json);
	free(tasks);
	free(plans);
	return status;
}

/* A copy of a master, received with its properties, is none; unless it stands in its very place,
 * where somebody must say so: it would be a pity to leave out what was restored from a backup. */
static bool is_stray(const struct ctx *c, const struct dataset *d)
{
	return !d->master && !(d->src_fs != NULL && strcmp(d->src_fs, d->name) == 0 &&
			       d->src_host != NULL && name_names_host(d->src_host, c->self));
}

/* Paused datasets, and copies that believe to be masters, take no part in `all`. */
static void drop_idle(struct work *w)
{
	size_t left = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct job j = w->jobs[i];
		if (j.error == NULL && j.near != NULL &&
		    (j.near->paused || is_stray(w->c, j.near))) {
			if (j.near->paused)
				note(w->c, "%s is paused and was left out", j.name);
			free(j.name);
			free(j.far_host);
			free(j.far_fs);
			continue;
		}
		w->jobs[left++] = j;
	}
	w->n = left;
}

/* Somebody paused it for a reason. */
static void refuse_paused(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error == NULL && j->near != NULL && j->near->paused && !ctx_flag(w->c, 'f'))
			j->error = err_remedy(
			    err_new(ERR_REFUSED, "%s on %s is paused", j->name, w->c->self),
			    "if it is to go on: zrep unpause %s; -f syncs it once (and rolls back "
			    "what was changed on the other side)",
			    j->name);
	}
}

int cmd_sync(struct ctx *c)
{
	bool all = c->args.n == 1 && strcmp(c->args.items[0], "all") == 0;
	struct strv names = {0}, hosts = {0}, fss = {0};
	struct work w = {0};
	struct err *e;
	bool excused = false;
	uint64_t limit;
	int status;

	e = quiet_limit(c, &limit);
	if (e == NULL && all && !c->dry_run)
		e = excuse_batch(c, lock_batch(c), limit, &excused);
	if (excused)
		return 0;
	if (all && e == NULL)
		e = ctx_masters(c, &names, &hosts, &fss);
	if (e == NULL)
		e = all ? work_open(c, &names, &hosts, &fss, LIST_SETTLE | LIST_HALF, &w)
			: work_open(c, &c->args, NULL, NULL, LIST_SETTLE | LIST_HALF, &w);
	if (e == NULL && all)
		drop_idle(&w);
	if (e == NULL && !all)
		refuse_paused(&w);
	if (e == NULL) {
		w.patient = true;
		work_reach(&w, false);
		work_settle(&w, LIST_SETTLE);
		work_need_far(&w);
		apply_quiet(&w, limit);
	}
	status = e != NULL ? report(c, e) : sync_work(c, &w, all);
	work_free(&w);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	return status;
}
