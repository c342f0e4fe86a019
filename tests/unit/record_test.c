#include "test.h"
#include "ui/exit_status.h"
#include "ui/record.h"

static void what_is_put_in_comes_out(void **state)
{
	struct record *r = record_new(), *one;
	char *words[] = {"a\377", "b"};
	boolean_t yes = B_FALSE;
	nvlist_t **list;
	uint_t n;

	record_str(r, "text", "x\033y");
	record_str(r, "none", NULL);
	record_flag(r, "flag", true);
	record_strs(r, "words", words, 2);
	record_u64(record_map(record_map(r, "datasets"), "tank/a"), "n", 1);
	record_u64(record_map(record_map(r, "datasets"), "tank/b"), "n", 2);
	record_u64(record_map(record_map(r, "datasets"), "tank/a"), "n", 3);
	record_list(r, "empty");
	record_u64(record_item(r, "errors"), "n", 4);
	record_u64(record_item(r, "errors"), "n", 5);
	one = record_nth(record_map(r, "datasets"), 1);
	assert_true(record_has(one, "n") && !record_has(one, "m"));
	assert_null(record_nth(record_map(r, "datasets"), 2));
	nvlist_t *nv = record_nv(r);
	assert_string_equal(nv_str(nv, "text"), "x?y");
	assert_null(nv_str(nv, "none"));
	assert_int_equal(nvlist_lookup_boolean_value(nv, "flag", &yes), 0);
	assert_true(yes);
	size_t count;
	assert_string_equal(nv_strs(nv, "words", &count)[0], "a?");
	assert_int_equal(count, 2);
	assert_int_equal(nv_u64(nv_nv(nv_nv(nv, "datasets"), "tank/a"), "n", 0), 3);
	assert_int_equal(nv_u64(nv_nv(nv_nv(nv, "datasets"), "tank/b"), "n", 0), 2);
	assert_int_equal(nvlist_lookup_nvlist_array(nv, "empty", &list, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(nvlist_lookup_nvlist_array(nv, "errors", &list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(nv_u64(list[1], "n", 0), 5);
	nv_free(nv);
	record_free(r);
}

/* Nobody wants it: then nothing is done, all the way down. */
static void nothing_takes_everything(void **state)
{
	record_str(record_map(record_item(NULL, "a"), "b"), "c", "d");
	record_flag(NULL, "a", true);
	record_u64(NULL, "a", 1);
	record_strs(NULL, "a", NULL, 0);
	record_list(NULL, "a");
	assert_false(record_has(NULL, "a"));
	assert_null(record_nth(NULL, 0));
	record_free(NULL);
}

static void statuses_are_one_or_what_they_have_in_common(void **state)
{
	assert_int_equal(exit_merge(0, 0), 0);
	assert_int_equal(exit_merge(0, 3), 3);
	assert_int_equal(exit_merge(3, 0), 3);
	assert_int_equal(exit_merge(3, 3), 3);
	assert_int_equal(exit_merge(3, 5), 1);
	assert_int_equal(exit_merge(1, 5), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_put_in_comes_out),
	    cmocka_unit_test(nothing_takes_everything),
	    cmocka_unit_test(statuses_are_one_or_what_they_have_in_common),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
