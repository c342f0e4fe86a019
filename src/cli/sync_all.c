#include "cli/sync_all.h"

#include <time.h>

#include "plan/health/beside.h"
#include "util/num.h"

void sync_all_unseen(const struct ctx *c, const struct side *side, bool replicas,
		     struct strv *names)
{
	struct strv notes = {0};

	for (size_t i = 0; i < side->unreadable.n; i++)
		strv_add(names, side->unreadable.items[i]);
	if (replicas)
		plan_replicas_away(side, c->self, names, &notes);
	else
		plan_masters_away(side, names);
	for (size_t i = 0; i < notes.n; i++)
		ui_note(&c->ui, "%s", notes.items[i]);
	strv_free(&notes);
}

struct err *sync_all_names(const struct sync_state *r, struct strv *names, struct strv *hosts,
			   struct strv *fss)
{
	struct side side;
	struct err *e;

	if (!r->pull)
		return ctx_masters(r->c, names, hosts, fss);
	if ((e = ctx_list(r->c, r->c->local, NULL, LIST_APART | LIST_SEEN, &side)) != NULL)
		return e;
	for (size_t i = 0; i < side.n; i++) {
		const struct dataset *d = &side.datasets[i];
		if (d->role != ROLE_REPLICA)
			continue;
		strv_add(names, d->name);
		strv_add(hosts, d->src_host);
		strv_add(fss, d->src_fs);
	}
	struct strv others = {0};
	sync_all_unseen(r->c, &side, true, &others);
	for (size_t i = 0; i < others.n; i++) {
		strv_add(names, others.items[i]);
		strv_add(hosts, "");
		strv_add(fss, "");
	}
	strv_free(&others);
	side_free(&side);
	return NULL;
}

/* Two cron jobs would only stand in each other's way. */
static struct err *lock_batch(struct sync_state *r)
{
	struct ctx *c = r->c;
	struct strv batch = {0};
	const char *name = r->pull ? "/" : "";
	nvlist_t *busy;

	strv_add(&batch, name);
	struct err *e = ctx_lock(c, c->local, &batch, LOCK_ALONE, &r->batch, &busy);
	strv_free(&batch);
	if (e == NULL && nv_str(busy, name) != NULL)
		e = err_remedy(err_new(ERR_BUSY, "another `{zrep %s all}` runs on %s: %s",
				       r->pull ? "refresh" : "sync", c->self, nv_str(busy, name)),
			       "wait for it: until it ends, it has all datasets locked");
	nv_free(busy);
	return e;
}

static uint64_t last_sent(const struct dataset *d)
{
	uint64_t last = 0;

	for (size_t i = 0; d != NULL && i < d->n_snaps; i++)
		if (d->snaps[i].sent > last)
			last = d->snaps[i].sent;
	return last;
}

static bool is_recent(const struct dataset *d, uint64_t limit)
{
	uint64_t now = (uint64_t)time(NULL), sent = last_sent(d);

	return sent <= now && now - sent <= limit;
}

/* -q for a whole batch: another run has it, and nothing is older than it may be. Takes e over. */
static struct err *excuse_batch(const struct sync_state *r, struct err *e, bool *excused)
{
	struct strv names = {0}, hosts = {0}, fss = {0};
	struct side side = {0};
	struct err *f = NULL;

	if (e == NULL || e->kind != ERR_BUSY || r->quiet == 0)
		return e;
	if ((f = sync_all_names(r, &names, &hosts, &fss)) == NULL && names.n > 0)
		f = ctx_list(r->c, r->c->local, &names, LIST_APART, &side);
	*excused = f == NULL;
	for (size_t i = 0; i < side.n; i++)
		*excused = *excused && is_recent(&side.datasets[i], r->quiet);
	side_free(&side);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
	err_free(f);
	if (!*excused)
		return e;
	err_free(e);
	return NULL;
}

struct err *sync_all_lock(struct sync_state *r, bool *excused)
{
	return excuse_batch(r, lock_batch(r), excused);
}

struct err *sync_all_quiet(struct sync_state *r)
{
	const struct ctx *c = r->c;

	r->quiet = 0;
	if (c->quiet_seconds != NULL && !num_parse_u64(c->quiet_seconds, &r->quiet))
		return err_new(ERR_USAGE, "-q wants seconds, not \"%.40s\"", c->quiet_seconds);
	return NULL;
}

void sync_all_excuse(struct sync_state *r)
{
	for (size_t i = 0; i < r->w.n && r->quiet > 0; i++) {
		struct job *j = &r->w.jobs[i];
		if (j->error != NULL && j->error->kind == ERR_BUSY &&
		    is_recent(job_home(j)->d, r->quiet))
			j->silent = true;
	}
}
