#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/sync.h"
#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/session.h"
#include "engine/tree.h"
#include "engine/tree_plan.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/setup/init.h"
#include "plan/snapshot.h"
#include "plan/sync.h"
#include "util/mem.h"
#include "util/num.h"

/* The verbs that transfer are one: sync sends to the replicas of this host's masters, refresh fetches for the
 * replicas of this host; snaponly and synconly are the two halves of a sync. */
struct run_sync {
	struct ctx *c;
	const struct strv *args; /* datasets, or "all" */
	bool silent;             /* only what went wrong is said */
	struct session w;
	bool pull, all;
	bool sync_only; /* no snapshot is taken */
	bool snap_only; /* nothing is sent, nobody asked */
	struct sync_opts opts;
	uint64_t quiet; /* -q, 0 without it */
	struct strv
	    adopted; /* what was there already became the replica: what is newer is still to be sent */
	unsigned trees; /* how what is below is listed */
};

/* A run over everything excludes another one: two cron jobs would only stand in each other's way. */
static struct err *lock_batch(const struct run_sync *r)
{
	struct ctx *c = r->c;
	struct strv batch = {0};
	const char *name = r->pull ? "/" : "";
	nvlist_t *busy;

	strv_add(&batch, name);
	struct err *e = ctx_lock(c, c->local, &batch, &busy);
	strv_free(&batch);
	if (e == NULL && nv_str(busy, name) != NULL)
		e = err_remedy(err_new(ERR_BUSY, "another `zrep %s all` runs on %s: %s",
				       r->pull ? "refresh" : "sync", c->self, nv_str(busy, name)),
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
static void apply_quiet(struct run_sync *r)
{
	for (size_t i = 0; i < r->w.n && r->quiet > 0; i++) {
		struct job *j = &r->w.jobs[i];
		if (j->error != NULL && j->error->kind == ERR_BUSY &&
		    is_recent(job_home(j)->d, r->quiet))
			j->silent = true;
	}
}

/* What `all` stands for: the masters of this host, or its replicas, and where their other sides are. */
static struct err *all_names(struct run_sync *r, struct strv *names, struct strv *hosts,
			     struct strv *fss)
{
	struct side side;
	struct err *e;

	if (!r->pull)
		return ctx_masters(r->c, names, hosts, fss);
	if ((e = ctx_list(r->c, r->c->local, NULL, 0, &side)) != NULL)
		return e;
	for (size_t i = 0; i < side.n; i++) {
		const struct dataset *d = &side.datasets[i];
		if (d->role != ROLE_REPLICA)
			continue;
		strv_add(names, d->name);
		strv_add(hosts, d->src_host);
		strv_add(fss, d->src_fs);
	}
	side_free(&side);
	return NULL;
}

/* -q for a whole batch: another run has it, and nothing is older than it may be. Takes e over. */
static struct err *excuse_batch(struct run_sync *r, struct err *e, bool *excused)
{
	struct strv names = {0}, hosts = {0}, fss = {0};
	struct side side = {0};
	struct err *f = NULL;

	if (e == NULL || e->kind != ERR_BUSY || r->quiet == 0)
		return e;
	if ((f = all_names(r, &names, &hosts, &fss)) == NULL && names.n > 0)
		f = ctx_list(r->c, r->c->local, &names, 0, &side);
	*excused = f == NULL;
	for (size_t i = 0; i < side.n; i++)
		*excused = *excused && is_recent(&side.datasets[i], r->quiet);
	side_free(&side);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	err_free(f);
	if (!*excused)
		return e;
	err_free(e);
	return NULL;
}

static void plan_job(struct run_sync *r, struct job *j, const struct pair *pair, struct plan *out)
{
	struct sync_opts opts = r->opts;

	opts.seq = tree_seq(&r->w, j);
	opts.recursive = r->c->recursive && j->tree_root;
	if (r->snap_only) {
		plan_snapshot(pair, &opts, out);
	} else if (j->is_new) {
		struct init_opts init = {0};
		tree_init_opts(&r->w, j, &init);
		plan_init(pair, &init, out);
	} else {
		plan_sync(pair, &opts, out);
	}
}

static void make_plans(struct run_sync *r, struct plan *plans)
{
	struct session *w = &r->w;

	tree_number(w);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		/* What was the master may have become the replica just now. */
		if (j->error == NULL && job_home(j)->d == NULL && !j->is_new)
			j->error = err_new(ERR_FAILED, "%s on %s is not there any more", j->name,
					   w->c->self);
		if (j->error != NULL)
			continue;
		const struct pair *pair = session_pair(w, j);
		plan_job(r, j, pair, &plans[i]);
	}
}

static void record_job(const struct run_sync *r, const struct task *t, const struct job *j)
{
	struct record *one = ui_dataset(&r->c->ui, j->name);
	const char *done = r->snap_only ? "snapshot" : r->pull ? "fetched" : "sent";

	if (!r->snap_only) {
		record_str(one, "host",
			   job_peer(j)->host ? host_name(job_peer(j)->host) : j->peer_at);
		record_str(one, r->pull ? "source" : "destination", j->peer_name);
	}
	record_str(one, "status",
		   t->error && j->silent ? "busy"
		   : t->error            ? "failed"
		   : t->plan.unchanged   ? "unchanged"
					 : done);
	record_str(one, "snapshot", t->plan.base);
	record_u64(one, "bytes", atomic_load(&t->meter.bytes));
}

/* "tank/a -> host2:tank/b", "host1:tank/a -> tank/b", or the name alone. */
static char *way(const struct run_sync *r, const struct job *j)
{
	if (r->snap_only)
		return mem_strdup(j->name);
	if (r->pull)
		return str_fmt("%s:%s -> %s", host_name(job_peer(j)->host), j->peer_name, j->name);
	return str_fmt("%s -> %s:%s", j->name, host_name(job_peer(j)->host), j->peer_name);
}

/* A line for what was sent; for one that was asked for by name, also for "nothing to do". */
static void say_result(const struct run_sync *r, const struct task *t, const struct job *j)
{
	char bytes[NUM_TEXT], seconds[NUM_TEXT];
	const struct ctx *c = r->c;

	record_job(r, t, j);
	if (t->error != NULL)
		return;
	char *text = way(r, j);
	const struct dataset *s = job_end(j, PAIR_SRC)->d;
	if (t->plan.unchanged && (!r->all || c->ui.verbose))
		ui_done(&c->ui, "%s  %s @%s", text,
			r->opts.no_snapshot && s->written > 0 ? "no snapshot since"
							      : "unchanged since",
			t->plan.base);
	else if (!t->plan.unchanged && r->snap_only)
		ui_done(&c->ui, "%s@%s", text, t->plan.base);
	else if (!t->plan.unchanged)
		ui_done(&c->ui, "%s  @%s  %s in %s", text, t->plan.base,
			num_bytes(bytes, atomic_load(&t->meter.bytes)),
			num_seconds(seconds, (uint64_t)(t->seconds + 0.5)));
	free(text);
}

static void say_sum(const struct run_sync *r, const struct task *tasks)
{
	const struct ctx *c = r->c;
	size_t n = r->w.n;
	size_t failed = 0, unchanged = 0;
	uint64_t bytes = 0;
	char text[NUM_TEXT];

	for (size_t i = 0; i < n; i++) {
		failed += tasks[i].error != NULL;
		unchanged += tasks[i].error == NULL && tasks[i].plan.unchanged;
		bytes += atomic_load(&tasks[i].meter.bytes);
	}
	char *sent = r->snap_only
			 ? mem_strdup("snapshots")
			 : str_fmt("%s (%s)", r->pull ? "fetched" : "sent", num_bytes(text, bytes));
	ui_done(&c->ui, "%zu dataset%s: %zu %s, %zu unchanged, %zu failed", n, n == 1 ? "" : "s",
		n - failed - unchanged, sent, unchanged, failed);
	free(sent);
}

static void note_adopted(struct run_sync *r, const struct task *tasks)
{
	for (size_t i = 0; i < r->w.n; i++) {
		const struct plan *p = &tasks[i].plan;
		bool sent = false;
		if (!r->w.jobs[i].is_new || tasks[i].error != NULL)
			continue;
		for (size_t k = 0; k < p->n; k++)
			sent = sent || step_is_transfer(&p->steps[k]);
		if (!sent)
			strv_add(&r->adopted, r->w.jobs[i].name);
	}
}

static int sync_work(struct run_sync *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));
	int status;

	make_plans(r, plans);
	if (r->c->dry_run) {
		status = outcome_dry_run(w, plans, 1);
	} else {
		apply_plans(w, plans, tasks);
		note_adopted(r, tasks);
		for (size_t i = 0; i < w->n && !r->silent; i++)
			say_result(r, &tasks[i], &w->jobs[i]);
		if (r->all && !r->silent)
			say_sum(r, tasks);
		status = outcome_report(w, tasks, !r->snap_only);
		for (size_t i = 0; i < w->n && status == 0; i++)
			status = w->jobs[i].incomplete ? ERR_FAILED : 0;
	}
	free(tasks);
	plans_free(plans, w->n);
	return status;
}

