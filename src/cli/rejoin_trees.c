#include "cli/rejoin_trees.h"

#include <stdlib.h>
#include <string.h>

#include "cli/rejoin_loser.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/role/links.h"
#include "plan/role/rejoin.h"
#include "plan/role/revert.h"
#include "util/mem.h"

/* Which of the named trees a name belongs to: the index of its top. */
static size_t top_of(const struct rejoin_run *run, size_t at)
{
	size_t top = at;

	for (size_t i = 0; i < run->n_named; i++)
		if (name_within(run->names.items[top], run->names.items[i]))
			top = i;
	return top;
}

/* What other pairs need as it is, or cannot go back. NULL: this one may be begun, or is refused for something else, or has been begun. */
static struct err *hurts(struct rejoin_run *run, struct session *w, struct job *j)
{
	struct revert_opts opts = {.discard = run->c->discard, .force = run->c->force};
	struct plan plan = {0};
	struct err *e = NULL;

	if (j->error != NULL || job_peer(j)->host == NULL ||
	    rejoin_loser_reverts(job_home(j)->d, job_home(j)->preserved) ||
	    rejoin_loser_reverts(job_peer(j)->d, job_peer(j)->preserved))
		return NULL;
	rejoin_loser_find(j);
	rejoin_loser_look_below(run, w, j);
	const struct pair *pair = session_pair(w, j);
	/* One that comes over leaves whom it follows: it does that with all of its tree, or not at all. */
	if (plan_comes_over(pair) != NULL) {
		plan_come_over(pair, &opts, &plan);
		e = plan.refusal != NULL ? err_copy(plan.refusal) : NULL;
		plan_free(&plan);
		return e;
	}
	plan_rejoin(pair, &opts, NULL, &plan);
	if (plan.refusal != NULL)
		e = plan_rejoin_hurts(pair, &opts);
	if (e == NULL &&
	    (err_is(plan.refusal, REASON_HELD) || err_is(plan.refusal, REASON_NO_SPACE)))
		e = err_copy(plan.refusal);
	plan_free(&plan);
	return e;
}

static void refuse_trees(struct rejoin_run *run)
{
	size_t n = run->n_refused;
	bool *hurt = mem_zalloc(n * sizeof(*hurt));

	for (size_t k = 0; k < n; k++)
		hurt[k] = run->refused[k] != NULL;
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; hurt[k] && i < n; i++)
			if (run->refused[i] == NULL && top_of(run, i) == top_of(run, k))
				run->refused[i] =
				    err_refuse(REASON_TREE,
					       "%s does not come back, because %s of the same tree "
					       "cannot",
					       run->names.items[i], run->names.items[k]);
	free(hurt);
}

/* Of a pair that is on this host with both its sides, and named by both, the second comes when the first is back. */
static void find_twins(struct rejoin_run *run, const struct session *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct job *j = &w->jobs[i];
		if (j->peer_name == NULL || job_peer(j)->host == NULL ||
		    !host_is_local(job_peer(j)->host))
			continue;
		for (size_t k = 0; k < i; k++)
			if (strcmp(w->jobs[k].name, j->peer_name) == 0)
				strv_add(&run->last, j->name);
	}
}

void rejoin_trees_check(struct rejoin_run *run)
{
	struct session w = {.no_locks = true};
	size_t n = run->names.n;

	if (n < 2)
		return;
	struct err *e = session_open(run->c, &run->names, NULL, NULL, LIST_WAY | LIST_HALF, &w);
	if (e == NULL) {
		w.peer_flags = LIST_WAY;
		session_connect(&w, true);
		run->refused = mem_zalloc(n * sizeof(*run->refused));
		run->n_refused = n;
	}
	for (size_t i = 0; i < w.n; i++)
		if (w.jobs[i].peer_name != NULL)
			strv_add(&run->peer_names, w.jobs[i].peer_name);
	for (size_t i = 0; e == NULL && i < n; i++)
		run->refused[i] = hurts(run, &w, &w.jobs[i]);
	find_twins(run, &w);
	if (e == NULL)
		refuse_trees(run);
	err_free(e); /* each says it for itself */
	session_free(&w);
}
