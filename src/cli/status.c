/* How far behind each replica is, from what this host stores. It tells: no other host is asked, nothing is locked,
 * and what is half done is shown as it is. */
#include <stdlib.h>

#include "cli/options.h"
#include "cli/status_say.h"
#include "cli/status_watch.h"
#include "cli/verb.h"
#include "plan/health/beside.h"
#include "plan/health/finding.h"
#include "plan/health/settings.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "ui/exit_status.h"
#include "ui/plugin.h"
#include "ui/table.h"
#include "ui/ui.h"
#include "util/mem.h"

struct status_run {
	struct ctx *c;
	struct strv
	    names; /* what was named, with what of zrep's is below that in its tree; none: all */
	bool replicas; /* those on this host as well */
	struct side side;
};

static void print_all(const struct status_run *st)
{
	struct ctx *c = st->c;
	const struct side *side = &st->side;
	struct table t = {.columns = 6,
			  .heads = {"DATASET", "PEER", "SYNCED", "LAG", "UNSENT", "STATE"},
			  .right = {false, false, false, true, true, false},
			  .name = {true, true}};

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct status s = plan_status(d, side->now);
		if (d->role == ROLE_NONE || (!st->replicas && d->role == ROLE_REPLICA))
			continue;
		status_say_record(&c->ui, d, &s);
		if (c->ui.verbose)
			status_say_long(&c->ui, d, &s, c->settings.date_format);
		else
			status_say_row(&t, d, &s, c->settings.date_format);
	}
	if (t.cells.n > 0)
		ui_table(&c->ui, &t);
	else if (c->ui.format == NULL && !c->ui.verbose && st->names.n == 0)
		ui_note(&c->ui, "no dataset on %s is %s (tag %s)", c->self,
			st->replicas ? "zrep's" : "mastered here", c->tag);
	table_free(&t);
}

/* What is half done here, and what ends it. Another zrep may be at it: nobody is asked. */
static void note_changes(const struct status_run *st)
{
	const struct ctx *c = st->c;
	const struct side *side = &st->side;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		if (d->switch_state.kind == SWITCH_NONE || d->role == ROLE_NONE ||
		    (!st->replicas && d->role == ROLE_REPLICA))
			continue;
		struct err *e = plan_switching(c->tag, d, c->self);
		ui_note(&c->ui, "%s; %s", e->what, e->remedy);
		err_free(e);
	}
}

/* What is set here and cannot be read. */
static void note_settings(const struct status_run *st)
{
	const struct ctx *c = st->c;
	const struct side *side = &st->side;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct health h = {0};
		if (!st->replicas && d->role == ROLE_REPLICA)
			continue;
		health_tell_settings(&h, d, c->self, c->tag);
		health_tell_unread(&h, d, c->self, c->tag);
		for (size_t k = 0; k < h.n; k++)
			ui_note(&c->ui, "%s; %s", h.findings[k].text, h.findings[k].remedy);
		health_free(&h);
	}
}

/* What is away with its pool. */
static void note_beside(const struct status_run *st)
{
	const struct ctx *c = st->c;
	struct strv names = {0};
	struct health *healths = NULL;

	plan_beside(&st->side, c->tag, c->self, &names, &healths);
	for (size_t i = 0; i < names.n; i++) {
		ui_note(&c->ui, "%s; %s", healths[i].findings[0].text,
			healths[i].findings[0].remedy);
		health_free(&healths[i]);
	}
	free(healths);
	strv_free(&names);
}

/* What is aside on its way back counts as the dataset that it was. */
static bool is_there(const struct side *side, const char *name)
{
	return side_find(side, name) != NULL || side_preserved(side, name) != NULL;
}

static struct err *look(struct status_run *st, unsigned flags)
{
	struct ctx *c = st->c;
	const struct strv *names = st->names.n > 0 ? &st->names : NULL;
	struct err *e = NULL;
	bool missing = false;