/* Paused datasets, and copies that believe to be masters, take no part in `all`. Paused is the master's word. (What
 * is paused in a tree that is not, is told of when that is looked at.) */
static bool is_idle(const struct run_sync *r, const struct job *j)
{
	const struct dataset *s = job_end(j, PAIR_SRC)->d;

	if (j->error != NULL || s == NULL)
		return false;
	const struct dataset *tree = tree_of(&r->w, j);
	if (s->paused && (tree == NULL || r->snap_only))
		ui_note(&r->c->ui, "%s is paused and was left out", j->name);
	return s->paused || (tree != NULL && tree->paused) ||
	       (!r->pull && dataset_is_stray(s, r->c->self));
}

static void drop_idle(struct run_sync *r)
{
	struct session *w = &r->w;
	size_t left = 0;

	for (size_t i = 0; i < w->n; i++) /* all of them are looked at for each */
		w->jobs[i].dropped = is_idle(r, &w->jobs[i]);
	for (size_t i = 0; i < w->n; i++) {
		if (w->jobs[i].dropped)
			job_free(&w->jobs[i]);
		else
			w->jobs[left++] = w->jobs[i];
	}
	w->n = left;
}

/* Somebody paused it for a reason. */
static void refuse_paused(struct run_sync *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		const struct dataset *s = job_end(j, PAIR_SRC)->d;
		if (j->error != NULL || s == NULL || !s->paused || r->opts.force)
			continue;
		const char *host = r->pull ? host_name(job_peer(j)->host) : r->c->self;
		j->wished = true;
		j->error =
		    err_remedy(err_new(ERR_REFUSED, "%s on %s is paused", s->name, host),
			       "if it is to go on: zrep unpause %s%s%s; -f syncs it once (and "
			       "rolls back what was changed on the other side)",
			       s->name, r->pull ? " on " : "", r->pull ? host : "");
	}
}

