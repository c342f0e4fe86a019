#include "cli/sync_lanes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sync_parts.h"
#include "cli/sync_say.h"
#include "engine/apply.h"
#include "engine/lane.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "ui/exit_status.h"
#include "util/mem.h"

/* So many are at work at a time. Each has a connection, a thread and a `zfs` at least; and where as many hosts as this hang,
 * the others wait for them. */
#define LANES_AT_ONCE 16u

/* One of them; what is not the thread's own is read after it was joined. */
struct part {
	struct sync_state r;
	struct lane *lane;
	struct strv names, hosts, fss;
	struct task *tasks;
	struct err *error;
	bool over; /* under the lock of the crew */
};

/* Those who do the parts, one after the other. */
struct crew {
	pthread_mutex_t lock;
	struct part *parts;
	size_t n, next;
};

static void go(struct part *p)
{
	lane_begin(p->lane);
	p->error = sync_open(&p->r, &p->names, &p->hosts, &p->fss);
	if (p->error == NULL) {
		p->tasks = sync_act(&p->r);
		outcome_store(&p->r.w, p->tasks);
	}
	/* Others may still take their time, or wait for what hangs. */
	observe_release(&p->r.w);
	lane_end(p->lane);
}

/* The next part that nobody has begun; NULL: there is none. */
static struct part *next(struct crew *w)
{
	pthread_mutex_lock(&w->lock);
	struct part *p = w->next < w->n ? &w->parts[w->next++] : NULL;
	pthread_mutex_unlock(&w->lock);
	return p;
}

/* A host that no part needs any more is hung up on: there are never more connections than parts at work. A part that was
 * not told its host may find out that it is this one. */
static void leave(struct crew *w, struct part *p)
{
	const char *host = p->hosts.items[0];
	bool needed = false;

	pthread_mutex_lock(&w->lock);
	p->over = true;
	for (size_t k = 0; k < w->n && !needed; k++) {
		const char *other = w->parts[k].hosts.items[0];
		needed = !w->parts[k].over && (*other == '\0' || strcmp(other, host) == 0);
	}
	pthread_mutex_unlock(&w->lock);
	if (!needed)
		ctx_hang_up(p->r.c, host);
}

static void *work(void *arg)
{
	struct crew *w = arg;

	for (struct part *p; (p = next(w)) != NULL;) {
		go(p);
		leave(w, p);
	}
	return NULL;
}

static void work_all(struct part *parts, size_t n)
{
	struct crew w = {.parts = parts, .n = n};
	pthread_t threads[LANES_AT_ONCE];
	size_t running = 0;

	pthread_mutex_init(&w.lock, NULL);
	while (running < LANES_AT_ONCE && running < n &&
	       pthread_create(&threads[running], NULL, work, &w) == 0)
		running++;
	if (running == 0) /* no thread is to be had: then here, one after the other */
		work(&w);
	while (running > 0)
		pthread_join(threads[--running], NULL);
	pthread_mutex_destroy(&w.lock);
}

static void divide(const struct sync_state *r, const size_t *lane_of, const struct strv *names,
		   const struct strv *hosts, const struct strv *fss, struct lanes *lanes,
		   struct part *parts)
{
	for (size_t k = 0; k < lanes->n; k++) {
		parts[k].r = *r;
		parts[k].r.adopted = (struct strv){0};
		parts[k].r.batch = (struct held){0};
		parts[k].lane = parts[k].r.w.lane = &lanes->items[k];
	}
	for (size_t i = 0; i < names->n; i++) {
		struct part *p = &parts[lane_of[i]];
		strv_add(&p->names, names->items[i]);
		strv_add(&p->hosts, hosts->items[i]);
		strv_add(&p->fss, fss->items[i]);
	}
}

/* Says what came of all; the exit status. */
static int tell(struct sync_state *r, struct part *parts, size_t n)
{
	struct sync_sum sum = {0};
	int status = 0;

	for (size_t k = 0; k < n; k++)
		if (parts[k].tasks != NULL) {
			sync_tell(&parts[k].r, parts[k].tasks);
			sync_count(&parts[k].r, parts[k].tasks, &sum);
		} else {
			sum.n += parts[k].names.n;
			sum.failed += parts[k].names.n;
		}
	sync_say_sum(r, &sum);
	for (size_t k = 0; k < n; k++) {
		struct part *p = &parts[k];
		int one = p->tasks != NULL ? sync_report(&p->r, p->tasks, false)
					   : ui_error(&r->c->ui, p->error);
		status = exit_merge(status, one);
		for (size_t i = 0; i < p->r.adopted.n; i++)
			strv_add(&r->adopted, p->r.adopted.items[i]);
	}
	return status;
}

static void part_free(struct part *p)
{
	session_free(&p->r.w);
	strv_free(&p->r.adopted);
	strv_free(&p->names);
	strv_free(&p->hosts);
	strv_free(&p->fss);
}

bool sync_lanes(struct sync_state *r, const struct strv *names, const struct strv *hosts,
		const struct strv *fss, int *status)
{
	struct ctx *c = r->c;
	struct lanes lanes;
	size_t n;
	size_t *lane_of = lanes_of(names, hosts, fss, &n);

	if (n < 2) {
		free(lane_of);
		return false;
	}
	lanes_init(&lanes, n, apply_parallel(c));
	struct part *parts = mem_zalloc(n * sizeof(*parts));
	divide(r, lane_of, names, hosts, fss, &lanes, parts);
	c->progress = apply_show(c, NULL, 0);
	work_all(parts, n);
	progress_stop(c->progress);
	c->progress = NULL;
	*status = tell(r, parts, n);
	for (size_t k = 0; k < n; k++)
		part_free(&parts[k]);
	free(parts);
	free(lane_of);
	lanes_free(&lanes);
	return true;
}
