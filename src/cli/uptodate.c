/* uptodate and lastsent: one question each about what this host stores. No other host is asked. */
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "engine/session.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "plan/sync.h"
#include "state/dataset.h"
#include "ui/exit_status.h"
#include "util/mem.h"
#include "util/num.h"

/* Looks at the operands, and says which of them are not there. `ask` says the rest of each. */
static int ask_each(struct ctx *c, unsigned list_flags,
		    int (*ask)(struct ctx *c, const struct dataset *d, uint64_t now))
{
	struct side side = {0};
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, &c->args, list_flags, &side);
	for (size_t i = 0; i < c->args.n && e == NULL; i++) {
		const char *name = c->args.items[i];
		const struct dataset *d = side_find(&side, name);
		struct err *why = plan_not_there(&side, name, c->self);
		status = exit_merge(status, why != NULL ? ui_dataset_error(&c->ui, name, why)
							: ask(c, d, side.now));
	}
	side_free(&side);
	return e != NULL ? ui_error(&c->ui, e) : status;
}

/* --- uptodate --- */

static void print_uptodate(const struct ctx *c, const struct dataset *d, const struct status *s,
			   bool yes)
{
	char lag[NUM_TEXT], bytes[NUM_TEXT], *text;

	if (s->last == NULL)
		text = mem_strdup("nothing was synced yet");
	else if (yes)
		text = str_fmt("nothing was written since @%s, synced %s ago", s->last->name,
			       num_seconds(lag, s->lag));
	else
		text = str_fmt("%s and %zu snapshot%s since @%s, synced %s ago",
			       num_bytes(bytes, s->bytes), (size_t)s->snaps,
			       s->snaps == 1 ? "" : "s", s->last->name, num_seconds(lag, s->lag));
	ui_done(&c->ui, "%s on %s is %sup to date: %s", d->name, c->self, yes ? "" : "not ", text);
	free(text);
}

static int is_uptodate(struct ctx *c, const struct dataset *d, uint64_t now)
{
	struct pair pair = pair_of_one(c->tag, c->self, d);
	struct sync_opts opts = {.zrep_only = ctx_zrep_only(c), .all = ctx_all_snaps(c)};
	struct status s = plan_status(d, now);
	struct record *one = ui_dataset(&c->ui, d->name);
	bool yes;
	struct err *e = plan_uptodate(&pair, &opts, &yes);

	if (e != NULL)
		return ui_dataset_error(&c->ui, d->name, e);
	record_flag(one, "uptodate", yes);
	if (s.last != NULL) {
		record_str(one, "snapshot", s.last->name);
		record_u64(one, "synced", s.sent);
	}
	record_u64(one, "unsent_snapshots", s.snaps);
	record_u64(one, "unsent_bytes", s.bytes);
	record_u64(one, "exit", yes ? 0 : 1);
	print_uptodate(c, d, &s, yes);
	return yes ? 0 : 1;
}

static int run_uptodate(struct ctx *c)
{
	return ask_each(c, LIST_TXG_SYNC, is_uptodate);
}

const struct verb verb_uptodate = {
    .name = "uptodate",
    .flags = "",
    .min_args = 1,
    .max_args = -1,
    .usage = "DATASET...",
    .group = VERBS_LOOKING,
    .summary = "was anything written since the last sync?",
    .text =
	"Exit status 0 if nothing was written to DATASET since its last sync, 1 if something was.\n"
	"Asks no other host.\n",
    .run = run_uptodate,
};

/* --- lastsent --- */

static int print_lastsent(struct ctx *c, const struct dataset *d, uint64_t now)
{
	const struct snap *last = plan_last_synced(d);

	(void)now;
	struct err *e = NULL;
	if (last == NULL && d->role == ROLE_NONE)
		e = err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)", d->name,
			    c->self, c->tag);
	else if (last == NULL)
		e = err_remedy(err_new(ERR_FAILED, "%s on %s was never synced (tag %s)", d->name,
				       c->self, c->tag),
			       "on the master: {zrep sync %s}",
			       d->role == ROLE_REPLICA && name_is_dataset(d->src_fs) ? d->src_fs
										     : d->name);
	if (e != NULL)
		return ui_dataset_error(&c->ui, d->name, e);
	struct record *one = ui_dataset(&c->ui, d->name);
	record_str(one, "snapshot", last->name);
	record_u64(one, "synced", last->sent);
	record_u64(one, "guid", last->guid);
	ui_line(&c->ui, "%s@%s", d->name, last->name);
	return 0;
}

static int run_lastsent(struct ctx *c)
{
	return ask_each(c, 0, print_lastsent);
}

const struct verb verb_lastsent = {
    .name = "lastsent",
    .shorthand = "getlastsent",
    .flags = "",
    .min_args = 1,
    .max_args = -1,
    .usage = "DATASET...",
    .group = VERBS_LOOKING,
    .summary = "name of the snapshot synced last",
    .text =
	"Prints the newest snapshot that both sides had when a sync ended; exit status 1 if there\n"
	"is none.\n",
    .run = run_lastsent,
};
