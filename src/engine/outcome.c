#include "engine/outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/events.h"
#include "plan/health/event.h"
#include "plan/plan.h"
#include "plan/role/history.h"
#include "state/error_note.h"
#include "ui/exit_status.h"
#include "util/mem.h"
#include "zfs/ops.h"

/* Plans quote what properties say. */
static void clean_lines(const struct ctx *c, struct buf *text)
{
	struct buf clean = {0};
	const char *line = buf_str(text);

	buf_add(&clean, "", 0);
	for (size_t n; *line != '\0'; line += n + (line[n] != '\0')) {
		n = strcspn(line, "\n");
		char *one = str_fmt("%.*s", (int)n, line), *said = ui_text(one);
		buf_addf(&clean, "%s%s", said, line[n] != '\0' ? "\n" : "");
		free(one);
		free(said);
	}
	buf_free(text);
	*text = clean;
}

/* The plans' lines, as they are printed in words. */
static void record_plan(const struct ui *u, const char *name, char *text)
{
	struct strv lines = {0};
	char *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save))
		strv_add(&lines, l + strspn(l, " "));
	record_strs(ui_dataset(u, name), "plan", lines.items, lines.n);
	strv_free(&lines);
}

/* Up to the first stage that is refused: the later ones would not come. That refusal; NULL: none. */
static const struct err *print_stages(struct session *w, struct job *j, const struct plan *plans,
				      size_t stages, struct buf *text)
{
	const struct pair *pair = session_pair(w, j);
	struct plan_names names = {pair->src.host_name, pair->dst.host_name};
	bool any = false;
	size_t steps = 0;

	for (size_t k = 0; k < stages; k++)
		steps += plans[k].n;
	for (size_t k = 0; k < stages; k++) {
		bool last = k + 1 == stages && !any;
		if (plans[k].n == 0 && plans[k].notes.n == 0 && !plans[k].refusal && !last)
			continue;
		if (plans[k].n == 0 && plans[k].refusal == NULL && steps > 0)
			plan_print_notes(&plans[k], text);
		else
			plan_print(&plans[k], &names, text);
		any = true;
		if (plans[k].refusal != NULL)
			return plans[k].refusal;
	}
	return NULL;
}

int outcome_dry_run_of(struct session *w, struct job *j, const struct plan *plans, size_t stages)
{
	const struct ui *u = &w->c->ui;
	struct buf text = {0};

	if (j->error != NULL) {
		struct err *e = j->error;
		j->error = NULL;
		return ui_dataset_error(u, j->name, e);
	}
	const struct err *refusal = print_stages(w, j, plans, stages, &text);
	clean_lines(w->c, &text);
	ui_line(u, "%s\n%.*s", j->name, (int)text.len - (text.len > 0), text.data);
	record_plan(u, j->name, text.data);
	if (refusal != NULL)
		ui_add_error(u, j->name, refusal);
	buf_free(&text);
	return refusal != NULL ? (int)refusal->kind : 0;
}

int outcome_dry_run(struct session *w, const struct plan *plans, size_t stages)
{
	int status = 0;

	for (size_t i = 0; i < w->n; i++)
		status = exit_merge(status,
				    outcome_dry_run_of(w, &w->jobs[i], plans + i * stages, stages));
	return status;
}

/* T:error: what status shows until a sync succeeds. A busy dataset, and one that is paused, are no news. */
static bool is_worth_storing(const struct job *j, const struct err *e)
{
	return e != NULL && !j->wished && e->kind != ERR_BUSY && e->kind != ERR_USAGE;
}

/* Is it no pair of the tree yet, or not any more under its name, so that nobody would look at what it says? */
static bool has_no_place(const struct job *j)
{
	const struct dataset *s = job_end(j, PAIR_SRC)->d;

	return j->tree_member && (j->is_new || (s != NULL && s->role == ROLE_BROKEN));
}

/* The dataset at an end of a job on which its failure is stored; of what has no place, the top of its tree. NULL: there
 * is none. */
