/* The picture: what zrep believes of what it is told. */
#include "state/dataset.h"
#include "state/picture.h"
#include "test.h"
#include "util/snap_columns.h"

static nvlist_t *value, *origin; /* of the one dataset of the listing */

static void set(const char *prop, const char *v, const char *source)
{
	nv_add_str(value, prop, v);
	nv_add_str(origin, prop, source);
}

static int fresh(void **state)
{
	value = nv_new();
	origin = nv_new();
	set("zrep:src-host", "host1", "local");
	set("zrep:src-fs", "tank/a", "local");
	set("zrep:dest-host", "host2", "local");
	set("zrep:dest-fs", "tank/b", "local");
	return 0;
}

static int done(void **state)
{
	nv_free(value);
	nv_free(origin);
	return 0;
}

/* Reads the dataset as `name` on `host`, with `snaps` if not NULL. */
static struct err *read_as(const char *name, const char *host, const nvlist_t *snaps,
			   struct side *s)
{
	nvlist_t *listing = nv_new(), *all = nv_new(), *one = nv_new();

	nv_add_nv(one, "value", value);
	nv_add_nv(one, "source", origin);
	if (snaps != NULL)
		nv_add_nv(one, "snaps", snaps);
	nv_add_nv(all, name, one);
	nv_add_nv(listing, "datasets", all);
	nv_add_str(listing, "host", host);
	struct err *e = side_read(listing, "zrep", host, s);
	nv_free(one);
	nv_free(all);
	nv_free(listing);
	return e;
}

static void native_properties_from_outside_are_native(void **state)
{
	nvlist_t *listing = nv_new(), *all = nv_new(), *one = nv_new(), *native = nv_new();
	struct side s;

	nv_add_str(native, "atime", "off");
	nv_add_str(native, "zrep:master", "yes");
	nv_add_str(native, "-x", "y");
	nv_add_str(native, "a=b", "c");
	nv_add_u64(native, "quota", 5);
	nv_add_flag(native, "exec");
	nv_add_nv(one, "value", value);
	nv_add_nv(one, "source", origin);
	nv_add_nv(one, "native", native);
	nv_add_nv(all, "tank/a", one);
	nv_add_nv(listing, "datasets", all);
	nv_add_str(listing, "host", "host1");
	works(side_read(listing, "zrep", "host1", &s));
	size_t n = 0;
	nv_each(s.datasets[0].native, p)
		n++;
	assert_int_equal(n, 1);
	assert_string_equal(nv_str(s.datasets[0].native, "atime"), "off");
	side_free(&s);
	nv_free(native);
	nv_free(one);
	nv_free(all);
	nv_free(listing);
}

static enum role role(const char *name, const char *host)
{
	struct side s;

	works(read_as(name, host, NULL, &s));
	enum role r = s.datasets[0].role;
	side_free(&s);
	return r;
}

static void a_local_master_of_its_own_name_is_the_master(void **state)
{
	set("zrep:master", "yes", "local");
	assert_int_equal(role("tank/a", "host1"), ROLE_MASTER);
	assert_int_equal(role("tank/a", "host1.example.org"), ROLE_MASTER);
}

static void a_host_that_is_no_name_of_one_makes_no_master(void **state)
{
	set("zrep:master", "yes", "local");
	set("zrep:src-host", "me@host1", "local");
	assert_int_equal(role("tank/a", "host1"), ROLE_MASTER);
	set("zrep:src-host", "$(reboot)@host1", "local");
	assert_int_equal(role("tank/a", "host1"), ROLE_BROKEN);
}

static void the_same_properties_elsewhere_make_no_master(void **state)
{
	set("zrep:master", "yes", "local");
	assert_int_equal(role("tank/a", "host2"), ROLE_BROKEN);
	assert_int_equal(role("tank/other", "host1"), ROLE_BROKEN);
	assert_int_equal(role("tank/b", "host2"), ROLE_BROKEN);
}

