/* num, buf, err: the small things. */
#include <stdio.h>
#include <errno.h>
#include <time.h>

#include "test.h"
#include "state/error_note.h"
#include "state/link_mark.h"
#include "util/buf.h"
#include "util/num.h"
#include "util/sorted.h"

static void numbers_are_the_whole_text_or_nothing(void **state)
{
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "1k",
					  "0x1",
					  "18446744073709551616",
					  "99999999999999999999",
					  "1.0"};
	uint64_t n = 7;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(num_parse_u64(bad[i], &n));
	assert_int_equal(n, 7);
	assert_true(num_parse_u64("18446744073709551615", &n));
	assert_true(n == UINT64_MAX);
	assert_true(num_parse_u64("007", &n));
	assert_int_equal(n, 7);
}

static void hexadecimal(void **state)
{
	uint64_t n;

	assert_true(num_parse_hex("00fF", &n));
	assert_int_equal(n, 255);
	assert_true(num_parse_hex("ffffffffffffffff", &n));
	assert_true(n == UINT64_MAX);
	assert_false(num_parse_hex("10000000000000000", &n));
	assert_false(num_parse_hex("0x1", &n));
	assert_false(num_parse_hex("", &n));
	assert_false(num_parse_hex("g", &n));
}

static void times_have_a_unit_or_are_seconds(void **state)
{
	static const char *const bad[] = {"",   "s",     "-1s", "1 m",  "1ms",
					  "m5", "1h30m", "5M",  "1.5h", "213503982334602d",
					  "1w", "0x1m"};
	uint64_t n = 7;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(num_parse_seconds(bad[i], &n));
	assert_false(num_parse_seconds("00000000000000000000000000000000000000001d", &n));
	assert_int_equal(n, 7);
	assert_true(num_parse_seconds("0", &n) && n == 0);
	assert_true(num_parse_seconds("90", &n) && n == 90);
	assert_true(num_parse_seconds("90s", &n) && n == 90);
	assert_true(num_parse_seconds("5m", &n) && n == 300);
	assert_true(num_parse_seconds("2h", &n) && n == 7200);
	assert_true(num_parse_seconds("1d", &n) && n == 86400);
	assert_true(num_parse_seconds("18446744073709551615s", &n) && n == UINT64_MAX);
	assert_true(num_parse_seconds("213503982334601d", &n));
}

static void sizes_have_a_unit_of_1024_or_are_bytes(void **state)
{
	static const char *const bad[] = {"",
					  "K",
					  "B",
					  "-1K",
					  "1 K",
					  "1k",
					  "1KK",
					  "1iB",
					  "1Ki",
					  "1KiBB",
					  "K1",
					  "1.5M",
					  "1P",
					  "1b",
					  "0x1",
					  "16777216T",
					  "1Bi",
					  "1MiB/s",
					  "18446744073709551616",
					  "1KB "};
	uint64_t n = 7;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(num_parse_bytes(bad[i], &n));
	assert_false(num_parse_bytes("0000000000000000000000000000000001", &n));
	assert_int_equal(n, 7);
	assert_true(num_parse_bytes("0", &n) && n == 0);
	assert_true(num_parse_bytes("500", &n) && n == 500);
	assert_true(num_parse_bytes("500B", &n) && n == 500);
	assert_true(num_parse_bytes("1K", &n) && n == 1024);
	assert_true(num_parse_bytes("50M", &n) && n == 50 << 20);
	assert_true(num_parse_bytes("50MB", &n) && n == 50 << 20);
	assert_true(num_parse_bytes("50MiB", &n) && n == 50 << 20);
	assert_true(num_parse_bytes("2G", &n) && n == 2ull << 30);
	assert_true(num_parse_bytes("16777215T", &n) && n == 16777215ull << 40);
	assert_true(num_parse_bytes("18446744073709551615", &n) && n == UINT64_MAX);
}

static void sizes_and_times_are_for_people(void **state)
{
	char t[NUM_TEXT];

	assert_string_equal(num_bytes(t, 0), "0 B");
	assert_string_equal(num_bytes(t, 1023), "1023 B");
	assert_string_equal(num_bytes(t, 1024), "1.0 KiB");
	assert_string_equal(num_bytes(t, 1536 << 20), "1.5 GiB");
	assert_string_equal(num_bytes(t, UINT64_MAX), "16.0 EiB");
	assert_string_equal(num_seconds(t, 59), "59s");
	assert_string_equal(num_seconds(t, 250), "4m 10s");
	assert_string_equal(num_seconds(t, 10920), "3h 2m");
	assert_string_equal(num_seconds(t, 5 * 86400 + 7 * 3600), "5d 7h");
	assert_string_equal(num_time(t, 0), "never");
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_string_equal(num_time(t, 1700000000), "2023-11-14 22:13:20");
	assert_true(strlen(num_time(t, UINT64_MAX)) < NUM_TEXT);
}

