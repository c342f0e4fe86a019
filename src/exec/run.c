#include "exec/run.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "zfs/ops.h"

static struct host *host_of(const struct task *t, const struct step *s)
{
	return s->at == AT_SRC ? t->src : t->dst;
}

static void fail(struct task *t, struct err *e)
{
	t->error = err_first(t->error, e);
}

static struct err *interrupted(const struct task *t)
{
	return err_remedy(err_new(ERR_FAILED, "%s: interrupted", t->label),
			  "run the same command again: it goes on where this one stopped");
}

/* --- the kinds that are one call for each host --- */

enum shape { NAMES, PROPS, ITEMS };

static const struct {
	const char *op;
	const char *key; /* the argument that the names go into; of a hook, its name */
	enum shape shape;
	bool foreign;
	bool optional; /* a failure is a note: what was asked for is done without it */
} kinds[STEP_KINDS] = {
    [STEP_ABORT] = {OP_ABORT, "datasets", NAMES, false,
		    true}, /* what needs it gone says so itself */
    [STEP_FENCE] = {OP_HOOK, "fence", ITEMS, false, false},
    [STEP_PRE_PROMOTE] = {OP_HOOK, "pre-promote", ITEMS, false, false},
    [STEP_PROVE] = {OP_SET, NULL, PROPS, false, false},
    [STEP_SET_FIRST] = {OP_SET, NULL, PROPS, false, false},
    [STEP_PRE_DEMOTE] = {OP_HOOK, "pre-demote", ITEMS, false, false},
    [STEP_QUIESCE] = {OP_QUIESCE, "datasets", NAMES, false, false},
    [STEP_UNMOUNT] = {OP_UNMOUNT, "datasets", NAMES, false, false},
    [STEP_HOLD_FIRST] = {OP_HOLD, "snaps", NAMES, false, false},
    [STEP_RELEASE_FIRST] = {OP_RELEASE, "snaps", NAMES, false, false},
    [STEP_DESTROY_FOREIGN] = {OP_DESTROY, "snaps", NAMES, true, false},
    [STEP_ROLLBACK] = {OP_ROLLBACK, "snaps", NAMES, false, false},
    [STEP_RENAME] = {OP_RENAME, NULL, ITEMS, false, false},
    [STEP_CLONE] = {OP_CLONE, NULL, ITEMS, false, false},
    [STEP_PROMOTE] = {OP_PROMOTE, "datasets", NAMES, false, false},
    [STEP_RENAME_BACK] = {OP_RENAME, NULL, ITEMS, false, false},
    [STEP_SNAPSHOT] = {OP_SNAPSHOT, "snaps", NAMES, false, false},
    [STEP_HOLD] = {OP_HOLD, "snaps", NAMES, false, false},
    [STEP_SET_MORE] = {OP_SET, NULL, PROPS, false, true},
    [STEP_SET] = {OP_SET, NULL, PROPS, false, false},
    [STEP_MOUNT] = {OP_MOUNT, "datasets", NAMES, false, true},
    [STEP_POST_DEMOTE] = {OP_HOOK, "post-demote", ITEMS, false, true},
    [STEP_POST_PROMOTE] = {OP_HOOK, "post-promote", ITEMS, false, true},
    [STEP_SET_LAST] = {OP_SET, NULL, PROPS, false, false},
    [STEP_RELEASE] = {OP_RELEASE, "snaps", NAMES, false, true},
    [STEP_DESTROY] = {OP_DESTROY, "snaps", NAMES, false, true},
    [STEP_DESTROY_RELAYED] = {OP_DESTROY, "snaps", NAMES, false, true},
};

#define each_step(r, kind_, host_, t, s)                                                           \
	for (struct task *t = (r)->tasks; t < (r)->tasks + (r)->n; t++)                            \
		for (struct step *s = t->plan.steps; s && s < t->plan.steps + t->plan.n; s++)      \
			if (t->error == NULL && s->kind == (kind_) && host_of(t, s) == (host_))

/* Adds what `from` sets to what is set on `name` already. */
static void merge_props(nvlist_t *all, const char *name, const nvlist_t *from)
{
	nvlist_t *have = nv_nv(all, name), *sum = have ? nv_dup(have) : nv_new();

	nv_each(from, p) {
		const char *v = nv_str(from, nvpair_name(p));
		if (v != NULL)
			nv_add_str(sum, nvpair_name(p), v);
		else
			nv_add_flag(sum, nvpair_name(p));
	}
	nv_add_nv(all, name, sum);
	nv_free(sum);
}

static void merge_step(nvlist_t *props, nvlist_t *expect, const struct step *s)
{
	if (s->props != NULL)
		merge_props(props, s->name, s->props);
	if (s->expect != NULL)
		merge_props(expect, s->name, s->expect);
}

/* Of one name, all that the step knows. */
static void add_item(nvlist_t *items, const struct step *s)
{
	nvlist_t *item = nv_new();

	if (s->props != NULL)
		nv_add_nv(item, "props", s->props);
	if (s->to != NULL)
		nv_add_str(item, "to", s->to);
	if (s->from != NULL)
		nv_add_str(item, "from", s->from);
	nv_add_nv(items, s->name, item);
	nv_free(item);
}