/* The script's worst accidents came from here. */
static void a_master_that_was_received_or_inherited_is_none(void **state)
{
	set("zrep:master", "yes", "received");
	assert_int_not_equal(role("tank/a", "host1"), ROLE_MASTER);
	assert_int_equal(role("tank/b", "host2"), ROLE_REPLICA);
	set("zrep:master", "yes", "inherited");
	assert_int_not_equal(role("tank/a", "host1"), ROLE_MASTER);
	set("zrep:master", "no", "local");
	assert_int_not_equal(role("tank/a", "host1"), ROLE_MASTER);
}

static void received_properties_of_the_pair_count(void **state)
{
	set("zrep:src-host", "host1", "received");
	set("zrep:dest-fs", "tank/b", "received");
	assert_int_equal(role("tank/b", "host2"), ROLE_REPLICA);
}

static void a_child_that_inherits_everything_is_nothing(void **state)
{
	static const char *const props[] = {"src-host", "src-fs", "dest-host", "dest-fs", "master"};

	for (size_t i = 0; i < ARRAY_LEN(props); i++) {
		char *key = str_fmt("zrep:%s", props[i]);
		set(key, "yes", "inherited");
		free(key);
	}
	assert_int_equal(role("tank/a/child", "host1"), ROLE_NONE);
}

static void half_a_pair_is_broken(void **state)
{
	set("zrep:dest-fs", "-", "-");
	assert_int_equal(role("tank/a", "host1"), ROLE_BROKEN);
}

static void names_that_are_none_are_broken(void **state)
{
	set("zrep:dest-fs", "-oops", "local");
	set("zrep:master", "yes", "local");
	assert_int_equal(role("tank/a", "host1"), ROLE_BROKEN);
}

static void a_master_without_a_pair_is_broken(void **state)
{
	static const char *const props[] = {"zrep:src-host", "zrep:src-fs", "zrep:dest-host",
					    "zrep:dest-fs"};

	for (size_t i = 0; i < ARRAY_LEN(props); i++)
		set(props[i], "-", "-");
	assert_int_equal(role("tank/a", "host1"), ROLE_NONE);
	set("zrep:master", "yes", "local");
	assert_int_equal(role("tank/a", "host1"), ROLE_BROKEN);
}

static void what_was_chosen_is_read_or_known_to_be_bad(void **state)
{
	struct side s;

	set("zrep:props", "compression=zstd,-atime", "received");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_string_equal(nv_str(s.datasets[0].props, "compression"), "zstd");
	assert_true(nv_flag(s.datasets[0].props, "atime"));
	assert_false(s.datasets[0].props_bad);
	side_free(&s);
	set("zrep:props", "compression", "local");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_null(s.datasets[0].props);
	assert_true(s.datasets[0].props_bad);
	side_free(&s);
	set("zrep:props", "compression=zstd", "inherited");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_null(s.datasets[0].props);
	assert_false(s.datasets[0].props_bad);
	side_free(&s);
}

/* A pair may be stored before there is a master. */
static void a_source_without_its_mark_knows_that_it_is_named(void **state)
{
	struct side s;

	works(read_as("tank/a", "host1", NULL, &s));
	assert_int_equal(s.datasets[0].role, ROLE_BROKEN);
	assert_true(s.datasets[0].named_source);
	side_free(&s);
	works(read_as("tank/b", "host2", NULL, &s));
	assert_false(s.datasets[0].named_source);
	side_free(&s);
	works(read_as("tank/a", "host2", NULL, &s));
	assert_false(s.datasets[0].named_source);
	side_free(&s);
}