static void a_buffer_grows_and_is_always_text(void **state)
{
	struct buf b = {0};

	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(b.len, strlen(b.data));
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	buf_add(&b, "\0x", 2);
	assert_int_equal(b.data[b.len], '\0');
	buf_free(&b);
	assert_null(b.data);
}

static void words_are_split_at_blanks_only(void **state)
{
	struct strv v = {0};

	strv_split(&v, "  ssh -p 22\t-o  'a b' ");
	assert_int_equal(v.n, 6);
	assert_string_equal(v.items[0], "ssh");
	assert_string_equal(v.items[4], "'a");
	assert_null(v.items[6]);
	strv_free(&v);
	strv_split(&v, " ");
	assert_int_equal(v.n, 0);
	strv_free(&v);
}

static void an_error_gains_context_on_its_way_up(void **state)
{
	struct err *e = err_sys(ERR_BUSY, EBUSY, "cannot open %s", "x");

	assert_string_equal(e->what, "cannot open x: Device or resource busy");
	assert_int_equal(e->code, EBUSY);
	e = err_remedy(err_wrap(e, "%s on %s", "tank", "host1"), "wait");
	e = err_remedy(e, "wait longer");
	assert_string_equal(e->what, "tank on host1: cannot open x: Device or resource busy");
	assert_string_equal(e->remedy, "wait longer");
	assert_int_equal(e->kind, ERR_BUSY);
	struct err *copy = err_copy(e);
	err_free(e);
	assert_string_equal(copy->remedy, "wait longer");
	assert_int_equal(copy->code, EBUSY);
	err_free(copy);
}

static void a_reason_stays_with_its_error(void **state)
{
	struct err *e = err_because(err_new(ERR_REFUSED, "x"), REASON_SPLIT_BRAIN);
	struct err *copy = err_copy(err_wrap(e, "y"));

	assert_true(err_is(copy, REASON_SPLIT_BRAIN));
	assert_false(err_is(copy, REASON_NONE));
	assert_string_equal(err_reason_word(copy->reason), "split-brain");
	assert_string_equal(err_reason_word((enum err_reason)4711), "none");
	for (int i = 0; i < REASON_COUNT; i++) { /* none twice, and each a word */
		const char *word = err_reason_word((enum err_reason)i);
		assert_int_equal(err_reason_of(word, strlen(word)), i);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word));
	}
	assert_int_equal(err_reason_of("superseded by", 10), REASON_SUPERSEDED);
	assert_int_equal(err_reason_of("super", 5), REASON_NONE);
	assert_int_equal(err_reason_of("", 0), REASON_NONE);
	err_free(e);
	err_free(copy);
}