/* The arguments of one call; NULL when there is nothing to ask of this host. */
static nvlist_t *gather(struct run *r, enum step_kind kind, struct host *host)
{
	nvlist_t *args = nv_new(), *props = nv_new(), *expect = nv_new();
	struct strv names = {0};
	enum shape shape = kinds[kind].shape;
	bool any = false;

	each_step(r, kind, host, t, s) {
		any = true;
		if (shape == NAMES)
			strv_add(&names, s->name);
		else if (shape == PROPS)
			merge_step(props, expect, s);
		else
			add_item(props, s);
	}
	nv_add_str(args, "tag", r->tag);
	if (shape == NAMES)
		nv_add_strs(args, kinds[kind].key, names.items, names.n);
	else
		nv_add_nv(args, shape == PROPS ? "props" : "items", props);
	if (!nv_empty(expect))
		nv_add_nv(args, "expect", expect);
	if (step_is_hook(kind))
		nv_add_str(args, "hook", kinds[kind].key);
	if (kinds[kind].foreign)
		nv_add_flag(args, "foreign");
	if (kind == STEP_DESTROY_RELAYED)
		nv_add_flag(args, "relayed");
	nv_free(expect);
	nv_free(props);
	strv_free(&names);
	if (any)
		return args;
	nv_free(args);
	return NULL;
}

/* Hands each failure to the task that it belongs to. Takes e over: a failure of the whole call. */
static void settle(struct run *r, enum step_kind kind, struct host *host, const nvlist_t *result,
		   struct err *e)
{
	const nvlist_t *errors = nv_nv(result, "errors"), *said = nv_nv(result, "said");

	each_step(r, kind, host, t, s) {
		if (nv_str(said, s->name) != NULL)
			strv_addf(&t->notes, "hook %s on %s: %s", kinds[kind].key, host_name(host),
				  nv_str(said, s->name));
		struct err *mine =
		    e != NULL ? err_wrap(err_copy(e), "%s", t->label) : nv_err(errors, s->name);
		if (mine != NULL && kinds[kind].optional && !r->strict &&
		    mine->kind != ERR_UNREACHABLE) {
			strv_addf(&t->notes, "%s%s%s", mine->what, mine->remedy ? "; " : "",
				  mine->remedy ? mine->remedy : "");
			t->incomplete = t->incomplete || kind < STEP_RELEASE;
			err_free(mine);
		} else if (mine != NULL) {
			fail(t, mine);
		}
	}
	err_free(e);
}

static void trace(const struct run *r, double begun, const struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void trace(const struct run *r, double begun, const struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (r->trace == NULL)
		return;
	va_start(ap, fmt);
	char *what = str_vfmt(fmt, ap);
	va_end(ap);
	char *text = str_fmt("%s, %.3f s%s", what, clock_now() - begun, e ? ": failed" : "");
	r->trace(r->trace_ctx, text);
	free(text);
	free(what);
}

/* How many names a call is about. */
static size_t count_names(enum step_kind kind, const nvlist_t *args)
{
	const char *key = kind == STEP_PROVE           ? "expect"
			  : kinds[kind].shape == PROPS ? "props"
						       : "items";
	size_t n = 0;

	if (kinds[kind].shape == NAMES)
		(void)nv_strs(args, kinds[kind].key, &n);
	else
		nv_each(nv_nv(args, key), p)
			n += nvpair_name(p) != NULL;
	return n;
}

struct hosts {
	struct host **items;
	size_t n;
};

static void hosts_add(struct hosts *h, struct host *host)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->items[i] == host)
			return;
	h->items = mem_array(h->items, h->n + 1, sizeof(struct host *));
	h->items[h->n++] = host;
}

/* All hosts at the same time: the others first, ourselves while they work. */
static void run_kind(struct run *r, enum step_kind kind, const struct hosts *hosts)
{
	struct host_op *ops = mem_zalloc(hosts->n * sizeof(*ops));
	nvlist_t **args = mem_zalloc(hosts->n * sizeof(*args));

	double begun = clock_now();
	for (size_t i = 0; i < hosts->n; i++)
		if ((args[i] = gather(r, kind, hosts->items[i])) != NULL)
			host_begin(hosts->items[i], kinds[kind].op, args[i], &ops[i]);
	for (int local = 1; local >= 0; local--)
		for (size_t i = 0; i < hosts->n; i++) {
			nvlist_t *result = NULL;
			if (args[i] == NULL || host_is_local(hosts->items[i]) != local)
				continue;
			struct err *e = host_end(&ops[i], &result);
			trace(r, begun, e, "%s on %s: names %zu", kinds[kind].op,
			      host_name(hosts->items[i]), count_names(kind, args[i]));
			settle(r, kind, hosts->items[i], result, e);
			nv_free(result);
			nv_free(args[i]);
		}
	free(args);
	free(ops);
}

/* --- transfers --- */

/* Who sends what next. A dataset that is received for the first time has to wait for the one that it is in, or that
 * it is a clone of, if that comes in the same run. */
