/* How replication has gone, as a page to look at. */
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "plan/health/finding.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "state/history.h"
#include "ui/exit_status.h"
#include "ui/report.h"
#include "util/file.h"
#include "util/mem.h"

static int by_time(const void *a, const void *b)
{
	const struct report_mark *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* zrep numbers its snapshots: where a number is missing, one may have gone whose mark would tell more. */
static void add_marks(struct report_row *r, const struct dataset *d)
{
	const struct snap *before = NULL;
	bool lacks = false;

	r->marks = mem_array(NULL, d->n_snaps + 1, sizeof(*r->marks));
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		if (s->zrep_named) {
			lacks =
			    lacks || (before != NULL && s->seq.number != before->seq.number + 1);
			before = s;
		}
		if (s->sent == 0)
			continue;
		r->marks[r->n_marks++] = (struct report_mark){
		    .made = s->creation, .at = s->sent, .bytes = s->written, .lacks = lacks};
		lacks = false;
	}
	if (r->n_marks > 1)
		qsort(r->marks, r->n_marks, sizeof(*r->marks), by_time);
}

static void add_changes(struct report_row *r, const struct dataset *d)
{
	struct history all = history_parse(d->history);

	r->changes = mem_zalloc((all.n + 1) * sizeof(*r->changes));
	for (size_t i = 0; i < all.n; i++) {
		const struct history_entry *e = &all.items[i];
		const char *from = e->text[HISTORY_FROM], *to = e->text[HISTORY_TO],
			   *by = e->text[HISTORY_BY];
		r->changes[r->n_changes++] = (struct report_change){
		    .at = e->time,
		    .word = mem_strdup(e->change),
		    .text = str_fmt("%s%s%s%s%s", from != NULL ? from : "",
				    from != NULL && to != NULL ? " to " : "", to != NULL ? to : "",
				    by != NULL ? ", by " : "", by != NULL ? by : "")};
	}
	history_free(&all);
}

static void add_row(const struct ctx *c, const struct side *side, const struct dataset *d,
		    struct report *out)
{
	struct report_row *r = &out->rows[out->n++];
	struct status s = plan_status(d, side->now);
	bool replica = d->role == ROLE_REPLICA;
	struct health h;

	s.pool = side_pool(side, d->name);
	s.host = c->self;
	plan_status_findings(d, &s, c->tag, 0, &h);
	*r = (struct report_row){.dataset = mem_strdup(d->name),
				 .peer = status_peer(d),
				 .role = replica                  ? "replica"
					 : d->role == ROLE_MASTER ? "master"
								  : "of no role",
				 .state = status_word(&s),
				 .rpo = d->rpo,
				 .unsent = replica ? 0 : s.bytes,
				 .level = (int)health_level(&h)};
	health_free(&h);
	add_marks(r, d);
	add_changes(r, d);
}

static int run_report(struct ctx *c)
{
	struct report out = {.host = c->self, .tag = c->tag, .version = ZREP_VERSION};
	struct strv names = {0};
	struct side side;
	struct err *e = NULL;
	int status = 0;

	if (*c->args.items[0] == '\0')
		e = err_remedy(err_new(ERR_USAGE, "{zrep report}: the name of its FILE is empty"),
			       "`{zrep help report}` explains it");
	for (size_t i = 1; i < c->args.n && e == NULL; i++) {
		e = name_check_dataset(c->args.items[i]);
		strv_add(&names, c->args.items[i]);
	}
	if (e == NULL)
		err_free(
		    ctx_tree_names(c, &names, TREE_ANY_ROLE)); /* it is told when it is looked at */
	if (e == NULL)
		e = ctx_list(c, c->local, names.n > 0 ? &names : NULL, LIST_POOLS | LIST_APART,
			     &side);
	if (e != NULL) {
		strv_free(&names);
		return ui_error(&c->ui, e);
	}
	out.now = side.now;
	out.rows = mem_zalloc((side.n + 1) * sizeof(*out.rows));
	for (size_t i = 0; i < side.n; i++)
		if (side.datasets[i].role != ROLE_NONE)
			add_row(c, &side, &side.datasets[i], &out);
	for (size_t i = 0; i < side.unreadable.n; i++)
		status = exit_merge(
		    status, ui_dataset_error(&c->ui, side.unreadable.items[i],
					     plan_unreadable(side.unreadable.items[i], c->self,
							     side.unreadable_props.items[i])));
	for (size_t i = 1; i < c->args.n; i++) {
		const char *name = c->args.items[i];
		const struct dataset *d = side_find(&side, name);
		if ((d == NULL || d->role == ROLE_NONE) && side_unreadable(&side, name) == NULL)
			status = exit_merge(
			    status,
			    ui_dataset_error(&c->ui, name,
					     err_new(ERR_FAILED,
						     "%s on %s is not replicated by zrep (tag %s)",
						     name, c->self, c->tag)));
	}
	struct buf text = {0};
	report_print(&out, &text);
	if (!c->dry_run)
		status =
		    exit_merge(status, ui_error(&c->ui, file_replace(c->args.items[0], &text)));
	buf_free(&text);
	report_free(&out);
	side_free(&side);
	strv_free(&names);
	return status;
}

const struct verb verb_report = {
    .name = "report",
    .flags = "",
    .options = " ",
    .min_args = 1,
    .max_args = -1,
    .usage = "FILE.html [DATASET...]",
    .group = VERBS_LOOKING,
    .summary = "how it has gone, as a page to look at",
    .text =
	"Writes one file of HTML, which loads nothing from anywhere: for each dataset on this\n"
	"host, over a day, a week and a month, its lag and its rpo, how much was brought over,\n"
	"the share of time within the rpo, and what became of the role. It knows what the\n"
	"snapshots that are still there, and the record of the role, say; no other host is\n"
	"asked, and nothing is changed.\n",
    .run = run_report,
};
