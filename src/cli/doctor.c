/* doctor: what is odd about datasets of zrep's, on both sides, and with --fix what can be mended without anybody's
 * decision. --fix first finishes or undoes the changes of roles that a crash has left. */
#include <stdlib.h>
#include <string.h>

#include "cli/doctor_find.h"
#include "cli/doctor_say.h"
#include "cli/verb.h"
#include "engine/apply.h"
#include "engine/left_out.h"
#include "engine/members.h"
#include "engine/observe.h"
#include "engine/outcome.h"
#include "engine/recover.h"
#include "engine/renamed.h"
#include "engine/session.h"
#include "engine/way_back.h"
#include "plan/health/diagnosis.h"
#include "plan/health/doctor.h"
#include "plan/health/finding.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/role/recover.h"
#include "ui/exit_status.h"
#include "util/mem.h"

#define LOOK                                                                                       \
	(LIST_TXG_SYNC | LIST_EXAMINE | LIST_SPACE | LIST_POOLS | LIST_NATIVE | LIST_OPENS |       \
	 LIST_SETTINGS | LIST_MAY)
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
			j->error = plan_switching(v->c->tag, job_home(j)->preserved, v->c->self);
		if (j->error == NULL && is_nothing(job_home(j)->d))
			j->error = plan_no_pair(j->name, v->c->self, v->c->tag);
		if (j->error != NULL)
			continue;
		const struct pair *pair = session_pair(&v->w, j);
		plan_doctor(pair, &v->now[i]);
	}
}

/* Everything that was found of all of them. */
static char *all_found(const struct visit *v)
{
	struct buf text = {0};

	buf_addf(&text, "%s", "");
	for (size_t i = 0; i < v->w.n; i++)
		for (size_t k = 0; k < v->now[i].n; k++)
			if (!v->now[i].findings[k].past) /* how long ago that was changes */
				buf_addf(&text, "%zu %s\n", i, v->now[i].findings[k].text);
	return text.data;
}

/* Without locks (-n), as long as what is found changes from one look to the next. */
static void look_again(struct visit *v)
{
	char *before = all_found(v);

	for (int n = 1; *before != '\0' && observe_once_more(&v->w, n, v->look); n++) {
		diagnose(v);
		char *now = all_found(v);
		bool same = strcmp(before, now) == 0;
		free(before);
		before = now;
		if (same)
			break;
	}
	free(before);
}

/* --- mending --- */

static bool has(const struct diagnosis *d, const char *text)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->findings[i].text, text) == 0)
			return true;
	return false;
}

static bool renames(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->steps[i].kind->op == STEP_RENAME)
			return true;
	return false;
}

static void look(struct visit *v)
{
	observe_refresh(&v->w, v->look);
	renamed_ask(&v->w);
}

/* What is renamed is no dataset of a job, nor is its new name: both are locked first, and then looked at again, until nothing else
 * is to be renamed than what is locked. Whose names somebody else has, or change all the time, has an error. */
static void lock_renames(struct visit *v)
{
	struct session *w = &v->w;
	struct strv locked = {0};
	bool again = true;

	for (int n = 0; again; n++) {
		again = false;
		for (size_t i = 0; i < w->n; i++) {
			struct job *j = &w->jobs[i];
			bool more = false;
			if (j->error != NULL || !renames(&v->now[i].plan))
				continue;
			j->error = session_lock_steps(w, j, &v->now[i].plan, &locked, &more);
			if (j->error == NULL && more && n == ROUNDS)
				j->error = err_remedy(
				    err_new(ERR_BUSY, "%s changed while it was looked at", j->name),
				    "run the same command again");
			again = again || (more && j->error == NULL);
		}
		if (again) {
			look(v);
			diagnose(v);
		}
	}
	strv_free(&locked);
}