static const struct dataset *stored_on(const struct session *w, const struct job *j, bool src)
{
	enum role role = src ? ROLE_MASTER : ROLE_REPLICA;
	const struct job *at = has_no_place(j) ? &w->jobs[j->tree] : j;
	const struct dataset *d = job_end(at, src ? PAIR_SRC : PAIR_DST)->d;

	return d != NULL && d->role == role ? d : NULL;
}

/* Other tags go by a note that another master was found. It stays until somebody has looked there again. */
static bool keeps_note(const struct dataset *d, const struct err *e)
{
	return e != NULL && error_note_led(d->error) != REASON_NONE &&
	       (e->kind == ERR_UNREACHABLE || err_is(e, REASON_OTHER_TAG) ||
		err_is(e, REASON_POOL_AWAY));
}

/* What is to be stored of a job; NULL: nothing. The caller frees. */
static char *text_to_store(const struct job *j, const struct err *e, bool src)
{
	uint64_t now = (uint64_t)time(NULL);

	if (is_worth_storing(j, e) && has_no_place(j)) {
		char *text = left_out_text(job_end(j, src ? PAIR_SRC : PAIR_DST)->name, e->what);
		char *note = left_out_note(text, now);
		free(text);
		return note;
	}
	if (is_worth_storing(j, e))
		return error_note_print(e, now);
	return j->left_out != NULL ? left_out_note(j->left_out, now) : NULL;
}

/* What there is to tell of a job that has ended; of what is no pair yet nothing. */
static struct events events_of(struct job *j, const struct err *e)
{
	const struct dataset *d = job_home(j)->d;
	bool failed = e != NULL || j->left_out != NULL;

	if (d == NULL || j->is_new || d->role != (job_pulls(j) ? ROLE_REPLICA : ROLE_MASTER) ||
	    (e != NULL && !is_worth_storing(j, e)))
		return (struct events){0};
	j->pair.now = (uint64_t)time(NULL); /* the rest is as it was planned with */
	enum err_reason why = e == NULL          ? REASON_LEFT_OUT
			      : keeps_note(d, e) ? error_note_led(d->error)
						 : e->reason;
	return plan_sync_events(&j->pair, j->home, failed, why);
}

static void tell_syncs(struct session *w, struct task *tasks, const struct events *all)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		const struct err *e = tasks[i].error;
		for (size_t k = 0; k < all[i].n; k++)
			events_tell(w, j, all[i].names[k], e != NULL ? e->reason : REASON_LEFT_OUT,
				    e != NULL ? e->what : j->left_out);
	}
}

/* What its failure adds to the record of the role on d; NULL: nothing. The caller frees. */
static char *record_of(struct session *w, struct job *j, bool src, const struct dataset *d,
		       const struct err *e)
{
	if (e == NULL || job_end(j, src ? PAIR_SRC : PAIR_DST)->d != d) /* the top of its tree */
		return NULL;
	return plan_record_refusal(session_pair(w, j), src ? PAIR_SRC : PAIR_DST, e);
}

/* On one host: of the jobs whose source is there; and of those that are fetched, whose destination is: somebody who
 * watches over this host would not hear of it otherwise. */
static void store_errors_at(struct session *w, struct task *tasks, const struct events *events,
			    struct host *host)
{
	nvlist_t *props = nv_new(), *args = nv_new();
	char *key = str_fmt("%s:error", w->c->tag), *history = str_fmt("%s:history", w->c->tag);

