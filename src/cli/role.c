/* One line for programs: who this host's dataset is just now. No other host is asked, nothing is finished, nothing changed. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/verb.h"
#include "plan/health/status.h"
#include "plan/refusals.h"
#include "state/dataset.h"
#include "ui/exit_status.h"

/* Beside those that all verbs have. */
enum { IS_MASTER = 0, IS_REPLICA = 10, IS_CHANGING = 11, IS_NEITHER = 12 };

static const char *word_of(const struct dataset *d, int *status)
{
	static const char *const changes[] = {[SWITCH_DEMOTING] = "leaving",
					      [SWITCH_PROMOTING] = "entering",
					      [SWITCH_RESTING] = "resting",
					      [SWITCH_REVERTING] = "back",
					      [SWITCH_UNKNOWN] = "changing"};

	*status = IS_CHANGING;
	if (d->switch_state.kind == SWITCH_RESTING && !d->readonly) /* it has not come to that */
		return "changing";
	if (d->role != ROLE_NONE && d->switch_state.kind != SWITCH_NONE &&
	    d->switch_state.kind != SWITCH_OFFERED) /* that is a replica, until it takes it */
		return changes[d->switch_state.kind];
	*status = d->role == ROLE_MASTER    ? IS_MASTER
		  : d->role == ROLE_REPLICA ? IS_REPLICA
					    : IS_NEITHER;
	return d->role == ROLE_MASTER    ? "master"
	       : d->role == ROLE_REPLICA ? "replica"
	       : d->role == ROLE_BROKEN  ? "broken"
					 : "none";
}

static int say(struct ctx *c, const char *name, const struct dataset *d, const struct side *side)
{
	struct status s = plan_status(d, side->now);
	bool changing =
	    d->switch_state.kind == SWITCH_DEMOTING || d->switch_state.kind == SWITCH_PROMOTING;
	uint64_t epoch = changing ? d->switch_state.epoch : d->epoch;
	int status;
	const char *word = word_of(d, &status);
	const char *state = d->role != ROLE_NONE ? status_word(&s) : "-";
	struct record *one = ui_dataset(&c->ui, name);

	record_str(one, "role", word);
	record_u64(one, "epoch", epoch);
	record_str(one, "state", state);
	record_u64(one, "exit", (uint64_t)status);
	if (c->args.n == 1)
		ui_line(&c->ui, "%s %" PRIu64 " %s", word, epoch, state);
	else
		ui_line(&c->ui, "%s\t%s %" PRIu64 " %s", name, word, epoch, state);
	return status;
}

static int run_role(struct ctx *c)
{
	struct side side;
	struct err *e = NULL;
	int status = 0, all = 0;

	for (size_t i = 0; i < c->args.n && e == NULL; i++)
		e = name_check_dataset(c->args.items[i]);
	if (e == NULL)
		e = ctx_list(c, c->local, &c->args, LIST_APART | LIST_PRESERVED, &side);
	if (e != NULL)
		return ui_error(&c->ui, e);
	for (size_t i = 0; i < c->args.n; i++) {
		const char *name = c->args.items[i];
		const struct dataset *d = side_find(&side, name);
		if (d == NULL) /* aside, for a moment of its way back */
			d = side_preserved(&side, name);
		if (d != NULL) {
			int its = say(c, name, d, &side);
			all = i == 0 || its == all ? its : IS_CHANGING;
			continue;
		}
		status = exit_merge(
		    status, ui_dataset_error(&c->ui, name, plan_not_there(&side, name, c->self)));
	}
	ui_flush(&c->ui);
	side_free(&side);
	return status != 0 ? status : all;
}

const struct verb verb_role = {
    .name = "role",
    .flags = "",
    .min_args = 1,
    .max_args = -1,
    .usage = "DATASET...",
    .group = VERBS_LOOKING,
    .summary = "what this host's DATASET is, for programs",
    .text = "One line, \"master 7 ok\": the role (master, replica; leaving, entering, resting, "
	    "back in the\n"
	    "middle of a change; none, broken), the epoch, and the state as in status. No\n"
	    "other host is asked, nothing is settled. The exit status is 0 for a master, 10 for\n"
	    "a replica, 11 in a change, 12 for neither; others are errors.\n",
    .run = run_role,
};
