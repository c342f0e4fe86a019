/* doctor: what is odd about datasets of zrep's, on both sides, and with --fix what can be mended without anybody's
 * decision. --fix first finishes or undoes the changes of roles that a crash has left. */
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/session.h"
#include "plan/health/doctor.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/recover.h"
#include "ui/exit_status.h"
#include "util/mem.h"

#define LOOK (LIST_SETTLE | LIST_EXAMINE)
/* What settling has to know as well. */
#define LOOK_TO_FIX (LOOK | LIST_WAY)

/* What is mended may show more that can be. */
#define ROUNDS 3

struct visit {
	struct ctx *c;
	struct session w;
	struct diagnosis *now; /* by job */
	struct strv *mended;   /* by job: "what: what was done" */
	unsigned look;         /* how both sides are read */
};

static const char *const words[] = {
    [ODD_NOTE] = "note",
    [ODD_WARNING] = "warning",
    [ODD_SERIOUS] = "serious",
};

/* --- where the other side is --- */

static bool agree(const char *mine, const char *theirs)
{
	return mine == NULL || str_same(mine, theirs);
}

static bool is_whole(const struct dataset *o)
{
	return o->src_host && o->src_fs && o->dest_host && o->dest_fs;
}

/* The one dataset of a side that d can be the other half of; NULL if there are more, or none. */
static const struct dataset *only_match(const struct side *side, bool here, const struct dataset *d)
{
	const struct dataset *found = NULL;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *o = &side->datasets[i];
		if ((here && str_same(o->name, d->name)) || !is_whole(o) ||
		    o->role == ROLE_BROKEN ||
		    !str_same(o->master ? o->dest_fs : o->src_fs, d->name) ||
		    !agree(d->src_host, o->src_host) || !agree(d->src_fs, o->src_fs) ||
		    !agree(d->dest_host, o->dest_host) || !agree(d->dest_fs, o->dest_fs))
			continue;
		if (found != NULL)
			return NULL;
		found = o;
	}
	return found;
}

/* Of a pair whose text is not whole, the other half is looked for on the hosts that it does name. */
static void search(struct visit *v, struct job *j)
{
	const char *hosts[] = {job_home(j)->d->dest_host, job_home(j)->d->src_host};

	for (size_t i = 0; i < ARRAY_LEN(hosts) && j->peer_at == NULL; i++) {
		struct host *h = NULL;
		struct side side = {0};
		if (hosts[i] == NULL)
			continue;
		struct err *e = name_check_host(hosts[i]);
		if (e == NULL && (e = ctx_host(v->c, hosts[i], &h)) == NULL)
			e = ctx_list(v->c, h, NULL, 0, &side);
		const struct dataset *o =
		    e == NULL ? only_match(&side, host_is_local(h), job_home(j)->d) : NULL;
		if (o != NULL) {
			j->peer_at = mem_strdup(hosts[i]);
			j->peer_name = mem_strdup(o->name);
			job_set_home(j, o->master ? PAIR_DST : PAIR_SRC);
		}
		side_free(&side);
		j->why_away = err_first(j->why_away, e);
	}
	if (j->peer_at != NULL) {
		err_free(j->why_away);
		j->why_away = NULL;
	}
}

/* Named as the source without being the master, as a broken init leaves it, or not whole. */
static void find_other(struct visit *v, struct job *j)
{
	const struct dataset *d = job_home(j)->d;

	if (d == NULL || j->error != NULL)
		return;
	job_set_home(j, d->role == ROLE_REPLICA ? PAIR_DST : PAIR_SRC);
	if (d->role != ROLE_BROKEN)
		return;
	if (!is_whole(d)) {
		search(v, j);
	} else if (str_same(d->src_fs, d->name) && name_is_dataset(d->dest_fs)) {
		j->peer_at = mem_strdup(d->dest_host);
		j->peer_name = mem_strdup(d->dest_fs);
	}
}

/* --- looking --- */

static bool is_nothing(const struct dataset *d)
{
	return d->role == ROLE_NONE && nv_empty(d->own) && d->unknown.n == 0;
}