static void pass_over_paused(struct run_sync *r)
{
	if (r->all)
		drop_idle(r);
	else
		refuse_paused(r);
}

/* What is fetched is what this host has the replica of. */
static void set_direction(struct run_sync *r)
{
	for (size_t i = 0; i < r->w.n; i++) {
		struct job *j = &r->w.jobs[i];
		job_set_home(j, r->pull ? PAIR_DST : PAIR_SRC);
		if (j->error == NULL && r->pull && job_home(j)->d != NULL &&
		    job_home(j)->d->role == ROLE_MASTER)
			j->error = err_remedy(
			    err_new(ERR_REFUSED, "%s on %s is a master: there is nothing to fetch",
				    j->name, r->c->self),
			    "zrep sync %s sends it to %s", j->name, job_home(j)->d->dest_host);
		else if (j->error == NULL && r->pull && job_home(j)->d != NULL &&
			 job_home(j)->d->role != ROLE_REPLICA)
			j->error = plan_no_pair(j->name, r->c->self, r->c->tag);
	}
}

/* Both sides locked and looked at, what was half done settled, and what takes no part left out. */
static void look(struct run_sync *r)
{
	struct session *w = &r->w;

	set_direction(r);
	if (!r->pull)
		pass_over_paused(r);
	if (r->snap_only)
		return;
	w->defer_unreachable = true;
	session_connect(w, r->pull);
	if (r->pull)
		session_check_named(w);
	recover_switches(w, LIST_SETTLE | r->trees);
	session_need_peers(w);
	if (r->pull)
		pass_over_paused(r);
	tree_expand(w, r->c->recursive, LIST_SETTLE | r->trees);
	recover_switches(w, LIST_SETTLE | r->trees); /* what is below was not asked before */
	session_need_peers(w); /* that, too, may have been the first to notice */
	apply_quiet(r);
}

