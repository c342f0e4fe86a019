#include "engine/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
	const nvlist_t *errors = result != NULL ? nv_nv(result, "errors") : NULL;
	if (e == NULL && errors != NULL)
		nv_each(errors, p)
			if (e == NULL)
				e = nv_err(errors, nvpair_name(p), NULL);
	nv_free(item);
	nv_free(items);
	nv_free(args);
	nv_free(result);
	return e;
}

void events_run(struct session *w)
{
	size_t failed = 0, i = 0;
	bool slow = false;

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
