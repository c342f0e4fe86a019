#include <sys/sysmacros.h>

#include "os/linux/mountinfo.h"
#include "zfs/local_place.h"
#include "test.h"

static const char usual[] =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
    "30 22 0:40 / /tank rw,noatime shared:9 master:3 - zfs tank rw,xattr,noacl\n"
    "31 30 0:41 / /tank/a\\040b ro,nosuid - zfs tank/a\\040b ro,xattr\n"
    "35 31 0:45 / /tank/a\\040b/c rw - zfs tank/a\\040b/c rw\n"
    "32 31 0:42 / /tank/a\\040b/tmp rw - tmpfs  rw,size=4k\n"
    "33 22 0:41 /sub /srv\\134x rw - zfs tank/a\\040b ro,xattr\n"
    "34 31 0:43 / /tank/a\\040b/.zfs/snapshot/s ro - zfs tank/a\\040b@s ro\n";

static void lines_are_taken_apart(void **state)
{
	struct mounts m;

	works(mounts_parse(usual, &m));
	assert_int_equal(m.n, 7);
	assert_true(m.items[2].dev == makedev(0, 41));
	assert_string_equal(m.items[2].point, "/tank/a b");
	assert_string_equal(m.items[2].source, "tank/a b");
	assert_string_equal(m.items[2].options, "ro,nosuid");
	assert_true(m.items[2].readonly);
	assert_false(m.items[0].readonly);
	assert_string_equal(m.items[4].source, ""); /* which it may be */
	assert_string_equal(m.items[4].type, "tmpfs");
	assert_string_equal(m.items[5].root, "/sub");
	assert_string_equal(m.items[5].point, "/srv\\x");
	assert_int_equal(m.items[0].depth, 0);
	assert_int_equal(m.items[3].depth, 3);
	mounts_free(&m);
	works(mounts_parse("", &m));
	assert_int_equal(m.n, 0);
}

static nvlist_t *place_of(const struct mounts *m, const char *name, const char *point, bool mounted,
			  bool look)
{
	nvlist_t *place = nv_new();
	struct places places;

	places_sort(m, &places);
	assert_int_equal(place_by_mounts(&places, name, point, mounted, place), look);
	free(places.items);
	return place;
}

static void what_is_at_a_place_is_found(void **state)
{
	struct mounts m;
	nvlist_t *place;
	size_t n;

	works(mounts_parse(usual, &m));
	/* Its own, and what is its own below. */
	place = place_of(&m, "tank/a b", "/tank/a b", true, false);
	assert_true(nv_empty(place));
	nv_free(place);
	place = place_of(&m, "tank/other", "/tank/a b", false, true);
	assert_string_equal(nv_str(place, "over"), "tank/a b");
	nv_free(place);
	place = place_of(&m, "tank/other", "/tank/a b", true, false); /* which is elsewhere */
	assert_true(nv_empty(place));
	nv_free(place);
	place = place_of(&m, "tank/other", "/tank/a b/tmp", false, true);
	assert_string_equal(nv_str(place, "over"), " (tmpfs)");
	nv_free(place);
	/* Not mounted: what is mounted inside, but for what is below it, goes out of sight. */
	place = place_of(&m, "tank", "/tank/a", false, true); /* which is no part of a name */
	assert_true(nv_empty(place));
	nv_free(place);
	place = place_of(&m, "tank", "/tank", false, true);
	assert_null(nv_str(place, "over"));
	char **hides = nv_strs(place, "hides", &n);
	assert_int_equal(n, 1);
	assert_string_equal(hides[0], "/tank/a b/tmp");
	nv_free(place);
	place = place_of(&m, "dozer", "/srv", false, true);
	assert_true(nv_empty(place)); /* a longer name is not inside */
	nv_free(place);
	mounts_free(&m);
	/* Over its own mount, and in front of another pool. */
	works(mounts_parse("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
			   "2 1 0:40 / /t rw - zfs tank/a rw\n"
			   "3 2 0:9 / /t rw - tmpfs none rw\n"
			   "4 1 0:41 / /d rw - zfs dozer rw\n",
			   &m));
	place = place_of(&m, "tank/a", "/t", true, false);
	assert_string_equal(nv_str(place, "over"), "none (tmpfs)");
	nv_free(place);
	nv_free(place_of(&m, "tank/b", "/d/b", false, false));
	nv_free(place_of(&m, "dozer/b", "/d/b", false, true));
	mounts_free(&m);
	/* Nobody looks into what another host has; what is nearer counts. */
	works(mounts_parse("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
			   "2 1 0:9 / /home rw - nfs4 far:/home rw\n"
			   "3 2 0:7 / /home/here rw - ext4 /dev/sdb1 rw\n",
			   &m));
	nv_free(place_of(&m, "tank/h", "/home/of", false, false));
	nv_free(place_of(&m, "tank/h", "/home/here/of", false, false)); /* on the way */
	nv_free(place_of(&m, "tank/h", "/homely", false, true));
	mounts_free(&m);
}

static void a_read_only_mount_of_a_writable_filesystem_is_writable(void **state)
{
	struct mounts m;

	works(mounts_parse("1 1 0:4 / /a ro - zfs tank rw,ro_not,x=ro\n"
			   "2 1 0:4 / /b rw - zfs tank ro\n"
			   "3 1 0:4 / /c rw - zfs tank\n",
			   &m));
	assert_false(m.items[0].readonly);
	assert_true(m.items[1].readonly);
	assert_false(m.items[2].readonly);
	mounts_free(&m);
}

