/* T:switch: what is written is read again; what anybody else may have set is not acted on. */
#include "state/switch_state.h"
#include "test.h"
#include "util/mem.h"

static void nothing_set_is_no_change(void **state)
{
	struct switch_state c = switch_parse(NULL);

	(void)state;
	assert_int_equal(c.kind, SWITCH_NONE);
	assert_null(c.preserve_as);
	switch_clear(&c);
}

static void check_epoch(char *text, enum switch_kind kind, uint64_t epoch)
{
	struct switch_state c = switch_parse(text);

	assert_int_equal(c.kind, kind);
	if (kind != SWITCH_UNKNOWN)
		assert_true(c.epoch == epoch);
	assert_null(c.preserve_as);
	switch_clear(&c);
	free(text);
}

static void epochs_come_back(void **state)
{
	static const uint64_t epochs[] = {1, 2, 10, 4294967296, EPOCH_MAX - 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(epochs); i++) {
		check_epoch(switch_demoting(epochs[i], false), SWITCH_DEMOTING, epochs[i]);
		check_epoch(switch_demoting(epochs[i], true), SWITCH_DEMOTING, epochs[i]);
		check_epoch(switch_promoting(epochs[i]), SWITCH_PROMOTING, epochs[i]);
	}
	/* After the last there is none, and nobody is ever the master of epoch 0. */
	check_epoch(switch_demoting(EPOCH_MAX, false), SWITCH_UNKNOWN, 0);
	check_epoch(switch_demoting(EPOCH_MAX, true), SWITCH_UNKNOWN, 0);
	check_epoch(switch_demoting(0, false), SWITCH_UNKNOWN, 0);
	check_epoch(switch_promoting(0), SWITCH_UNKNOWN, 0);
}

/* Only what says so rests. */
static void rest_comes_back(void **state)
{
	char *texts[] = {switch_demoting(7, true), switch_demoting(7, false), switch_promoting(7)};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct switch_state c = switch_parse(texts[i]);
		assert_true(c.rests == (i == 0));
		switch_clear(&c);
		free(texts[i]);
	}
}

static void check_revert(uint64_t guid, const char *keep)
{
	char *text = switch_reverting(guid, keep);
	struct switch_state c = switch_parse(text);

	assert_int_equal(c.kind, SWITCH_REVERTING);
	assert_true(c.guid == guid);
	if (keep == NULL)
		assert_null(c.preserve_as);
	else
		assert_string_equal(c.preserve_as, keep);
	switch_clear(&c);
	assert_int_equal(c.kind, SWITCH_NONE);
	assert_null(c.preserve_as);
	free(text);
}

static void ways_back_come_back(void **state)
{
	char longest[256] = "t/";

	(void)state;
	memset(longest + 2, 'x', sizeof(longest) - 3);
	check_revert(1, NULL);
	check_revert(UINT64_MAX, NULL);
	check_revert(17, "tank/a_kept_20231114T221320Z");
	check_revert(17, "tank/with a blank_kept_20231114T221320Z");
	check_revert(17, "tank/discard");
	check_revert(17, "keep");
	check_revert(17, longest);
}

static void what_is_none_of_these_is_unknown(void **state)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "leaving",
	    "leaving ",
	    "leaving  1",
	    " leaving 1",
	    "leaving 1 ",
	    "leaving 1\n",
	    "leaving 1 2",
	    "leaving 1 resting ",
	    "leaving 1  resting",
	    "leaving 0 resting",
	    "leaving resting",
	    "leaving 1 resting 1",
	    "leaving 1 open",
	    "entering 1 resting",
	    "resting 1",
	    "leaving -1",
	    "leaving +1",
	    "leaving 0x1",
	    "leaving 1.0",
	    "leaving one",
	    "leaving 18446744073709551616",
	    "leaving 99999999999999999999999999999999",
	    "Leaving 1",
	    "leaving1",
	    "leaving\t1",
	    "entering",
	    "entering 1 keep tank/b",
	    "entering 18446744073709551615",
	    "enteringx 1",
	    "back",
	    "back ",
	    "back 1",
	    "back 1 ",
	    "back 0 discard",
	    "back 0 keep tank/b",
	    "back -1 discard",
	    "back 18446744073709551616 discard",
	    "back discard",
	    "back  1 discard",
	    "back 1  discard",
	    "back 1 discard ",
	    "back 1 discard tank/b",
	    "back 1 Discard",
	    "back 1 keep",
	    "back 1 keep ",
	    "back 1 keep  tank/b",
	    "back 1 keep /tank/b",
	    "back 1 keep tank/b ",
	    "back 1 keep tank/b/",
	    "back 1 keep tank//b",
	    "back 1 keep tank/../b",
	    "back 1 keep tank/b@snap",
	    "back 1 keep tank/b#mark",
	    "back 1 keep -r",
	    "back 1 keep tank/b\nroot",
	    "back 1 keep tank/b\x1b[2J",
	    "back 1 keep 1tank",
	    "back 1 forget",
	    "-",
	    "none",
	    "yes",
	    "%s%n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct switch_state c = switch_parse(bad[i]);
		if (c.kind != SWITCH_UNKNOWN)
			fail_msg("\"%s\" was taken for something", bad[i]);
		assert_null(c.preserve_as);
		switch_clear(&c);
	}
}

static void a_name_that_is_too_long_is_none(void **state)
{
	char *name = mem_alloc(100000), *text;

	(void)state;
	memset(name, 'x', 100000);
	for (size_t n = 256; n < 100000; n *= 7) {
		text = str_fmt("back 1 keep %.*s", (int)n, name);
		struct switch_state c = switch_parse(text);
		assert_int_equal(c.kind, SWITCH_UNKNOWN);
		switch_clear(&c);
		free(text);
	}
	name[99999] = '\0';
	struct switch_state c = switch_parse(name);
	assert_int_equal(c.kind, SWITCH_UNKNOWN);
	switch_clear(&c);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_set_is_no_change),
	    cmocka_unit_test(epochs_come_back),
	    cmocka_unit_test(rest_comes_back),
	    cmocka_unit_test(ways_back_come_back),
	    cmocka_unit_test(what_is_none_of_these_is_unknown),
	    cmocka_unit_test(a_name_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
