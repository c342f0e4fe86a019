#include "engine/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* What it prints is for the system log; why it failed is for whoever runs this. */
static void run(struct session *w, const struct job *j, const nvlist_t *facts)
{
	nvlist_t *item = nv_new(), *items = nv_new(), *args = nv_new(), *result = NULL;

	nv_add_nv(item, "props", facts);
	nv_add_nv(items, job_home(j)->d->name, item);
	nv_add_str(args, "hook", "event");
	nv_add_nv(args, "items", items);
	struct err *e = host_call(w->c->local, OP_HOOK, args, &result);
	const nvlist_t *errors = result != NULL ? nv_nv(result, "errors") : NULL;
	if (e == NULL && errors != NULL)
		nv_each(errors, p)
			if (e == NULL)
				e = nv_err(errors, nvpair_name(p), NULL);
	if (e != NULL)
		ui_note(&w->c->ui, "%s", e->what);
	err_free(e);
	nv_free(item);
	nv_free(items);
	nv_free(args);
	nv_free(result);
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
	run(w, j, facts);
	nv_free(facts);
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
