#include "util/remedy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "test.h"
#include "util/err.h"
#include "util/mem.h"

/* `got` is freed. */
static void is(char *got, const char *expected)
{
	assert_string_equal(got, expected);
	free(got);
}

static void test_conversions(void **state)
{
	(void)state;
	is(remedy_fmt("%s"
		      "",
		      ""),
	   "");
	is(remedy_fmt("%s on %s: 100 %%", "tank/a b", "host1"), "tank/a b on host1: 100 %");
	is(remedy_fmt("%.*s, %.3s, %.300s", 4, "tank/a", "abcdef", "x"), "tank, abc, x");
	is(remedy_fmt("%d %u %zu %ld %" PRIu64 " %llu", -1, 7U, (size_t)8, -9L, UINT64_MAX, 1ULL),
	   "-1 7 8 -9 18446744073709551615 1");
	is(remedy_fmt("%c %016" PRIx64 " %02x %.1f %5u", 'x', UINT64_C(255), 10U, 1.25, 3U),
	   "x 00000000000000ff 0a 1.2     3");
	is(remedy_fmt("%s", "{zrep sync %s} 'x'"), "{zrep sync %s} 'x'");
	const char *volatile none = NULL;
	is(remedy_fmt("%s, %.3s: {zrep sync %s}", none, none, none),
	   "(null), (nu: zrep sync '(null)'");
}

static void test_words(void **state)
{
	(void)state;
	is(remedy_fmt("on %s, {zrep sync -f %s} rolls %s back", "host 1", "tank/a b", "tank/a b"),
	   "on host 1, zrep sync -f 'tank/a b' rolls tank/a b back");
	is(remedy_fmt("{zfs destroy %s@%s}", "tank/a b", "x:1-2"), "zfs destroy 'tank/a b'@x:1-2");
	is(remedy_fmt("{zpool import %.*s}, then", 4, "tank/a"), "zpool import tank, then");
	is(remedy_fmt("{zfs release %s %s@s}", "it's; rm", "tank/a"),
	   "zfs release 'it'\\''s; rm' tank/a@s");
	is(remedy_fmt("{zfs set}%s{ %s}", " a=b c=d", "tank/a b"), "zfs set a=b c=d 'tank/a b'");
	is(remedy_fmt("{zfs set %s:keep=\"24h 14d\" %s}", "zrep", "tank/a"),
	   "zfs set zrep:keep=\"24h 14d\" tank/a");
	is(remedy_fmt("{zfs bookmark %s@%s %s#%s}", "tank/a", "s", "tank/a", "m%"),
	   "zfs bookmark tank/a@s tank/a#m%");
	is(remedy_word("tank/a"), "tank/a");
	is(remedy_word("$(id)"), "'$(id)'");
}

static void test_tag(void **state)
{
	(void)state;
	is(remedy_fmt("{zrep sync %s}", "tank/a"), "zrep sync tank/a");
	remedy_set_tag("off");
	is(remedy_fmt("{zrep sync %s}; a zrep sync", "tank/a"),
	   "zrep -t off sync tank/a; a zrep sync");
	is(remedy_fmt("see `{zrep list -v}`, {zrep status}"),
	   "see `zrep -t off list -v`, zrep -t off status");
	is(remedy_fmt("{zrep -n sync %s}", "tank/a"), "zrep -t off -n sync tank/a");
	is(remedy_fmt("{zrep %s -L %s}", "takeover", "tank/a"), "zrep -t off takeover -L tank/a");
	is(remedy_fmt("{zrep takeover }%s{%s}", "-L ", "tank/a"), "zrep -t off takeover -L tank/a");
	/* Of another tag, and of none. */
	is(remedy_fmt("{zrep -t %s list -v %s}", "two", "tank/a"), "zrep -t two list -v tank/a");
	is(remedy_fmt("{zrep -t TAG init}"), "zrep -t TAG init");
	is(remedy_fmt("`{zrep help %s}`, {zrep version}", "sync"),
	   "`zrep help sync`, zrep version");
	is(remedy_fmt("{zfs inherit %s:switch %s}", "off", "tank/a"),
	   "zfs inherit off:switch tank/a");
	/* Names are no commands. */
	is(remedy_fmt("%s is {zrep sync %s}", "tank/my zrep sync data", "tank/my zrep sync data"),
	   "tank/my zrep sync data is zrep -t off sync 'tank/my zrep sync data'");
	remedy_set_tag(NULL);
}

static void test_errors(void **state)
{
	(void)state;
	remedy_set_tag("off");
	struct err *e =
	    err_remedy(err_wrap(err_new(ERR_FAILED, "%s: see `{zrep list}`", "{x}"), "host %d", 1),
		       "{zrep sync %s}", "a b");
	assert_string_equal(e->what, "host 1: {x}: see `zrep -t off list`");
	assert_string_equal(e->remedy, "zrep -t off sync 'a b'");
	err_free(e);
	remedy_set_tag(NULL);
}

/* The verbs that have no tag are those that it says. */
static void test_verbs(void **state)
{
	size_t without = 0;

	(void)state;
	for (size_t i = 0; verbs[i] != NULL; i++) {
		bool takes = remedy_takes_tag(verbs[i]->name, strlen(verbs[i]->name));
		without += takes ? 0 : 1;
		if (verbs[i]->summary == NULL) /* for programs */
			assert_false(takes);
	}
	assert_int_equal(without, 6);
	assert_true(remedy_takes_tag("syncall", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conversions), cmocka_unit_test(test_words),
	    cmocka_unit_test(test_tag),         cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_verbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