static void diagnose(struct visit *v)
{
	for (size_t i = 0; i < v->w.n; i++) {
		struct job *j = &v->w.jobs[i];
		diagnosis_free(&v->now[i]);
		if (j->error == NULL && job_home(j)->d == NULL)
			j->error = plan_switching(v->c->tag, job_home(j)->aside, v->c->self);
		if (j->error == NULL && is_nothing(job_home(j)->d))
			j->error = plan_no_pair(j->name, v->c->self, v->c->tag);
		if (j->error != NULL)
			continue;
		const struct pair *pair = session_pair(&v->w, j);
		plan_doctor(pair, &v->now[i]);
	}
}

/* --- mending --- */

static bool has(const struct diagnosis *d, const char *text)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->odds[i].text, text) == 0)
			return true;
	return false;
}

/* Carries out what all diagnoses say, and looks again. False: there was nothing to do. */
static bool mend(struct visit *v)
{
	struct session *w = &v->w;
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	struct diagnosis *before = mem_zalloc((w->n + 1) * sizeof(*before));
	bool any = false;

	for (size_t i = 0; i < w->n; i++) {
		before[i] = v->now[i];
		plans[i] = before[i].plan;
		before[i].plan = (struct plan){0};
		v->now[i] = (struct diagnosis){0};
		any = any || (plans[i].n > 0 && w->jobs[i].error == NULL);
	}
	if (any) {
		apply_round(w, plans);
		session_refresh(w, v->look);
	}
	diagnose(v);
	for (size_t i = 0; i < w->n; i++) {
		for (size_t k = 0; k < before[i].n && w->jobs[i].error == NULL; k++)
			if (before[i].odds[k].mend != NULL &&
			    !has(&v->now[i], before[i].odds[k].text))
				strv_addf(&v->mended[i], "%s (%s)", before[i].odds[k].text,
					  before[i].odds[k].mend);
		diagnosis_free(&before[i]);
		plan_free(&plans[i]);
	}
	free(before);
	free(plans);
	return any;
}

/* For -n. What settling leaves as it is, is none of this verb's either. */
static struct plan plan_of(struct visit *v, size_t i)
{
	struct plan plan = v->now[i].plan;
	struct job *j = &v->w.jobs[i];

	v->now[i].plan = (struct plan){0};
	if (j->error == NULL || job_home(j)->d == NULL) {
		const struct pair *pair = session_pair(&v->w, j);
		if ((job_home(j)->d != NULL || job_home(j)->aside != NULL) &&
		    !plan_is_settled(pair)) {
			err_free(j->error);
			j->error = NULL;
			plan_free(&plan);
			plan_settle(pair, &plan);
		}
	}
	return plan;
}

static int dry_run(struct visit *v)
{
	struct plan *plans = mem_zalloc((v->w.n + 1) * sizeof(*plans));

	for (size_t i = 0; i < v->w.n; i++)
		plans[i] = plan_of(v, i);
	int status = outcome_dry_run(&v->w, plans, 1);
	plans_free(plans, v->w.n);
	return status;
}

/* --- telling --- */

static void print_odd(const struct visit *v, const struct job *j, const struct odd *o)
{
	const struct ui *u = &v->c->ui;
	struct buf text = {0};

	buf_addf(&text, "%s: %s: %s", j->name, words[o->level], o->text);
	char *said = ui_text(u, text.data);
	ui_line(u, "%s", said);
	free(said);
	buf_free(&text);
	if (o->mend != NULL && !v->c->fix)
		buf_addf(&text, "zrep doctor --fix %s %s", j->name, o->mend);
	else if (o->remedy != NULL)
		buf_addf(&text, "%s", o->remedy);
	said = ui_text(u, buf_str(&text));
	if (text.len > 0)
		ui_line(u, "      -> %s", said);
	free(said);
	buf_free(&text);
}

