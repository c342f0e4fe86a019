/* state/history.c: what became of the role, as it is stored. */
#include "state/history.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "util/buf.h"

static void comes_back_as_it_was(void **state)
{
	static const char text[] = "1600000000 given-up from=h1:tank/a epoch=2 snaps=1 bytes=4096 "
				   "fork=18195829329642422926 "
				   "by=root(joe)@h1 kept=-;1650000000 planned "
				   "from=h1:tank/my%20data to=h2:tank/a%25b epoch=3 "
				   "readonly=1400 bytes=0 ended=60 by=root@h1";
	struct history h = history_parse(text);
	char *again = history_print(&h);

	(void)state;
	assert_int_equal(h.n, 2);
	assert_string_equal(again, text);
	assert_string_equal(h.items[1].text[HISTORY_FROM], "h1:tank/my data");
	assert_string_equal(h.items[1].text[HISTORY_TO], "h2:tank/a%b");
	assert_null(h.items[0].text[HISTORY_TO]);
	assert_true(history_moves(&h.items[0]));
	free(again);
	history_free(&h);
}

static void what_cannot_be_read_is_left_out(void **state)
{
	static const char *const bad[] = {
	    "",
	    ";;;",
	    "x planned",
	    "1",
	    "1 Planned",
	    "1 planned epoch=",
	    "1 planned epoch=-1",
	    "1 planned epoch=1 epoch=1",
	    "1 planned by=a by=b",
	    "1 planned by=%00",
	    "1 planned by=%4",
	    "1 planned by=%41",
	    "1 planned by",
	    "1 a-word-that-is-too-long-for-one",
	    "99999999999999999999 planned",
	};
	char *longer = malloc(2 * HISTORY_TEXT_MAX + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct history h = history_parse(bad[i]);
		if (h.n != 0)
			fail_msg("\"%s\" is read", bad[i]);
	}
	memset(longer, ';', 2 * HISTORY_TEXT_MAX + 1);
	longer[2 * HISTORY_TEXT_MAX + 1] = '\0';
	memcpy(longer, "1 planned", 9);
	assert_int_equal(history_parse(longer).n, 0);
	assert_int_equal(history_parse(NULL).n, 0);
	free(longer);
	char *none = history_join("junk", NULL);
	assert_null(none);
}

/* The same whichever side makes it, and once is enough. */
static void is_joined_alike(void **state)
{
	static const char a[] =
	    "5 given-up from=h1:a epoch=2;7 planned from=h1:a to=h2:a epoch=3 by=x",
			  b[] = "5 given-up from=h1:a epoch=2;6 undone from=h1:a epoch=3;"
				"7 planned from=h1:a to=h2:a epoch=3 ended=9 by=x";
	char *ab = history_join(a, b), *ba = history_join(b, a), *again = history_join(ab, a);

	(void)state;
	assert_string_equal(ab, b);
	assert_string_equal(ba, b);
	assert_string_equal(again, b);
	free(ab);
	free(ba);
	free(again);
}

/* The oldest fall off, and what is left joins to itself. */
static void is_bounded(void **state)
{
	struct history h = {0};

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		struct history_entry e = {.time = 1000 + i, .change = HISTORY_PLANNED};
		history_set_number(&e, HISTORY_EPOCH, i);
		history_set_text(&e, HISTORY_FROM, "host1:tank/a");
		history_add(&h, &e);
		history_add(&h, &e);
		history_entry_free(&e);
	}
	assert_int_equal(h.n, 200);
	char *text = history_print(&h), *again = history_join(text, text);
	assert_true(strlen(text) <= HISTORY_TEXT_MAX && strlen(text) > HISTORY_TEXT_MAX - 100);
	assert_non_null(strstr(text, "1199 planned"));
	assert_null(strstr(text, "1000 planned"));
	assert_string_equal(text, again);
	free(text);
	free(again);
	history_free(&h);
}

/* A rehearsal each night has no change fall off. */
static void drills_are_one(void **state)
{
	struct history h = {0};

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		struct history_entry e = {.time = 1000 + i, .change = HISTORY_DRILLED};
		history_set_text(&e, HISTORY_TO, i % 2 ? "host1:tank/a" : "host2:tank/a");
		history_add(&h, &e);
		history_entry_free(&e);
	}
	assert_int_equal(h.n, 2);
	assert_int_equal(h.items[1].time, 1199);
	struct history_entry old = {.time = 5, .change = HISTORY_DRILLED},
			     failed = {.time = 6, .change = HISTORY_DRILL_FAILED};
	history_set_text(&old, HISTORY_TO, "host1:tank/a");
	history_set_text(&failed, HISTORY_TO, "host1:tank/a");
	history_add(&h, &old);
	assert_int_equal(h.n, 2);
	history_add(&h, &failed);
	assert_int_equal(h.n, 3);
	for (uint64_t i = 0; i < 20; i++) { /* nor has a change that is undone again and again */
		struct history_entry e = {.time = 2000 + i, .change = HISTORY_UNDONE};
		history_set_text(&e, HISTORY_TO, "host1:tank/a");
		history_set_number(&e, HISTORY_EPOCH, 7 + i / 10);
		history_add(&h, &e);
		history_entry_free(&e);
	}
	assert_int_equal(h.n, 5);
	history_entry_free(&old);
	history_entry_free(&failed);
	history_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_back_as_it_was),
	    cmocka_unit_test(what_cannot_be_read_is_left_out),
	    cmocka_unit_test(is_joined_alike),
	    cmocka_unit_test(is_bounded),
	    cmocka_unit_test(drills_are_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
