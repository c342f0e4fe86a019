#include "engine/schedule.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job_index.h"
#include "engine/lane.h"
#include "engine/marks.h"
#include "engine/transfer.h"
#include "plan/plan.h"
#include "util/clock.h"
#include "util/mem.h"

/* Who sends what next. A dataset that is received for the first time has to wait for the one that it is in, or that
 * it is a clone of, if that comes in the same run. */
struct workers {
	struct run *run;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool *taken, *over; /* by task */
	size_t first;       /* all before it are taken */
	size_t at_work;     /* how many are taken and not over */
	size_t **after;     /* by task: the tasks that come first, ended by SIZE_MAX; NULL: none */
};

static void send_one(const struct run *r, struct task *t, size_t i, size_t next,
		     struct stream_ends *ahead)
{
	double begun = clock_now();
	uint64_t before = atomic_load(&t->meter.bytes);
	struct err *e = transfer_step(r, t, i, next, ahead);
	const struct step *s = &t->plan.steps[i]; /* it may have got more of them */

	run_trace(r, begun, e, "send %s from %s to %s: bytes %" PRIu64, s->name, host_name(t->src),
		  host_name(t->dst), atomic_load(&t->meter.bytes) - before);
	task_fail(t, e);
}

static void send_all(struct run *r, struct task *t)
{
	size_t *order = mem_array(NULL, t->plan.n + 1, sizeof(*order)), n = 0;
	struct stream_ends ahead = {0};
	struct marks_turn turn = {0};
	double begin = clock_now();

	atomic_store(&t->phase, TASK_SENDS);
	/* A partial receive is finished before anything else is sent. */
	for (size_t k = 0; k < step_n_kinds; k++)
		for (size_t i = 0; i < t->plan.n; i++)
			if (t->plan.steps[i].kind == &step_kinds[k] &&
			    step_is_transfer(&t->plan.steps[i]))
				order[n++] = i;
	for (size_t k = 0; k < n && t->error == NULL; k++) {
		/* The next one is begun while this one comes to its end. */
		marks_in_turn(r, t, &turn, k + 1 < n ? order[k + 1] : order[k],
			      k > 0 ? order[k - 1] : SIZE_MAX);
		if (t->error == NULL)
			send_one(r, t, order[k], k + 1 < n ? order[k + 1] : SIZE_MAX, &ahead);
	}
	transfer_drop(&ahead);
	if (t->error == NULL)
		marks_end(t);
	free(order);
	t->seconds = clock_now() - begin;
	atomic_store(&t->phase, t->error ? TASK_FAILED : TASK_SENT);
}

/* Does a send make a dataset? */
static bool is_first(const struct step *s)
{
	return step_is_transfer(s) && s->token == NULL && (s->from == NULL || s->origin != NULL);
}

/* That of a task; NULL without one. */
static const struct step *first_send(const struct task *t)
{
	for (size_t i = 0; i < t->plan.n; i++) {
		const struct step *s = &t->plan.steps[i];
		if (is_first(s))
			return s;
	}
	return NULL;
}

/* What transfers bring, datasets that are made and snapshots, and the tasks whose they are. */
struct arrivals {
	struct job_index tasks; /* by names that are below */
	struct strv names;
};

static void add_arrival(struct arrivals *all, const char *name, size_t task)
{
	struct job_index *x = &all->tasks;

	strv_add(&all->names, name);
	x->items = mem_array(x->items, x->n + 1, sizeof(*x->items));
	x->items[x->n++] = (struct job_ref){all->names.items[all->names.n - 1], task};
}

static struct arrivals find_arrivals(const struct run *r)
{
	struct arrivals all = {0};

	for (size_t k = 0; k < r->n; k++)
		for (size_t i = 0; i < r->tasks[k].plan.n; i++) {
			const struct step *s = &r->tasks[k].plan.steps[i];
			if (!step_is_transfer(s))
				continue;
			if (strchr(s->to, '@') != NULL)
				add_arrival(&all, s->to, k);
			if (is_first(s)) {
				char *dataset = name_dataset(s->to);
				add_arrival(&all, dataset, k);
				free(dataset);
			}
		}
	job_index_sort(&all.tasks);
	return all;
}

static void arrivals_free(struct arrivals *all)
{
	job_index_free(&all->tasks);
	strv_free(&all->names);
}

/* Task i waits for each other one that brings `name` to the same host. */
static void wait_for(struct workers *w, size_t i, const struct arrivals *all, const char *name,
		     size_t *n)
{
	job_index_each(&all->tasks, name, place)
	{
		size_t k = all->tasks.items[place].i;
		if (k == i || w->run->tasks[k].dst != w->run->tasks[i].dst)
			continue;
		w->after[i] = mem_array(w->after[i], *n + 2, sizeof(size_t));
		w->after[i][(*n)++] = k;
		w->after[i][*n] = SIZE_MAX;
	}
}

