/* What became of the role of datasets, as this host has it on record. No other host is asked: what one side knows, the other
 * one learns with the change itself, or with the next sync. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "state/history.h"
#include "ui/exit_status.h"
#include "util/mem.h"
#include "util/num.h"

/* What a change is to people. */
static const struct change {
	const char *word, *meaning;
} changes[] = {
    {HISTORY_PLANNED, "the role moved as planned"},
    {HISTORY_FORCED, "it became the master without its other side being asked"},
    {HISTORY_GIVEN_UP, "it gave the role up without its other side being asked"},
    {HISTORY_REJOINED, "it came back as the replica"},
    {HISTORY_UNDONE, "a change of the role was undone"},
    {HISTORY_SUPERSEDED, "it was found to be superseded"},
    {HISTORY_SPLIT_BRAIN, "a split brain was found"},
    {HISTORY_SET_BACK, "one side was found to be set back to an older image"},
    {HISTORY_DRILLED, "a failover was rehearsed, and would have worked"},
    {HISTORY_DRILL_FAILED, "a failover was rehearsed, and something did not work"},
};

static const char *meaning_of(const struct history_entry *e)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (strcmp(changes[i].word, e->change) == 0)
			return changes[i].meaning;
	return "a change that this zrep does not know";
}

/* --- words --- */

static void cell_host(struct table *t, const char *place)
{
	char *host = place != NULL ? str_fmt("%.*s", (int)strcspn(place, ":"), place) : NULL;

	table_cell(t, host != NULL ? host : "-");
	free(host);
}

/* "0.2s", "3m 5s"; to: NUM_TEXT bytes. */
static const char *seconds_of(char *to, uint64_t ms)
{
	if (ms < 60000)
		snprintf(to, NUM_TEXT, "%" PRIu64 ".%" PRIu64 "s", ms / 1000, ms / 100 % 10);
	else
		num_seconds(to, ms / 1000);
	return to;
}

static void say_row(struct table *t, const struct ctx *c, const struct dataset *d,
		    const struct history_entry *e, bool named)
{
	char when[NUM_TIME], text[NUM_TEXT];

	if (named)
		table_cell(t, d->name);
	table_cell(t, num_time_as(when, c->settings.date_format, e->time));
	table_cell(t, e->change);
	cell_host(t, e->text[HISTORY_FROM]);
	cell_host(t, e->text[HISTORY_TO]);
	snprintf(text, sizeof(text), "%" PRIu64, e->number[HISTORY_EPOCH]);
	table_cell(t, e->has[HISTORY_EPOCH] ? text : "-");
	table_cell(t, e->text[HISTORY_BY] != NULL ? e->text[HISTORY_BY] : "-");
	table_cell(t,
		   e->has[HISTORY_READONLY] ? seconds_of(text, e->number[HISTORY_READONLY]) : "-");
	table_cell(t, e->has[HISTORY_BYTES] ? num_bytes(text, e->number[HISTORY_BYTES]) : "?");
}

static void say_text(const struct ctx *c, const char *what, const char *text)
{
	if (text != NULL)
		ui_line(&c->ui, "    %-11s %s", what, text);
}

static void say_unsent(const struct ctx *c, const struct history_entry *e)
{
	char bytes[NUM_TEXT], ago[NUM_TEXT];

	if (e->has[HISTORY_BYTES])
		ui_line(&c->ui, "    %-11s %s%s", "not sent",
			num_bytes(bytes, e->number[HISTORY_BYTES]),
			e->number[HISTORY_BYTES] == 0 && e->number[HISTORY_SNAPS] == 0 ? ""
			: e->text[HISTORY_KEPT] == NULL                                ? ""
			: strcmp(e->text[HISTORY_KEPT], "-") == 0 ? ", destroyed"
								  : ", preserved");
	if (e->number[HISTORY_SNAPS] != 0)
		ui_line(&c->ui, "    %-11s %" PRIu64 " snapshots", "", e->number[HISTORY_SNAPS]);
	if (e->has[HISTORY_BEHIND])
		ui_line(&c->ui, "    %-11s what was written in the last %s", "not here",
			num_seconds(ago, e->number[HISTORY_BEHIND]));
}

static void say_long(const struct ctx *c, const struct history_entry *e)
{
	char text[NUM_TIME], number[NUM_TEXT];

	ui_line(&c->ui, "  %s  %s: %s", num_time_as(text, c->settings.date_format, e->time),
		e->change, meaning_of(e));
	say_text(c, "from", e->text[HISTORY_FROM]);
	say_text(c, "to", e->text[HISTORY_TO]);
	say_text(c, "asked by", e->text[HISTORY_BY]);
	if (e->has[HISTORY_EPOCH])
		ui_line(&c->ui, "    %-11s %" PRIu64, "epoch", e->number[HISTORY_EPOCH]);
	if (e->has[HISTORY_READONLY])
		say_text(c, "read-only", seconds_of(number, e->number[HISTORY_READONLY]));
	say_unsent(c, e);
	if (e->text[HISTORY_KEPT] != NULL && strcmp(e->text[HISTORY_KEPT], "-") != 0)
		say_text(c, "kept as", e->text[HISTORY_KEPT]);
	if (e->has[HISTORY_FORK])
		ui_line(&c->ui, "    %-11s %" PRIu64 " (GUID of the snapshot)", "went on at",
			e->number[HISTORY_FORK]);
	if (e->has[HISTORY_ENDED])
		ui_line(&c->ui, "    %-11s %s after the decision", "finished",
			num_seconds(number, e->number[HISTORY_ENDED]));
}

