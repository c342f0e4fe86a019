#include "engine/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"
#include "zfs/ops.h"

/* A hook takes no text with a control character in it. */
static void add_fact(nvlist_t *facts, const char *key, const char *value)
{
	char *clean = str_clean(str_fmt("%.500s", value != NULL ? value : ""));

	nv_add_str(facts, key, clean);
	free(clean);
}

static nvlist_t *facts_of(const struct session *w, const struct job *j, const char *event)
{
	const struct dataset *d = job_home(j)->d;
	bool replica = d->role == ROLE_REPLICA;
	nvlist_t *facts = nv_new();
	char *epoch = str_fmt("%" PRIu64, d->epoch);

	add_fact(facts, "EVENT", event);
	add_fact(facts, "DATASET", d->name);
	add_fact(facts, "TAG", w->c->tag);
	add_fact(facts, "ROLE", replica ? "replica" : "master");
	add_fact(facts, "EPOCH", epoch);
	add_fact(facts, "PEER", replica ? d->src_host : d->dest_host);
	add_fact(facts, "PEER_DATASET", replica ? d->src_fs : d->dest_fs);
	free(epoch);
	return facts;
}

/* A hook that takes so long is not run again and again. Seconds. */
#define TOO_LONG 10.0

/* What it prints is for the system log; why it failed is for whoever runs this. */
static struct err *run(struct ctx *c, const struct event *event)
{
	nvlist_t *item = nv_new(), *items = nv_new(), *args = nv_new(), *result = NULL;

	nv_add_nv(item, "props", event->facts);
	nv_add_nv(items, event->dataset, item);
	nv_add_str(args, "hook", "event");
	nv_add_nv(args, "items", items);
	struct err *e = host_call(c->local, OP_HOOK, args, &result);
	if (e == NULL)
		e = nv_first_err(result);
	nv_free(item);
	nv_free(items);
	nv_free(args);
	nv_free(result);
	return e;
}

/* What has one cause, a host that is away or can be asked again, is one event however many datasets it has happened to. */
static bool is_of_host(const struct event *e)
{
	const char *event = nv_str(e->facts, "EVENT"), *reason = nv_str(e->facts, "REASON");

	return str_same(event, "sync-recovered") || str_same(event, "rpo-met") ||
	       str_same(reason, err_reason_word(REASON_UNREACHABLE)) ||
	       str_same(reason, err_reason_word(REASON_HUNG));
}

static bool is_same(const struct event *a, const struct event *b)
{
	const char *reason = nv_str(a->facts, "REASON"), *its = nv_str(b->facts, "REASON");

	return str_same(nv_str(a->facts, "EVENT"), nv_str(b->facts, "EVENT")) &&
	       str_same(nv_str(a->facts, "PEER"), nv_str(b->facts, "PEER")) &&
	       (reason == NULL ? its == NULL : str_same(reason, its));
}

/* Bytes of names that a hook is told. */
#define OTHERS_MAX 400u

/* The first of several has the names of the others; these go. */
static void gather(struct session *w)
{
	size_t left = 0;

	for (size_t i = 0; i < w->n_events; i++) {
		struct event *first = &w->events[i];
		struct buf others = {0};
		size_t n = 0, named = 0;
		if (first->dataset == NULL)
			continue;
		for (size_t k = i + 1; k < w->n_events && is_of_host(first); k++) {
			struct event *e = &w->events[k];
			if (e->dataset == NULL || !is_same(first, e))
				continue;
			bool fits = named == n && others.len + strlen(e->dataset) < OTHERS_MAX;
			n++;
			if (fits) {
				buf_addf(&others, "%s%s", named > 0 ? ", " : "", e->dataset);
				named++;
			}
			free(e->dataset);
			nv_free(e->facts);
			*e = (struct event){0};
		}
		if (n > named)
			buf_addf(&others, "%s%zu more", named > 0 ? " and " : "", n - named);
		if (n > 0)
			add_fact(first->facts, "OTHERS", others.data);
		buf_free(&others);
		w->events[left++] = *first;
	}
	w->n_events = left;
}

