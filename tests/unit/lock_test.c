#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "zfs/lock.h"

static char dir[] = "/tmp/zrep-lock-test-XXXXXX";

static int make_dir(void **state)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return rmdir(dir);
}

static bool free_for_others(const char *tag, const char *dataset)
{
	struct locks *l = locks_new(dir);
	char *busy;

	works(locks_take(l, tag, dataset, &busy));
	bool ok = busy == NULL;
	free(busy);
	locks_free(l);
	return ok;
}

static void a_lock_excludes_and_is_given_back(void **state)
{
	struct locks *l = locks_new(dir);
	char *busy;

	works(locks_take(l, "zrep", "tank/a", &busy));
	assert_null(busy);
	works(locks_take(l, "zrep", "tank/a", &busy)); /* again is fine */
	assert_null(busy);
	assert_false(free_for_others("zrep", "tank/a"));
	assert_true(free_for_others("zrep", "tank/b"));
	assert_true(free_for_others("off", "tank/a"));
	assert_true(free_for_others("zrep", ""));
	locks_drop(l, "zrep", "tank/a");
	locks_drop(l, "zrep", "tank/never");
	assert_true(free_for_others("zrep", "tank/a"));
	works(locks_take(l, "zrep", "", &busy));
	assert_false(free_for_others("zrep", ""));
	locks_free(l);
	assert_true(free_for_others("zrep", ""));
}

static void who_has_it_is_told(void **state)
{
	struct locks *a = locks_new(dir), *b = locks_new(dir);
	char *busy, *pid = str_fmt("pid %ld,", (long)getpid());

	works(locks_take(a, "zrep", "tank/a", &busy));
	works(locks_take(b, "zrep", "tank/a", &busy));
	assert_non_null(strstr(busy, pid));
	free(busy);
	free(pid);
	locks_free(a);
	locks_free(b);
}

static void names_that_look_alike_are_different_locks(void **state)
{
	struct locks *l = locks_new(dir);
	char *busy, name[260];

	works(locks_take(l, "zrep", "tank/a b", &busy));
	assert_true(free_for_others("zrep", "tank/a_b"));
	assert_true(free_for_others("zrep", "tank/a/b"));
	memset(name, 'x', 255);
	memcpy(name, "tank/", 5);
	name[255] = '\0';
	works(locks_take(l, "zrep", name, &busy));
	assert_false(free_for_others("zrep", name));
	name[254] = 'y';
	assert_true(free_for_others("zrep", name));
	locks_free(l);
}

/* Starts a process that holds the lock until it is killed. */
static pid_t holder(void)
{
	int fd[2];
	char byte;

	assert_int_equal(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char *busy;
		struct err *e = locks_take(locks_new(dir), "zrep", "tank/a", &busy);
		if (e == NULL && busy == NULL && write(fd[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(fd[1]);
	assert_int_equal(read(fd[0], &byte, 1), 1);
	close(fd[0]);
	return pid;
}

static void a_killed_process_leaves_no_lock(void **state)
{
	pid_t pid = holder();

	assert_false(free_for_others("zrep", "tank/a"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(free_for_others("zrep", "tank/a"));
}

/* The same, but it has a child that the lock was lent to; *child is that one. */
static pid_t holder_with_child(bool lend, pid_t *child)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char *busy, *argv[] = {"sleep", "600", NULL};
		struct locks *l = locks_new(dir);
		struct err *e = locks_take(l, "zrep", "tank/a", &busy);
		struct spawn_lend lent = locks_lend(l);
		struct spawn_files files = {.in = -1, .out = -1, .err = -1};
		if (lend)
			files.lend = &lent;
		if (e == NULL && spawn_start(argv, &files, &pid) == NULL &&
		    write(fd[1], &pid, sizeof(pid)) == sizeof(pid))
			pause();
		_exit(1);
	}
	close(fd[1]);
	assert_int_equal(read(fd[0], child, sizeof(*child)), sizeof(*child));
	close(fd[0]);
	return pid;
}

static void a_lock_lives_as_long_as_who_it_was_lent_to(void **state)
{
	for (int lend = 0; lend < 2; lend++) {
		pid_t child, pid = holder_with_child(lend, &child);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(free_for_others("zrep", "tank/a"), !lend);
		kill(child, SIGKILL);
		/* Not ours to wait for. */
		for (int i = 0; i < 500 && !free_for_others("zrep", "tank/a"); i++)
			usleep(10000);
		assert_true(free_for_others("zrep", "tank/a"));
	}
}

static void who_holds_nothing_lends_nothing(void **state)
{
	struct locks *l = locks_new(dir);
	struct spawn_lend lend = locks_lend(l);
	const int *fds;
	size_t n = 7;

	lend.take(lend.ctx, &fds, &n);
	assert_int_equal(n, 0);
	lend.give_back(lend.ctx);
	locks_free(l);
}

static void a_directory_that_cannot_be_made_is_said(void **state)
{
	struct locks *l = locks_new("/dev/null/x");
	char *busy;

	fails(locks_take(l, "zrep", "tank/a", &busy), "/dev/null/x");
	assert_null(busy);
	locks_free(l);
	locks_free(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
	    TEST(a_lock_excludes_and_is_given_back),          TEST(who_has_it_is_told),
	    TEST(names_that_look_alike_are_different_locks),  TEST(a_killed_process_leaves_no_lock),
	    TEST(a_lock_lives_as_long_as_who_it_was_lent_to), TEST(who_holds_nothing_lends_nothing),
	    TEST(a_directory_that_cannot_be_made_is_said),
	};
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