struct workers {
	struct run *run;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool *taken, *over; /* by task */
	size_t at_work;     /* how many are taken and not over */
	size_t **after;     /* by task: the tasks that come first, ended by SIZE_MAX; NULL: none */
};

static bool is_transfer(const struct step *s)
{
	return s->kind == STEP_RESUME || s->kind == STEP_SEND;
}

static void send_one(const struct run *r, struct task *t, size_t i)
{
	double begun = clock_now();
	uint64_t before = atomic_load(&t->meter.bytes);
	struct err *e = transfer(r, t, i);
	const struct step *s = &t->plan.steps[i]; /* it may have got more of them */

	trace(r, begun, e, "send %s from %s to %s: bytes %" PRIu64, s->name, host_name(t->src),
	      host_name(t->dst), atomic_load(&t->meter.bytes) - before);
	fail(t, e);
}

static void send_all(const struct run *r, struct task *t)
{
	double begin = clock_now();

	atomic_store(&t->phase, TASK_SENDS);
	/* A partial receive is finished before anything else is sent. */
	for (int kind = STEP_RESUME; kind <= STEP_SEND; kind++)
		for (size_t i = 0; i < t->plan.n && t->error == NULL; i++)
			if ((int)t->plan.steps[i].kind == kind)
				send_one(r, t, i);
	t->seconds = clock_now() - begin;
	atomic_store(&t->phase, t->error ? TASK_FAILED : TASK_SENT);
}

/* Does a send make a dataset? */
static bool is_first(const struct step *s)
{
	return is_transfer(s) && s->token == NULL && (s->from == NULL || s->origin != NULL);
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

/* Does a task receive what another's first send needs to be there? */
static bool makes(const struct task *t, const struct task *other)
{
	const struct step *its = first_send(other);

	if (t == other || its == NULL || t->dst != other->dst)
		return false;
	const char *slash = strrchr(its->to, '/');
	for (size_t i = 0; i < t->plan.n; i++) {
		const struct step *s = &t->plan.steps[i];
		if (!is_transfer(s))
			continue;
		size_t n = strcspn(s->to, "@");
		bool parent = is_first(s) && slash != NULL && (size_t)(slash - its->to) == n &&
			      strncmp(s->to, its->to, n) == 0;
		if (parent || (its->origin != NULL && strcmp(its->origin, s->to) == 0))
			return true;
	}
	return false;
}

static void find_order(struct workers *w)
{
	struct run *r = w->run;

	for (size_t i = 0; i < r->n; i++) {
		size_t n = 0;
		for (size_t k = 0; first_send(&r->tasks[i]) != NULL && k < r->n; k++)
			if (makes(&r->tasks[k], &r->tasks[i])) {
				w->after[i] = mem_array(w->after[i], n + 2, sizeof(size_t));
				w->after[i][n++] = k;
				w->after[i][n] = SIZE_MAX;
			}
	}
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
			fail(t,
			     err_remedy(err_new(first->error->kind,
						"%s was not sent, because %s has to arrive first",
						t->label, first->label),
					"run the same command again"));
	}
	return true;
}

/* Nobody is at work, and what is left waits for each other: promoted clones can be in what they are the origin of. Lock
 * held. */
static void fail_circle(struct workers *w)
{
	for (size_t i = 0; i < w->run->n; i++) {
		if (w->taken[i])
			continue;
		struct task *t = &w->run->tasks[i];
		fail(t,
		     err_remedy(
			 err_new(ERR_REFUSED,
				 "%s is a clone of what is to be in it, or of what is in another "
				 "that waits for it",
				 t->label),
			 "make it a pair by itself first: zrep init"));
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
		for (size_t i = 0; i < w->run->n && !found; i++) {
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
			any = any || is_transfer(&t->plan.steps[k]);
		if (any && t->error == NULL && !cancelled(w->run->cancel))
			send_all(w->run, t);
		pthread_mutex_lock(&w->lock);
		w->over[i] = true;
		w->at_work--;
		pthread_cond_broadcast(&w->done);
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

static void run_transfers(struct run *r)
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

void run_tasks(struct run *r)
{
	struct hosts hosts = {0};

	for (size_t i = 0; i < r->n; i++)
		if (r->tasks[i].error == NULL) {
			hosts_add(&hosts, r->tasks[i].src);
			hosts_add(&hosts, r->tasks[i].dst);
		}
	for (int kind = 0; kind < STEP_KINDS; kind++) {
		for (size_t i = 0; i < r->n && cancelled(r->cancel); i++)
			if (r->tasks[i].error == NULL || r->tasks[i].error->kind == ERR_FAILED ||
			    r->tasks[i].error->kind ==
				ERR_UNREACHABLE) { /* ssh gets the signal too */
				err_free(r->tasks[i].error);
				r->tasks[i].error = interrupted(&r->tasks[i]);
			}
		if (kind == STEP_RESUME)
			run_transfers(r);
		else if (kind != STEP_SEND)
			run_kind(r, (enum step_kind)kind, &hosts);
	}
	free(hosts.items);
}
