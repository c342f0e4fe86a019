#include "plan/pace.h"

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t pace_interval(const struct pace *p)
{
	return longer(p->rpo != 0 ? p->rpo / 3 : p->every, PACE_LEAST);
}

uint64_t pace_confirm(const struct pace *p)
{
	return longer(p->rpo / 2, PACE_LEAST);
}

bool pace_is_light(const struct pace *p, uint64_t now)
{
	return p->confirmed != 0 &&
	       now < p->confirmed + (p->rpo != 0 ? pace_confirm(p) : PACE_GATHER);
}

/* Seconds, of two rounds and what one of them waits for. */
#define PACE_SLOW 60u

uint64_t pace_unmarked_most(uint64_t rpo)
{
	return longer(rpo, PACE_GATHER / 1000) + PACE_SLOW;
}

static bool is_to_be_confirmed(const struct pace *p, uint64_t now)
{
	return p->rpo != 0 && now >= p->confirmed + pace_confirm(p);
}

enum pace_want pace_next(const struct pace *p, bool counted, uint64_t now)
{
	if (now < p->retry)
		return PACE_NOTHING;
	if (p->begun == 0 || p->failures > 0)
		return PACE_SYNC;
	if (now < p->begun + pace_interval(p))
		return PACE_NOTHING;
	if (!p->at_rest || is_to_be_confirmed(p, now))
		return PACE_SYNC;
	if (now < p->looked + pace_interval(p))
		return PACE_NOTHING;
	return counted && now < p->looked_deep + longer(pace_interval(p), PACE_DEEP)
		   ? PACE_LOOK
		   : PACE_LOOK_DEEP;
}

bool pace_changed(const struct pace *p, const struct seen *s)
{
	return !p->at_rest || pace_differs(p, s);
}

bool pace_differs(const struct pace *p, const struct seen *s)
{
	if (s->has_state && (!p->rest.has_state || s->state != p->rest.state))
		return true;
	/* A kernel counts from the mount on: nothing counted is nothing written since, and no news. */
	return s->has_count && s->count != 0 && (!p->rest.has_count || s->count != p->rest.count);
}

uint64_t pace_put_off(unsigned failures, uint64_t random)
{
	uint64_t ms = PACE_RETRY_FIRST;

	while (failures-- > 1 && ms < PACE_RETRY_MAX)
		ms *= 2;
	if (ms > PACE_RETRY_MAX)
		ms = PACE_RETRY_MAX;
	return ms - ms / 4 + random % (ms / 2 + 1);
}

void pace_ended(struct pace *p, enum pace_outcome outcome, bool light, uint64_t begun,
		const struct seen *seen, uint64_t now, uint64_t random)
{
	p->begun = begun;
	switch (outcome) {
	case PACE_LEFT_OUT:
		p->at_rest = false;
		return;
	case PACE_BUSY:
		p->at_rest = false;
		p->busy++;
		p->retry = now + (p->busy < 10 ? PACE_RETRY_FIRST : 10 * PACE_RETRY_FIRST);
		return;
	case PACE_FAILED:
		p->at_rest = false;
		p->failures++;
		p->retry = now + pace_put_off(p->failures, random);
		return;
	case PACE_SENT:
	case PACE_UNCHANGED:
		p->failures = p->busy = 0;
		p->retry = 0;
		if (!light || outcome == PACE_UNCHANGED)
			p->confirmed = begun;
		/* Without having been looked at before, nobody knows what the round has seen. */
		p->at_rest = outcome == PACE_UNCHANGED && seen->has_state;
		p->rest = *seen;
		return;
	}
}
