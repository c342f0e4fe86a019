/* Look, plan, act: one round after the other, and what is said of each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/work_int.h"
#include "out/progress.h"
#include "util/mem.h"
#include "util/num.h"
#include "zfs/ops.h"

/* Transfers at a time: more of them share the transaction groups of the receiving pool. */
#define PARALLEL 32u

/* Plans quote what properties say. */
static void clean_lines(const struct ctx *c, struct buf *text)
{
	struct buf clean = {0};
	const char *line = buf_str(text);

	buf_add(&clean, "", 0);
	for (size_t n; *line != '\0'; line += n + (line[n] != '\0')) {
		n = strcspn(line, "\n");
		char *one = str_fmt("%.*s", (int)n, line), *said = ctx_text(c, one);
		buf_addf(&clean, "%s%s", said, line[n] != '\0' ? "\n" : "");
		free(one);
		free(said);
	}
	buf_free(text);
	*text = clean;
}

/* The plans' lines, as they are printed without --json. */
static void plan_json(nvlist_t *all, const char *name, int status, struct buf *text)
{
	nvlist_t *one = nv_new();
	struct strv lines = {0};
	char *save = NULL;

	for (char *l = strtok_r(text->data, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save))
		strv_add(&lines, l + strspn(l, " "));
	nv_add_strs(one, "plan", lines.items, lines.n);
	nv_add_u64(one, "exit", (uint64_t)status);
	nv_add_nv(all, name, one);
	strv_free(&lines);
	nv_free(one);
}

/* Up to the first stage that is refused: the later ones would not come. */
static int print_stages(struct work *w, struct job *j, const struct plan *plans, size_t stages,
			struct buf *text)
{
	const char *near = w->c->self, *far = work_far_name(j);
	struct plan_names names = {j->pull ? far : near, j->pull ? near : far};
	bool any = false;

	for (size_t k = 0; k < stages; k++) {
		bool last = k + 1 == stages && !any;
		if (plans[k].n == 0 && plans[k].notes.n == 0 && !plans[k].refusal && !last)
			continue;
		plan_print(&plans[k], &names, text);
		any = true;
		if (plans[k].refusal != NULL)
			return (int)plans[k].refusal->kind;
	}
	return 0;
}

int work_dry_run(struct work *w, const struct plan *plans, size_t stages)
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
		int mine = print_stages(w, j, plans + i * stages, stages, &text);
		clean_lines(w->c, &text);
		if (w->c->json)
			plan_json(json, j->name, mine, &text);
		else
			printf("%s\n%s", j->name, text.data);
		if (mine != 0)
			status = mine;
		buf_free(&text);
	}
	if (w->c->json)
		print_json(json);
	nv_free(json);
	return status;
}

static void make_task(struct work *w, struct job *j, struct plan *plan, struct task *t)
{
	struct host *far = j->host != NULL ? j->host : w->c->local;

	*t = (struct task){.label = j->name,
			   .src = j->pull ? far : w->c->local,
			   .dst = j->pull ? w->c->local : far,
			   .plan = *plan};
	*plan = (struct plan){0};
	t->error = j->error != NULL ? j->error : err_copy(t->plan.refusal);
	j->error = NULL;
	/* Before the first step: with -f they say what is about to go. */
	for (size_t k = 0; k < t->plan.notes.n; k++)
		note(w->c, "%s", t->plan.notes.items[k]);
	for (size_t k = 0; k < t->plan.n; k++)
		if (t->plan.steps[k].kind == STEP_SEND || t->plan.steps[k].kind == STEP_RESUME)
			t->meter.expected += t->plan.steps[k].bytes + 1;
}

void work_run(struct work *w, struct plan *plans, struct task *tasks)
{
	struct progress_item *items = mem_zalloc(w->n * sizeof(*items));
	size_t shown = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		make_task(w, &w->jobs[i], &plans[i], t);
		if (t->meter.expected > 0 && t->error == NULL)
			items[shown++] = (struct progress_item){t->label, &t->meter, &t->phase};
	}
	struct run run = {.tag = w->c->tag,
			  .tasks = tasks,
			  .n = w->n,
			  .parallel = w->c->parallel != 0 ? w->c->parallel : PARALLEL,
			  .send_flags = w->c->send_flags,
			  .limit = &w->c->limit,
			  .cancel = w->c->cancel,
			  .trace = w->c->debug ? ctx_trace : NULL,
			  .trace_ctx = w->c,
			  .strict = w->strict};
	/* Lines of a trace would tear it. */
	struct progress *p = w->c->quiet || w->c->debug ? NULL : progress_start(items, shown);
	run_tasks(&run);
	progress_stop(p);
	free(items);
}

void work_round(struct work *w, struct plan *plans)
{
	struct task *tasks = mem_zalloc(w->n * sizeof(*tasks));

	work_run(w, plans, tasks);
	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		for (size_t k = 0; k < t->notes.n; k++)
			note(w->c, "%s", t->notes.items[k]);
		for (size_t k = 0; k < t->plan.done.n && t->error == NULL; k++)
			note(w->c, "%s", t->plan.done.items[k]);
		w->jobs[i].error = t->error;
		w->jobs[i].incomplete = w->jobs[i].incomplete || t->incomplete;
		plan_free(&t->plan);
		strv_free(&t->notes);
	}
	free(tasks);
}

void work_look(struct work *w, unsigned flags)
{
	struct err *e = near_look(w, flags);

	for (size_t i = 0; i < w->n && e != NULL; i++)
		w->jobs[i].error = err_first(w->jobs[i].error, err_copy(e));
	if (e == NULL)
		far_look(w, flags);
	err_free(e);
}

