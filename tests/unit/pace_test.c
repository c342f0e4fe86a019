/* plan/pace.c: when a program that stays does what. */
#include "plan/pace.h"

#include "test.h"

static const struct seen seen_a = {.state = 1, .has_state = true},
			 seen_b = {.state = 2, .has_state = true};

static void interval(void **state)
{
	(void)state;
	assert_int_equal(pace_interval(&(struct pace){.every = 10000}), 10000);
	assert_int_equal(pace_interval(&(struct pace){.every = 10000, .rpo = 3000}), 1000);
	assert_int_equal(pace_interval(&(struct pace){.every = 10000, .rpo = 1}), PACE_LEAST);
}

/* New, it is synced at once; then until a round finds nothing; then only looked at. */
static void comes_to_rest(void **state)
{
	struct pace p = {.every = 10000};

	(void)state;
	assert_int_equal(pace_next(&p, false, 5), PACE_SYNC);
	pace_ended(&p, PACE_SENT, false, 5, &seen_a, 400, 1);
	assert_int_equal(pace_next(&p, false, 10004), PACE_NOTHING);
	assert_int_equal(pace_next(&p, false, 10005), PACE_SYNC);
	pace_ended(&p, PACE_UNCHANGED, false, 10005, &seen_a, 10300, 1);
	assert_int_equal(pace_next(&p, false, 20004), PACE_NOTHING);
	assert_int_equal(pace_next(&p, false, 20005), PACE_LOOK_DEEP);
	assert_false(pace_changed(&p, &seen_a));
	assert_true(pace_changed(&p, &seen_b));
	p.looked = p.looked_deep = 20005;
	assert_int_equal(pace_next(&p, false, 30004), PACE_NOTHING);
	assert_int_equal(pace_next(&p, false, 30005), PACE_LOOK_DEEP);
	/* For days. */
	p.looked = p.looked_deep = 90000000;
	assert_int_equal(pace_next(&p, false, 90010000), PACE_LOOK_DEEP);
}

/* What was not looked at before a round is not known to be at rest after it. */
static void looked_first(void **state)
{
	struct pace p = {.every = 1000};

	(void)state;
	pace_ended(&p, PACE_UNCHANGED, false, 5, &(struct seen){.count = 7, .has_count = true}, 9,
		   1);
	assert_true(pace_changed(&p, &(struct seen){.count = 7, .has_count = true}));
	assert_int_equal(pace_next(&p, true, 1005), PACE_SYNC);
}

static void counted(void **state)
{
	struct pace p = {.rpo = 3000};
	struct seen s = {.state = 1, .count = 7, .has_state = true, .has_count = true};

	(void)state;
	pace_ended(&p, PACE_UNCHANGED, false, 1000, &s, 1100, 1);
	p.looked = p.looked_deep = 1000;
	assert_int_equal(pace_next(&p, true, 2000), PACE_LOOK);
	assert_false(pace_changed(&p, &(struct seen){.count = 7, .has_count = true}));
	assert_true(pace_changed(&p, &(struct seen){.count = 8, .has_count = true}));
	/* It was mounted anew, and nothing was written since. */
	assert_false(pace_changed(&p, &(struct seen){.count = 0, .has_count = true}));
	/* Half of the rpo is over: its marks are made anew. */
	assert_int_equal(pace_next(&p, true, 2500), PACE_SYNC);
	/* Without an rpo nothing is, but ZFS is asked now and then. */
	p.rpo = 0;
	p.every = 1000;
	assert_int_equal(pace_next(&p, true, 5999), PACE_LOOK);
	assert_int_equal(pace_next(&p, true, 6000), PACE_LOOK_DEEP);
}

static void failures(void **state)
{
	struct pace p = {.every = 1000};
	uint64_t last = 0;

	(void)state;
	for (unsigned i = 1; i < 100; i++) {
		uint64_t least = pace_put_off(i, 0), ms = pace_put_off(i, UINT64_MAX);
		assert_true(least >= PACE_RETRY_FIRST * 3 / 4 && ms <= PACE_RETRY_MAX * 5 / 4);
		assert_true(least >= last);
		last = least;
	}
	pace_ended(&p, PACE_FAILED, false, 5, &seen_a, 400, 0);
	assert_int_equal(pace_next(&p, false, 400 + PACE_RETRY_FIRST * 3 / 4 - 1), PACE_NOTHING);
	assert_int_equal(pace_next(&p, false, 400 + PACE_RETRY_FIRST * 3 / 4), PACE_SYNC);
	/* Somebody else at work is none. */
	p = (struct pace){.every = 1000};
	pace_ended(&p, PACE_BUSY, false, 5, &seen_a, 400, 0);
	assert_int_equal(p.failures, 0);
	assert_int_equal(pace_next(&p, false, 400 + PACE_RETRY_FIRST), PACE_SYNC);
	pace_ended(&p, PACE_UNCHANGED, false, 2000, &seen_a, 2100, 0);
	assert_true(p.at_rest);
}

static void light(void **state)
{
	struct pace p = {.every = 1000};

	(void)state;
	assert_false(pace_is_light(&p, 5)); /* the first one does everything */
	pace_ended(&p, PACE_SENT, false, 5, &seen_a, 100, 1);
	assert_true(pace_is_light(&p, 1005));
	pace_ended(&p, PACE_SENT, true, 1005, &seen_a, 1100, 1);
	assert_true(pace_is_light(&p, 4 + PACE_GATHER));
	assert_false(pace_is_light(&p, 5 + PACE_GATHER));
	p.rpo = 4000;
	assert_true(pace_is_light(&p, 2004));
	assert_false(pace_is_light(&p, 2005));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interval),     cmocka_unit_test(comes_to_rest),
	    cmocka_unit_test(looked_first), cmocka_unit_test(counted),
	    cmocka_unit_test(failures),     cmocka_unit_test(light),
	};
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
