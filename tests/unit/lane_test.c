/* What goes together in a run of all datasets, and whose turn it is. */
#include "engine/lane.h"
#include "test.h"

static void what_shares_host_and_pools_goes_together(void **state)
{
	static const char *const rows[][3] = {
	    {"tank/a", "host2", "tank/a"},     {"tank/b", "host3", "tank/b"},
	    {"tank/a/x", "host2", "tank/a/x"}, {"two/a", "host2", "tank/c"},
	    {"tank/d", "host2", "other/d"},    {"tank2/a", "host2", "tank/e"},
	    {"tank", "host2", "tank"},         {"tank/e", "", ""},
	};
	static const size_t want[] = {0, 1, 0, 2, 3, 4, 0, 5};
	struct strv names = {0}, hosts = {0}, fss = {0};
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		strv_add(&names, rows[i][0]);
		strv_add(&hosts, rows[i][1]);
		strv_add(&fss, rows[i][2]);
	}
	size_t *lane = lanes_of(&names, &hosts, &fss, &n);
	assert_int_equal(n, 6);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(lane[i], want[i]);
	free(lane);
	strv_free(&names);
	strv_free(&hosts);
	strv_free(&fss);
}

/* How many more transfers a lane may begin. */
static unsigned room(struct lane *lane)
{
	unsigned n = 0, before = lane->running;

	for (; n < 100 && lane_may(lane); n++)
		lane->running++;
	lane->running = before;
	return n;
}

static void begin_all(struct lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		lane_begin(&l->items[i]);
}

static void each_lane_has_its_share_and_what_others_leave(void **state)
{
	struct lanes l;

	lanes_init(&l, 2, 32);
	assert_int_equal(room(&l.items[0]), 32); /* nobody has begun the other one */
	begin_all(&l);
	assert_int_equal(room(&l.items[0]), 16);
	l.items[0].running = 16; /* they hang */
	assert_int_equal(room(&l.items[0]), 0);
	assert_int_equal(room(&l.items[1]), 16);
	lane_end(&l.items[0]);
	l.items[0].running = 0;
	assert_int_equal(room(&l.items[1]), 32);
	lanes_free(&l);
	/* Alone it has all; and nobody is left without for ever. */
	lanes_init(&l, 1, 5);
	assert_int_equal(room(&l.items[0]), 5);
	lanes_free(&l);
	lanes_init(&l, 3, 1);
	begin_all(&l);
	assert_int_equal(room(&l.items[2]), 1);
	l.items[0].running = 1;
	assert_int_equal(room(&l.items[2]), 0);
	lanes_free(&l);
	lanes_init(&l, 3, 8); /* two each, and two for whoever comes */
	begin_all(&l);
	assert_int_equal(room(&l.items[1]), 4);
	l.items[1].running = 4;
	assert_int_equal(room(&l.items[0]), 2);
	assert_int_equal(room(&l.items[2]), 2);
	lanes_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_shares_host_and_pools_goes_together),
	    cmocka_unit_test(each_lane_has_its_share_and_what_others_leave),
	};
	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