static void a_savecount_is_a_number_above_zero(void **state)
{
	static const char *const bad[] = {"0", "-1", "many", "", "5 ", "99999999999999999999"};
	struct side s;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		set("zrep:savecount", bad[i], "local");
		works(read_as("tank/a", "host1", NULL, &s));
		assert_true(s.datasets[0].savecount_bad);
		assert_int_equal(s.datasets[0].savecount, 0);
		side_free(&s);
	}
	set("zrep:savecount", "12", "received");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_int_equal(s.datasets[0].savecount, 12);
	side_free(&s);
	set("zrep:savecount", "12", "inherited");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_int_equal(s.datasets[0].savecount, 0);
	assert_false(s.datasets[0].savecount_bad);
	side_free(&s);
}

static void a_keep_that_cannot_be_read_is_told_from_none(void **state)
{
	static const char *const bad[] = {" ", "24", "24h\033[2J", "24h 7d 1h"};
	struct side s;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		set("zrep:keep", bad[i], "local");
		works(read_as("tank/a", "host1", NULL, &s));
		assert_true(s.datasets[0].keep_bad);
		assert_int_equal(s.datasets[0].keep.n[KEEP_HOUR], 0);
		assert_null(strchr(s.datasets[0].keep_text, '\033'));
		side_free(&s);
	}
	set("zrep:keep", "24h 7d", "received");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_false(s.datasets[0].keep_bad);
	assert_int_equal(s.datasets[0].keep.n[KEEP_HOUR], 24);
	assert_int_equal(s.datasets[0].keep.n[KEEP_DAY], 7);
	side_free(&s);
	static const char *const none[][2] = {{"24h", "inherited"}, {"", "local"}, {"-", "-"}};
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		set("zrep:keep", none[i][0], none[i][1]);
		works(read_as("tank/a", "host1", NULL, &s));
		assert_false(s.datasets[0].keep_bad);
		assert_null(s.datasets[0].keep_text);
		assert_int_equal(s.datasets[0].keep.n[KEEP_HOUR], 0);
		side_free(&s);
	}
}

static void what_zfs_says_is_read(void **state)
{
	struct side s;

	set("type", "volume", "-");
	set("written", "4096", "-");
	set("readonly", "on", "inherited");
	set("encryption", "aes-256-gcm", "-");
	set("receive_resume_token", "1-abc", "-");
	set("origin", "-", "-");
	set("zrep:epoch", "3", "local");
	set("zrep:paused", "no", "local");
	set("other:src-fs", "not ours", "local");
	works(read_as("tank/a", "host1", NULL, &s));
	const struct dataset *d = side_find(&s, "tank/a");
	assert_true(d->type == TYPE_VOLUME && d->readonly && d->encrypted && !d->paused);
	assert_true(d->written == 4096 && d->epoch == 3);
	assert_string_equal(d->token, "1-abc");
	assert_null(d->origin);
	assert_null(nv_str(d->own, "other:src-fs"));
	assert_string_equal(nv_str(d->own, "zrep:epoch"), "3");
	assert_null(side_find(&s, "tank"));
	side_free(&s);
}

/* --- snapshots --- */

static nvlist_t *some_snaps(char *const *names, const uint64_t *numbers, size_t n)
{
	nvlist_t *snaps = nv_new();

	nv_add_strs(snaps, "name", names, n);
	for (size_t i = 0; i < SNAP_COLUMNS; i++)
		nv_add_u64s(snaps, snap_columns[i].key, numbers, n);
	return snaps;
}

static void snapshots_are_in_the_order_of_their_txg(void **state)
{
	char *names[] = {"late", "zrep_000002", "early"};
	uint64_t numbers[] = {30, 20, 10};
	nvlist_t *snaps = some_snaps(names, numbers, 3);
	struct side s;

	works(read_as("tank/a", "host1", snaps, &s));
	const struct dataset *d = &s.datasets[0];
	assert_string_equal(d->snaps[0].name, "early");
	assert_string_equal(dataset_newest(d)->name, "late");
	assert_true(d->snaps[1].zrep_named && !d->snaps[0].zrep_named);
	assert_int_equal(d->snaps[1].seq.number, 2);
	assert_string_equal(dataset_snap_by_guid(d, 20)->name, "zrep_000002");
	assert_null(dataset_snap_by_guid(d, 21));
	assert_null(dataset_snap_by_name(d, "later"));
	side_free(&s);
	nv_free(snaps);
}

