/* When properties are set by `zfs` in place of a channel program: where programs are not allowed, and for no other cause.
 * libzfs_core's two calls are ours here, and answer what they are told to; `zfs` is a script that notes that it ran. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "test.h"
#include "util/nv.h"
#include "zfs/local.h"
#include "zfs/local_set.h"
#include "zfs/lock.h"

static char dir[] = "/tmp/zrep-set-test-XXXXXX";
static int answer; /* of a channel program */
static struct local local = {.host = "here"};

int lzc_channel_program(const char *pool, const char *text, uint64_t instructions, uint64_t memory,
			nvlist_t *args, nvlist_t **out)
{
	nvlist_t *all = nv_new(), *said = nv_new();

	assert_non_null(pool);
	assert_non_null(text);
	assert_true(instructions > 0 && memory > 0);
	assert_non_null(args);
	nv_add_nv(all, ZCP_RET_RETURN, said);
	nv_free(said);
	*out = all;
	return answer;
}

int lzc_channel_program_nosync(const char *pool, const char *text, uint64_t instructions,
			       uint64_t memory, nvlist_t *args, nvlist_t **out)
{
	return lzc_channel_program(pool, text, instructions, memory, args, out);
}

static char *path_of(const char *name)
{
	return str_fmt("%s/%s", dir, name);
}

static int make(void **state)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (mkdtemp(dir) == NULL || setenv("PATH", dir, 1) != 0)
		return -1;
	char *path = path_of("zfs");
	FILE *f = fopen(path, "we");
	bool good = f != NULL && fprintf(f, "#!/bin/sh\n: >%s/ran\n", dir) > 0 && fclose(f) == 0 &&
		    chmod(path, 0755) == 0;
	free(path);
	local.locks = locks_new(dir);
	return good ? 0 : -1;
}

static int clear(void **state)
{
	static const char *const files[] = {"zfs", "ran"};

	locks_free(local.locks);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char *path = path_of(files[i]);
		(void)unlink(path);
		free(path);
	}
	return rmdir(dir);
}

/* Sets zrep:epoch, where a program ends with `code`. Did `zfs` run? *e: what became of it. */
static bool set(int code, struct err **e)
{
	nvlist_t *args = nv_new(), *props = nv_new(), *one = nv_new(), *result = nv_new();

	answer = code;
	nv_add_str(one, "zrep:epoch", "7");
	nv_add_nv(props, "tank/a", one);
	nv_add_nv(args, "props", props);
	works(local_set(&local, args, result));
	*e = nv_err(nv_nv(result, "errors"), "tank/a", NULL);
	nv_free(result);
	nv_free(args);
	nv_free(props);
	nv_free(one);
	char *path = path_of("ran");
	bool ran = unlink(path) == 0;
	free(path);
	return ran;
}

static void by_program(void **state)
{
	struct err *e;

	assert_false(set(0, &e));
	assert_null(e);
}

static void by_zfs_where_programs_are_not_allowed(void **state)
{
	struct err *e;

	assert_true(set(EPERM, &e));
	assert_null(e);
}

static void not_by_zfs_because_one_failed(void **state)
{
	static const int codes[] = {EIO, ENOSPC, EINVAL, EAGAIN, ENOMEM, ETIME, ECHRNG, EACCES};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct err *e;
		assert_false(set(codes[i], &e));
		assert_non_null(e);
		err_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(by_program, make, clear),
	    cmocka_unit_test_setup_teardown(by_zfs_where_programs_are_not_allowed, make, clear),
	    cmocka_unit_test_setup_teardown(not_by_zfs_because_one_failed, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
