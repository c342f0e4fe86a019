/* Filters: how one is started, watched and got rid of. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "util/spawn.h"
#include "zfs/filter.h"

static bool no_threads;

int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	return no_threads ? EAGAIN : __real_pthread_create(t, attr, fn, arg);
}

static char dir[] = "/tmp/zrep-filter-test-XXXXXX";
static struct cancel cancel;

static int make(void **state)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	cancel = (struct cancel){0};
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) == NULL;
}

static int clear(void **state)
{
	char *path = str_fmt("%s/filter", dir);

	unlink(path);
	free(path);
	unsetenv("ZREP_OUTFILTER");
	/* None is left, and none was left to us. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return rmdir(dir);
}

/* A filter between two pipes, of which we have the outer ends. */
struct between {
	int in, out;
	struct filter *filter;
};

static struct err *start(struct between *b, const char *command)
{
	int in[2], out[2];

	works(spawn_pipe(in));
	works(spawn_pipe(out));
	setenv("ZREP_OUTFILTER", command, 1);
	b->in = in[1];
	b->out = out[0];
	return filter_start(true, in[0], out[1], "here", &cancel, &b->filter);
}

/* The same with a shell script. */
static struct err *start_script(struct between *b, const char *text)
{
	char *path = str_fmt("%s/filter", dir);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	struct err *e = start(b, path);
	free(path);
	return e;
}

/* All that comes out, until its end. */
static size_t drain(const struct between *b)
{
	char buf[65536];
	size_t all = 0;
	ssize_t n;

	while ((n = read(b->out, buf, sizeof(buf))) > 0)
		all += (size_t)n;
	assert_int_equal(n, 0);
	return all;
}

static struct err *end(struct between *b, bool early)
{
	if (b->in >= 0)
		close(b->in);
	close(b->out);
	return filter_end(b->filter, early);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *write_much(void *arg)
{
	struct between *b = arg;
	static const char zeros[65536];

	for (int i = 0; i < 100; i++)
		if (write(b->in, zeros, sizeof(zeros)) < 0)
			break;
	close(b->in);
	b->in = -1;
	return NULL;
}

static void what_goes_in_comes_out(void **state)
{
	struct between b;
	pthread_t t;

	works(start(&b, "  head -c\t6553600 "));
	assert_int_equal(pthread_create(&t, NULL, write_much, &b), 0);
	assert_int_equal(drain(&b), 6553600);
	pthread_join(t, NULL);
	works(end(&b, false));
}

static void blanks_are_no_filter(void **state)
{
	assert_false(filter_is_set(true));
	setenv("ZREP_OUTFILTER", " \t ", 1);
	assert_false(filter_is_set(true));
	setenv("ZREP_OUTFILTER", " cat", 1);
	assert_true(filter_is_set(true));
	assert_false(filter_is_set(false));
	assert_null(filter_end(NULL, true));
}

static void one_that_is_missing_is_an_error_and_leaves_nothing_open(void **state)
{
	struct between b;
	struct err *e = start(&b, "no-such-filter -x");
	char c;

	assert_non_null(e);
	assert_null(b.filter);
	assert_true(err_is(e, REASON_FILTER));
	assert_non_null(strstr(e->remedy, "ZREP_OUTFILTER"));
	fails(
	    e,
	    "the filter \"no-such-filter -x\" (ZREP_OUTFILTER) on here: cannot run no-such-filter");
	assert_int_equal(read(b.out, &c, 1), 0);
	assert_int_equal(write(b.in, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	works(end(&b, false));
}

static void how_it_failed_is_told_with_its_last_words(void **state)
{
	struct between b;
	struct err *e;

	works(start_script(&b, "echo first >&2; printf 'la\\033st\\n\\n' >&2; exit 7"));
	assert_int_equal(drain(&b), 0);
	e = end(&b, false);
	assert_true(err_is(e, REASON_FILTER));
	fails(e, "(ZREP_OUTFILTER) on here failed with exit status 7: la?st");
	works(start_script(&b, "kill -KILL $$"));
	assert_int_equal(drain(&b), 0);
	fails(end(&b, true), "was ended by signal 9");
	works(start_script(&b, "exit 0"));
	assert_int_equal(drain(&b), 0);
	fails(end(&b, true), "ended before its stream did");
}

static void a_talkative_one_does_not_block(void **state)
{
	struct between b;

	works(start_script(
	    &b,
	    "head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo >&2; echo so much >&2; exit 1"));
	assert_int_equal(drain(&b), 0);
	fails(end(&b, false), "exit status 1: so much");
}

/* Nor does what it leaves running keep the pipes open, here or for its own standard error. */
static void what_it_leaves_running_ends_with_it(void **state)
{
	struct between b;
	double begun = seconds();

	works(start_script(&b, "sleep 1000 & echo x; exit 0"));
	assert_int_equal(drain(&b), 2);
	works(end(&b, false));
	assert_true(seconds() - begun < 4);
}

/* It neither reads, nor ends when it is told to. */
static void one_that_does_not_end_is_made_to(void **state)
{
	struct between b;
	double begun = seconds();

	works(start_script(&b, "trap '' TERM; while :; do sleep 1000; done"));
	cancel_set(&cancel, SIGTERM);
	assert_int_equal(drain(&b), 0);
	fails(end(&b, false), "did not end when its stream did");
	assert_true(seconds() - begun < 30);
}

static void without_a_thread_none_is_left(void **state)
{
	struct between b;

	no_threads = true;
	fails(start(&b, "cat"), "cannot start a thread");
	no_threads = false;
	assert_int_equal(drain(&b), 0);
	assert_int_equal(write(b.in, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(b.in);
	close(b.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_goes_in_comes_out, make, clear),
	    cmocka_unit_test_setup_teardown(blanks_are_no_filter, make, clear),
	    cmocka_unit_test_setup_teardown(one_that_is_missing_is_an_error_and_leaves_nothing_open,
					    make, clear),
	    cmocka_unit_test_setup_teardown(without_a_thread_none_is_left, make, clear),
	    cmocka_unit_test_setup_teardown(how_it_failed_is_told_with_its_last_words, make, clear),
	    cmocka_unit_test_setup_teardown(a_talkative_one_does_not_block, make, clear),
	    cmocka_unit_test_setup_teardown(what_it_leaves_running_ends_with_it, make, clear),
	    cmocka_unit_test_setup_teardown(one_that_does_not_end_is_made_to, make, clear),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
