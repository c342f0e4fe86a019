#include <stdio.h>

#include "ui/table.h"
#include "test.h"

static char *printed(const struct table *t, size_t width)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	table_print(t, width, f);
	fclose(f);
	return text;
}

static void columns_are_as_wide_as_what_is_in_them(void **state)
{
	struct table t = {
	    .columns = 3, .heads = {"DATASET", "LAG", "STATE"}, .right = {false, true, false}};
	static const char *const cells[] = {"tank/a",         "5s",     "ok",
					    "tank/long/name", "12m 1s", "never"};

	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		table_cell(&t, cells[i]);
	char *text = printed(&t, 0);
	assert_string_equal(text, "DATASET            LAG  STATE\n"
				  "tank/a              5s  ok\n"
				  "tank/long/name  12m 1s  never\n");
	free(text);
	table_free(&t);
}

static void a_name_that_does_not_fit_loses_its_beginning(void **state)
{
	struct table t = {.columns = 2, .heads = {"DATASET", "STATE"}};

	table_cell(&t, "tank/with/a/very/long/name/that/ends/here");
	table_cell(&t, "ok");
	char *text = printed(&t, 24);
	assert_string_equal(text, "DATASET            STATE\n../that/ends/here  ok\n");
	free(text);
	table_free(&t);
}

/* 2026 is no less of a date than the rest. */
static void names_give_way_before_anything_else_does(void **state)
{
	struct table t = {
	    .columns = 3, .heads = {"DATASET", "PEER", "SYNCED"}, .name = {true, true}};

	table_cell(&t, "tank/with/a/long/name");
	table_cell(&t, "host2:tank/b");
	table_cell(&t, "2026-11-28 09:50:29");
	char *text = printed(&t, 48);
	assert_string_equal(text, "DATASET        PEER          SYNCED\n"
				  "..a/long/name  host2:tank/b  2026-11-28 09:50:29\n");
	free(text);
	table_free(&t);
}

static void a_table_without_rows_is_its_heading(void **state)
{
	struct table t = {.columns = 2, .heads = {"A", "B"}};
	char *text = printed(&t, 80);

	assert_string_equal(text, "A  B\n");
	free(text);
}

static void no_terminal_has_no_width(void **state)
{
	assert_int_equal(table_width(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(columns_are_as_wide_as_what_is_in_them),
	    cmocka_unit_test(a_name_that_does_not_fit_loses_its_beginning),
	    cmocka_unit_test(names_give_way_before_anything_else_does),
	    cmocka_unit_test(a_table_without_rows_is_its_heading),
	    cmocka_unit_test(no_terminal_has_no_width),
	};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
