/* What the display of transfers looks like, at every width. */
#include "ui/progress.h"
#include "test.h"

static const struct progress_row rows[] = {
    {"tank/a", 1 << 20, 10 << 20, 1 << 20, 2},
    {"tank/home/of/somebody/with/a/long/name", 5000, 0, 5000, 0},
    {"tank/resumed", 1000ull << 30, 1023ull << 30, 1 << 20, 100},
    {"32 running, 3 of 40 done", 1001ull << 30, 1024ull << 40, 3 << 20, 2},
};

static void prints(size_t width, const char *want)
{
	struct buf b = {0};

	progress_print(rows, ARRAY_LEN(rows), width, &b);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void columns_go_as_the_terminal_gets_narrow(void **state)
{
	prints(100,
	       "tank/a                                     1.0 MiB of 10.0 MiB     512.0 KiB/s  "
	       "eta 18s\n"
	       "tank/home/of/somebody/with/a/long/name     4.9 KiB                       0 B/s\n"
	       "tank/resumed                            1000.0 GiB of 1023.0 GiB    10.2 KiB/s  "
	       "eta 27d 6h\n"
	       "32 running, 3 of 40 done                1001.0 GiB of 1.0 PiB        1.5 MiB/s\n");
	prints(80,
	       "tank/a                         1.0 MiB of 10.0 MiB     512.0 KiB/s  eta 18s\n"
	       "..omebody/with/a/long/name     4.9 KiB                       0 B/s\n"
	       "tank/resumed                1000.0 GiB of 1023.0 GiB    10.2 KiB/s  eta 27d 6h\n"
	       "32 running, 3 of 40 done    1001.0 GiB of 1.0 PiB        1.5 MiB/s\n");
	prints(50, "tank/a                      1.0 MiB   512.0 KiB/s\n"
		   "..body/with/a/long/name     4.9 KiB         0 B/s\n"
		   "tank/resumed             1000.0 GiB    10.2 KiB/s\n"
		   "..running, 3 of 40 done  1001.0 GiB     1.5 MiB/s\n");
	prints(20, "tank/a      1.0 MiB\n"
		   "../name     4.9 KiB\n"
		   "..sumed  1000.0 GiB\n"
		   ".. done  1001.0 GiB\n");
}

static void no_line_wraps(void **state)
{
	for (size_t width = 20; width < 200; width++) {
		struct buf b = {0};
		size_t lines = 0;
		progress_print(rows, ARRAY_LEN(rows), width, &b);
		for (char *l = b.data, *end; (end = strchr(l, '\n')) != NULL; l = end + 1) {
			assert_true((size_t)(end - l) < width);
			lines++;
		}
		assert_int_equal(lines, ARRAY_LEN(rows));
		buf_free(&b);
	}
}

static void nothing_under_way_is_no_line(void **state)
{
	struct buf b = {0};

	progress_print(rows, 0, 80, &b);
	assert_string_equal(buf_str(&b), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_go_as_the_terminal_gets_narrow),
	    cmocka_unit_test(no_line_wraps),
	    cmocka_unit_test(nothing_under_way_is_no_line),
	};
	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
