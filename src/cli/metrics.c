/* Numbers for Prometheus: of what status and status -m tell of this host, and by itself. */
#include "cli/metrics.h"

#include <string.h>

#include "cli/check.h"
#include "cli/status_say.h"
#include "cli/verb.h"
#include "plan/health/beside.h"
#include "plan/health/finding.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "ui/exit_status.h"
#include "ui/metrics.h"

void metrics_add_side(const struct ctx *c, const struct side *side, struct metrics *m)
{
	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct status s = plan_status(d, side->now);
		struct health h;
		if (d->role == ROLE_NONE)
			continue;
		s.pool = side_pool(side, d->name);
		s.host = c->self;
		plan_status_findings(d, &s, c->tag, 0, &h);
		(void)metrics_add(m, d, &s, &h);
		status_say_record(&c->ui, d, &s);
		health_free(&h);
	}
}

/* Nothing else is known of it. */
static void add_critical(struct metrics *m, const char *name)
{
	struct metrics_row *r = metrics_add_name(m, name);

	r->has[METRIC_VERDICT] = true;
	r->value[METRIC_VERDICT] = CHECK_CRITICAL;
	m->failed = true;
}

void metrics_add_away(const struct side *side, struct metrics *m, struct strv *away)
{
	plan_masters_away(side, away);
	for (size_t i = 0; i < away->n; i++)
		add_critical(m, away->items[i]);
}

/* Their pools are not imported. */
static int add_away(const struct ctx *c, const struct side *side, struct metrics *m)
{
	struct strv away = {0};
	int status = 0;

	metrics_add_away(side, m, &away);
	for (size_t i = 0; i < away.n; i++)
		status =
		    exit_merge(status, ui_dataset_error(&c->ui, away.items[i],
							plan_pool_away(away.items[i], c->self)));
	strv_free(&away);
	return status;
}

/* What is there and cannot be read has a verdict, as status -m gives it one. */
static int add_unreadable(const struct ctx *c, const struct side *side, struct metrics *m)
{
	int status = 0;

	for (size_t i = 0; i < side->unreadable.n; i++) {
		const char *name = side->unreadable.items[i];
		add_critical(m, name);
		status = exit_merge(
		    status, ui_dataset_error(
				&c->ui, name,
				plan_unreadable(name, c->self, side->unreadable_props.items[i])));
	}
	return status;
}

static int check_operands(const struct ctx *c, const struct side *side, struct metrics *m)
{
	int status = 0;

	for (size_t i = 0; i < c->args.n; i++) {
		const char *name = c->args.items[i];
		const struct dataset *d = side_find(side, name);
		struct err *e = NULL;
		if (side_unreadable(side, name) == NULL) /* that is a number of its own */
			e = plan_not_there(side, name, c->self);
		if (e == NULL && d != NULL && d->role == ROLE_NONE)
			e = err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)", name,
				    c->self, c->tag);
		m->failed = m->failed || e != NULL;
		status = exit_merge(status, ui_dataset_error(&c->ui, name, e));
	}
	return status;
}

/* Both sides are asked; who is away is what check says of that. */
static struct err *add_checks(struct ctx *c, struct metrics *m)
{
	struct check_verdicts v;
	struct err *e = m->n > 0 ? check_all(c, &c->args, 0, &v) : NULL;

	if (m->n == 0)
		return NULL;
	for (size_t i = 0; e == NULL && i < v.names.n; i++)
		for (size_t k = 0; k < m->n; k++)
			if (strcmp(m->rows[k].dataset, v.names.items[i]) == 0)
				metrics_check(&m->rows[k], health_level(&v.healths[i]));
	check_verdicts_free(&v);
	return e;
}

static int run_metrics(struct ctx *c)
{
	struct metrics m = {.tag = c->tag, .version = ZREP_VERSION};
	struct side side;
	struct strv names = {0};
	struct err *e = NULL;

	for (size_t i = 0; i < c->args.n && e == NULL; i++) {
		e = name_check_dataset(c->args.items[i]);
		strv_add(&names, c->args.items[i]);
	}
	/* What is wrong is told when it is looked at. */
	err_free(ctx_tree_names(c, &names, TREE_ANY_ROLE));
	if (e == NULL)
		e = ctx_list(c, c->local, names.n > 0 ? &names : NULL,
			     LIST_POOLS | LIST_OPENS | LIST_APART | (names.n > 0 ? 0 : LIST_SEEN),
			     &side);
	strv_free(&names);
	if (e != NULL)
		return ui_error(&c->ui, e);
	m.now = side.now;
	int status = check_operands(c, &side, &m);
	metrics_add_side(c, &side, &m);
	status = exit_merge(status, add_unreadable(c, &side, &m));
	status = exit_merge(status, add_away(c, &side, &m));
	if (ctx_flag(c, 'c') && (e = add_checks(c, &m)) != NULL) {
		m.failed = true;
		status = exit_merge(status, ui_error(&c->ui, e));
	}
	if (c->output != NULL && !c->dry_run)
		status = exit_merge(status, ui_error(&c->ui, metrics_write_file(&m, c->output)));
	else
		metrics_say(&m, &c->ui);
	metrics_free(&m);
	side_free(&side);
	return status;
}

const struct verb verb_metrics = {
    .name = "metrics",
    .flags = "c",
    .options = " output ",
    .max_args = -1,
    .usage = "[-c] [--output FILE] [DATASET...]",
    .group = VERBS_LOOKING,
    .summary = "how it stands, as numbers for Prometheus",
    .text =
	"What status and status -m tell of the datasets on this host, masters and replicas,\n"
	"in the text format of Prometheus, which is OpenMetrics as well. Asks no other host and\n"
	"changes nothing.\n"
	"  -c             also the verdict of check, which asks both sides and takes longer\n"
	"  --output FILE  into a file, for a textfile collector: it is replaced as a whole\n",
    .run = run_metrics,
};
