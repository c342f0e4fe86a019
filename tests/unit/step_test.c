/* The table of steps: its order, and that every row has what its shape needs. */
#include "plan/plan.h"
#include "test.h"

#include "plan/step.h"
#include "zfs/ops.h"

/* The order of the table is the order of execution, and the phases are to follow one another. */
static void phases_in_order(void **state)
{
	(void)state;
	assert_int_equal(step_kinds[0].phase, 0);
	for (size_t i = 1; i < step_n_kinds; i++)
		assert_in_range(step_kinds[i].phase, step_kinds[i - 1].phase,
				step_kinds[i - 1].phase + 1);
}

static void found_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < step_n_kinds; i++) /* each pair is there once */
		assert_ptr_equal(step_kind_of(step_kinds[i].op, step_kinds[i].phase),
				 &step_kinds[i]);
	assert_null(step_kind_of(STEP_SEND, PHASE_EXPIRE));
}

static void whole(void **state)
{
	static const char *const known[] = {
	    OP_ABORT,   OP_HOOK,    OP_SET,         OP_DECIDE,  OP_WRITABLE, OP_QUIESCE,
	    OP_UNMOUNT, OP_HOLD,    OP_RELEASE,     OP_DESTROY, OP_ROLLBACK, OP_RENAME,
	    OP_CLONE,   OP_PROMOTE, OP_SNAPSHOT,    OP_MOUNT,   OP_BOOKMARK, OP_DESTROY_BOOKMARK,
	    OP_UNCLONE, OP_KEY_OWN, OP_KEY_INHERIT, OP_OFFER};

	(void)state;
	for (size_t i = 0; i < step_n_kinds; i++) {
		const struct step_kind *k = &step_kinds[i];
		bool is_known = k->operation == NULL;
		for (size_t o = 0; o < ARRAY_LEN(known) && !is_known; o++)
			is_known = strcmp(known[o], k->operation) == 0;
		assert_true(is_known);
		assert_non_null(k->words);
		assert_int_equal(k->operation == NULL, k->shape == SHAPE_STREAM);
		assert_int_equal(k->argument != NULL, k->shape == SHAPE_NAMES);
		assert_int_equal(k->hook != NULL, k->op == STEP_HOOK);
		assert_true(k->op == STEP_DESTROY || k->op == STEP_UNBOOKMARK ||
			    (!k->foreign && !k->cascaded));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(phases_in_order),
	    cmocka_unit_test(found_again),
	    cmocka_unit_test(whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