/* --- values --- */

static void record_entry(struct record *one, const struct history_entry *e)
{
	static const char *const numbers[HISTORY_NUMBERS] = {
	    [HISTORY_EPOCH] = "epoch",          [HISTORY_READONLY] = "readonly_ms",
	    [HISTORY_BEHIND] = "behind",        [HISTORY_SNAPS] = "unsent_snapshots",
	    [HISTORY_BYTES] = "unsent_bytes",   [HISTORY_FORK] = "fork",
	    [HISTORY_ENDED] = "finished_after",
	};
	static const char *const texts[] = {
	    [HISTORY_FROM] = "from", [HISTORY_TO] = "to", [HISTORY_BY] = "by"};
	const char *kept = e->text[HISTORY_KEPT];

	record_u64(one, "time", e->time);
	record_str(one, "change", e->change);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		record_str(one, texts[i], e->text[i]);
	for (size_t i = 0; i < HISTORY_NUMBERS; i++)
		if (e->has[i])
			record_u64(one, numbers[i], e->number[i]);
	if (kept != NULL && strcmp(kept, "-") != 0)
		record_str(one, "preserved", kept);
	else if (kept != NULL)
		record_flag(one, "destroyed", true);
}

/* --- all of them --- */

struct history_run {
	struct ctx *c;
	struct side side;
	size_t told; /* entries */
};

static void tell(struct history_run *r)
{
	struct ctx *c = r->c;
	bool named = c->args.n != 1;
	struct table t = {.columns = 8 + named};
	static const char *const heads[] = {"DATASET", "TIME", "CHANGE",    "FROM",  "TO",
					    "EPOCH",   "BY",   "READ-ONLY", "UNSENT"};

	for (size_t i = 0; i < t.columns; i++) {
		size_t k = i + !named;
		t.heads[i] = heads[k];
		t.right[i] = k == 5 || k >= 7;
		t.name[i] = k == 0 || k == 3 || k == 4 || k == 6;
	}
	for (size_t i = 0; i < r->side.n; i++) {
		const struct dataset *d = &r->side.datasets[i];
		struct history h = history_parse(d->history);
		if (d->role == ROLE_NONE && h.n == 0)
			continue;
		struct record *one = ui_dataset(&c->ui, d->name);
		record_list(one, "history");
		if (c->ui.verbose && h.n > 0)
			ui_line(&c->ui, "%s", d->name);
		for (size_t k = 0; k < h.n; k++) {
			record_entry(record_item(one, "history"), &h.items[k]);
			if (c->ui.verbose)
				say_long(c, &h.items[k]);
			else
				say_row(&t, c, d, &h.items[k], named);
		}
		r->told += h.n;
		history_free(&h);
	}
	if (t.cells.n > 0)
		ui_table(&c->ui, &t);
	table_free(&t);
}

static struct err *check_operand(const struct history_run *r, const char *name)
{
	const struct ctx *c = r->c;
	const struct dataset *d = side_find(&r->side, name);

	if (d == NULL)
		return plan_not_there(&r->side, name, c->self);
	if (d->role == ROLE_NONE && d->history == NULL)
		return err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)", name,
			       c->self, c->tag);
	return NULL;
}

static int run_history(struct ctx *c)
{
	struct history_run r = {.c = c};
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, c->args.n > 0 ? &c->args : NULL, LIST_APART, &r.side);
	if (e != NULL)
		return ui_error(&c->ui, e);
	for (size_t i = 0; i < c->args.n; i++)
		status = exit_merge(status, ui_dataset_error(&c->ui, c->args.items[i],
							     check_operand(&r, c->args.items[i])));
	tell(&r);
	ui_flush(&c->ui);
	if (r.told == 0 && status == 0 && c->ui.format == NULL)
		ui_note(&c->ui, "nothing is on record on %s: no role was moved (tag %s)", c->self,
			c->tag);
	side_free(&r.side);
	return status;
}

const struct verb verb_history = {
    .name = "history",
    .flags = "",
    .max_args = -1,
    .usage = "[-v] [DATASET...]",
    .group = VERBS_LOOKING,
    .summary = "what became of the master's role",
    .text = "Each change of the role of a dataset, the oldest first: planned or forced, undone, a\n"
	    "former master that came back, a split brain or an older image that was found. It is\n"
	    "stored with the dataset on both sides; no other host is asked.\n"
	    "  -v   all that is known of each\n",
    .run = run_history,
};
