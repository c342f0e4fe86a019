/* The way back of a former master, as the replica of the one that took its place. */
#include <stdlib.h>

#include "cli/rejoin_group.h"
#include "cli/rejoin_loser.h"
#include "cli/rejoin_trees.h"
#include "cli/verb.h"
#include "ui/exit_status.h"
#include "util/sorted.h"

static int refuse(struct rejoin_run *run, size_t i)
{
	struct err *e = run->refused[i];

	run->refused[i] = NULL;
	record_str(ui_dataset(&run->c->ui, run->names.items[i]), "status", "failed");
	return ui_dataset_error(&run->c->ui, run->names.items[i], e);
}

static bool is_below_any(const char *name, const struct strv *sorted)
{
	char *at = name_parent(name);
	bool below = false;

	while (at != NULL && !below) {
		below = sorted_has(sorted->items, sorted->n, at);
		char *up = name_parent(at);
		free(at);
		at = up;
	}
	free(at);
	return below;
}

/* So many at a time: for a moment all of them are without their names, and one that is stopped undoes all of them. */
#define GROUP_MAX 32u

/* Takes out of `left` those that are within none of it, `most` at most: what is below waits, as it is renamed with them; and,
 * until they are all that is left, those in `last`. */
static void take_group(struct strv *left, size_t most, const struct strv *last, struct strv *group)
{
	struct strv sorted = {0}, rest = {0};

	for (size_t i = 0; i < left->n; i++)
		strv_add(&sorted, left->items[i]);
	sorted_sort(sorted.items, sorted.n);
	for (size_t turn = 0; turn < 2 && group->n == 0; turn++) {
		strv_free(&rest);
		for (size_t i = 0; i < left->n; i++) {
			const char *name = left->items[i];
			bool waits = group->n == most || is_below_any(name, &sorted) ||
				     (turn == 0 && strv_has(last, name));
			strv_add(waits ? &rest : group, name);
		}
	}
	strv_free(&sorted);
	strv_free(left);
	*left = rest;
}

static bool has_named(const struct rejoin_run *run, const struct strv *group)
{
	for (size_t i = 0; i < run->n_named; i++)
		if (strv_has(group, run->names.items[i]))
			return true;
	return false;
}

static int interrupted(struct ctx *c, const struct strv *names)
{
	int status = 0;

	for (size_t i = 0; i < names->n; i++)
		status = exit_merge(status, ui_dataset_error(&c->ui, names->items[i],
							     err_interrupted(names->items[i])));
	return status;
}

static int run_rejoin(struct ctx *c)
{
	struct rejoin_run run = {.c = c};
	struct strv *names = &run.names, left = {0};
	int status = 0;

	for (size_t i = 0; i < c->args.n; i++)
		if (!strv_has(names, c->args.items[i]))
			strv_add(names, c->args.items[i]);
	run.n_named = names->n;
	err_free(ctx_tree_names(c, names,
				TREE_ANY_ROLE | TREE_ASIDE)); /* what is wrong is told of each */
	rejoin_trees_check(&run);
	for (size_t seen = 0;;) {
		for (; seen < names->n; seen++)
			if (seen < run.n_refused && run.refused[seen] != NULL)
				status = exit_merge(status, refuse(&run, seen));
			else
				strv_add(&left, names->items[seen]);
		if (left.n == 0)
			break;
		struct strv group = {0};
		/* What is about to be destroyed is asked of each, and is what was just looked at. */
		bool asks = c->discard && !c->ui.yes && !c->dry_run;
		take_group(&left, asks ? 1 : GROUP_MAX, &run.last, &group);
		bool stop = run.interrupted || cancelled(c->cancel);
		status =
		    exit_merge(status, stop ? interrupted(c, &group) : rejoin_group(&run, &group));
		/* The top of a tree may only now be there again, after a run that died. */
		if (!c->dry_run && has_named(&run, &group))
			err_free(ctx_tree_names(c, names, TREE_ANY_ROLE | TREE_ASIDE));
		strv_free(&group);
	}
	for (size_t i = 0; i < run.n_refused; i++)
		err_free(run.refused[i]);
	free(run.refused);
	strv_free(&run.names);
	strv_free(&run.peer_names);
	strv_free(&run.last);
	return status;
}

const struct verb verb_rejoin = {
    .name = "rejoin",
    .flags = "",
    .options = " force discard no-sync limit ",
    .min_args = 1,
    .max_args = -1,
    .usage = "[--discard] [--force] [--no-sync] DATASET...",
    .group = VERBS_ROLES,
    .summary = "bring a former master back as the replica",
    .text = "For a master that was superseded (takeover -L). It is reverted to the last snapshot\n"
	    "that both sides have, becomes the replica, and is synced from the new master. What\n"
	    "only it has is preserved as DATASET_kept_TIME, without copying anything. Run it on\n"
	    "either side; -n shows what would be preserved or destroyed.\n"
	    "  --discard    destroy what only it has\n"
	    "  --force      if both sides are masters of one epoch: the side where this is run\n"
	    "               becomes the replica\n"
	    "  --no-sync    only the role: what is missing comes with the next sync\n",
    .run = run_rejoin,
};
