#include "test.h"
#include "util/name.h"

static char *long_name(size_t n)
{
	char *s = mem_alloc(n + 1);

	memset(s, 'a', n);
	memcpy(s, "tank/", 5);
	s[n] = '\0';
	return s;
}

static void names_that_zfs_takes_are_taken(void **state)
{
	static const char *const good[] = {
	    "tank",    "tank/a", "tank/a b", "tank/a:b", "tank/a.b",
	    "tank/-a", "tank/0", "T/_",      "tank/..a", "rpool/ROOT/debian-12_1"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		works(name_check_dataset(good[i]));
}

static void names_that_zfs_refuses_are_refused(void **state)
{
	static const char *const bad[] = {"",       "/tank",     "tank/",     "tank//a", "0tank",
					  "-tank",  "tank/a\tb", "tank/a\nb", "tank/..", "tank/./a",
					  "tank/ä", "tank/a'b",  "tank/a%b",  " tank",   "tank/a ",
					  "--",     "tank/a;b",  "tank/$a"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		fails(name_check_dataset(bad[i]), "is no dataset name");
}

static void a_snapshot_is_not_a_dataset(void **state)
{
	struct err *e = name_check_dataset("tank/a@b");

	assert_non_null(strstr(e->what, "is a snapshot"));
	assert_non_null(strstr(e->remedy, "tank/a"));
	err_free(e);
	fails(name_check_dataset("tank/a#b"), "is a bookmark");
}

static void the_longest_name_has_255_bytes(void **state)
{
	for (size_t n = 250; n <= 300; n++) {
		char *s = long_name(n);
		assert_int_equal(name_is_dataset(s), n <= 255);
		free(s);
	}
	char *s = long_name(255);
	s[250] = '@';
	assert_true(name_is_snapshot(s));
	free(s);
	s = long_name(256);
	s[250] = '@';
	assert_false(name_is_snapshot(s));
	free(s);
}

static void snapshots(void **state)
{
	assert_true(name_is_snapshot("tank@a"));
	assert_true(name_is_snapshot("tank/a b@c d"));
	assert_true(name_is_snapshot("tank/a@%recv") == false);
	static const char *const bad[] = {"tank",     "tank@",    "@a",        "tank@a@b",
					  "tank@a/b", "tank@a#b", "tank@a\nb", "tank/@a",
					  "-tank@a",  "tank@.."};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(name_is_snapshot(bad[i]));
	assert_string_equal(name_snap_part("tank/a@b"), "b");
	assert_null(name_snap_part("tank/a"));
}

static void a_host_is_what_ssh_takes_and_never_an_option(void **state)
{
	static const char *const good[] = {
	    "host1", "host1.example.org", "root@host1", "10.0.0.1",
	    "::1",   "[fe80::1%eth0]",    "a_b",        "user-x@host-y"};
	static const char *const bad[] = {"",
					  "-oProxyCommand=reboot",
					  "root@-oProxyCommand=x",
					  "a b",
					  "a;b",
					  "a\nb",
					  "$(x)",
					  "a/b",
					  "@host",
					  "root@",
					  "a@b@c",
					  "h`x`",
					  "h'"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		works(name_check_host(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		fails(name_check_host(bad[i]), "is no host name");
	char *s = long_name(256);
	fails(name_check_host(s), "is no host name");
	free(s);
}

static void tags(void **state)
{
	static const char *const good[] = {"zrep", "zrep-2", "off.site",
					   "0",    "a_b",    "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {
	    "", "Zrep", "-a", "_a", "a:b", "a b", "a@b", "a/b", "abcdefghijklmnopqrstuvwxyz0123456",
	    "ä"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		works(name_check_tag(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		fails(name_check_tag(bad[i]), "is no tag");
}

static void a_short_host_name_stands_for_the_long_one(void **state)
{
	assert_true(name_same_host("host1", "host1"));
	assert_true(name_same_host("host1", "HOST1.example.org"));
	assert_true(name_same_host("host1.example.org", "host1"));
	assert_false(name_same_host("host1.example.org", "host1.example.net"));
	assert_false(name_same_host("host1", "host10"));
	assert_false(name_same_host("", "host1"));
}

static void an_address_is_compared_whole(void **state)
{
	assert_true(name_same_host("10.0.0.1", "10.0.0.1"));
	assert_false(name_same_host("10.0.0.1", "10.0.0.2"));
	assert_false(name_same_host("10", "10.0.0.1"));
}

static void within(void **state)
{
	assert_true(name_within("tank/a", "tank/a"));
	assert_true(name_within("tank/a/b", "tank/a"));
	assert_false(name_within("tank/ab", "tank/a"));
	assert_false(name_within("tank", "tank/a"));
	assert_int_equal(name_pool_len("tank"), 4);
	assert_int_equal(name_pool_len("tank/a@b"), 4);
	assert_int_equal(name_pool_len("tank@b"), 4);
	assert_true(name_same_pool("tank/a", "tank@b"));
	assert_true(name_same_pool("tank", "tank/a/b"));
	assert_false(name_same_pool("tank/a", "tank2/a"));
	assert_false(name_same_pool("tank2", "tank"));
	char *pool = name_pool("tank/a@b");
	assert_string_equal(pool, "tank");
	free(pool);
}

static void own_snapshots_are_known_by_their_name(void **state)
{
	struct name_seq s;

	assert_true(name_parse_seq("zrep_00001f", "zrep", &s));
	assert_int_equal(s.number, 0x1f);
	assert_false(s.unsent);
	assert_true(name_parse_seq("zrep_00001F_unsent", "zrep", &s));
	assert_int_equal(s.number, 0x1f);
	assert_true(s.unsent);
	assert_true(name_parse_seq("off.site_ffffff", "off.site", &s));
}

static void what_only_looks_like_ours_is_foreign(void **state)
{
	static const char *const foreign[] = {"zrep_0001f",
					      "zrep_00001g",
					      "zrep-00001f",
					      "zrep_",
					      "zrep",
					      "",
					      "zrep_00001f_unsen",
					      "zrep_00001f_unsent2",
					      "zrep_00001f ",
					      "xzrep_00001f",
					      "zrep2_00001f",
					      "zrep_before_upgrade",
					      "zrep_0000000000000001"};
	struct name_seq s;

	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		assert_false(name_parse_seq(foreign[i], "zrep", &s));
	/* A tag that begins like another one. */
	assert_false(name_parse_seq("zrep_a_000001", "zrep", &s));
	assert_true(name_parse_seq("zrep_a_000001", "zrep_a", &s));
}

static void the_sequence_goes_on_behind_ffffff(void **state)
{
	struct name_seq s;
	char *name = name_seq("zrep", 0xffffff);

	assert_string_equal(name, "zrep_ffffff");
	free(name);
	name = name_seq("zrep", 0x1000000);
	assert_string_equal(name, "zrep_1000000");
	assert_true(name_parse_seq(name, "zrep", &s));
	assert_int_equal(s.number, 0x1000000);
	free(name);
	name = name_seq("zrep", 0);
	assert_string_equal(name, "zrep_000000");
	free(name);
}

/* Whatever `zfs` can print must be taken, or nothing could be listed where somebody has set it. */
static void a_property_is_told_in_one_way(void **state)
{
	static const char *const both[] = {"readonly", "zrep:src-fs", "a:b+c", "userquota@x",
					   "1:_."};
	static const char *const neither[] = {"", "A", "a b", "a=b", "a,b", "a\nb"};

	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		assert_true(name_is_prop(both[i]) && name_is_prop_printed(both[i]));
	for (size_t i = 0; i < ARRAY_LEN(neither); i++)
		assert_false(name_is_prop(neither[i]) || name_is_prop_printed(neither[i]));
	assert_false(name_is_prop("-a:b"));
	assert_true(name_is_prop_printed("-a:b"));
}

static void a_name_is_taken_apart(void **state)
{
	static const char *const all[][3] = {{"tank", "tank", NULL},
					     {"tank@s", "tank", NULL},
					     {"tank/a b", "tank/a b", "tank"},
					     {"tank/a/b@s", "tank/a/b", "tank/a"},
					     {"", "", NULL}};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *dataset = name_dataset(all[i][0]), *parent = name_parent(dataset);
		assert_string_equal(dataset, all[i][1]);
		if (all[i][2] == NULL)
			assert_null(parent);
		else
			assert_string_equal(parent, all[i][2]);
		free(dataset);
		free(parent);
	}
}

static void a_mark_is_called_after_its_guid(void **state)
{
	char *name = name_mark("zrep", 0x1f);

	(void)state;
	assert_string_equal(name, "zrep_000000000000001f");
	assert_true(name_is_mark(name, "zrep", 0x1f));
	assert_false(name_is_mark(name, "zrep", 0x1e));
	assert_false(name_is_mark(name, "zre", 0x1f));
	assert_false(name_is_mark("zrep_00001f", "zrep", 0x1f));
	assert_false(name_is_mark("zrep_000000000000001F", "zrep", 0x1f));
	assert_false(name_is_mark("zrep_000000000000001f0", "zrep", 0x1f));
	/* It is none of the names of snapshots. */
	struct name_seq seq;
	assert_false(name_parse_seq(name, "zrep", &seq));
	free(name);
	name = name_mark("off.site", UINT64_MAX);
	assert_string_equal(name, "off.site_ffffffffffffffff");
	free(name);
	assert_true(name_is_bookmark("tank/a#b c"));
	assert_false(name_is_bookmark("tank/a@b"));
	assert_false(name_is_bookmark("tank/a#b#c"));
	assert_false(name_is_bookmark("tank/a@b#c"));
	assert_false(name_is_bookmark("-a#b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_taken_apart),
	    cmocka_unit_test(a_property_is_told_in_one_way),
	    cmocka_unit_test(names_that_zfs_takes_are_taken),
	    cmocka_unit_test(names_that_zfs_refuses_are_refused),
	    cmocka_unit_test(a_snapshot_is_not_a_dataset),
	    cmocka_unit_test(the_longest_name_has_255_bytes),
	    cmocka_unit_test(snapshots),
	    cmocka_unit_test(a_host_is_what_ssh_takes_and_never_an_option),
	    cmocka_unit_test(tags),
	    cmocka_unit_test(a_short_host_name_stands_for_the_long_one),
	    cmocka_unit_test(an_address_is_compared_whole),
	    cmocka_unit_test(within),
	    cmocka_unit_test(own_snapshots_are_known_by_their_name),
	    cmocka_unit_test(what_only_looks_like_ours_is_foreign),
	    cmocka_unit_test(the_sequence_goes_on_behind_ffffff),
	    cmocka_unit_test(a_mark_is_called_after_its_guid),
	};
	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