/* No ZFS would say so, but a peer might. */
static void of_equal_snapshots_the_newest_is_found(void **state)
{
	char *names[] = {"c", "a", "a", "b"};
	uint64_t numbers[] = {1, 2, 3, 4}, guids[] = {7, 9, 7, 7};
	nvlist_t *snaps = some_snaps(names, numbers, 4);
	struct side s;

	nv_add_u64s(snaps, "guid", guids, 4);
	works(read_as("tank/a", "host1", snaps, &s));
	const struct dataset *d = &s.datasets[0];
	assert_ptr_equal(dataset_snap_by_guid(d, 7), &d->snaps[3]);
	assert_ptr_equal(dataset_snap_by_guid(d, 9), &d->snaps[1]);
	assert_ptr_equal(dataset_snap_by_name(d, "a"), &d->snaps[2]);
	assert_ptr_equal(dataset_snap_by_name(d, "c"), &d->snaps[0]);
	assert_null(dataset_snap_by_guid(d, 8));
	assert_null(dataset_snap_by_guid(d, 10));
	assert_null(dataset_snap_by_name(d, "d"));
	side_free(&s);
	nv_free(snaps);
}

static void the_base_is_found_by_guid_and_never_by_name(void **state)
{
	char *here[] = {"a", "b", "c"}, *there[] = {"x", "b"};
	uint64_t guids_here[] = {1, 2, 3}, guids_there[] = {1, 99};
	nvlist_t *one = some_snaps(here, guids_here, 3), *two = some_snaps(there, guids_there, 2);
	struct side s, t;

	works(read_as("tank/a", "host1", one, &s));
	works(read_as("tank/b", "host2", two, &t));
	assert_string_equal(dataset_base(&s.datasets[0], &t.datasets[0])->name, "a");
	assert_string_equal(dataset_base(&t.datasets[0], &s.datasets[0])->name, "x");
	side_free(&t);
	side_free(&s);
	nv_free(one);
	nv_free(two);
}

static void what_is_inherited_is_known_and_counts_for_nothing(void **state)
{
	struct side s;

	set("zrep:savecount", "30\n", "inherited");
	works(read_as("tank/a", "host1", NULL, &s));
	assert_int_equal(s.datasets[0].savecount, 0);
	assert_null(nv_str(s.datasets[0].own, "zrep:savecount"));
	assert_string_equal(nv_str(s.datasets[0].inherited, "zrep:savecount"), "30?");
	side_free(&s);
}

static void what_is_unknown_and_what_was_kept(void **state)
{
	static char *const tagged[] = {"zrep:src-fs", "zrep:odd", "other:odd"};
	static char *const kept[] = {"tank/a_kept_20261125T130509Z", "tank/b_kept_20261125T130509Z",
				     "tank/a_kept_"};
	static const uint64_t used[] = {5, 6, 7};
	nvlist_t *listing = nv_new(), *all = nv_new(), *one = nv_new();
	struct side s;

	nv_add_nv(one, "value", value);
	nv_add_nv(one, "source", origin);
	nv_add_strs(one, "tagged", tagged, 3);
	nv_add_strs(one, "kept", kept, 3);
	nv_add_u64s(one, "kept_used", used, 3);
	nv_add_nv(all, "tank/a", one);
	nv_add_nv(listing, "datasets", all);
	nv_add_str(listing, "host", "host1");
	works(side_read(listing, "zrep", "host1", &s));
	assert_int_equal(s.datasets[0].unknown.n, 1);
	assert_string_equal(s.datasets[0].unknown.items[0], "zrep:odd");
	assert_int_equal(s.datasets[0].preserved_names.n, 1);
	assert_int_equal(s.datasets[0].preserved_used[0], 5);
	side_free(&s);
	nv_add_u64s(one, "kept_used", used, 1);
	nv_add_nv(all, "tank/a", one);
	nv_add_nv(listing, "datasets", all);
	works(side_read(listing, "zrep", "host1", &s));
	assert_int_equal(s.datasets[0].preserved_names.n, 0);
	side_free(&s);
	nv_free(one);
	nv_free(all);
	nv_free(listing);
}

