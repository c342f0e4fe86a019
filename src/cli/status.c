/* How far behind each replica is, from what this host stores. It tells: no other host is asked, nothing is locked,
 * and what is half done is shown as it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/health/finding.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "ui/json.h"
#include "ui/plugin.h"
#include "ui/table.h"
#include "util/mem.h"
#include "util/num.h"

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

static void add_json(nvlist_t *all, const struct dataset *d, const struct standing *s)
{
	nvlist_t *one = nv_new();
	char *peer = peer_of(d);

	nv_add_str(one, "role", role_word(d));
	nv_add_str(one, "state", s->word);
	nv_add_str(one, "peer", peer);
	nv_add_str(one, "type", d->type == TYPE_VOLUME ? "volume" : "filesystem");
	if (s->last != NULL) {
		nv_add_str(one, "snapshot", s->last->name);
		nv_add_u64(one, "synced", s->sent);
		nv_add_u64(one, "lag", s->lag);
	}
	nv_add_u64(one, "unsent_snapshots", s->snaps);
	nv_add_u64(one, "unsent_bytes", s->bytes);
	nv_add_u64(one, "savecount", d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	if (d->keep_text != NULL) {
		nv_add_str(one, "keep", d->keep_text);
		nv_add_u64(one, "keep_bad", d->keep_bad);
	}
	nv_add_u64(one, "epoch", d->epoch);
	if (d->since != 0)
		nv_add_u64(one, "since", d->since);
	if (d->switching != NULL)
		nv_add_str(one, "switch", d->switching);
	nv_add_u64(one, "paused", d->paused);
	if (s->error != NULL) {
		nv_add_str(one, "error", s->error);
		nv_add_u64(one, "error_time", s->error_time);
	}
	nv_add_nv(all, d->name, one);
	nv_free(one);
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

static void print_long(const struct dataset *d, const struct standing *s, const char *format)
{
	char when[NUM_TIME], a[NUM_TEXT], b[NUM_TEXT];
	char *peer = peer_of(d);

	printf("%s\n", d->name);
	printf("  %-12s %s%s\n", "role", role_word(d), d->paused ? ", paused" : "");
	printf("  %-12s %s\n", d->role == ROLE_REPLICA ? "source" : "destination", peer);
	printf("  %-12s %s\n", "synced", s->last ? num_time_as(when, format, s->sent) : "never");
	if (s->last != NULL)
		printf("  %-12s @%s, %s ago\n", "", s->last->name, num_seconds(a, s->lag));
	if (d->role == ROLE_MASTER)
		printf("  %-12s %s, %" PRIu64 " snapshots\n", "unsent", num_bytes(b, s->bytes),
		       s->snaps);
	if (d->savecount_bad)
		printf("  %-12s not a number above 0: nothing is expired\n", "savecount");
	else
		printf("  %-12s %" PRIu64 "\n", "savecount",
		       d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	if (d->keep_text != NULL)
		printf("  %-12s %s%s\n", "keep", d->keep_text,
		       d->keep_bad ? " (cannot be read: nothing is expired)" : "");
	printf("  %-12s %" PRIu64 "%s%s\n", "epoch", d->epoch, d->since ? ", since " : "",
	       d->since ? num_time_as(when, format, d->since) : "");
	printf("  %-12s %s\n", "state", s->word);
	if (d->switching != NULL)
		printf("  %-12s %s\n", "change", d->switching);
	if (s->error != NULL)
		printf("  %-12s %s: %s\n", "last error", num_time_as(when, format, s->error_time),
		       s->error);
	free(peer);
}

static void print_all(struct ctx *c, const struct side *side, bool replicas)
{
	struct table t = {.columns = 6,
			  .heads = {"DATASET", "PEER", "SYNCED", "LAG", "UNSENT", "STATE"},
			  .right = {false, false, false, true, true, false},
			  .name = {true, true}};
	nvlist_t *json = nv_new();

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		struct standing s = plan_standing(d, side->now);
		if (d->role == ROLE_NONE || (!replicas && d->role == ROLE_REPLICA))
			continue;
		if (c->ui.json)
			add_json(json, d, &s);
		else if (c->ui.verbose)
			print_long(d, &s, c->settings.date_format);
		else
			add_row(&t, d, &s, c->settings.date_format);
	}
	if (c->ui.json)
		json_print(json);
	else if (t.cells.n > 0)
		table_print(&t, table_width(1), stdout);
	else if (!c->ui.verbose && c->args.n == 0)
		ui_note(&c->ui, "no dataset on %s is %s (tag %s)", c->self,
			replicas ? "zrep's" : "mastered here", c->tag);
	table_free(&t);
	nv_free(json);
}

/* What is half done here, and what ends it. Another zrep may be at it: nobody is asked. */
static void note_changes(struct ctx *c, const struct side *side, bool replicas)
{
	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		if (d->change.kind == CHANGE_NONE || d->role == ROLE_NONE ||
		    (!replicas && d->role == ROLE_REPLICA))
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

static struct err *look(struct ctx *c, unsigned flags, struct side *side)
{
	const struct strv *names = c->args.n > 0 ? &c->args : NULL;
	struct err *e = ctx_list(c, c->local, names, flags, side);
	bool missing = false;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		missing = missing || side_find(side, c->args.items[i]) == NULL;
	if (e == NULL && missing) {
		side_free(side);
		e = ctx_list(c, c->local, names, flags | LIST_ASIDES, side);
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
static int tell(struct ctx *c, const struct side *side, bool replicas, uint64_t max_lag)
{
	struct health *healths = mem_zalloc((side->n + 1) * sizeof(*healths));
	struct strv names = {0};
	struct monitor m = {.healths = healths, .max_lag = max_lag};
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
		bool asked = replicas || d->role != ROLE_REPLICA;
		plan_standing_health(d, &s, c->tag, asked ? max_lag : 0, h);
		if (!asked &&
		    health_level(h) == CHECK_OK) { /* only what is wrong with it is told */
			health_free(h);
			continue;
		}
		m.n++;
		strv_add(&names, d->name);
	}
	m.names = names.items;
	if (known > 0)
		status = monitor_tell(c, &m);
	else
		status = monitor_unknown(
		    c, err_new(ERR_FAILED, "no dataset on %s is zrep's (tag %s)", c->self, c->tag));
	for (size_t i = 0; i < m.n; i++)
		health_free(&healths[i]);
	free(healths);
	strv_free(&names);
	return status;
}

/* The first operand that is not there, or not zrep's. */
static struct err *check_operands(const struct ctx *c, const struct side *side)
{
	struct err *e = NULL;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = check_operand(c, side, c->args.items[i]);
	return e;
}

static int monitor(struct ctx *c)
{
	struct side side = {0};
	uint64_t max_lag;
	struct err *e = monitor_max_lag(c, &max_lag);

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = look(c, LIST_POOLS, &side);
	if (e == NULL)
		e = check_operands(c, &side);
	int status = e != NULL ? monitor_unknown(c, e)
			       : tell(c, &side, ctx_flag(c, 'a') || c->args.n > 0, max_lag);
	side_free(&side);
	return status;
}

static int show(struct ctx *c)
{
	bool named = c->args.n > 0, all = ctx_flag(c, 'a');
	struct side side;
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = look(c, 0, &side);
	if (e != NULL)
		return ui_error(&c->ui, e);
	for (size_t i = 0; i < c->args.n; i++) {
		if ((e = check_operand(c, &side, c->args.items[i])) != NULL)
			status = ui_error(&c->ui, e);
	}
	print_all(c, &side, all || named);
	fflush(stdout); /* so that what follows on standard error stands behind it */
	note_changes(c, &side, all || named);
	side_free(&side);
	return status;
}

int cmd_status(struct ctx *c)
{
	err_free(
	    ctx_tree_names(c, &c->args, true)); /* what is wrong is told when it is looked at */
	if (ctx_flag(c, 'm'))
		return monitor(c);
	if (c->max_lag != NULL)
		return ui_error(
		    &c->ui, err_remedy(err_new(ERR_USAGE, "zrep status: --max-lag goes with -m"),
				       "`zrep help status` explains it"));
	return show(c);
}