/* --- settling --- */

static bool goes_back(const struct pair *p)
{
	return p->src_aside != NULL || p->dst_aside != NULL ||
	       (p->src != NULL && p->src->change.kind == CHANGE_BACK) ||
	       (p->dst != NULL && p->dst->change.kind == CHANGE_BACK);
}

/* The plans of one round. What goes back does so alone: a dataset takes those below it along when it is
 * renamed. False: there is nothing more that could be done. */
static bool settle_plans(struct work *w, struct plan *plans)
{
	bool any = false, alone = false;

	for (size_t i = 0; i < w->n && !alone; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL || j->busy || j->far_busy ||
		    (j->near == NULL && j->near_aside == NULL))
			continue;
		struct pair pair = work_pair(w, j);
		if (plan_is_settled(&pair) ||
		    (w->alone && j->near != NULL && j->near->change.kind == CHANGE_LEAVING))
			continue;
		bool back = goes_back(&pair);
		if (back && any)
			continue;
		plan_settle(&pair, &plans[i]);
		alone = back;
		any = any || plans[i].n > 0 || plans[i].refusal != NULL || plans[i].again;
	}
	return any;
}

/* Why -n has nothing to show. */
static struct err *half_done(const struct work *w, const struct job *j)
{
	char *command = plan_settler(w->c->tag, j->near != NULL ? j->near : j->near_aside);
	struct err *e = err_remedy(err_new(ERR_REFUSED,
					   "%s is in the middle of a role change, which this "
					   "command would finish or undo first",
					   j->name),
				   "run it without -n, or %s", command);

	free(command);
	return e;
}

void work_settle(struct work *w, unsigned flags)
{
	/* Each change takes two at most, one for each side; ways back are taken one after the other. */
	for (size_t turn = 0; turn < 4 + 2 * w->n; turn++) {
		struct plan *plans = mem_zalloc(w->n * sizeof(*plans));
		bool any = settle_plans(w, plans);
		if (any && w->c->dry_run) {
			for (size_t i = 0; i < w->n; i++)
				if (plans[i].n > 0 && w->jobs[i].error == NULL)
					w->jobs[i].error = half_done(w, &w->jobs[i]);
			any = false;
		}
		if (any) {
			work_round(w, plans);
			work_look(w, flags);
		}
		for (size_t i = 0; i < w->n; i++)
			plan_free(&plans[i]);
		free(plans);
		if (!any)
			break;
	}
}

/* --- what is said at the end --- */

/* T:error: what status shows until a sync succeeds. A busy dataset, and one that is paused, are no news. */
static bool is_worth_storing(const struct job *j, const struct err *e)
{
	return e != NULL && !j->wished && e->kind != ERR_BUSY && e->kind != ERR_USAGE;
}

/* The dataset at an end of a job on which its failure is stored; of what is no pair yet, the top of its tree. NULL:
 * there is none. */
static const struct dataset *stored_on(const struct work *w, const struct job *j, bool src)
{
	enum role role = src ? ROLE_MASTER : ROLE_REPLICA;
	const struct dataset *d = src ? job_src(j) : job_dst(j);

	if (j->child && j->fresh) {
		const struct job *top = &w->jobs[j->tree];
		d = src ? job_src(top) : job_dst(top);
	}
	return d != NULL && d->role == role ? d : NULL;
}

/* What is to be stored of a job; NULL: nothing. The caller frees. */
static char *text_to_store(const struct job *j, const struct err *e, bool src)
{
	uint64_t now = (uint64_t)time(NULL);

	if (is_worth_storing(j, e) && j->child && j->fresh)
		return str_fmt("%" PRIu64 " %s: %.500s", now,
			       src ? job_src_name(j) : job_dst_name(j), e->what);
	if (is_worth_storing(j, e))
		return str_fmt("%" PRIu64 " %.500s", now, e->what);
	return j->left_out != NULL ? str_fmt("%" PRIu64 " %.500s", now, j->left_out) : NULL;
}

/* On one host: of the jobs whose source is there; and of those that are fetched, whose destination is: somebody who
 * watches over this host would not hear of it otherwise. */
static void store_errors_at(struct work *w, struct task *tasks, struct host *host)
{
	nvlist_t *props = nv_new(), *args = nv_new();
	char *key = str_fmt("%s:error", w->c->tag);

	for (size_t i = 0; i < 2 * w->n; i++) {
		const struct job *j = &w->jobs[i / 2];
		bool src = i % 2 == 0;
		const struct dataset *d = stored_on(w, j, src);
		if (d == NULL || (!src && !j->pull) ||
		    (src && j->pull ? j->host : w->c->local) != host ||
		    nv_nv(props, d->name) != NULL) /* the first is enough to go by */
			continue;
		char *text = text_to_store(j, tasks[i / 2].error, src);
		nvlist_t *one = nv_new();
		if (text != NULL) {
			nv_add_str(one, key, text);
			nv_add_nv(props, d->name, one);
		}
		nv_free(one);
		free(text);
	}
	nv_add_nv(args, "props", props);
	if (!nv_empty(props)) /* best effort: the message itself was printed */
		err_free(host_call(host, OP_SET, args, NULL));
	free(key);
	nv_free(props);
	nv_free(args);
}

static void store_errors(struct work *w, struct task *tasks)
{
	store_errors_at(w, tasks, w->c->local);
	for (size_t i = 0; i < w->n_fars; i++)
		if (w->fars[i].host != NULL && w->fars[i].host != w->c->local)
			store_errors_at(w, tasks, w->fars[i].host);
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