/* Carries out what all diagnoses say, and looks again. False: there was nothing to do. */
static bool mend(struct visit *v)
{
	struct session *w = &v->w;
	struct plan *plans = mem_zalloc((w->n + 1) * sizeof(*plans));
	struct diagnosis *before = mem_zalloc((w->n + 1) * sizeof(*before));
	bool any = false;

	lock_renames(v);
	for (size_t i = 0; i < w->n; i++) {
		before[i] = v->now[i];
		plans[i] = before[i].plan;
		before[i].plan = (struct plan){0};
		v->now[i] = (struct diagnosis){0};
		any = any || (plans[i].n > 0 && w->jobs[i].error == NULL);
	}
	if (any) {
		apply_round(w, plans);
		look(v);
	}
	diagnose(v);
	for (size_t i = 0; i < w->n; i++) {
		for (size_t k = 0; k < before[i].n && w->jobs[i].error == NULL; k++)
			if (before[i].findings[k].mend != NULL &&
			    !has(&v->now[i], before[i].findings[k].text))
				strv_addf(&v->mended[i], "%s (%s)", before[i].findings[k].text,
					  before[i].findings[k].mend);
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
		if ((job_home(j)->d != NULL || job_home(j)->preserved != NULL) &&
		    plan_needs_recovery(pair)) {
			err_free(j->error);
			j->error = NULL;
			plan_free(&plan);
			plan_recover(pair, &plan);
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

/* --- the whole --- */

/* What failed before is nothing that could be mended; and that a host is away is told by itself. */
static void drop_past(struct diagnosis *d)
{
	size_t left = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (d->findings[i].past)
			finding_clear(&d->findings[i]);
		else
			d->findings[left++] = d->findings[i];
	}
	d->n = left;
}

/* The exit status: of what failed; 1 where something odd is left; else of a side that could not be asked. */
static int tell(struct visit *v)
{
	int failed = 0, away = 0;
	bool left = false;

	for (size_t i = 0; i < v->w.n; i++) {
		struct job *j = &v->w.jobs[i];
		if (v->c->fix || j->why_away != NULL)
			drop_past(&v->now[i]);
		left = left || v->now[i].n > 0;
		/* Of a tree whoever is well has no part in what is told, but for who was named. */
		if (i >= v->c->args.n && j->error == NULL && j->why_away == NULL &&
		    v->now[i].n + v->mended[i].n == 0)
			continue;
		if (j->error == NULL)
			doctor_say_record(v->c, j, &v->now[i], &v->mended[i]);
		doctor_say(v->c, j, &v->now[i], &v->mended[i]);
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

/* What of their trees does not come along with a failover. */
static void find_left_out(struct visit *v)
{
	struct strv names = {0};

	for (size_t i = 0; i < v->w.n; i++)
		strv_add(&names, v->w.jobs[i].name);
	for (size_t i = 0; i < v->w.n; i++) {
		const struct job *j = &v->w.jobs[i];
		const struct dataset *d = job_home(j)->d;
		struct strv out = {0};
		struct health more = {0};
		if (j->error == NULL && j->why_away == NULL && d != NULL && d->recursive)
			left_out_look(v->c, j->name, &names, &out, &more);
		diagnosis_take(&v->now[i], &more);
		for (size_t k = 0; k < out.n; k++)
			diagnosis_add(&v->now[i], CHECK_CRITICAL,
				      "a failover would fail, because a dataset below cannot move "
				      "with it: %s",
				      out.items[k]);
		strv_free(&out);
	}
	strv_free(&names);
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
		doctor_find_other(v->c, &w->jobs[i]);
	session_connect(w, true);
	v->now = mem_zalloc((w->n + 1) * sizeof(*v->now));
	v->mended = mem_zalloc((w->n + 1) * sizeof(*v->mended));
	if (v->c->fix && !v->c->dry_run)
		settle(v);
	way_back_ask(w); /* only now it is certain which way that is */
	way_back_ask_hooks(w);
	members_check_led(w);
	w->failures_fatal = true; /* a hook that fails is no reason to leave a change half done */
	diagnose(v);
	if (!observe_locks(w))
		look_again(v);
	if (v->c->fix && v->c->dry_run) {
		status = dry_run(v);
	} else {
		for (int i = 0; v->c->fix && i < ROUNDS && mend(v); i++)
			;
		find_left_out(v);
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

static int run_doctor(struct ctx *c)
{
	struct visit v = {.c = c, .look = c->fix ? LOOK_TO_FIX : LOOK};

	struct strv names = {0};

	for (size_t i = 0; i < c->args.n; i++)
		strv_add(&names, c->args.items[i]);
	err_free(ctx_tree_names(c, &names, TREE_ANY_ROLE)); /* it is told when it is looked at */
	if (!c->fix)
		v.w.home_lock = v.w.peer_lock = LOCK_SEND;
	struct err *e =
	    session_open(c, &names, NULL, NULL, c->fix ? v.look | LIST_HALF : v.look, &v.w);
	int status = e != NULL ? ui_error(&c->ui, e) : visit(&v);

	session_free(&v.w);
	strv_free(&names);
	return status;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .flags = "",
    .options = " fix ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[--fix] DATASET...",
    .group = VERBS_LOOKING,
    .summary = "find what is wrong with DATASET, and repair it",
    .text = "Looks on both sides for whatever a sound pair does not have: left there by the zrep\n"
	    "script, a stream with properties, a crash or somebody's hand. Says why it matters,\n"
	    "and what to do. Of a recursive pair also at what is below it.\n"
	    "  --fix   repair what needs no decision by the operator; first recover a role\n"
	    "          change that was left half done; with -n, only print the repairs\n"
	    "Exit status: 0 no findings, or all of them repaired; 1 some are left.\n",
    .run = run_doctor,
};
