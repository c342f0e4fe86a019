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

/* -q SECONDS: a busy dataset that was synced that recently is fine as it is. */
static struct err *apply_quiet(struct work *w)
{
	uint64_t limit, now = (uint64_t)time(NULL);

	if (w->c->quiet_seconds == NULL)
		return NULL;
	if (!num_parse_u64(w->c->quiet_seconds, &limit))
		return err_new(ERR_USAGE, "-q wants seconds, not \"%.40s\"", w->c->quiet_seconds);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL && j->error->kind == ERR_BUSY &&
		    now - last_sent(j->src) <= limit && last_sent(j->src) <= now)
			j->silent = true;
	}
	return NULL;
}

static void make_plans(struct work *w, struct plan *plans)
{
	struct sync_opts opts = {.force = ctx_flag(w->c, 'f'),
				 .own_only = strcmp(w->c->tag, "zrep") != 0 ||
					     (getenv("ZREP_INC_FLAG") != NULL &&
					      strcmp(getenv("ZREP_INC_FLAG"), "-i") == 0)};

	for (size_t i = 0; i < w->n; i++)
		if (w->jobs[i].error == NULL) {
			struct pair pair = work_pair(w, &w->jobs[i]);
			plan_sync(&pair, &opts, &plans[i]);
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
		nv_add_str(one, "destination", j->src && j->src->dest_fs ? j->src->dest_fs : "");
		nv_add_str(one, "status",
			   t->error ? "failed" : t->plan.unchanged ? "unchanged" : "sent");
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
		       j->src->dest_fs, t->plan.base);
	else if (!t->plan.unchanged)
		printf("%s -> %s:%s  @%s  %s in %s\n", j->name, host_name(j->host), j->src->dest_fs,
		       t->plan.base, num_bytes(bytes, sent),
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
		printf("%zu datasets: %zu sent (%s), %zu unchanged, %zu failed\n", n,
		       n - failed - unchanged, num_bytes(text, bytes), unchanged, failed);
}

static int sync_work(struct ctx *c, struct work *w, bool all)
{
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	nvlist_t *json = nv_new();
	int status;

	make_plans(w, plans);
	if (c->dry_run) {
		status = work_dry_run(w, plans);
	} else {
		work_run(w, plans, tasks);
		for (size_t i = 0; i < w->n; i++)
			say_result(c, &tasks[i], &w->jobs[i], all, json);
		if (all)
			say_sum(c, tasks, w->n);
		if (c->json)
			print_json(json);
		status = work_report(w, tasks, true);
	}
	for (size_t i = 0; i < w->n; i++)
		plan_free(&plans[i]);
	nv_free(json);
	free(tasks);
	free(plans);
	return status;
}

/* Paused datasets take no part in `all`. */
static void drop_paused(struct work *w)
{
	size_t left = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct job j = w->jobs[i];
		if (j.error == NULL && j.src->paused) {
			note(w->c, "%s is paused and was left out", j.name);
			free(j.name);
			continue;
		}
		w->jobs[left++] = j;
	}
	w->n = left;
}

int cmd_sync(struct ctx *c)
{
	bool all = c->args.n == 1 && strcmp(c->args.items[0], "all") == 0;
	struct strv names = {0}, hosts = {0}, fss = {0};
	struct work w = {0};
	struct err *e = NULL;
	int status;

	if (all && !c->dry_run)
		e = lock_batch(c);
	if (all && e == NULL)
		e = ctx_masters(c, &names, &hosts, &fss);
	if (e == NULL)
		e = all ? work_open(c, &names, &hosts, &fss, LIST_SETTLE, &w)
			: work_open(c, &c->args, NULL, NULL, LIST_SETTLE, &w);
	if (e == NULL && all)
		drop_paused(&w);
	if (e == NULL) {
		work_reach(&w, false);
		e = apply_quiet(&w);
	}
	status = e != NULL ? report(c, e) : sync_work(c, &w, all);
	work_free(&w);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	return status;
}