	for (size_t i = 0; i < 2 * w->n; i++) {
		struct job *j = &w->jobs[i / 2];
		bool src = i % 2 == 0;
		const struct dataset *d = stored_on(w, j, src);
		if (d == NULL || (!src && !job_pulls(j)) ||
		    (src && job_pulls(j) ? job_peer(j)->host : w->c->local) != host ||
		    nv_nv(props, d->name) != NULL) /* the first is enough to go by */
			continue;
		/* Whoever fetches without being its replica is no news of the master's. */
		if (src && job_pulls(j) && err_is(tasks[i / 2].error, REASON_NOT_REPLICA))
			continue;
		bool kept = src && keeps_note(d, tasks[i / 2].error);
		char *text = text_to_store(j, tasks[i / 2].error, src);
		nvlist_t *one = nv_new();
		if (text != NULL) {
			char *record = kept ? NULL : record_of(w, j, src, d, tasks[i / 2].error);
			if (d == job_home(j)->d && events[i / 2].late) {
				char *late = str_fmt("%s:late", w->c->tag),
				     *now = str_fmt("%" PRIu64, (uint64_t)time(NULL));
				nv_add_str(one, late, now);
				free(late);
				free(now);
			}
			if (!kept)
				nv_add_str(one, key, text);
			if (record != NULL)
				nv_add_str(one, history, record);
			if (!nv_empty(one))
				nv_add_nv(props, d->name, one);
			free(record);
		}
		nv_free(one);
		free(text);
	}
	nv_add_nv(args, "props", props);
	if (!nv_empty(props)) /* best effort: the message itself was printed */
		err_free(host_call(host, OP_SET, args, NULL));
	free(history);
	free(key);
	nv_free(props);
	nv_free(args);
}

/* What could not become a part of a tree is a failure of that. */
static void leave_out(struct session *w, const struct task *tasks)
{
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		struct job *top = has_no_place(j) ? &w->jobs[j->tree] : NULL;
		if (top != NULL && top->left_out == NULL && is_worth_storing(j, tasks[i].error))
			top->left_out =
			    left_out_text(job_end(j, j->home)->name, tasks[i].error->what);
	}
}

void outcome_store(struct session *w, struct task *tasks)
{
	if (cancelled(w->c->cancel))
		return;
	leave_out(w, tasks);
	/* Once: the time goes on. */
	struct events *all = mem_zalloc((w->n + 1) * sizeof(*all));
	for (size_t i = 0; i < w->n; i++)
		all[i] = events_of(&w->jobs[i], tasks[i].error);
	store_errors_at(w, tasks, all, w->c->local);
	for (size_t i = 0; i < w->n_peers; i++)
		if (w->peers[i].host != NULL && w->peers[i].host != w->c->local)
			store_errors_at(w, tasks, all, w->peers[i].host);
	tell_syncs(w, tasks, all);
	events_tell_roles(w);
	free(all);
}

/* Once for all: each would say the same. */
static struct err *say_interrupted(const struct session *w, size_t unfinished)
{
	return err_because(
	    err_remedy(err_new(ERR_FAILED,
			       "interrupted: %zu of %zu datasets (%s%s) are not finished",
			       unfinished, w->n, w->jobs[0].name, w->n > 1 ? ", ..." : ""),
		       "run the same command again: it goes on where this one stopped"),
	    REASON_INTERRUPTED);
}

int outcome_report(struct session *w, struct task *tasks, bool store)
{
	const struct ui *u = &w->c->ui;
	bool stopped = cancelled(w->c->cancel);
	size_t unfinished = 0;
	int status = 0;

	if (store)
		outcome_store(w, tasks);
	else if (!stopped)
		events_tell_roles(w);
	for (size_t i = 0; i < w->n; i++) {
		struct task *t = &tasks[i];
		for (size_t k = 0; k < t->notes.n; k++)
			ui_note(u, "%s", t->notes.items[k]);
		if (stopped && err_is(t->error, REASON_INTERRUPTED)) {
			unfinished++;
			ui_add_error(u, w->jobs[i].name, t->error);
			err_free(t->error);
		} else if (t->error != NULL && !w->jobs[i].silent) {
			status = exit_merge(status, ui_dataset_error(u, w->jobs[i].name, t->error));
		} else {
			err_free(t->error);
		}
		t->error = NULL;
		plan_free(&t->plan);
		strv_free(&t->notes);
	}
	if (stopped && unfinished > 0)
		status = exit_merge(status, ui_error(u, say_interrupted(w, unfinished)));
	return status;
}
