#include "engine/events.h"

#include <inttypes.h>
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
static struct err *run(struct session *w, const struct event *event)
{
	nvlist_t *item = nv_new(), *items = nv_new(), *args = nv_new(), *result = NULL;

	nv_add_nv(item, "props", event->facts);
	nv_add_nv(items, event->dataset, item);
	nv_add_str(args, "hook", "event");
	nv_add_nv(args, "items", items);
	struct err *e = host_call(w->c->local, OP_HOOK, args, &result);
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

void events_run(struct session *w)
{
	size_t failed = 0, i = 0;
	bool slow = false;

	gather(w);
	for (; i < w->n_events && !slow && !cancelled(w->c->cancel); i++) {
		double begun = clock_now();
		struct err *e = run(w, &w->events[i]);
		if (e != NULL && failed++ == 0)
			ui_note(&w->c->ui, "%s", e->what);
		slow = e != NULL && clock_now() - begun > TOO_LONG;
		err_free(e);
	}
	if (i < w->n_events || failed > 1)
		ui_note(&w->c->ui, "the hook event: %zu of %zu events were not told",
			failed + w->n_events - i, w->n_events);
	for (i = 0; i < w->n_events; i++) {
		free(w->events[i].dataset);
		nv_free(w->events[i].facts);
	}
	free(w->events);
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