	for (size_t i = 0; i < st->names.n && e == NULL; i++)
		e = name_check_dataset(st->names.items[i]);
	flags |= LIST_APART;
	if (e == NULL)
		e = ctx_list(c, c->local, names, flags, &st->side);
	for (size_t i = 0; i < st->names.n && e == NULL; i++) {
		const struct dataset *d = side_find(&st->side, st->names.items[i]);
		missing = missing || ((d == NULL || d->role == ROLE_NONE) &&
				      side_unreadable(&st->side, st->names.items[i]) == NULL);
	}
	if (e == NULL && missing) {
		side_free(&st->side);
		e = ctx_list(c, c->local, names, flags | LIST_PRESERVED, &st->side);
	}
	return e;
}

static struct err *check_operand(const struct ctx *c, const struct side *side, const char *name)
{
	const struct dataset *d = side_find(side, name);

	const struct dataset *aside = d != NULL ? side_displaced(side, name) : NULL;

	if (aside != NULL)
		return plan_displaced(name, aside, c->self);
	if (side_unreadable(side, name) != NULL) /* all of these are told */
		return NULL;
	if (d == NULL && !is_there(side, name))
		return plan_not_there(side, name, c->self);
	if (d != NULL && d->role == ROLE_NONE)
		return err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)", name,
			       c->self, c->tag);
	return NULL;
}

/* --- for monitoring --- */

/* One line about what print_all() would show. */
static int tell(const struct status_run *st, uint64_t max_lag)
{
	const struct ctx *c = st->c;
	const struct side *side = &st->side;
	struct health *healths = mem_zalloc((side->n + side->unreadable.n + 1) * sizeof(*healths));
	struct strv names = {0};
	struct plugin m = {.max_lag = max_lag};
	size_t known = 0;
	int status;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct status s = plan_status(d, side->now);
		struct health *h = &healths[m.n];
		s.pool = side_pool(side, d->name);
		s.host = c->self;
		known += d->role != ROLE_NONE;
		if (d->role == ROLE_NONE)
			continue;
		if (d->paused && s.level != CHECK_CRITICAL && !pool_is_readonly(s.pool)) {
			m.paused++;
			continue;
		}
		bool asked = st->replicas || d->role != ROLE_REPLICA;
		plan_status_findings(d, &s, c->tag, asked ? max_lag : 0, h);
		/* Of what was not asked for, only what is wrong with it is told. */
		if (!asked && health_level(h) == CHECK_OK) {
			health_free(h);
			continue;
		}
		m.n++;
		strv_add(&names, d->name);
	}
	for (size_t i = 0; i < side->unreadable.n; i++) {
		const char *name = side->unreadable.items[i];
		struct err *e = plan_unreadable(name, c->self, side->unreadable_props.items[i]);
		health_add(&healths[m.n++], CHECK_CRITICAL, e);
		strv_add(&names, name);
		err_free(e);
		known++;
	}
	plan_beside(side, c->tag, c->self, &names, &healths);
	known += names.n - m.n;
	m.n = names.n;
	m.names = names.items;
	m.healths = healths;
	if (known > 0)
		status = plugin_print(&c->ui, &m);
	else
		status = plugin_unknown(
		    &c->ui,
		    err_new(ERR_FAILED, "no dataset on %s is zrep's (tag %s)", c->self, c->tag));
	for (size_t i = 0; i < m.n; i++)
		health_free(&healths[i]);
	free(healths);
	strv_free(&names);
	return status;
}

/* The first operand that is not there, or not zrep's. */
static struct err *check_operands(const struct status_run *st)
{
	struct err *e = NULL;

	for (size_t i = 0; i < st->names.n && e == NULL; i++)
		e = check_operand(st->c, &st->side, st->names.items[i]);
	return e;
}

