#include "plan/health/event.h"

#include "plan/health/status.h"

uint64_t plan_rpo(const struct pair *p)
{
	if (p->src.d != NULL && p->src.d->rpo_text != NULL)
		return p->src.d->rpo;
	return p->dst.d != NULL ? p->dst.d->rpo : 0;
}

static const char *word_of(enum err_reason reason)
{
	switch (reason) {
	case REASON_SUPERSEDED:
		return "superseded";
	case REASON_SPLIT_BRAIN:
		return "split-brain";
	case REASON_SET_BACK:
		return "set-back";
	default:
		return "sync-failed";
	}
}

struct events plan_sync_events(const struct pair *pair, enum pair_side me, bool failed,
			       enum err_reason reason)
{
	const struct dataset *d = pair_end(pair, me)->d;
	struct error_note before = plan_last_error(d);
	const struct snap *last = plan_last_synced(d);
	uint64_t rpo = plan_rpo(pair);
	struct events out = {0};

	if (!failed) {
		if (before.text != NULL)
			out.names[out.n++] = "sync-recovered";
		if (d->late != 0)
			out.names[out.n++] = "rpo-met";
		return out;
	}
	if (before.text == NULL || before.reason != reason)
		out.names[out.n++] = word_of(reason);
	/* It is found by a run that cannot help it: one that can is late, and that is all. */
	out.late = d->late == 0 && rpo != 0 && last != NULL && pair->now > last->sent &&
		   pair->now - last->sent > rpo;
	if (out.late)
		out.names[out.n++] = "rpo-missed";
	return out;
}
