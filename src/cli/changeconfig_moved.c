#include "cli/changeconfig_moved.h"

#include <stdlib.h>
#include <string.h>

#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "plan/plan.h"
#include "plan/setup/relocate.h"
#include "state/dataset.h"
#include "ui/exit_status.h"
#include "util/mem.h"

struct move_run {
	struct ctx *c;
	struct relocate_move move;
	struct side side; /* all of zrep's on this host, before they are locked */
	struct session w;
};

/* OLD NEW; HOST OLD NEW; HOST OLD HOST NEW. */
static struct err *read_args(struct move_run *r)
{
	char *const *arg = r->c->args.items;
	size_t n = r->c->args.n;
	struct relocate_move *m = &r->move;
	struct err *e = NULL;

	*m = (struct relocate_move){
	    .fs = arg[n == 2 ? 0 : 1], .new_fs = arg[n - 1], .self = r->c->self};
	if (n > 2) {
		m->host = arg[0];
		m->new_host = n == 4 ? arg[2] : arg[0];
		e = name_check_host(m->host);
		if (e == NULL)
			e = name_check_host(m->new_host);
		m->to_same_host =
		    ctx_is_self(r->c, m->new_host) || name_names_host(m->new_host, r->c->full_name);
	}
	if (e == NULL)
		e = name_check_dataset(m->fs);
	if (e == NULL)
		e = name_check_dataset(m->new_fs);
	if (e == NULL && strcmp(m->fs, m->new_fs) != 0 &&
	    (name_within(m->fs, m->new_fs) || name_within(m->new_fs, m->fs)))
		e = err_new(ERR_USAGE, "with -R, one of %s and %s cannot be a part of the other",
			    m->fs, m->new_fs);
	if (e == NULL && ctx_flag(r->c, 'f'))
		e = err_new(ERR_USAGE, "-f goes with one dataset, not with -R");
	if (e == NULL && ctx_flag(r->c, 'd'))
		e = err_new(ERR_USAGE, "with -R each dataset says by itself "
				       "whether it is a destination: -d goes with one");
	return e;
}

static struct err *find_names(struct move_run *r, struct strv *names)
{
	const struct relocate_move *m = &r->move;
	struct err *e = ctx_list(r->c, r->c->local, NULL, LIST_APART, &r->side);

	if (e != NULL)
		return e;
	for (size_t i = 0; i < r->side.n; i++)
		if (relocate_concerns(m, &r->side.datasets[i]))
			strv_add(names, r->side.datasets[i].name);
	for (size_t i = 0; i < r->side.unreadable.n; i++) /* so that it is told */
		if (m->host != NULL || name_within(r->side.unreadable.items[i], m->new_fs))
			strv_add(names, r->side.unreadable.items[i]);
	if (names->n > 0)
		return NULL;
	if (m->host == NULL)
		return err_remedy(err_new(ERR_FAILED,
					  "nothing of zrep's (tag %s) is below %s on %s", r->c->tag,
					  m->new_fs, r->c->self),
				  "name what it was called first, and then what it is called now");
	return err_remedy(err_new(ERR_FAILED,
				  "no pair on %s (tag %s) has its other side below %s on %s",
				  r->c->self, r->c->tag, m->fs, m->host),
			  "`{zrep list -v}` shows where they have it");
}

/* What still has the former name of a dataset on this host. */
static const struct dataset *before(const struct move_run *r, const char *name)
{
	const struct relocate_move *m = &r->move;

	if (m->host != NULL || strcmp(m->fs, m->new_fs) == 0)
		return NULL;
	char *was = str_fmt("%s%s", m->fs, name + strlen(m->new_fs));
	const struct dataset *d = side_find(&r->side, was);
	free(was);
	return d != NULL && d->role != ROLE_NONE ? d : NULL;
}

/* Other tags have pairs of their own, which know nothing of this. */
static void note_tags(const struct move_run *r)
{
	const struct relocate_move *m = &r->move;
	struct strv told = {0};

	for (size_t i = 0; i < r->w.n; i++) {
		const struct dataset *d = job_home(&r->w.jobs[i])->d;
		for (size_t k = 0; d != NULL && k < d->n_others; k++) {
			const struct other_tag *o = &d->others[k];
			const char *own = o->master ? o->src_fs : o->dest_fs;
			if (m->host != NULL || own == NULL || !name_within(own, m->fs) ||
			    strv_has(&told, o->tag))
				continue;
			strv_add(&told, o->tag);
			ui_note(&r->c->ui,
				"tag %s has pairs there too: {zrep -t %s changeconfig -R %s %s}",
				o->tag, o->tag, m->fs, m->new_fs);
		}
	}
	strv_free(&told);
}

static void make_plans(struct move_run *r, struct plan *plans)
{
	struct session *w = &r->w;
	struct strv told = {0};

	for (size_t i = 0; i < w->n; i++) {
		struct job *j = &w->jobs[i];
		if (j->error != NULL)
			continue;
		struct pair pair = pair_of_one(r->c->tag, r->c->self, job_home(j)->d);
		plan_relocate_moved(&pair, &r->move, before(r, j->name), &plans[i]);
		const char *host = relocate_told(job_home(j)->d);
		if (plans[i].refusal != NULL || plans[i].unchanged || strv_has(&told, host))
			continue;
		strv_add(&told, host);
		relocate_tell(&pair, &r->move, &plans[i]);
	}
	strv_free(&told);
}

static int say_one(struct move_run *r, size_t i, bool unchanged)
{
	struct ctx *c = r->c;
	struct job *j = &r->w.jobs[i];
	bool failed = j->error != NULL;
	struct err *e = j->error;

	j->error = NULL;
	record_str(ui_dataset(&c->ui, j->name), "status",
		   failed      ? "failed"
		   : unchanged ? "unchanged"
			       : "changed");
	if (!failed)
		ui_done(&c->ui, "%s on %s is stored %s", j->name, c->self,
			unchanged ? "so already" : "anew");
	return ui_dataset_error(&c->ui, j->name, e);
}

static int act(struct move_run *r)
{
	struct session *w = &r->w;
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	bool *unchanged = mem_zalloc(w->n + 1);
	int status = 0;

	make_plans(r, plans);
	if (r->c->dry_run) {
		status = outcome_dry_run(w, plans, 1);
	} else {
		for (size_t i = 0; i < w->n; i++)
			unchanged[i] = plans[i].unchanged;
		apply_round(w, plans);
		for (size_t i = 0; i < w->n; i++)
			status = exit_merge(status, say_one(r, i, unchanged[i]));
	}
	note_tags(r);
	free(unchanged);
	plans_free(plans, w->n);
	return status;
}

int changeconfig_moved(struct ctx *c)
{
	struct move_run r = {.c = c};
	struct strv names = {0};
	struct err *e = read_args(&r);

	if (e == NULL)
		e = find_names(&r, &names);
	if (e == NULL)
		e = session_open(c, &names, NULL, NULL, 0, &r.w);
	int status = e != NULL ? ui_error(&c->ui, e) : act(&r);
	session_free(&r.w);
	side_free(&r.side);
	strv_free(&names);
	return status;
}