static int monitor(struct status_run *st)
{
	uint64_t max_lag;
	struct err *e = options_max_lag(st->c, &max_lag);

	if (e == NULL)
		e = look(st, LIST_POOLS | LIST_OPENS |
				 (st->names.n == 0 ? LIST_BESIDE | LIST_SEEN : 0));
	if (e == NULL)
		e = check_operands(st);
	return e != NULL ? plugin_unknown(&st->c->ui, e) : tell(st, max_lag);
}

static int show(struct status_run *st)
{
	struct ui *u = &st->c->ui;
	struct err *e = look(st, LIST_SPACE | (st->names.n == 0 ? LIST_SEEN : 0));
	int status = 0;

	if (e != NULL)
		return ui_error(u, e);
	for (size_t i = 0; i < st->names.n; i++) {
		const char *name = st->names.items[i];
		e = check_operand(st->c, &st->side, name);
		status = exit_merge(status, ui_dataset_error(u, name, e));
	}
	print_all(st);
	ui_flush(u);
	for (size_t i = 0; i < st->side.unreadable.n; i++) {
		const char *name = st->side.unreadable.items[i];
		e = plan_unreadable(name, st->c->self, st->side.unreadable_props.items[i]);
		status = exit_merge(status, ui_dataset_error(u, name, e));
	}
	note_changes(st);
	note_settings(st);
	note_beside(st);
	return status;
}

/* What is not there when it begins would not come either: it is said, as without -w. */
static int watch(struct status_run *st)
{
	struct ctx *c = st->c;
	const struct strv *names = st->names.n > 0 ? &st->names : NULL;
	struct err *e = names != NULL ? look(st, 0) : NULL;

	if (e == NULL)
		e = check_operands(st);
	return e != NULL ? ui_error(&c->ui, e) : status_watch(c, names, st->replicas);
}

static int run_status(struct ctx *c)
{
	struct status_run st = {.c = c, .replicas = ctx_flag(c, 'a') || c->args.n > 0};
	int status;

	for (size_t i = 0; i < c->args.n; i++)
		strv_add(&st.names, c->args.items[i]);
	/* What is wrong is told when it is looked at. */
	err_free(ctx_tree_names(c, &st.names, TREE_ANY_ROLE));
	if (ctx_flag(c, 'w'))
		status = watch(&st);
	else if (c->every != NULL)
		status = ui_error(
		    &c->ui, err_remedy(err_new(ERR_USAGE, "{zrep status}: --every goes with -w"),
				       "`{zrep help status}` explains it"));
	else if (ctx_flag(c, 'm'))
		status = monitor(&st);
	else if (c->max_lag != NULL)
		status = ui_error(
		    &c->ui, err_remedy(err_new(ERR_USAGE, "{zrep status}: --max-lag goes with -m"),
				       "`{zrep help status}` explains it"));
	else
		status = show(&st);
	side_free(&st.side);
	strv_free(&st.names);
	return status;
}

const struct verb verb_status = {
    .name = "status",
    .shorthand = "-s",
    .flags = "amw",
    .options = " every max-lag ",
    .max_args = -1,
    .usage = "[-a] [-v | -w [--every TIME] | -m [--max-lag TIME]] [DATASET...]",
    .group = VERBS_LOOKING,
    .summary = "how far behind each replica is",
    .text = "For each dataset that this host is master of: where it goes, when the other side\n"
	    "last had everything, how much is not sent yet. Asks no other host and changes\n"
	    "nothing: a role change that was left half done is shown as it stands;\n"
	    "`zrep doctor --fix` recovers it.\n"
	    "  -a   replicas on this host as well\n"
	    "  -v   more: snapshots, savecount, keep, epoch, last error\n"
	    "  -w   live, in a terminal, with a graph of each one's lag\n"
	    "  --every TIME  with -w: how often it looks (2s)\n"
	    "  -m   one line, and the exit status, as monitoring plugins have them\n"
	    "  --max-lag TIME  with -m: critical if the last sync is longer ago: 90s, 5m, 2h, 1d\n",
    .monitor = true,
    .run = run_status,
};