static void a_damaged_listing_is_refused(void **state)
{
	char *names[] = {"a", "b"}, *bad[] = {"a@b"}, *bad2[] = {"../x"};
	uint64_t numbers[] = {1, 2};
	struct side s;
	nvlist_t *snaps = some_snaps(names, numbers, 2);

	nv_add_u64s(snaps, "guid", numbers, 1);
	fails(read_as("tank/a", "host1", snaps, &s), "damaged");
	nv_free(snaps);
	for (size_t i = 0; i < SNAP_COLUMNS; i++) {
		if (i == SNAP_GROUND) /* an older zrep does not list it */
			continue;
		snaps = some_snaps(names, numbers, 2);
		nv_remove(snaps, snap_columns[i].key);
		fails(read_as("tank/a", "host1", snaps, &s), "damaged");
		nv_free(snaps);
	}
	snaps = some_snaps(bad, numbers, 1);
	fails(read_as("tank/a", "host1", snaps, &s), "damaged");
	nv_free(snaps);
	snaps = some_snaps(bad2, numbers, 1);
	fails(read_as("tank/a", "host1", snaps, &s), "damaged");
	nv_free(snaps);
	fails(read_as("-tank", "host1", NULL, &s), "damaged");
	nvlist_t *nothing = nv_new();
	fails(side_read(nothing, "zrep", "host1", &s), "damaged");
	nv_free(nothing);
}

/* A backup of the pair of root@host1, put back in its place with nothing but what came with the stream. */
static void what_was_restored_in_its_place_is_no_stray(void **state)
{
	char root[] = "root@host1", host[] = "host1", fs[] = "tank/a", other[] = "tank/b";
	struct dataset d = {.name = fs, .src_fs = fs, .src_host = root};

	assert_false(dataset_is_stray(&d, "host1"));
	assert_false(dataset_is_stray(&d, "host1.example.org"));
	assert_true(dataset_is_stray(&d, "host2"));
	d.src_host = host;
	assert_false(dataset_is_stray(&d, "host1"));
	d.name = other;
	assert_true(dataset_is_stray(&d, "host1"));
	d.master = true;
	assert_false(dataset_is_stray(&d, "host1"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
	    TEST(a_host_that_is_no_name_of_one_makes_no_master),
	    TEST(what_was_restored_in_its_place_is_no_stray),
	    TEST(native_properties_from_outside_are_native),
	    TEST(a_local_master_of_its_own_name_is_the_master),
	    TEST(the_same_properties_elsewhere_make_no_master),
	    TEST(a_master_that_was_received_or_inherited_is_none),
	    TEST(received_properties_of_the_pair_count),
	    TEST(a_child_that_inherits_everything_is_nothing),
	    TEST(half_a_pair_is_broken),
	    TEST(names_that_are_none_are_broken),
	    TEST(a_master_without_a_pair_is_broken),
	    TEST(what_was_chosen_is_read_or_known_to_be_bad),
	    TEST(a_source_without_its_mark_knows_that_it_is_named),
	    TEST(a_savecount_is_a_number_above_zero),
	    TEST(a_keep_that_cannot_be_read_is_told_from_none),
	    TEST(what_zfs_says_is_read),
	    TEST(snapshots_are_in_the_order_of_their_txg),
	    TEST(of_equal_snapshots_the_newest_is_found),
	    TEST(the_base_is_found_by_guid_and_never_by_name),
	    TEST(what_is_inherited_is_known_and_counts_for_nothing),
	    TEST(what_is_unknown_and_what_was_kept),
	    TEST(a_damaged_listing_is_refused),
	};
	return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
