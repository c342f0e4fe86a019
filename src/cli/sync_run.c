#include "cli/sync_run.h"

#include <string.h>

#include "cli/sync_all.h"
#include "cli/sync_lanes.h"
#include "cli/sync_parts.h"
#include "cli/sync_say.h"
#include "engine/tree_seen.h"
#include "util/sorted.h"

static int sync_work(struct sync_state *r)
{
	struct sync_sum sum = {0};

	if (r->c->dry_run)
		return sync_show_plans(r);
	struct task *tasks = sync_act(r);
	sync_tell(r, tasks);
	sync_count(r, tasks, &sum);
	if (r->all && !r->silent)
		sync_say_sum(r, &sum);
	return sync_report(r, tasks, !r->snap_only);
}

void sync_prepare(struct sync_state *r)
{
	struct ctx *c = r->c;

	r->trees = LIST_SETTINGS | LIST_KEYS | (c->recursive ? LIST_BELOW : LIST_TREES);
	if (ctx_flag(c, 'f'))
		r->trees |= LIST_OBSTACLES;
	r->w.peer_flags = r->pull ? LIST_TXG_SYNC | r->trees : r->trees | LIST_OPENS;
	r->opts = session_sync_opts(c);
	r->opts.no_snapshot = r->sync_only;
	r->opts.force = ctx_flag(c, 'f');
	/* With -f it may be rolled back. */
	enum lock_mode into = r->opts.force ? LOCK_ALONE : LOCK_RECEIVE;
	r->w.home_lock = r->pull ? into : LOCK_SEND;
	r->w.peer_lock = r->pull ? LOCK_SEND : into;
}

/* `guessed`: of how many names it began. */
static void tell_trees(struct sync_state *r, size_t guessed)
{
	const struct session *w = &r->w;
	struct sync_trees *t = r->of_trees;

	t->as_seen = w->n == guessed && !w->changed && r->adopted.n == 0;
	for (size_t i = 0; i < w->n; i++)
		t->as_seen =
		    t->as_seen && !w->jobs[i].is_new && (i < r->args->n || w->jobs[i].guessed);
	for (size_t i = 0; i < w->n && t->as_seen; i++)
		strv_add(&t->synced, w->jobs[i].name);
	sorted_sort(t->synced.items, t->synced.n);
}

/* Those, saying only what went wrong. */
static int run_names(struct ctx *c, const struct strv *names, bool pull)
{
	struct sync_state r = {.c = c, .args = names, .pull = pull, .silent = true};

	return sync_run(&r);
}

int sync_run(struct sync_state *r)
{
	struct ctx *c = r->c;
	struct strv names = {0}, hosts = {0}, fss = {0};
	bool excused = false, in_lanes = false;
	int status = 0;

	r->all = r->args->n == 1 && strcmp(r->args->items[0], "all") == 0;
	sync_prepare(r);
	struct err *e = sync_all_quiet(r);
	if (e == NULL && r->all && !c->dry_run && !r->snap_only)
		e = sync_all_lock(r, &excused);
	if (excused) {
		held_free(&r->batch);
		return 0;
	}
	for (size_t i = 0; !r->all && i < r->args->n; i++)
		strv_add(&names, r->args->items[i]);
	if (r->seen != NULL && e == NULL)
		tree_seen(r->seen, r->pull, &names, &hosts, &fss);
	if (r->all && e == NULL)
		e = sync_all_names(r, &names, &hosts, &fss);
	else if (r->snap_only && e == NULL)
		e = ctx_tree_names(c, &names, 0);
	if (e == NULL && r->all && !r->snap_only && !c->dry_run)
		in_lanes = sync_lanes(r, &names, &hosts, &fss, &status);
	if (e == NULL && !in_lanes)
		e = sync_open(r, &names, &hosts, &fss);
	if (!in_lanes) {
		status = e != NULL ? ui_error(&c->ui, e) : sync_work(r);
		if (r->of_trees != NULL && status == 0)
			tell_trees(r, names.n);
		session_free(&r->w);
	}
	if (status == 0 && r->adopted.n > 0)
		status = run_names(c, &r->adopted, r->pull);
	/* Where ZFS hangs, this process may stay for longer than it has anything to do. */
	ctx_unlock(c, &r->batch);
	strv_free(&r->adopted);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	return status;
}

int sync_run_trees(struct ctx *c, const struct strv *tops, const struct side *seen, bool pull,
		   struct sync_trees *out)
{
	struct sync_state r = {
	    .c = c, .args = tops, .pull = pull, .silent = true, .seen = seen, .of_trees = out};

	*out = (struct sync_trees){0};
	return sync_run(&r);
}
