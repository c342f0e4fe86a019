/* How many connections a host deserves. */
#include "test.h"
#include "zfs/lines_want.h"

#define MEG (1ull << 20)

/* A line of 200 ms, of which one connection's window is used up, and a login takes two seconds. */
static const struct lines_seen afar = {.trip = 200,
				       .login = 2000,
				       .rate = 10 * MEG,
				       .left = 512 * MEG,
				       .have = 1,
				       .most = 9,
				       .cores = 2};

static unsigned with(struct lines_seen s)
{
	return lines_want(&s);
}

static void test_want(void **state)
{
	struct lines_seen s = afar;

	assert_int_equal(with(afar), 9);
	/* What is left is worth three logins, one, none. */
	s.left = 64 * MEG;
	assert_int_equal(with(s), 4);
	s.left = 30 * MEG;
	assert_int_equal(with(s), 1);
	s.left = 0;
	assert_int_equal(with(s), 1);
	/* A slow line, a short one, and one of which nothing is known yet. */
	s = afar;
	s.rate = 2 * MEG;
	assert_int_equal(with(s), 1);
	s = afar;
	s.trip = 1;
	assert_int_equal(with(s), 1);
	s = afar;
	s.rate = 0;
	assert_int_equal(with(s), 1);
	/* Those that there are have to be used up as well. */
	s = afar;
	s.have = 5;
	assert_int_equal(with(s), 5);
	s.rate = 50 * MEG;
	s.left = 4096 * MEG;
	assert_int_equal(with(s), 9);
	/* No more than may be, and none is taken away. */
	s.most = 1;
	assert_int_equal(with(s), 5);
	s = afar;
	s.most = 1;
	assert_int_equal(with(s), 1);
	/* A short line on which ssh's processor is what bounds it: half of the processors here. */
	s = (struct lines_seen){.trip = 0,
				.login = 200,
				.rate = 700 * MEG,
				.left = 100000 * MEG,
				.have = 1,
				.most = 9,
				.cores = 8};
	assert_int_equal(with(s), 4);
	s.cores = 2;
	assert_int_equal(with(s), 1);
}

static void test_may(void **state)
{
	struct lines_seen s = afar;

	assert_true(lines_may(&s));
	s.left = 20 * MEG;
	assert_false(lines_may(&s));
	s = afar;
	s.most = 1;
	assert_false(lines_may(&s));
	s.most = 0;
	assert_false(lines_may(&s));
	s = afar;
	s.trip = 1;
	s.login = 100;
	assert_false(lines_may(&s));
	s = (struct lines_seen){.most = 9, .cores = 64};
	assert_false(lines_may(&s));
	assert_int_equal(lines_want(&s), 0);
}

static void test_share(void **state)
{
	assert_int_equal(lines_share(8, 100, 100), 8);
	assert_int_equal(lines_share(8, 100, 800), 1);
	assert_int_equal(lines_share(8, 100, 8000), 1);
	assert_int_equal(lines_share(8, 400000, 800000), 8 / 2);
	assert_int_equal(lines_share(8, 0, 0), 8);
	assert_int_equal(lines_share(0, 5, 10), 1);
	assert_int_equal(lines_share(0, 10, 10), 1);
	assert_int_equal(lines_share(3, UINT64_MAX - 1, UINT64_MAX), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_want),
	    cmocka_unit_test(test_may),
	    cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
