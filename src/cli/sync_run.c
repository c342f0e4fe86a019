#include "cli/sync_run.h"

#include <string.h>

#include "cli/sync_all.h"
#include "cli/sync_lanes.h"
#include "cli/sync_parts.h"
#include "cli/sync_say.h"

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
		session_free(&r->w);
	}
	if (status == 0 && r->adopted.n > 0)
		status = sync_run_names(c, &r->adopted, r->pull);
	/* Where ZFS hangs, this process may stay for longer than it has anything to do. */
	ctx_unlock(c, &r->batch);
	strv_free(&r->adopted);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	return status;
}

int sync_run_names(struct ctx *c, const struct strv *names, bool pull)
{
	struct sync_state r = {.c = c, .args = names, .pull = pull, .silent = true};

	return sync_run(&r);
}