static void print_text(const struct visit *v, size_t i)
{
	const struct ui *u = &v->c->ui;
	const struct job *j = &v->w.jobs[i];
	const struct diagnosis *d = &v->now[i];

	for (size_t k = 0; k < v->mended[i].n; k++) {
		char *line = str_fmt("%s: mended: %s", j->name, v->mended[i].items[k]);
		char *said = ui_text(u, line);
		ui_line(u, "%s", said);
		free(said);
		free(line);
	}
	for (size_t k = 0; k < d->n; k++)
		print_odd(v, j, &d->odds[k]);
	if (d->n == 0 && v->mended[i].n == 0 && j->error == NULL)
		ui_done(u, "%s: nothing odd%s", j->name, j->why_away ? " on this side" : "");
}

static void record_job(const struct visit *v, size_t i)
{
	const struct ui *u = &v->c->ui;
	const struct diagnosis *d = &v->now[i];
	struct record *one = ui_dataset(u, v->w.jobs[i].name);

	record_flag(one, "asked", v->w.jobs[i].why_away == NULL);
	record_list(one, "findings");
	for (size_t k = 0; k < d->n; k++) {
		const struct odd *o = &d->odds[k];
		ui_add_finding(u, one, words[o->level], o->text, o->mend, o->remedy);
	}
	record_strs(one, "mended", v->mended[i].items, v->mended[i].n);
	record_u64(one, "exit",
		   d->n > 0                ? ERR_FAILED
		   : v->w.jobs[i].why_away ? ERR_UNREACHABLE
					   : 0);
}

/* The exit status: of what failed; 1 where something odd is left; else of a side that could not be asked. */
static int tell(struct visit *v)
{
	int failed = 0, away = 0;
	bool left = false;

	for (size_t i = 0; i < v->w.n; i++) {
		struct job *j = &v->w.jobs[i];
		left = left || v->now[i].n > 0;
		if (j->error == NULL)
			record_job(v, i);
		print_text(v, i);
		ui_flush(&v->c->ui);
		if (j->error != NULL) {
			failed = exit_merge(failed, ui_dataset_error(&v->c->ui, j->name, j->error));
			j->error = NULL;
		} else if (j->why_away != NULL) {
			ui_note(&v->c->ui, "%s; only this side was looked at", j->why_away->what);
			away = ERR_UNREACHABLE;
		}
	}
	if (failed != 0)
		return exit_merge(failed, left ? ERR_FAILED : 0);
	return left ? ERR_FAILED : away;
}

/* Roles may have changed by that. */
static void settle(struct visit *v)
{
	struct session *w = &v->w;

	recover_switches(w, v->look);
	for (size_t i = 0; i < w->n; i++) {
		const struct dataset *d = job_home(&w->jobs[i])->d;
		if (d != NULL && (d->role == ROLE_MASTER || d->role == ROLE_REPLICA))
			job_set_home(&w->jobs[i], d->role == ROLE_REPLICA ? PAIR_DST : PAIR_SRC);
	}
}

static int visit(struct visit *v)
{
	struct session *w = &v->w;
	int status;

	w->inspect_unrelated = w->defer_unreachable = true;
	w->peer_flags = v->look;
	for (size_t i = 0; i < w->n; i++)
		find_other(v, &w->jobs[i]);
	session_connect(w, true);
	v->now = mem_zalloc((w->n + 1) * sizeof(*v->now));
	v->mended = mem_zalloc((w->n + 1) * sizeof(*v->mended));
	if (v->c->fix && !v->c->dry_run)
		settle(v);
	w->failures_fatal = true; /* a hook that fails is no reason to leave a change half done */
	diagnose(v);
	if (v->c->fix && v->c->dry_run) {
		status = dry_run(v);
	} else {
		for (int i = 0; v->c->fix && i < ROUNDS && mend(v); i++)
			;
		status = tell(v);
	}
	for (size_t i = 0; i < w->n; i++) {
		diagnosis_free(&v->now[i]);
		strv_free(&v->mended[i]);
	}
	free(v->now);
	free(v->mended);
	return status;
}

int cmd_doctor(struct ctx *c)
{
	struct visit v = {.c = c, .look = c->fix ? LOOK_TO_FIX : LOOK};
	struct err *e =
	    session_open(c, &c->args, NULL, NULL, c->fix ? v.look | LIST_HALF : v.look, &v.w);
	int status = e != NULL ? ui_error(&c->ui, e) : visit(&v);

	session_free(&v.w);
	return status;
}
