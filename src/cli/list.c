#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "plan/plan.h"
#include "ui/json.h"
#include "util/num.h"

static void print_snaps(const struct ctx *c, const struct dataset *d)
{
	const char *format = c->settings.date_format;
	char made[NUM_TIME], sent[NUM_TIME];

	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		printf("%s@%s\t%s", d->name, s->name, num_time_as(made, format, s->creation));
		if (c->ui.verbose)
			printf("\t%s", s->sent ? num_time_as(sent, format, s->sent) : "not sent");
		printf("\n");
	}
}

static void print_props(const struct dataset *d)
{
	const struct snap *last = NULL;

	printf("%s:\n", d->name);
	nv_each(d->own, p)
		printf("%s\t%s\n", nvpair_name(p), nv_str(d->own, nvpair_name(p)));
	for (size_t i = 0; i < d->n_snaps; i++)
		if (d->snaps[i].sent != 0)
			last = &d->snaps[i];
	printf("last snapshot synced: %s%s%s\n\n", last ? d->name : "none", last ? "@" : "",
	       last ? last->name : "");
}

static void add_json(nvlist_t *all, const struct dataset *d)
{
	nvlist_t *one = nv_new(), *snaps = nv_new();

	nv_add_u64(one, "master", d->role == ROLE_MASTER);
	nv_add_nv(one, "properties", d->own);
	for (size_t i = 0; i < d->n_snaps; i++) {
		const struct snap *s = &d->snaps[i];
		nvlist_t *k = nv_new();
		nv_add_u64(k, "guid", s->guid);
		nv_add_u64(k, "creation", s->creation);
		nv_add_u64(k, "sent", s->sent);
		nv_add_u64(k, "held", s->held);
		nv_add_nv(snaps, s->name, k);
		nv_free(k);
	}
	nv_add_nv(one, "snapshots", snaps);
	nv_add_nv(all, d->name, one);
	nv_free(snaps);
	nv_free(one);
}

static void print_side(struct ctx *c, const struct side *side)
{
	bool masters = ctx_flag(c, 'L'), snaps = ctx_flag(c, 's');
	nvlist_t *json = nv_new();

	for (size_t i = 0; i < side->n; i++) {
		const struct dataset *d = &side->datasets[i];
		if (d->role == ROLE_NONE ||
		    ((masters || snaps) && d->role != ROLE_MASTER && c->args.n == 0))
			continue;
		if (c->ui.json)
			add_json(json, d);
		else if (snaps)
			print_snaps(c, d);
		else if (c->ui.verbose)
			print_props(d);
		else
			printf("%s\n", d->name);
	}
	if (c->ui.json)
		json_print(json);
	nv_free(json);
}

int cmd_list(struct ctx *c)
{
	struct side side;
	struct err *e = NULL;
	int status = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, c->args.n > 0 ? &c->args : NULL, 0, &side);
	if (e != NULL)
		return ui_error(&c->ui, e);
	for (size_t i = 0; i < c->args.n; i++)
		if (side_pool_away(&side, c->args.items[i]))
			status = ui_error(&c->ui, plan_pool_away(c->args.items[i], c->self));
		else if (side_find(&side, c->args.items[i]) == NULL)
			status = ui_error(&c->ui, err_new(ERR_FAILED, "%s on %s does not exist",
							  c->args.items[i], c->self));
	print_side(c, &side);
	side_free(&side);
	return status;
}
