#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"
#include "util/clock.h"
#include "util/spawn.h"

struct outcome {
	struct err *e;
	struct buf out, said;
	int status;
};

static struct outcome sh(const char *script, size_t max)
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
	struct outcome o = {.status = -1};

	o.e = spawn_run(argv, NULL, max, NULL, &o.out, &o.said, &o.status);
	return o;
}

static void forget(struct outcome *o)
{
	err_free(o->e);
	buf_free(&o->out);
	buf_free(&o->said);
}

static void what_it_writes_and_how_it_ends_are_kept(void **state)
{
	struct outcome o = sh("echo out; echo err >&2; exit 7", 1000);

	assert_null(o.e);
	assert_string_equal(o.out.data, "out\n");
	assert_string_equal(o.said.data, "err\n");
	assert_int_equal(o.status, 7);
	forget(&o);
}

static void a_signal_is_128_and_its_number(void **state)
{
	struct outcome o = sh("kill -TERM $$", 1000);

	assert_null(o.e);
	assert_int_equal(o.status, 128 + SIGTERM);
	forget(&o);
}

static void a_missing_program_is_enoent(void **state)
{
	char *argv[] = {"zrep-no-such-program", NULL};
	struct buf out = {0}, said = {0};
	int status;
	struct err *e = spawn_run(argv, NULL, 10, NULL, &out, &said, &status);

	assert_int_equal(e->code, ENOENT);
	fails(e, "zrep-no-such-program");
	char *path[] = {"/nowhere/zrep", NULL};
	e = spawn_run(path, NULL, 10, NULL, &out, &said, &status);
	/* Where posix_spawn() is a plain fork (valgrind), exec's errno is lost; 127 is left. */
	assert_true(e != NULL ? e->code == ENOENT : status == 127);
	err_free(e);
}

