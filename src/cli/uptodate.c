/* uptodate and lastsent: one question each about what this host stores. No other host is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "engine/session.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "plan/sync.h"
#include "ui/json.h"
#include "util/mem.h"
#include "util/num.h"

/* Where several fail, the status is what all of them have, else 1. */
static void add_status(int *status, int one)
{
	if (one != 0)
		*status = *status == 0 || *status == one ? one : ERR_FAILED;
}

/* Looks at the operands, and says which of them are not there. `ask` says the rest of each. */
static int ask_each(struct ctx *c, unsigned list_flags,
		    int (*ask)(struct ctx *c, const struct dataset *d, uint64_t now,
			       nvlist_t *json))
{
	nvlist_t *json = nv_new();
	struct side side = {0};
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, &c->args, list_flags, &side);
	for (size_t i = 0; i < c->args.n && e == NULL; i++) {
		const struct dataset *d = side_find(&side, c->args.items[i]);
		if (d != NULL)
			add_status(&status, ask(c, d, side.now, json));
		else if (side_pool_away(&side, c->args.items[i]))
			add_status(&status,
				   ui_error(&c->ui, plan_pool_away(c->args.items[i], c->self)));
		else
			add_status(
			    &status,
			    ui_error(&c->ui,
				     err_remedy(err_new(ERR_FAILED, "%s on %s does not exist",
							c->args.items[i], c->self),
						"`zrep list` shows the datasets that zrep "
						"knows")));
	}
	if (e == NULL && c->ui.json)
		json_print(json);
	side_free(&side);
	nv_free(json);
	return e != NULL ? ui_error(&c->ui, e) : status;
}

/* --- uptodate --- */

static void print_uptodate(const struct ctx *c, const struct dataset *d, const struct standing *s,
			   bool yes)
{
	char lag[NUM_TEXT], bytes[NUM_TEXT];

	printf("%s on %s is %sup to date: ", d->name, c->self, yes ? "" : "not ");
	if (s->last == NULL)
		printf("nothing was synced yet\n");
	else if (yes)
		printf("nothing was written since @%s, synced %s ago\n", s->last->name,
		       num_seconds(lag, s->lag));
	else
		printf("%s and %zu snapshot%s since @%s, synced %s ago\n",
		       num_bytes(bytes, s->bytes), (size_t)s->snaps, s->snaps == 1 ? "" : "s",
		       s->last->name, num_seconds(lag, s->lag));
}

static int is_uptodate(struct ctx *c, const struct dataset *d, uint64_t now, nvlist_t *json)
{
	struct pair pair = pair_of_one(c->tag, c->self, d);
	struct sync_opts opts = {.own_only = ctx_own_only(c), .all = ctx_all_snaps(c)};
	struct standing s = plan_standing(d, now);
	bool yes;
	struct err *e = plan_uptodate(&pair, &opts, &yes);

	if (e != NULL)
		return ui_error(&c->ui, e);
	if (c->ui.json) {
		nvlist_t *one = nv_new();
		nv_add_u64(one, "uptodate", yes);
		if (s.last != NULL) {
			nv_add_str(one, "snapshot", s.last->name);
			nv_add_u64(one, "synced", s.sent);
		}
		nv_add_u64(one, "unsent_snapshots", s.snaps);
		nv_add_u64(one, "unsent_bytes", s.bytes);
		nv_add_nv(json, d->name, one);
		nv_free(one);
	} else if (!c->ui.quiet) {
		print_uptodate(c, d, &s, yes);
	}
	return yes ? 0 : 1;
}

int cmd_uptodate(struct ctx *c)
{
	return ask_each(c, LIST_SETTLE, is_uptodate);
}

/* --- lastsent --- */

static int print_lastsent(struct ctx *c, const struct dataset *d, uint64_t now, nvlist_t *json)
{
	const struct snap *last = plan_last_synced(d);

	(void)now;
	if (last == NULL && d->role == ROLE_NONE)
		return ui_error(&c->ui,
				err_new(ERR_FAILED, "%s on %s is not replicated by zrep (tag %s)",
					d->name, c->self, c->tag));
	if (last == NULL)
		return ui_error(&c->ui,
				err_remedy(err_new(ERR_FAILED, "%s on %s was never synced (tag %s)",
						   d->name, c->self, c->tag),
					   "see `zrep status -v %s`", d->name));
	if (c->ui.json) {
		nvlist_t *one = nv_new();
		nv_add_str(one, "snapshot", last->name);
		nv_add_u64(one, "synced", last->sent);
		nv_add_u64(one, "guid", last->guid);
		nv_add_nv(json, d->name, one);
		nv_free(one);
	} else {
		printf("%s@%s\n", d->name, last->name);
	}
	return 0;
}

int cmd_lastsent(struct ctx *c)
{
	return ask_each(c, 0, print_lastsent);
}
