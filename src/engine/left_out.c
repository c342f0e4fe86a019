#include "engine/left_out.h"

#include "engine/tree.h"
#include "engine/tree_plan.h"
#include "plan/health/taken_out.h"
#include "plan/keys.h"
#include "plan/plan.h"
#include "plan/setup/init.h"
#include "plan/tags.h"

/* Why a dataset below `s` does not become a pair; NULL: it does. */
static struct err *refuses_new(struct session *w, const struct tree_index *x, struct job *j,
			       const struct dataset *s)
{
	const struct pair *pair = session_pair(w, j);
	struct init_opts opts = {0};
	struct plan plan = {0};

	tree_init_opts(w, x, j, &opts);
	plan_init(pair, &opts, &plan);
	struct err *e = err_copy(plan.refusal);

	plan_free(&plan);
	if (e == NULL)
		e = keys_check_new(pair, s->name);
	return e != NULL ? e : tags_check_new(pair, s);
}

void left_out_find(struct session *w, size_t top, size_t told, struct strv *out)
{
	const struct dataset *s = job_end(&w->jobs[top], PAIR_SRC)->d;
	struct tree_index x;

	/* A failover of what is paused does not begin with one. */
	if (!w->jobs[top].tree_root || s == NULL || s->paused)
		return;
	if (w->jobs[top].left_out != NULL)
		strv_add(out, w->jobs[top].left_out);
	tree_index_make(w, &x);
	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (i == top || j->tree != top || (!j->is_new && i < told) || job_home(j)->busy ||
		    job_peer(j)->busy || job_peer(j)->host == NULL || j->why_away != NULL)
			continue;
		struct err *e = err_copy(j->error);
		if (e == NULL && j->is_new && j->full != NULL)
			e = refuses_new(w, &x, j, s);
		if (e != NULL && e->kind == ERR_REFUSED)
			strv_addf(out, "%s: %s%s%s%s", job_end(j, PAIR_SRC)->name, e->what,
				  e->remedy ? " (" : "", e->remedy ? e->remedy : "",
				  e->remedy ? ")" : "");
		err_free(e);
	}
	tree_index_free(&x);
}

#define LOOK (LIST_BELOW | LIST_NATIVE | LIST_OPENS | LIST_SETTINGS)

void left_out_look(struct ctx *c, const char *top, const struct strv *names, struct strv *out,
		   struct health *more)
{
	struct session w = {.no_locks = true};
	struct strv named = {0};

	strv_add(&named, top);
	for (size_t i = 0; i < names->n; i++)
		if (!str_same(names->items[i], top) && name_within(names->items[i], top))
			strv_add(&named, names->items[i]);
	struct err *e = session_open(c, &named, NULL, NULL, LOOK, &w);

	if (e == NULL) {
		const struct dataset *d = job_home(&w.jobs[0])->d;
		for (size_t i = 0; i < w.n; i++)
			job_set_home(&w.jobs[i],
				     d != NULL && d->role == ROLE_REPLICA ? PAIR_DST : PAIR_SRC);
		bool quiet = c->ui.quiet;
		w.defer_unreachable = true;
		w.peer_flags = LOOK;
		c->ui.quiet = w.mute = true;
		session_connect(&w, true);
		tree_expand(&w, false, LOOK);
		c->ui.quiet = quiet;
		left_out_find(&w, 0, named.n, out);
		if (more != NULL && w.jobs[0].error == NULL &&
		    job_end(&w.jobs[0], PAIR_DST)->d != NULL) {
			session_look_below(&w, &w.jobs[0], PAIR_SRC, NULL);
			health_taken_out(session_pair(&w, &w.jobs[0]), more);
		}
	}
	err_free(e);
	session_free(&w);
	strv_free(&named);
}
