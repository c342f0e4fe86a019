/* What a host remembers of what it is the master of: files that others may have written to. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "zfs/local_seen.h"

static char dir[] = "/tmp/zrep-seen.XXXXXX";

/* `of`: masters, or replicas. */
static char *path_of(const char *of, const char *pool)
{
	return str_fmt("%s/%s/zrep/%s", dir, of, pool);
}

static void write_text(const char *pool, const char *text)
{
	char *path = path_of("masters", pool);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(path);
}

static void holds_of(const char *of, const char *pool, const char *text)
{
	char *path = path_of(of, pool), is[512] = "";
	FILE *f = fopen(path, "r");

	if (f != NULL) {
		is[fread(is, 1, sizeof(is) - 1, f)] = '\0';
		fclose(f);
	}
	assert_string_equal(is, text);
	free(path);
}

static void holds(const char *pool, const char *text)
{
	holds_of("masters", pool, text);
}

static void add(nvlist_t *all, const char *name, const char *guid, const char *master,
		const char *source)
{
	nvlist_t *one = nv_new(), *values = nv_new(), *sources = nv_new();

	nv_add_str(values, "guid", guid);
	if (master != NULL) {
		nv_add_str(values, "zrep:master", master);
		nv_add_str(sources, "zrep:master", source);
	}
	nv_add_nv(one, "value", values);
	nv_add_nv(one, "source", sources);
	nv_add_nv(all, name, one);
	nv_free(sources);
	nv_free(values);
	nv_free(one);
}

static void listings_are_remembered(void **state)
{
	nvlist_t *all = nv_new();

	add(all, "data/a", "7", "yes", "local");
	add(all, "data/b", "8", "yes", "received");
	add(all, "data/c", "9", NULL, NULL);
	add(all, "data two/d", "10", "yes", "local");
	local_seen_listed("zrep", SEEN_MASTER, all);
	holds("data", "7 data/a\n");
	holds("data two", "10 data two/d\n");
	nv_free(all);

	/* Of what was not listed nothing is known anew. */
	all = nv_new();
	add(all, "data/c", "9", "yes", "local");
	local_seen_listed("zrep", SEEN_MASTER, all);
	holds("data", "7 data/a\n9 data/c\n");
	nv_free(all);

	/* The pool has another name: what was in it is there. */
	all = nv_new();
	add(all, "other/d", "10", "yes", "local");
	local_seen_listed("zrep", SEEN_MASTER, all);
	holds("data two", "");
	holds("other", "10 other/d\n");
	nv_free(all);
}

static void roles_that_are_set_are_remembered(void **state)
{
	nvlist_t *props = nv_new(), *one = nv_new(), *result = nv_new();

	nv_add_str(one, "zrep:master", "yes");
	nv_add_nv(props, "data/e", one);
	nv_add_nv(props, "data/e@snap", one);
	nv_free(one);
	one = nv_new();
	nv_add_flag(one, "zrep:master");
	nv_add_nv(props, "data/a", one);
	local_seen_set(props, result);
	holds("data", "0 data/e\n9 data/c\n");
	nv_free(one);
	nv_free(props);
	nv_free(result);
}

static void what_others_wrote_is_passed_over(void **state)
{
	nvlist_t *all = nv_new();
	char *path = path_of("masters", "link"), *target = str_fmt("%s/target", dir);

	write_text("data", "5 data/x\nfoo\n-1 data/y\n6 tank/z\n7 data/../z\n 8 data/w\n9data/v\n");
	add(all, "data/a", "7", NULL, NULL);
	local_seen_listed("zrep", SEEN_MASTER, all);
	holds("data", "5 data/x\n");
	nv_free(all);

	FILE *f = fopen(target, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(symlink(target, path), 0);
	all = nv_new();
	add(all, "link/a", "3", "yes", "local");
	local_seen_listed("zrep", SEEN_MASTER, all);
	struct stat st;
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 0);
	nv_free(all);
	free(target);
	free(path);
}

static void add_replica(nvlist_t *all, const char *name, const char *guid, const char *to)
{
	nvlist_t *one = nv_new(), *values = nv_new();

	nv_add_str(values, "guid", guid);
	nv_add_str(values, "zrep:dest-fs", to);
	nv_add_nv(one, "value", values);
	nv_add_nv(all, name, one);
	nv_free(values);
	nv_free(one);
}

/* The same of replicas: what is made a master, or cleared, is none any more. */
static void replicas_are_remembered(void **state)
{
	nvlist_t *all = nv_new(), *props = nv_new(), *one = nv_new(), *result = nv_new();

	add_replica(all, "copy/a", "3", "copy/a");
	add_replica(all, "copy/b", "4", "copy/b");
	add_replica(all, "copy/c", "5", "copy/c");
	add_replica(all, "copy/kept", "6", "copy/d");
	local_seen_listed("zrep", SEEN_MASTER, all);
	local_seen_listed("zrep", SEEN_REPLICA, all);
	holds("copy", "");
	holds_of("replicas", "copy", "3 copy/a\n4 copy/b\n5 copy/c\n");

	nv_add_str(one, "zrep:master", "yes");
	nv_add_nv(props, "copy/a", one);
	nv_free(one);
	one = nv_new();
	nv_add_flag(one, "zrep:dest-fs");
	nv_add_nv(props, "copy/b", one);
	local_seen_set(props, result);
	holds("copy", "0 copy/a\n");
	holds_of("replicas", "copy", "5 copy/c\n");
	nv_free(one);
	nv_free(result);
	nv_free(props);
	nv_free(all);
}

/* No tag leads out of the directory. */
static void it_stays_where_it_is(void **state)
{
	nvlist_t *none = nv_new();

	setenv("ZREP_STATEDIR", "relative", 1);
	local_seen_listed("no-such-tag", SEEN_MASTER, none);
	setenv("ZREP_STATEDIR", dir, 1);
	assert_int_not_equal(access("relative", F_OK), 0);
	nv_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listings_are_remembered),
	    cmocka_unit_test(roles_that_are_set_are_remembered),
	    cmocka_unit_test(what_others_wrote_is_passed_over),
	    cmocka_unit_test(replicas_are_remembered),
	    cmocka_unit_test(it_stays_where_it_is),
	};

	if (mkdtemp(dir) == NULL || setenv("ZREP_STATEDIR", dir, 1) != 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	char *command = str_fmt("rm -r %s", dir);
	(void)!system(command);
	free(command);
	return failed;
}