/* It comes from a property that anybody may have set. */
static void link_marks_are_whole_or_none(void **state)
{
	static const char *const bad[] = {"",
					  "x",
					  "00000000000000b1",
					  "00000000000000b1 0",
					  "00000000000000b1 0 1 2",
					  "b1 0 1",
					  "00000000000000g1 0 1",
					  "00000000000000b1 -1 1",
					  "00000000000000b1 0 99999999999999999999999",
					  "000000000000000b1 0 1",
					  "00000000000000b1 0 1x"};
	struct link_mark m = {.nonce = 0xb1, .epoch = 7, .time = 1700000000};
	char *text = link_mark_print(&m);

	assert_string_equal(text, "00000000000000b1 7 1700000000");
	struct link_mark back = link_mark_parse(text);
	assert_true(back.nonce == m.nonce && back.epoch == m.epoch && back.time == m.time);
	free(text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(link_mark_parse(bad[i]).nonce, 0);
	assert_int_equal(link_mark_parse(NULL).nonce, 0);
	assert_true(link_is_id("0123456789abcdef") && !link_is_id("0123456789abcde") &&
		    !link_is_id("0123456789abcdez") && !link_is_id(NULL));
}

static struct error_note note_of(const char *text, uint64_t time, enum err_reason reason)
{
	struct error_note n = error_note_parse(text);

	assert_int_equal(n.time, time);
	assert_int_equal(n.reason, reason);
	return n;
}

static void a_note_of_an_error_is_read_as_it_was_written(void **state)
{
	struct err *e =
	    err_because(err_new(ERR_REFUSED, "tank/a was superseded"), REASON_SUPERSEDED);
	char *text = error_note_print(e, 1700000000);

	assert_string_equal(text, "1700000000 superseded tank/a was superseded");
	assert_string_equal(note_of(text, 1700000000, REASON_SUPERSEDED).text,
			    "tank/a was superseded");
	free(text);
	e->reason = REASON_NONE;
	text = error_note_print(e, 7);
	assert_string_equal(note_of(text, 7, REASON_NONE).text, "tank/a was superseded");
	free(text);
	err_free(e);
	/* an older zrep's, and anybody's */
	assert_string_equal(note_of("7 cannot send", 7, REASON_NONE).text, "cannot send");
	assert_string_equal(note_of("7 held", 7, REASON_NONE).text, "held");
	assert_string_equal(note_of("", 0, REASON_NONE).text, "");
	assert_string_equal(note_of("7", 0, REASON_NONE).text, "7");
	assert_string_equal(note_of("x y", 0, REASON_NONE).text, "x y");
	assert_string_equal(note_of("99999999999999999999 x", 0, REASON_NONE).text,
			    "99999999999999999999 x");
}

static void no_error_stays_no_error(void **state)
{
	assert_null(err_because(NULL, REASON_HELD));
	assert_false(err_is(NULL, REASON_NONE));
	assert_null(err_wrap(NULL, "x"));
	assert_null(err_remedy(NULL, "x"));
	assert_null(err_copy(NULL));
	assert_null(err_first(NULL, NULL));
	err_free(NULL);
}

static void the_first_of_two_errors_is_kept(void **state)
{
	struct err *e = err_first(err_new(ERR_FAILED, "first"), err_new(ERR_USAGE, "second"));

	assert_string_equal(e->what, "first");
	e = err_first(NULL, e);
	fails(e, "first");
}

static void a_time_can_have_a_form_of_its_own(void **state)
{
	char t[NUM_TIME], wide[32] = "%Y";

	setenv("TZ", "UTC", 1);
	tzset();
	assert_string_equal(num_time_as(t, NULL, 1700000000), "2023-11-14 22:13:20");
	assert_string_equal(num_time_as(t, "%d.%m.%y", 1700000000), "14.11.23");
	assert_string_equal(num_time_as(t, "%d.%m.%y", 0), "never");
	/* Nothing, or too much, comes of it. */
	assert_string_equal(num_time_as(t, "", 1700000000), "2023-11-14 22:13:20");
	assert_string_equal(num_time_as(t, "%p%500Y", 1700000000), "2023-11-14 22:13:20");
	snprintf(wide, sizeof(wide), "%%%dY", NUM_TIME - 1);
	assert_int_equal(strlen(num_time_as(t, wide, 1700000000)), NUM_TIME - 1);
	snprintf(wide, sizeof(wide), "%%%dY", NUM_TIME);
	assert_string_equal(num_time_as(t, wide, 1700000000), "2023-11-14 22:13:20");
	/* It may go to a terminal, and into a line of a plugin. */
	assert_string_equal(num_time_as(t, "\033[2J%y%n%t\303\244", 1700000000), "?[2J23????");
	assert_true(strlen(num_time_as(t, "%c", UINT64_MAX)) < NUM_TEXT);
}

static void a_name_is_found_by_bisection(void **state)
{
	char *names[] = {"d", "b", "c", "b"};

	for (size_t n = 0; n <= ARRAY_LEN(names); n++) {
		char *some[ARRAY_LEN(names)];
		memcpy(some, names, sizeof(some));
		sorted_sort(some, n);
		for (size_t i = 0; i < n; i++)
			assert_true(sorted_has(some, n, names[i]));
		assert_false(sorted_has(some, n, "a"));
		assert_false(sorted_has(some, n, "bb"));
		assert_false(sorted_has(some, n, "e"));
		assert_int_equal(sorted_from(some, n, "a"), 0);
		assert_int_equal(sorted_from(some, n, "e"), n);
	}
	sorted_sort(names, 4);
	assert_int_equal(sorted_from(names, 4, "b"), 0);
	assert_int_equal(sorted_from(names, 4, "bb"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_found_by_bisection),
	    cmocka_unit_test(numbers_are_the_whole_text_or_nothing),
	    cmocka_unit_test(hexadecimal),
	    cmocka_unit_test(times_have_a_unit_or_are_seconds),
	    cmocka_unit_test(sizes_have_a_unit_of_1024_or_are_bytes),
	    cmocka_unit_test(sizes_and_times_are_for_people),
	    cmocka_unit_test(a_time_can_have_a_form_of_its_own),
	    cmocka_unit_test(a_buffer_grows_and_is_always_text),
	    cmocka_unit_test(words_are_split_at_blanks_only),
	    cmocka_unit_test(an_error_gains_context_on_its_way_up),
	    cmocka_unit_test(a_reason_stays_with_its_error),
	    cmocka_unit_test(a_note_of_an_error_is_read_as_it_was_written),
	    cmocka_unit_test(no_error_stays_no_error),
	    cmocka_unit_test(link_marks_are_whole_or_none),
	    cmocka_unit_test(the_first_of_two_errors_is_kept),
	};
	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