static int run(struct run_sync *r)
{
	struct ctx *c = r->c;
	struct strv names = {0}, hosts = {0}, fss = {0};
	r->trees = c->recursive ? LIST_BELOW : LIST_TREES;
	unsigned flags = r->trees | (r->pull ? LIST_HALF : LIST_SETTLE | LIST_HALF);
	bool excused = false;
	int status;

	r->w.peer_flags = r->pull ? LIST_SETTLE | r->trees : r->trees;
	r->all = r->args->n == 1 && strcmp(r->args->items[0], "all") == 0;
	r->opts = session_sync_opts(c);
	r->opts.no_snapshot = r->sync_only;
	r->opts.force = ctx_flag(c, 'f');
	struct err *e = quiet_limit(c, &r->quiet);
	if (e == NULL && r->all && !c->dry_run && !r->snap_only)
		e = excuse_batch(r, lock_batch(r), &excused);
	if (excused)
		return 0;
	for (size_t i = 0; !r->all && i < r->args->n; i++)
		strv_add(&names, r->args->items[i]);
	if (r->all && e == NULL)
		e = all_names(r, &names, &hosts, &fss);
	else if (r->snap_only && e == NULL)
		e = ctx_tree_names(c, &names, false);
	if (e == NULL)
		e = session_open(c, &names, r->all && !r->snap_only ? &hosts : NULL, &fss, flags,
				 &r->w);
	if (e == NULL)
		look(r);
	status = e != NULL ? ui_error(&c->ui, e) : sync_work(r);
	session_free(&r->w);
	if (status == 0 && r->adopted.n > 0)
		status = sync_names(c, &r->adopted, r->pull);
	strv_free(&r->adopted);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	return status;
}

int cmd_sync(struct ctx *c)
{
	struct run_sync r = {.c = c, .args = &c->args};

	for (size_t i = 0; i < c->args.n; i++)
		if (strchr(c->args.items[i], '@') != NULL)
			return cmd_rewind(c);
	return run(&r);
}

int cmd_refresh(struct ctx *c)
{
	struct run_sync r = {.c = c, .args = &c->args, .pull = true};

	return run(&r);
}

int cmd_snaponly(struct ctx *c)
{
	struct run_sync r = {.c = c, .args = &c->args, .snap_only = true};

	return run(&r);
}

int cmd_synconly(struct ctx *c)
{
	struct run_sync r = {.c = c, .args = &c->args, .sync_only = true};

	return run(&r);
}

int sync_names(struct ctx *c, const struct strv *names, bool pull)
{
	struct run_sync r = {.c = c, .args = names, .pull = pull, .silent = true};

	return run(&r);
}
