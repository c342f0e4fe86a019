/* T:props: what is written is read again, and nothing else is. */
#include "state/props.h"
#include "test.h"
#include "util/mem.h"

static void comes_back(const char *text)
{
	nvlist_t *props = props_parse(text);

	assert_non_null(props);
	char *again = props_print(props);
	assert_string_equal(again, text);
	free(again);
	nv_free(props);
}

static void what_is_written_is_read(void **state)
{
	nvlist_t *props = nv_new();

	works(props_set(props, "compression=zstd"));
	works(props_set(props, "com.example:note=a, b = 100% \xc3\xa4"));
	works(props_set(props, "com.example:empty="));
	works(props_drop(props, "atime"));
	char *text = props_print(props);
	assert_string_equal(text, "-atime,com.example:empty=,"
				  "com.example:note=a%2C b = 100%25 %C3%A4,compression=zstd");
	nvlist_t *again = props_parse(text);
	assert_non_null(again);
	assert_true(props_same(props, again));
	assert_string_equal(nv_str(again, "com.example:note"), "a, b = 100% \xc3\xa4");
	assert_string_equal(nv_str(again, "com.example:empty"), "");
	assert_true(nv_flag(again, "atime"));
	nv_free(again);
	free(text);
	nv_free(props);
	comes_back("");
	comes_back("-a");
	comes_back("a=-,b==");
}

static void all_else_is_nothing(void **state)
{
	static const char *const bad[] = {
	    ",",      "a",       "a=1,",       ",a=1",       "a=1,,b=2", "=1",    "-",
	    "-a=1",   "a=1,a=2", "a=1,-a",     "-a,a=1",     "A=1",      "a b=1", "--a",
	    "a=%",    "a=%4",    "a=%zz",      "a=%41",      "a=%00",    "a=%2c", "a=\t",
	    "a=\x7f", "a=\n",    "a=\xc3\xa4", "a=1 -b\nc=", "a='1'\r"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (props_parse(bad[i]) != NULL)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void it_is_bounded(void **state)
{
	char *value = mem_zalloc(PROPS_TEXT_MAX + 2);

	memset(value, 'x', PROPS_TEXT_MAX + 1);
	memcpy(value, "a=", 2);
	assert_null(props_parse(value));
	value[PROPS_TEXT_MAX] = '\0';
	comes_back(value);
	free(value);
}

static void what_is_said_later_counts(void **state)
{
	nvlist_t *a = nv_new(), *b = nv_new();

	works(props_set(a, "x=1"));
	works(props_drop(a, "y"));
	works(props_set(a, "z=1"));
	works(props_drop(b, "x"));
	works(props_set(b, "y=2"));
	props_merge(a, b);
	props_merge(a, NULL);
	char *text = props_print(a);
	assert_string_equal(text, "-x,y=2,z=1");
	free(text);
	assert_false(props_same(a, b));
	works(props_set(a, "x=3"));
	assert_string_equal(nv_str(a, "x"), "3");
	works(props_drop(a, "x"));
	assert_null(nv_str(a, "x"));
	nv_free(a);
	nv_free(b);
}

static void command_lines_are_checked(void **state)
{
	static const char *const bad[] = {"",    "compression", "=1",     "-o=1",
					  "A=1", "a b=1",       "a=1\n2", "a=\x7f"};
	nvlist_t *props = nv_new();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		fails(props_set(props, bad[i]), i < 6 ? "-o wants" : "control character");
	fails(props_drop(props, "a=1"), "-x wants");
	fails(props_drop(props, "-a"), "-x wants");
	fails(props_drop(props, ""), "-x wants");
	assert_true(nv_empty(props));
	nv_free(props);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(all_else_is_nothing),
	    cmocka_unit_test(it_is_bounded),
	    cmocka_unit_test(what_is_said_later_counts),
	    cmocka_unit_test(command_lines_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