/* Asked beforehand, it is as it will be when it is started: the sbin directories are searched after PATH. */
static void a_program_is_found_where_it_would_be_started(void **state)
{
	char *path = mem_strdup(getenv("PATH"));

	assert_true(spawn_finds("sh"));
	assert_true(spawn_finds("/bin/sh"));
	assert_false(spawn_finds("no-such-program"));
	assert_false(spawn_finds("/no/such/program"));
	assert_int_equal(setenv("PATH", "/no/such/folder", 1), 0);
	assert_false(spawn_finds("sh"));
	assert_true(spawn_finds("ldconfig"));
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

static void arguments_are_never_a_shell_s(void **state)
{
	char *argv[] = {"printf", "%s|", "a b", "$(id)", "; x", "", NULL};
	struct buf out = {0}, said = {0};
	int status;

	works(spawn_run(argv, NULL, 1000, NULL, &out, &said, &status));
	assert_string_equal(out.data, "a b|$(id)|; x||");
	buf_free(&out);
	buf_free(&said);
}

static bool half_a_second(void *ctx, uint64_t since)
{
	return clock_ms() >= since + 500;
}

/* Runs it with patience for half a second. */
static struct err *patiently(const char *script, struct buf *out, int *status)
{
	static const struct patience p = {half_a_second, NULL};
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
	struct buf said = {0};
	struct err *e = spawn_run(argv, NULL, 1000, &p, out, &said, status);

	buf_free(&said);
	return e;
}

static void patience_has_an_end(void **state)
{
	struct buf out = {0};
	double begin = clock_now();
	int status;

	struct err *e = patiently("echo a; trap '' TERM; sleep 20 >&- 2>&-", &out, &status);
	assert_int_equal(e->code, ETIMEDOUT);
	fails(e, "sh does not end");
	e = patiently("exec >&- 2>&-; sleep 20", &out, &status);
	assert_int_equal(e->code, ETIMEDOUT);
	err_free(e);
	assert_true(clock_now() - begin < 10);
	buf_free(&out);
	works(patiently("for i in 1 2 3 4 5; do sleep 0.3; echo $i; done; exit 3", &out, &status));
	assert_string_equal(out.data, "1\n2\n3\n4\n5\n");
	assert_int_equal(status, 3);
	buf_free(&out);
}

static void endless_output_is_stopped(void **state)
{
	struct outcome o =
	    sh("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", 1 << 20);

	assert_non_null(o.e);
	assert_non_null(strstr(o.e->what, "wrote more than 1 MiB"));
	assert_true(o.out.len <= 1 << 20);
	forget(&o);
}

/* More than a pipe holds on both, in turns: reading one to its end before the other would hang. */
static void a_talkative_child_does_not_block(void **state)
{
	struct outcome o =
	    sh("i=0; while [ $i -lt 4000 ]; do i=$((i+1));"
	       " echo 0123456789012345678901234567890123456789012345678901234567890123456789 >&2;"
	       " echo 0123456789012345678901234567890123456789012345678901234567890123456789; done",
	       10 << 20);
	assert_null(o.e);
	assert_int_equal(o.status, 0);
	assert_int_equal(o.out.len, 4000 * 71);
	assert_true(o.said.len > 0 && o.said.len <= 64 << 10);
	forget(&o);
}

static void the_child_has_no_input_and_speaks_c(void **state)
{
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	struct outcome o = sh("cat; echo $LC_ALL", 1000);
	unsetenv("LC_ALL");
	assert_null(o.e);
	assert_string_equal(o.out.data, "C\n");
	forget(&o);
}

static void our_descriptors_stay_ours(void **state)
{
	int fd[2];

	works(spawn_pipe(fd));
	char *script = str_fmt("test ! -e /proc/self/fd/%d", fd[0]);
	struct outcome o = sh(script, 1000);
	assert_int_equal(o.status, 0);
	forget(&o);
	free(script);
	close(fd[0]);
	close(fd[1]);
}

static int lent_fd;

static void lend_take(void *ctx, const int **fds, size_t *n)
{
	*fds = &lent_fd;
	*n = 1;
	++*(int *)ctx;
}

static void lend_back(void *ctx)
{
	*(int *)ctx += 10;
}

static void a_lent_descriptor_is_the_child_s_alone(void **state)
{
	int fd[2], calls = 0, status;
	struct spawn_lend lend = {lend_take, lend_back, &calls};
	struct buf out = {0}, said = {0};

	works(spawn_pipe(fd));
	lent_fd = fd[0];
	char *script =
	    str_fmt("test -e /proc/self/fd/%d && test ! -e /proc/self/fd/%d", fd[0], fd[1]);
	char *argv[] = {"sh", "-c", script, NULL};
	works(spawn_run(argv, &lend, 1000, NULL, &out, &said, &status));
	assert_int_equal(status, 0);
	assert_int_equal(calls, 11);
	works(spawn_run(argv, NULL, 1000, NULL, &out, &said, &status));
	assert_int_equal(status, 1);
	buf_free(&out);
	buf_free(&said);
	free(script);
	close(fd[0]);
	close(fd[1]);
}

static void the_environment_can_be_added_to(void **state)
{
	char *argv[] = {"sh", "-c", "echo \"$ZREP_A|$ZREP_AB|$(env | grep -c '^ZREP_A=')\"", NULL};
	char *env[] = {"ZREP_A=new", NULL}, text[100] = "";
	int fd[2], status;
	pid_t pid;

	works(spawn_pipe(fd));
	setenv("ZREP_A", "old", 1);
	setenv("ZREP_AB", "kept", 1);
	struct spawn_files files = {.in = -1, .out = fd[1], .err = -1, .group = true, .env = env};
	works(spawn_start(argv, &files, &pid));
	close(fd[1]);
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "new|kept|1\n");
	spawn_wait(pid, &status);
	close(fd[0]);
	unsetenv("ZREP_A");
	unsetenv("ZREP_AB");
}

static void ignored_signals_are_not_inherited(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	struct outcome o = sh("kill -PIPE $$; exit 0", 1000);
	assert_int_equal(o.status, 128 + SIGPIPE);
	forget(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_it_writes_and_how_it_ends_are_kept),
	    cmocka_unit_test(a_signal_is_128_and_its_number),
	    cmocka_unit_test(a_missing_program_is_enoent),
	    cmocka_unit_test(a_program_is_found_where_it_would_be_started),
	    cmocka_unit_test(arguments_are_never_a_shell_s),
	    cmocka_unit_test(patience_has_an_end),
	    cmocka_unit_test(endless_output_is_stopped),
	    cmocka_unit_test(a_talkative_child_does_not_block),
	    cmocka_unit_test(the_child_has_no_input_and_speaks_c),
	    cmocka_unit_test(our_descriptors_stay_ours),
	    cmocka_unit_test(a_lent_descriptor_is_the_child_s_alone),
	    cmocka_unit_test(the_environment_can_be_added_to),
	    cmocka_unit_test(ignored_signals_are_not_inherited),
	};
	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
