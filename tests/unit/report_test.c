/* ui/report.c: the share of time within the rpo, and text that is no HTML. */
#include "ui/report.h"

#include "test.h"

/* Each synced once, as it was made. */
static struct report_mark marks[] = {
    {1000, 1000, 10, false}, {1100, 1100, 10, false}, {1300, 1300, 10, false}};

static void how_much_was_within(void **state)
{
	struct report_row r = {.rpo = 100, .marks = marks, .n_marks = 3};

	(void)state;
	assert_int_equal(report_within(&r, 0, 1400), 750);    /* 100 + 100 of 200 + 100, of 400 */
	assert_int_equal(report_within(&r, 1200, 1400), 500); /* 0 of 100, 100 of 100 */
	assert_int_equal(report_within(&r, 1300, 1400), 1000);
	assert_int_equal(report_within(&r, 0, 1300), 666);
	r.n_marks = 1;
	assert_int_equal(report_within(&r, 0, 1000), 1000); /* begun in this second */
	r.rpo = 0;
	assert_int_equal(report_within(&r, 0, 1400), -1);
	r = (struct report_row){.rpo = 100};
	assert_int_equal(report_within(&r, 0, 1400), -1);
}

/* What a mark tells, and what it does not. */
static void what_marks_prove(void **state)
{
	/* Found unchanged until 1400, and then again from 1410 to 2000: no lag but the 10 seconds between. */
	struct report_mark still[] = {{1000, 1400, 10, false}, {1410, 2000, 10, false}};
	struct report_row r = {.rpo = 20, .marks = still, .n_marks = 2};

	(void)state;
	assert_int_equal(report_within(&r, 0, 2000), 1000);
	assert_int_equal(report_within(&r, 1900, 2000), 1000);
	r.rpo = 5;
	assert_int_equal(report_within(&r, 0, 2000), 995);
	assert_int_equal(report_within(&r, 1400, 2000), 991); /* 595 of 600 */
	assert_int_equal(report_within(&r, 0, 3000), 500); /* and nothing since: 995 + 5 of 2000 */
	/* Where others may have been between, nothing is known of that time. */
	struct report_mark thinned[] = {{1000, 1100, 10, false}, {5000, 5100, 10, true}};
	r = (struct report_row){.rpo = 20, .marks = thinned, .n_marks = 2};
	assert_int_equal(report_within(&r, 0, 5100), 1000);
	thinned[1].lacks = false;                           /* none was: then it is lag */
	assert_int_equal(report_within(&r, 1100, 5000), 5); /* 20 of 3900 */
}

/* Clocks that were set back, marks of one moment, of the future. */
static void odd_times(void **state)
{
	struct report_mark odd[] = {{3000, 1000, 1, false},
				    {0, 1000, 1, false},
				    {1900, 2000, 1, false},
				    {1, UINT64_MAX, 1, true}};
	struct report_row r = {.dataset = "tank/<a>&\"\x01\xff",
			       .peer = "h:d",
			       .role = "master",
			       .state = "ok",
			       .rpo = 10,
			       .marks = odd,
			       .n_marks = 4};
	struct report all = {
	    .host = "h", .tag = "zrep", .version = "3", .now = 1500, .rows = &r, .n = 1};
	struct buf out = {0};

	(void)state;
	(void)report_within(&r, 0, 1500);
	report_print(&all, &out);
	assert_non_null(strstr(out.data, "tank/&lt;a&gt;&amp;&quot;??"));
	assert_null(strstr(out.data, "nan"));
	assert_null(strstr(out.data, "inf"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(how_much_was_within),
	    cmocka_unit_test(what_marks_prove),
	    cmocka_unit_test(odd_times),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
