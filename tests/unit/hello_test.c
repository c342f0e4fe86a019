/* HELLO: two programs of different ages agree upon what both speak, or say who is too old. */
#include "test.h"
#include "wire/hello.h"

static const struct hello_self self = {.version = "3.1", .host = "host1", .tag = "zrep"};

static nvlist_t *said(uint64_t min, uint64_t protocol)
{
	nvlist_t *nv = nv_new();

	nv_add_u64(nv, "protocol", protocol);
	if (min != 0)
		nv_add_u64(nv, "min", min);
	nv_add_str(nv, "version", "9.9");
	nv_add_str(nv, "host", "host2");
	return nv;
}

/* Takes nv over. */
static struct err *heard(nvlist_t *nv, struct hello *out)
{
	struct err *e = hello_parse(nv, "host2", &self, out);

	nv_free(nv);
	return e;
}

static void what_is_printed_is_read(void **state)
{
	static const char *const operations[] = {"list", "abort-receive", NULL};
	struct hello_self agent = {.version = "3.0.0", .host = "host2", .operations = operations};
	struct hello h;

	works(heard(hello_print(&agent), &h));
	assert_int_equal(h.protocol, WIRE_PROTOCOL);
	assert_true(hello_has(&h, FEATURE_PROGRESS));
	assert_true(hello_allows(&h, FRAME_PROGRESS));
	assert_true(hello_knows(&h, "abort-receive"));
	assert_false(hello_knows(&h, "abort"));
	assert_string_equal(h.version, "3.0.0");
	assert_string_equal(h.host, "host2");
	assert_null(h.tag);
	assert_int_equal(h.timeout, 0);
	char *features = hello_features(&h);
	assert_string_equal(features, "progress news together lines");
	free(features);
	hello_free(&h);
	struct hello_self asker = {.version = "3", .host = "host1", .tag = "t", .timeout = 30};
	works(heard(hello_print(&asker), &h));
	assert_string_equal(h.tag, "t");
	assert_int_equal(h.timeout, 30);
	assert_false(hello_knows(&h, "list"));
	hello_free(&h);
}

static void the_highest_common_protocol_is_spoken(void **state)
{
	static const struct {
		uint64_t min, protocol;
	} peers[] = {
	    {0, WIRE_PROTOCOL}, /* says no lowest */
	    {1, WIRE_PROTOCOL},
	    {WIRE_PROTOCOL, WIRE_PROTOCOL + 1},
	    {1, UINT64_MAX},
	};
	struct hello h;

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		works(heard(said(peers[i].min, peers[i].protocol), &h));
		assert_int_equal(h.protocol, WIRE_PROTOCOL);
		hello_free(&h);
	}
}

/* Who is told to upgrade is the one whose zrep is the older. */
static void refused(uint64_t min, uint64_t protocol, const char *words, const char *remedy)
{
	struct hello h;
	struct err *e = heard(said(min, protocol), &h);

	assert_non_null(e);
	assert_int_equal(e->kind, ERR_REFUSED);
	assert_int_equal(e->reason, REASON_UPGRADE);
	assert_non_null(strstr(e->remedy, remedy));
	fails(e, words);
	assert_null(h.version);
}

static void without_a_common_protocol_the_older_one_is_named(void **state)
{
	refused(0, 3, "host2 runs zrep 9.9, which speaks protocol 3; this one (3.1, on host1)",
		"upgrade zrep on host2,");
	refused(2, 3, "speaks protocols 2 to 3;", "upgrade zrep on host2,");
	refused(0, WIRE_PROTOCOL + 1, "this one (3.1, on host1) speaks", "upgrade zrep on host1,");
	refused(WIRE_PROTOCOL + 1, UINT64_MAX, " to 18446744073709551615; this one",
		"upgrade zrep on host1,");
}

static void a_feature_is_on_if_both_say_it(void **state)
{
	char *const names[] = {(char *)"a-later-one", (char *)"progress"};
	struct hello h;

	works(heard(said(0, WIRE_PROTOCOL), &h));
	assert_false(hello_has(&h, FEATURE_PROGRESS));
	assert_false(hello_allows(&h, FRAME_PROGRESS));
	assert_true(hello_allows(&h, FRAME_DATA));
	hello_free(&h);
	for (size_t n = 1; n <= 2; n++) {
		nvlist_t *nv = said(0, WIRE_PROTOCOL);
		nv_add_strs(nv, "features", names, n);
		works(heard(nv, &h));
		assert_int_equal(hello_has(&h, FEATURE_PROGRESS), n == 2);
		hello_free(&h);
	}
}

