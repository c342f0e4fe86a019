/* How far behind each replica is, from what this host stores. It tells: no other host is asked, nothing is locked,
 * and what is half done is shown as it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "plan/plan.h"
#include "state/error_note.h"
#include "ui/exit_status.h"
#include "ui/plugin.h"
#include "util/mem.h"
#include "util/num.h"

struct status {
	struct ctx *c;
	struct strv
	    names; /* what was named, with what of zrep's is below that in its tree; none: all */
	bool replicas; /* those on this host as well */
	struct side side;
};

static const char *role_word(const struct dataset *d)
{
	switch (d->role) {
	case ROLE_MASTER:
		return "master";
	case ROLE_REPLICA:
		return "replica";
	case ROLE_BROKEN:
		return "broken";
	case ROLE_NONE:
		break;
	}
	return "none";
}

static char *peer_of(const struct dataset *d)
{
	bool replica = d->role == ROLE_REPLICA;
	const char *host = replica ? d->src_host : d->dest_host;
	const char *fs = replica ? d->src_fs : d->dest_fs;

	return str_clean(str_fmt("%s:%s", host ? host : "?", fs ? fs : "?"));
}

static void record_dataset(const struct ui *u, const struct dataset *d, const struct standing *s)
{
	struct record *one = ui_dataset(u, d->name), *last;
	char *peer = peer_of(d);

	record_str(one, "role", role_word(d));
	record_str(one, "state", s->word);
	record_str(one, "peer", peer);
	record_str(one, "type", d->type == TYPE_VOLUME ? "volume" : "filesystem");
	if (s->last != NULL) {
		record_str(one, "snapshot", s->last->name);
		record_u64(one, "synced", s->sent);
		record_u64(one, "lag", s->lag);
	}
	record_u64(one, "unsent_snapshots", s->snaps);
	record_u64(one, "unsent_bytes", s->bytes);
	record_u64(one, "savecount", d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	record_flag(one, "savecount_bad", d->savecount_bad);
	if (d->keep_text != NULL) {
		record_str(one, "keep", d->keep_text);
		record_flag(one, "keep_bad", d->keep_bad);
	}
	record_u64(one, "epoch", d->epoch);
	if (d->since != 0)
		record_u64(one, "since", d->since);
	record_str(one, "switch", d->switching);
	record_flag(one, "paused", d->paused);
	if (s->error != NULL) {
		last = record_map(one, "last_error");
		record_u64(last, "time", s->error_time);
		record_str(last, "reason", err_reason_word(error_note_parse(d->error).reason));
		record_str(last, "text", s->error);
	}
	free(peer);
}

static void add_row(struct table *t, const struct dataset *d, const struct standing *s,
		    const char *format)
{
	char text[NUM_TEXT], when[NUM_TIME];
	char *peer = peer_of(d), *unsent;

	table_cell(t, d->name);
	table_cell(t, peer);
	table_cell(t, num_time_as(when, format, s->sent));
	table_cell(t, s->last ? num_seconds(text, s->lag) : "-");
	unsent = d->role == ROLE_MASTER ? mem_strdup(num_bytes(text, s->bytes)) : mem_strdup("-");
	table_cell(t, unsent);
	table_cell(t, s->word);
	free(unsent);
	free(peer);
}

static void print_long(const struct ui *u, const struct dataset *d, const struct standing *s,
		       const char *format)
{
	char when[NUM_TIME], a[NUM_TEXT], b[NUM_TEXT];
	char *peer = peer_of(d);

	ui_line(u, "%s", d->name);
	ui_line(u, "  %-12s %s%s", "role", role_word(d), d->paused ? ", paused" : "");
	ui_line(u, "  %-12s %s", d->role == ROLE_REPLICA ? "source" : "destination", peer);
	ui_line(u, "  %-12s %s", "synced", s->last ? num_time_as(when, format, s->sent) : "never");
	if (s->last != NULL)
		ui_line(u, "  %-12s @%s, %s ago", "", s->last->name, num_seconds(a, s->lag));
	if (d->role == ROLE_MASTER)
		ui_line(u, "  %-12s %s, %" PRIu64 " snapshots", "unsent", num_bytes(b, s->bytes),
			s->snaps);
	if (d->savecount_bad)
		ui_line(u, "  %-12s not a number above 0: nothing is expired", "savecount");
	else
		ui_line(u, "  %-12s %" PRIu64 "", "savecount",
			d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	if (d->keep_text != NULL)
		ui_line(u, "  %-12s %s%s", "keep", d->keep_text,
			d->keep_bad ? " (cannot be read: nothing is expired)" : "");
	ui_line(u, "  %-12s %" PRIu64 "%s%s", "epoch", d->epoch, d->since ? ", since " : "",
		d->since ? num_time_as(when, format, d->since) : "");
	ui_line(u, "  %-12s %s", "state", s->word);
	if (d->switching != NULL)
		ui_line(u, "  %-12s %s", "change", d->switching);
	if (s->error != NULL)
		ui_line(u, "  %-12s %s: %s", "last error", num_time_as(when, format, s->error_time),
			s->error);
	free(peer);
}

static void print_all(const struct status *st)
{
	struct ctx *c = st->c;
	const struct side *side = &st->side;
	struct table t = {.columns = 6,
			  .heads = {"DATASET", "PEER", "SYNCED", "LAG", "UNSENT", "STATE"},
			  .right = {false, false, false, true, true, false},
			  .name = {true, true}};

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct standing s = plan_standing(d, side->now);
		if (d->role == ROLE_NONE || (!st->replicas && d->role == ROLE_REPLICA))
			continue;
		record_dataset(&c->ui, d, &s);
		if (c->ui.verbose)
			print_long(&c->ui, d, &s, c->settings.date_format);
		else
			add_row(&t, d, &s, c->settings.date_format);
	}
	if (t.cells.n > 0)
		ui_table(&c->ui, &t);
	else if (c->ui.format == NULL && !c->ui.verbose && st->names.n == 0)
		ui_note(&c->ui, "no dataset on %s is %s (tag %s)", c->self,
			st->replicas ? "zrep's" : "mastered here", c->tag);
	table_free(&t);
}

/* What is half done here, and what ends it. Another zrep may be at it: nobody is asked. */
static void note_changes(const struct status *st)
{
	const struct ctx *c = st->c;
	const struct side *side = &st->side;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		if (d->change.kind == CHANGE_NONE || d->role == ROLE_NONE ||
		    (!st->replicas && d->role == ROLE_REPLICA))
			continue;
		struct err *e = plan_switching(c->tag, d, c->self);
		ui_note(&c->ui, "%s; %s", e->what, e->remedy);
		err_free(e);
	}
}

