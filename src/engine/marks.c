#include "engine/marks.h"

#include "engine/calls.h"
#include "plan/bookmark.h"
#include "plan/plan.h"

static bool waits(const struct step *s, enum step_op op)
{
	return s->kind->op == op && s->later;
}

/* The place of the first that waits, from `i` on. */
static size_t next_waiting(const struct task *t, enum step_op op, size_t i)
{
	while (i < t->plan.n && !waits(&t->plan.steps[i], op))
		i++;
	return i;
}

/* What is destroyed stands in the order in which it is made. */
static void let_go(struct task *t, struct marks_turn *turn, size_t arrived)
{
	struct step *steps = t->plan.steps;

	for (; turn->passed < arrived; turn->passed++) {
		if (steps[turn->passed].kind->op != STEP_BOOKMARK)
			continue;
		turn->gone = next_waiting(t, STEP_UNBOOKMARK, turn->gone);
		if (turn->gone == t->plan.n)
			return;
		if (steps[turn->gone].guid == steps[turn->passed].guid)
			steps[turn->gone].later = false;
	}
}

void marks_in_turn(struct run *r, struct task *t, struct marks_turn *turn, size_t next,
		   size_t arrived)
{
	/* The bookmark of what a transfer brings stands behind it. */
	turn->made = next_waiting(t, STEP_BOOKMARK, turn->made);
	if (turn->made > next + 1 || turn->made == t->plan.n)
		return;
	/* Until something newer has arrived, the other side may have nothing else in common with it. */
	if (arrived != SIZE_MAX) {
		let_go(t, turn, arrived);
		calls_run_alone(r, t, step_kind_of(STEP_UNBOOKMARK, PHASE_EXPIRE_BOOKMARKS),
				t->src);
	}
	for (size_t n = 0; n < MARKS_AT_A_TIME && turn->made < t->plan.n; n++) {
		t->plan.steps[turn->made].later = false;
		turn->made = next_waiting(t, STEP_BOOKMARK, turn->made);
	}
	if (t->error == NULL)
		calls_run_alone(r, t, step_kind_of(STEP_BOOKMARK, PHASE_TRANSFER), t->src);
}

void marks_end(struct task *t)
{
	for (size_t i = 0; i < t->plan.n; i++)
		t->plan.steps[i].later = false;
}
