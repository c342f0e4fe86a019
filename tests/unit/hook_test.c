#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "util/nv.h"
#include "zfs/local.h"
#include "zfs/local_ops.h"
#include "zfs/lock.h"
#include "zfs/ops.h"

static char dir[] = "/tmp/zrep-hook-test-XXXXXX";
static struct cancel cancel;
static struct local local = {.host = "here", .cancel = &cancel};

static int make(void **state)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	cancel = (struct cancel){0};
	local.locks = locks_new(dir);
	unsetenv("ZREP_HOOK_TIMEOUT");
	return mkdtemp(dir) == NULL || setenv("ZREP_HOOKS", dir, 1) != 0;
}

static int clear(void **state)
{
	DIR *d = opendir(dir);

	locks_free(local.locks);
	chmod(dir, 0700);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return rmdir(dir);
}

static void put(const char *hook, const char *text, mode_t mode)
{
	char *path = str_fmt("%s/%s", dir, hook);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

/* Runs a hook for tank/a, with one fact. */
static struct err *ask(const char *hook, const char *key, const char *value, nvlist_t **result)
{
	nvlist_t *args = nv_new(), *items = nv_new(), *item = nv_new(), *props = nv_new();

	nv_add_str(props, key, value);
	nv_add_nv(item, "props", props);
	nv_add_nv(items, "tank/a", item);
	nv_add_nv(args, "items", items);
	nv_add_str(args, "hook", hook);
	struct err *e = local_call(&local, OP_HOOK, args, result);
	nv_free(props);
	nv_free(item);
	nv_free(items);
	nv_free(args);
	return e;
}

/* What came of it: its error, or the whole call's; *said what it wrote ("": nothing). */
static struct err *run(const char *hook, char said[2048])
{
	nvlist_t *result;
	struct err *e = ask(hook, "PEER", "other host", &result);
	const char *text = nv_str(nv_nv(result, "said"), "tank/a");

	snprintf(said, 2048, "%s", text ? text : "");
	if (e == NULL)
		e = nv_err(nv_nv(result, "errors"), "tank/a", NULL);
	nv_free(result);
	return e;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void none_is_nothing_to_do(void **state)
{
	char said[2048];

	works(run("fence", said));
	assert_string_equal(said, "");
	setenv("ZREP_HOOKS", "/nowhere/at/all", 1);
	works(run("fence", said));
}

static void it_gets_the_facts_and_is_heard(void **state)
{
	char said[2048];

	setenv("ZREP_PEER", "from our environment", 1);
	put("pre-demote",
	    "#!/bin/sh\n"
	    "echo \"$ZREP_HOOK|$ZREP_DATASET|$ZREP_PEER\"\necho err >&2\ncat\n"
	    "printf '\\033[1mbold\\n'\n",
	    0755);
	works(run("pre-demote", said));
	unsetenv("ZREP_PEER");
	assert_string_equal(said, "pre-demote|tank/a|other host; err; ?[1mbold");
}

static void its_locale_is_ours(void **state)
{
	char said[2048];

	setenv("LC_ALL", "tlh_KX", 1);
	put("fence", "#!/bin/sh\necho \"$LC_ALL\"\n", 0755);
	works(run("fence", said));
	unsetenv("LC_ALL");
	assert_non_null(strstr(said, "tlh_KX"));
}

static void how_it_fails_is_told(void **state)
{
	char said[2048];

	put("fence", "#!/bin/sh\necho first\necho the reason\nexit 3\n", 0755);
	struct err *e = run("fence", said);
	assert_non_null(e);
	assert_non_null(strstr(e->remedy, dir));
	assert_non_null(strstr(e->remedy, "here"));
	assert_string_equal(said, "first; the reason");
	assert_true(err_is(e, REASON_HOOK));
	fails(e, "the hook fence on here failed with exit status 3: the reason");
	put("fence", "#!/bin/sh\nkill -KILL $$\n", 0755);
	fails(run("fence", said), "was ended by signal 9");
	put("fence", "echo no interpreter\n", 0755);
	fails(run("fence", said), "fence on here");
	put("fence", "#!/nowhere/sh\n", 0755);
	e = run("fence", said);
	assert_true(err_is(e, REASON_HOOK));
	fails(e, "fence on here");
}

static void only_what_is_safely_ours_is_run(void **state)
{
	char said[2048];

	put("fence", "#!/bin/sh\n", 0644);
	struct err *e = run("fence", said);
	assert_true(err_is(e, REASON_HOOK));
	fails(e, "is not executable");
	put("fence", "#!/bin/sh\n", 0757);
	fails(run("fence", said), "can be changed by others");
	put("fence", "#!/bin/sh\n", 0755);
	works(run("fence", said));
	assert_int_equal(chmod(dir, 0777), 0);
	fails(run("fence", said), "can be changed by others");
	assert_int_equal(chmod(dir, 0755), 0);
	char *path = str_fmt("%s/pre-demote", dir);
	assert_int_equal(symlink("/tmp", path), 0);
	fails(run("pre-demote", said), "is no regular file");
	if (geteuid() == 0 && unlink(path) == 0) {
		put("pre-demote", "#!/bin/sh\n", 0755);
		assert_int_equal(chown(path, 12345, 0), 0);
		fails(run("pre-demote", said), "belongs to another user");
	}
	free(path);
	setenv("ZREP_HOOKS", "relative", 1);
	fails(run("fence", said), "no absolute path");
}

static void what_is_asked_for_is_checked(void **state)
{
	static const char *const bad[][2] = {
	    {"", "x"},         {"lower", "x"},     {"A=B", "x"},      {"HOOK", "x"},
	    {"HOOKS", "/tmp"}, {"RUNDIR", "/tmp"}, {"EPOCH", "1\n2"}, {"PEER", "a\033b"},
	    {"SOON", "x"}, /* a setting of a later zrep, say */
	};
	nvlist_t *result, *args = nv_new();

	put("fence", "#!/bin/sh\n", 0755);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		fails(ask("fence", bad[i][0], bad[i][1], &result), "is no fact for a hook");
		nv_free(result);
	}
	fails(ask("../fence", "PEER", "x", &result), "knows no hook");
	fails(ask("", "PEER", "x", &result), "knows no hook");
	nv_add_str(args, "hook", "fence");
	fails(local_call(&local, OP_HOOK, args, &result), "lacks its argument");
	nvlist_t *items = nv_new();
	nv_add_nv(items, "-rf", args);
	nv_add_nv(args, "items", items);
	fails(local_call(&local, OP_HOOK, args, &result), "is no dataset name");
	nv_free(items);
	nv_free(args);
}

static void one_that_does_not_end_is_ended(void **state)
{
	char said[2048];
	double began = seconds();

	setenv("ZREP_HOOK_TIMEOUT", "1", 1);
	/* The signal goes to the whole group: the shell itself waits for the sleep. */
	put("fence", "#!/bin/sh\necho waiting\nsleep 600\n", 0755);
	fails(run("fence", said), "did not end within 1 seconds: waiting");
	assert_true(seconds() - began < 30);
}

static void cancel_ends_it_too(void **state)
{
	char said[2048];
	double began = seconds();
	char *script =
	    str_fmt("#!/bin/sh\ntrap 'echo told; exit 1' TERM\nsleep 600 &\nkill -USR1 %ld\nwait\n",
		    (long)getpid());

	put("fence", script, 0755);
	free(script);
	cancel_set(&cancel, SIGINT);
	fails(run("fence", said), "was not run: interrupted");
	cancel = (struct cancel){0};
	fails(run("fence", said), "was interrupted: told");
	assert_true(seconds() - began < 30);
}

static void on_signal(int sig)
{
	cancel_set(&cancel, sig);
}

static void what_it_starts_in_the_background_stays(void **state)
{
	char said[2048];
	double began = seconds();
	FILE *f;
	long pid = 0;

	char *script = str_fmt("#!/bin/sh\nsleep 600 &\necho $! >%s/pid\necho started\n", dir);
	put("post-promote", script, 0755);
	free(script);
	works(run("post-promote", said));
	assert_string_equal(said, "started");
	assert_true(seconds() - began < 30);
	char *path = str_fmt("%s/pid", dir);
	assert_non_null(f = fopen(path, "re"));
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	free(path);
	assert_true(pid > 1);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

static void much_output_does_not_block(void **state)
{
	char said[2048];

	put("fence",
	    "#!/bin/sh\ni=0\nwhile [ $i -lt 4000 ]; do i=$((i+1)); "
	    "echo 0123456789012345678901234567890123456789; done\n",
	    0755);
	works(run("fence", said));
	assert_int_equal(strlen(said), 1024);
}

static void locks_are_not_its_own(void **state)
{
	char said[2048], *busy;

	works(locks_take(local.locks, "zrep", "tank/a", LOCK_ALONE, &busy));
	put("fence", "#!/bin/sh\nls -l /proc/self/fd | grep -c '[.]lock'\nexit 0\n", 0755);
	works(run("fence", said));
	assert_string_equal(said, "0");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, make, clear)
	const struct CMUnitTest tests[] = {
	    test(none_is_nothing_to_do),
	    test(it_gets_the_facts_and_is_heard),
	    test(its_locale_is_ours),
	    test(how_it_fails_is_told),
	    test(only_what_is_safely_ours_is_run),
	    test(what_is_asked_for_is_checked),
	    test(one_that_does_not_end_is_ended),
	    test(cancel_ends_it_too),
	    test(what_it_starts_in_the_background_stays),
	    test(much_output_does_not_block),
	    test(locks_are_not_its_own),
	};
	signal(SIGUSR1, on_signal);
	return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
