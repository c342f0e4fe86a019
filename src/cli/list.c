#include <inttypes.h>
#include <string.h>

#include "cli/verb.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "ui/exit_status.h"
#include "util/num.h"

/* When it was synced. Others' snapshots travel with zrep's, and are not marked. */
static const char *when_synced(const struct dataset *d, const struct snap *s, const char *format,
			       char text[NUM_TIME])
{
	const struct snap *last = plan_last_synced(d);

	if (s->sent != 0)
		return num_time_as(text, format, s->sent);
	return d->role == ROLE_MASTER && (last == NULL || s > last) ? "not sent" : "-";
}

static void print_snaps(const struct ctx *c, const struct dataset *d)
{
	const char *format = c->settings.date_format;
	char made[NUM_TIME], sent[NUM_TIME];

	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		const char *when = when_synced(d, s, format, sent);
		ui_line(&c->ui, "%s@%s\t%s%s%s", d->name, s->name,
			num_time_as(made, format, s->creation), c->ui.verbose ? "\t" : "",
			c->ui.verbose ? when : "");
	}
}

static void print_props(const struct ctx *c, const struct dataset *d)
{
	const struct snap *last = NULL;

	ui_line(&c->ui, "%s:", d->name);
	nv_each(d->own, p)
		ui_line(&c->ui, "%s\t%s", nvpair_name(p), nv_str(d->own, nvpair_name(p)));
	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].sent != 0)
			last = &d->snaps[i];
	ui_line(&c->ui, "last snapshot synced: %s%s%s\n", last ? d->name : "none", last ? "@" : "",
		last ? last->name : "");
}

static void record_dataset(const struct ctx *c, const struct dataset *d)
{
	struct record *one = ui_dataset(&c->ui, d->name), *props = record_map(one, "properties"),
		      *snaps = record_map(one, "snapshots");

	record_flag(one, "master", d->role == ROLE_MASTER);
	nv_each(d->own, p)
		record_str(props, nvpair_name(p), nv_str(d->own, nvpair_name(p)));
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		struct record *k = record_map(snaps, s->name);
		record_u64(k, "guid", s->guid);
		record_u64(k, "creation", s->creation);
		record_u64(k, "sent", s->sent);
		record_flag(k, "held", s->held);
	}
}

static void print_side(struct ctx *c, const struct side *side)
{
	bool masters = ctx_flag(c, 'L'), snaps = ctx_flag(c, 's');

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		if (d->role == ROLE_NONE ||
		    ((masters || snaps) && d->role != ROLE_MASTER && c->args.n == 0))
			continue;
		record_dataset(c, d);
		if (snaps)
			print_snaps(c, d);
		else if (c->ui.verbose)
			print_props(c, d);
		else
			ui_line(&c->ui, "%s", d->name);
	}
}

static int run_list(struct ctx *c)
{
	struct side side;
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, c->args.n > 0 ? &c->args : NULL, LIST_APART, &side);
	if (e != NULL)
		return ui_error(&c->ui, e);
	for (size_t i = 0; i < c->args.n; i++) {
		const char *name = c->args.items[i];
		if (side_unreadable(&side, name) != NULL)
			continue;
		status = exit_merge(
		    status, ui_dataset_error(&c->ui, name, plan_not_there(&side, name, c->self)));
	}
	print_side(c, &side);
	for (size_t i = 0; i < side.unreadable.n; i++) {
		const char *name = side.unreadable.items[i];
		e = plan_unreadable(name, c->self, side.unreadable_props.items[i]);
		status = exit_merge(status, ui_dataset_error(&c->ui, name, e));
	}
	side_free(&side);
	return status;
}

const struct verb verb_list = {
    .name = "list",
    .shorthand = "-l",
    .flags = "Ls",
    .max_args = -1,
    .usage = "[-v | -L | -s] [DATASET...]",
    .group = VERBS_LOOKING,
    .summary = "names of the datasets that zrep replicates",
    .text = "Without options, the names of all datasets on this host that carry zrep's\n"
	    "properties.\n"
	    "  -L   only those that this host is master of\n"
	    "  -v   with all zrep properties and the last snapshot synced\n"
	    "  -s   their snapshots instead, with time of creation\n",
    .run = run_list,
};