/* What a first send is to be in, and what it is a clone of, have to be there. */
static void find_order(struct workers *w)
{
	struct run *r = w->run;
	struct arrivals all = find_arrivals(r);

	for (size_t i = 0; i < r->n; i++) {
		const struct step *its = first_send(&r->tasks[i]);
		size_t n = 0;
		if (its == NULL)
			continue;
		char *dataset = name_dataset(its->to), *parent = name_parent(dataset);
		if (parent != NULL)
			wait_for(w, i, &all, parent, &n);
		if (its->origin != NULL)
			wait_for(w, i, &all, its->origin, &n);
		free(parent);
		free(dataset);
	}
	arrivals_free(&all);
}

/* Can it be sent now? What it waits for may have failed, and then it fails as well. Lock held. */
static bool is_ready(struct workers *w, size_t i)
{
	struct task *t = &w->run->tasks[i];

	for (const size_t *k = w->after[i]; k != NULL && *k != SIZE_MAX; k++) {
		const struct task *first = &w->run->tasks[*k];
		if (!w->over[*k])
			return false;
		if (first->error != NULL && t->error == NULL)
			task_fail(
			    t, err_remedy(err_new(first->error->kind,
						  "%s was not sent, because %s has to arrive first",
						  t->label, first->label),
					  "when that has arrived, run the same command again"));
	}
	return true;
}

/* What a task is about to send, to where that is of interest. */
static void expect(const struct task *t, void (*tell)(struct host *h, uint64_t bytes))
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < t->plan.n; i++)
		if (step_is_transfer(&t->plan.steps[i]))
			bytes += t->plan.steps[i].bytes;
	tell(t->src, bytes);
	tell(t->dst, bytes);
}

/* Nobody is at work, and what is left waits for each other: promoted clones can be in what they are the origin of. Lock
 * held. */
static void fail_circle(struct workers *w)
{
	for (size_t i = 0; i < w->run->n; i++) {
		if (w->taken[i])
			continue;
		struct task *t = &w->run->tasks[i];
		task_fail(t,
			  err_remedy(err_refuse(REASON_MISFIT,
						"%s waits for itself: it is a clone of a dataset "
						"that is to be in it, or in one that waits for it",
						t->label),
				     "make it a pair by itself first: {zrep init %s HOST DATASET}",
				     t->label));
		expect(t, host_settle);
		w->taken[i] = w->over[i] = true;
	}
}

/* The next task to send; false: there is none left. */
static bool next_task(struct workers *w, size_t *next)
{
	bool found = false, left = true;

	pthread_mutex_lock(&w->lock);
	while (!found && left) {
		left = false;
		while (w->first < w->run->n && w->taken[w->first])
			w->first++;
		for (size_t i = w->first; i < w->run->n && !found; i++) {
			if (w->taken[i])
				continue;
			left = true;
			if (!is_ready(w, i))
				continue;
			w->taken[i] = found = true;
			w->at_work++;
			*next = i;
		}
		if (!found && left && w->at_work == 0)
			fail_circle(w);
		else if (!found && left)
			pthread_cond_wait(&w->done, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return found;
}

static void *worker(void *arg)
{
	struct workers *w = arg;
	size_t i = 0;

	while (next_task(w, &i)) {
		struct task *t = &w->run->tasks[i];
		bool any = false;
		for (size_t k = 0; k < t->plan.n; k++)
			any = any || step_is_transfer(&t->plan.steps[k]);
		if (any && t->error == NULL && !cancelled(w->run->cancel)) {
			lane_enter(w->run->lane);
			send_all(w->run, t);
			lane_leave(w->run->lane);
		}
		expect(t, host_settle);
		pthread_mutex_lock(&w->lock);
		w->over[i] = true;
		w->at_work--;
		pthread_cond_broadcast(&w->done);
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

void schedule_transfers(struct run *r)
{
	struct workers w = {.run = r,
			    .taken = mem_zalloc(r->n + 1),
			    .over = mem_zalloc(r->n + 1),
			    .after = mem_zalloc((r->n + 1) * sizeof(size_t *))};
	size_t n = r->parallel < r->n ? r->parallel : r->n;
	pthread_t *threads = mem_array(NULL, n + 1, sizeof(*threads));
	size_t started = 0;

	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.done, NULL);
	find_order(&w);
	for (size_t i = 0; i < r->n; i++)
		expect(&r->tasks[i], host_expect);
	while (started + 1 < n && pthread_create(&threads[started], NULL, worker, &w) == 0)
		started++;
	worker(&w);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&w.done);
	pthread_mutex_destroy(&w.lock);
	for (size_t i = 0; i < r->n; i++)
		free(w.after[i]);
	free(w.after);
	free(w.over);
	free(w.taken);
	free(threads);
}