static void mounts_of_a_dataset_are_found(void **state)
{
	struct mounts m;

	works(mounts_parse(usual, &m));
	const struct mount *first = mounts_next(&m, "tank/a b", NULL);
	assert_ptr_equal(first, &m.items[2]);
	assert_ptr_equal(mounts_next(&m, "tank/a b", first), &m.items[5]);
	assert_null(mounts_next(&m, "tank/a b", &m.items[5]));
	assert_null(mounts_next(&m, "tank/a", NULL));
	mounts_free(&m);
}

static void the_deepest_comes_first(void **state)
{
	static char *names[] = {"tank/a b", "tank/a b/c"}, *other[] = {"tank/a"};
	struct mounts m;
	size_t n;

	works(mounts_parse(usual, &m));
	const struct mount **w = mounts_within(&m, names, 2, &n);
	assert_int_equal(n, 3);
	assert_string_equal(w[0]->point, "/tank/a b/c");
	assert_string_equal(w[1]->point, "/tank/a b");
	assert_string_equal(w[2]->point, "/srv\\x");
	free(w);
	w = mounts_within(&m, other, 1, &n);
	assert_int_equal(n, 0);
	free(w);
	mounts_free(&m);
}

static void what_makes_no_sense_is_an_error(void **state)
{
	static const char *const bad[] = {
	    "nonsense\n",
	    "1 2 0:4 / /a rw\n",
	    "1 2 0:4 / /a rw zfs tank rw\n",
	    "1 2 0:4 / /a rw -\n",
	    "1 2 0:4 / /a rw - zfs\n",
	    "x 2 0:4 / /a rw - zfs tank rw\n",
	    "1 2 04 / /a rw - zfs tank rw\n",
	    "1 2 0:99999999999 / /a rw - zfs tank rw\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct mounts m;
		fails(mounts_parse(bad[i], &m), "does not understand");
		mounts_free(&m);
	}
}

static void a_circle_ends(void **state)
{
	struct mounts m;

	works(mounts_parse("1 2 0:4 / /a rw - zfs tank rw\n2 1 0:5 / /b rw - zfs tank/b rw\n"
			   "3 3 0:6 / / rw - ext4 x rw\n",
			   &m));
	assert_int_equal(m.n, 3);
	assert_int_equal(m.items[2].depth, 0);
	mounts_free(&m);
}

static void escapes_that_are_none_stay(void **state)
{
	struct mounts m;

	works(mounts_parse("1 2 0:4 / /a\\04 rw - zfs tank\\9 rw\n2 1 0:4 / /\\777 rw - x \\ rw\n",
			   &m));
	assert_string_equal(m.items[0].point, "/a\\04");
	assert_string_equal(m.items[0].source, "tank\\9");
	assert_string_equal(m.items[1].point, "/\\777");
	assert_string_equal(m.items[1].source, "\\");
	mounts_free(&m);
}

static void a_device_is_mounted_where_it_is_mounted_first(void **state)
{
	dev_t devs[] = {makedev(8, 2), makedev(0, 41)};
	struct mounts m;

	works(mounts_parse(usual, &m));
	assert_string_equal(mounts_point_of(&m, devs, 2), "/tank/a b");
	assert_null(mounts_point_of(&m, devs, 1));
	assert_null(mounts_point_of(&m, NULL, 0));
	mounts_free(&m);
}

static void reads(struct strv *argv, const char *const *words, size_t n)
{
	assert_int_equal(argv->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(argv->items[i], words[i]);
	assert_null(argv->items[n]);
	strv_free(argv);
}

static void a_name_with_a_blank_stays_one_word_of_a_command(void **state)
{
	static const char *const on[] = {"mount",     "-t", "zfs",      "-o",
					 "ro,nosuid", "--", "tank/a b", "/tank/a b"};
	static const char *const off[] = {"umount", "--", "/tank/a b"};
	struct strv argv = {0};
	struct mounts m;

	works(mounts_parse(usual, &m));
	mounts_mount_command(&m.items[2], &argv);
	reads(&argv, on, ARRAY_LEN(on));
	mounts_umount_command(&m.items[2], &argv);
	reads(&argv, off, ARRAY_LEN(off));
	mounts_free(&m);
}

static void what_is_mounted_is_committed(void **state)
{
	struct mounts m;

	works(mounts_read(&m));
	for (size_t i = 0; i < m.n; i++)
		if (strcmp(m.items[i].type, "proc") == 0)
			assert_int_equal(mounts_commit(&m.items[i]), 0);
	mounts_free(&m);
}

static void this_host_s_own_are_read(void **state)
{
	struct mounts m;

	works(mounts_read(&m));
	assert_true(m.n > 0);
	mounts_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_taken_apart),
	    cmocka_unit_test(a_read_only_mount_of_a_writable_filesystem_is_writable),
	    cmocka_unit_test(mounts_of_a_dataset_are_found),
	    cmocka_unit_test(what_is_at_a_place_is_found),
	    cmocka_unit_test(the_deepest_comes_first),
	    cmocka_unit_test(what_makes_no_sense_is_an_error),
	    cmocka_unit_test(a_circle_ends),
	    cmocka_unit_test(escapes_that_are_none_stay),
	    cmocka_unit_test(a_device_is_mounted_where_it_is_mounted_first),
	    cmocka_unit_test(a_name_with_a_blank_stays_one_word_of_a_command),
	    cmocka_unit_test(what_is_mounted_is_committed),
	    cmocka_unit_test(this_host_s_own_are_read),
	};
	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