/* What is aside on its way back counts as the dataset that it was. */
static bool is_there(const struct side *side, const char *name)
{
	return side_find(side, name) != NULL || side_aside(side, name) != NULL;
}

static struct err *look(struct status *st, unsigned flags)
{
	struct ctx *c = st->c;
	const struct strv *names = st->names.n > 0 ? &st->names : NULL;
	struct err *e = NULL;
	bool missing = false;

	for (size_t i = 0; i < st->names.n && e == NULL; i++)
		e = name_check_dataset(st->names.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, names, flags, &st->side);
	for (size_t i = 0; i < st->names.n && e == NULL; i++)
		missing = missing || side_find(&st->side, st->names.items[i]) == NULL;
	if (e == NULL && missing) {
		side_free(&st->side);
		e = ctx_list(c, c->local, names, flags | LIST_ASIDES, &st->side);
	}
	return e;
}

static struct err *check_operand(const struct ctx *c, const struct side *side, const char *name)
{
	const struct dataset *d = side_find(side, name);

	if (d == NULL && side_pool_away(side, name))
		return plan_pool_away(name, c->self);
	if (!is_there(side, name))
		return err_new(ERR_FAILED, "%s on %s does not exist", name, c->self);
	if (d != NULL && d->role == ROLE_NONE)
		return err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)", name,
			       c->self, c->tag);
	return NULL;
}

/* --- for monitoring --- */

/* One line about what print_all() would show. */
static int tell(const struct status *st, uint64_t max_lag)
{
	const struct ctx *c = st->c;
	const struct side *side = &st->side;
	struct health *healths = mem_zalloc((side->n + 1) * sizeof(*healths));
	struct strv names = {0};
	struct plugin m = {.healths = healths, .max_lag = max_lag};
	size_t known = 0;
	int status;

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct standing s = plan_standing(d, side->now);
		struct health *h = &healths[m.n];
		s.pool_readonly = side_pool_readonly(side, d->name);
		s.host = c->self;
		known += d->role != ROLE_NONE;
		if (d->role == ROLE_NONE)
			continue;
		if (d->paused && s.level != CHECK_CRITICAL && !s.pool_readonly) {
			m.paused++;
			continue;
		}
		bool asked = st->replicas || d->role != ROLE_REPLICA;
		plan_standing_health(d, &s, c->tag, asked ? max_lag : 0, h);
		/* Of what was not asked for, only what is wrong with it is told. */
		if (!asked && health_level(h) == CHECK_OK) {
			health_free(h);
			continue;
		}
		m.n++;
		strv_add(&names, d->name);
	}
	m.names = names.items;
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
static struct err *check_operands(const struct status *st)
{
	struct err *e = NULL;

	for (size_t i = 0; i < st->names.n && e == NULL; i++)
		e = check_operand(st->c, &st->side, st->names.items[i]);
	return e;
}

static int monitor(struct status *st)
{
	uint64_t max_lag;
	struct err *e = options_max_lag(st->c, &max_lag);

	if (e == NULL)
		e = look(st, LIST_POOLS);
	if (e == NULL)
		e = check_operands(st);
	return e != NULL ? plugin_unknown(&st->c->ui, e) : tell(st, max_lag);
}

static int show(struct status *st)
{
	struct ui *u = &st->c->ui;
	struct err *e = look(st, 0);
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
	note_changes(st);
	return status;
}

int cmd_status(struct ctx *c)
{
	struct status st = {.c = c, .replicas = ctx_flag(c, 'a') || c->args.n > 0};
	int status;

	for (size_t i = 0; i < c->args.n; i++)
		strv_add(&st.names, c->args.items[i]);
	/* What is wrong is told when it is looked at. */
	err_free(ctx_tree_names(c, &st.names, true));
	if (ctx_flag(c, 'm'))
		status = monitor(&st);
	else if (c->max_lag != NULL)
		status = ui_error(
		    &c->ui, err_remedy(err_new(ERR_USAGE, "zrep status: --max-lag goes with -m"),
				       "`zrep help status` explains it"));
	else
		status = show(&st);
	side_free(&st.side);
	strv_free(&st.names);
	return status;
}