/* Those of n, until one takes too long; frees them. */
static void run_all(struct ctx *c, struct event *events, size_t n)
{
	size_t failed = 0, i = 0;
	bool slow = false;

	for (; i < n && !slow && !cancelled(c->cancel); i++) {
		double begun = clock_now();
		struct err *e = run(c, &events[i]);
		if (e != NULL && failed++ == 0)
			ui_note(&c->ui, "%s", e->what);
		slow = e != NULL && clock_now() - begun > TOO_LONG;
		err_free(e);
	}
	if (i < n || failed > 1)
		ui_note(&c->ui, "the hook event: %zu of %zu events were not told", failed + n - i,
			n);
	for (i = 0; i < n; i++) {
		free(events[i].dataset);
		nv_free(events[i].facts);
	}
	free(events);
}

/* --- by a thread of its own --- */

/* As many as may wait. */
#define WAIT_MOST 1000u

struct teller {
	struct ctx *c;
	pthread_mutex_t lock; /* over the rest */
	pthread_cond_t changed;
	pthread_t thread;
	bool there, stop, telling;
	struct event *events;
	size_t n, lost;
};

static void *teller_thread(void *arg)
{
	struct teller *t = arg;

	pthread_mutex_lock(&t->lock);
	while (!t->stop || t->n > 0) {
		struct event *events = t->events;
		size_t n = t->n, lost = t->lost;
		if (n == 0) {
			pthread_cond_wait(&t->changed, &t->lock);
			continue;
		}
		t->events = NULL;
		t->n = t->lost = 0;
		t->telling = true;
		pthread_mutex_unlock(&t->lock);
		if (lost > 0)
			ui_note(&t->c->ui,
				"the hook event takes so long that %zu events were not told", lost);
		run_all(t->c, events, n);
		pthread_mutex_lock(&t->lock);
		t->telling = false;
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct teller *events_teller(struct ctx *c)
{
	struct teller *t = mem_zalloc(sizeof(*t));

	t->c = c;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	return t;
}

bool events_are_told(struct teller *t)
{
	pthread_mutex_lock(&t->lock);
	bool told = t->n == 0 && !t->telling;
	pthread_mutex_unlock(&t->lock);
	return told;
}

/* False: no thread is to be had, and nothing was taken. */
static bool hand_over(struct teller *t, struct event *events, size_t n)
{
	pthread_mutex_lock(&t->lock);
	if (!t->there)
		t->there = pthread_create(&t->thread, NULL, teller_thread, t) == 0;
	for (size_t i = 0; i < n && t->there; i++) {
		if (t->n < WAIT_MOST) {
			t->events = mem_array(t->events, t->n + 1, sizeof(*t->events));
			t->events[t->n++] = events[i];
			continue;
		}
		free(events[i].dataset);
		nv_free(events[i].facts);
		t->lost++;
	}
	bool taken = t->there;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (taken)
		free(events);
	return taken;
}

void events_teller_free(struct teller *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (t->there)
		pthread_join(t->thread, NULL);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->changed);
	free(t);
}

/* --- */

void events_run(struct session *w)
{
	gather(w);
	if (w->n_events > 0 &&
	    (w->teller == NULL || !hand_over(w->teller, w->events, w->n_events)))
		run_all(w->c, w->events, w->n_events);
	w->events = NULL;
	w->n_events = 0;
}

void events_tell(struct session *w, struct job *j, const char *event, enum err_reason reason,
		 const char *text)
{
	const struct dataset *d = job_home(j)->d;

	if (d == NULL || (d->role != ROLE_MASTER && d->role != ROLE_REPLICA))
		return;
	nvlist_t *facts = facts_of(w, j, event);
	if (text != NULL) {
		add_fact(facts, "REASON", err_reason_word(reason));
		add_fact(facts, "TEXT", text);
	}
	w->events = mem_array(w->events, w->n_events + 1, sizeof(*w->events));
	w->events[w->n_events++] = (struct event){.dataset = mem_strdup(d->name), .facts = facts};
}

void events_tell_roles(struct session *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct dataset *d = job_home(j)->d;
		if (d == NULL || d->switch_state.kind != SWITCH_NONE ||
		    (j->role_before != ROLE_MASTER && j->role_before != ROLE_REPLICA) ||
		    (d->role == j->role_before && !(j->was_promoting && d->role == ROLE_MASTER)))
			continue;
		j->role_before = d->role; /* once */
		j->was_promoting = false;
		events_tell(w, j, "role-changed", REASON_NONE, NULL);
	}
}