static void what_is_not_known_is_ignored(void **state)
{
	nvlist_t *nv = said(0, WIRE_PROTOCOL);
	struct hello h;

	nv_add_str(nv, "colour", "green");
	nv_add_u64(nv, "tag", 3); /* of another type, it is absent */
	works(heard(nv, &h));
	assert_null(h.tag);
	hello_free(&h);
}

static void names_are_bounded(const char *key)
{
	static const char *const bad[] = {"", "Progress", "a b", "\x1b[2J",
					  "a23456789012345678901234567890123"};
	char *many[257];
	struct hello h;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *one[] = {(char *)(uintptr_t)bad[i]};
		nvlist_t *nv = said(0, WIRE_PROTOCOL);
		nv_add_strs(nv, key, one, 1);
		fails(heard(nv, &h), "greeting that is not zrep's");
	}
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (char *)"progress";
	for (size_t n = 256; n <= 257; n++) {
		nvlist_t *nv = said(0, WIRE_PROTOCOL);
		nv_add_strs(nv, key, many, n);
		struct err *e = heard(nv, &h);
		assert_int_equal(e == NULL, n == 256);
		assert_int_equal(e != NULL ? e->reason : REASON_PROTOCOL, REASON_PROTOCOL);
		err_free(e);
		hello_free(&h);
	}
}

static void names_of_features_and_operations_are_bounded(void **state)
{
	names_are_bounded("features");
	names_are_bounded("operations");
}

static void a_greeting_that_contradicts_itself_is_none(void **state)
{
	struct hello h;
	nvlist_t *nv;

	fails(heard(said(WIRE_PROTOCOL + 1, WIRE_PROTOCOL), &h), "greeting that is not zrep's");
	fails(heard(said(0, 0), &h), "greeting that is not zrep's");
	nv = said(0, WIRE_PROTOCOL);
	nv_remove(nv, "host");
	fails(heard(nv, &h), "greeting that is not zrep's");
	nv = said(0, WIRE_PROTOCOL);
	nv_add_str(nv, "tag", "../tag");
	struct err *e = heard(nv, &h);
	assert_int_equal(e->reason, REASON_PROTOCOL);
	err_free(e);
}

/* Nothing else is the name of a session, which is also part of that of a file. */
static void a_session_goes_by_digits(void **state)
{
	static const char *const bad[] = {
	    "", "../../../etc", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};
	static const char good[] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct hello h;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		nvlist_t *nv = said(0, WIRE_PROTOCOL);
		nv_add_str(nv, "session", bad[i]);
		fails(heard(nv, &h), "greeting that is not zrep's");
	}
	nvlist_t *nv = said(0, WIRE_PROTOCOL);
	nv_add_str(nv, "session", good);
	works(heard(nv, &h));
	assert_string_equal(h.session, good);
	struct hello copy = hello_copy(&h);
	hello_free(&h);
	assert_string_equal(copy.session, good);
	assert_string_equal(copy.version, "9.9");
	hello_free(&copy);
}

static void what_a_host_says_cannot_reach_a_terminal(void **state)
{
	nvlist_t *nv = said(0, WIRE_PROTOCOL);
	struct hello h;

	nv_add_str(nv, "version", "3\x1b[2J");
	works(heard(nv, &h));
	assert_string_equal(h.version, "3?[2J");
	hello_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_printed_is_read),
	    cmocka_unit_test(the_highest_common_protocol_is_spoken),
	    cmocka_unit_test(without_a_common_protocol_the_older_one_is_named),
	    cmocka_unit_test(a_feature_is_on_if_both_say_it),
	    cmocka_unit_test(what_is_not_known_is_ignored),
	    cmocka_unit_test(names_of_features_and_operations_are_bounded),
	    cmocka_unit_test(a_greeting_that_contradicts_itself_is_none),
	    cmocka_unit_test(a_session_goes_by_digits),
	    cmocka_unit_test(what_a_host_says_cannot_reach_a_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
