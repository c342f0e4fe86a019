#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "zfs/lock.h"

/* Is done right after the next flock() that could not have what it wanted. */
static void (*meanwhile)(void);

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	int rc = __real_flock(fd, operation), code = errno;
	void (*now)(void) = rc != 0 ? meanwhile : NULL;

	if (now != NULL) {
		meanwhile = NULL;
		now();
	}
	errno = code;
	return rc;
}

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

	works(locks_take(l, tag, dataset, LOCK_ALONE, &busy));
	bool ok = busy == NULL;
	free(busy);
	locks_free(l);
	return ok;
}

static void a_lock_excludes_and_is_given_back(void **state)
{
	struct locks *l = locks_new(dir);
	char *busy;

	works(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy));
	assert_null(busy);
	assert_false(free_for_others("zrep", "tank/a"));
	assert_true(free_for_others("zrep", "tank/b"));
	assert_false(free_for_others("off", "tank/a"));
	assert_true(free_for_others("zrep", ""));
	locks_drop(l, "zrep", "tank/a");
	assert_true(free_for_others("off", "tank/a"));
	locks_drop(l, "zrep", "tank/never");
	assert_true(free_for_others("zrep", "tank/a"));
	works(locks_take(l, "zrep", "", LOCK_ALONE, &busy));
	assert_false(free_for_others("zrep", ""));
	locks_free(l);
	assert_true(free_for_others("zrep", ""));
}

/* Those who share an agent have each their own. */
static void what_was_taken_twice_is_given_back_twice(void **state)
{
	static const enum lock_mode modes[] = {LOCK_ALONE, LOCK_RECEIVE, LOCK_SEND};

	for (size_t a = 0; a < ARRAY_LEN(modes); a++)
		for (size_t b = 0; b < ARRAY_LEN(modes); b++) {
			struct locks *l = locks_new(dir);
			char *busy;
			works(locks_take(l, "zrep", "tank/a", modes[a], &busy));
			assert_null(busy);
			works(locks_take(l, "zrep", "tank/a", modes[b], &busy));
			assert_null(busy);
			locks_drop(l, "zrep", "tank/a");
			assert_false(free_for_others("zrep", "tank/a"));
			assert_false(free_for_others("off", "tank/a"));
			locks_drop(l, "off", "tank/a"); /* which it never had */
			assert_false(free_for_others("off", "tank/a"));
			locks_drop(l, "zrep", "tank/a");
			assert_true(free_for_others("off", "tank/a"));
			locks_drop(l, "zrep", "tank/a");
			works(locks_take(l, "zrep", "tank/a", modes[b], &busy));
			assert_null(busy);
			assert_false(free_for_others("zrep", "tank/a"));
			locks_free(l);
		}
}

/* What could not become more was not taken once more either. */
static void what_is_busy_was_not_taken(void **state)
{
	struct locks *one = locks_new(dir), *two = locks_new(dir);
	char *busy;

	works(locks_take(one, "one", "tank/a", LOCK_RECEIVE, &busy));
	works(locks_take(two, "two", "tank/a", LOCK_SEND, &busy));
	assert_null(busy);
	works(locks_take(one, "one", "tank/a", LOCK_ALONE, &busy));
	assert_non_null(busy);
	free(busy);
	locks_free(two);
	locks_drop(one, "one", "tank/a");
	assert_true(free_for_others("one", "tank/a"));
	locks_free(one);
}

/* Is it free for another tag in that mode? */
static bool free_for_tag_two(enum lock_mode mode)
{
	struct locks *l = locks_new(dir);
	char *busy;

	works(locks_take(l, "two", "tank/a", mode, &busy));
	bool ok = busy == NULL;
	free(busy);
	locks_free(l);
	return ok;
}

static void tags_share_a_dataset_as_the_modes_say(void **state)
{
	static const bool fits[3][3] = {
	    [LOCK_ALONE] = {false, false, false},
	    [LOCK_RECEIVE] = {[LOCK_SEND] = true},
	    [LOCK_SEND] = {[LOCK_RECEIVE] = true, [LOCK_SEND] = true},
	};

	for (int a = 0; a < 3; a++) {
		struct locks *l = locks_new(dir);
		char *busy;
		works(locks_take(l, "one", "tank/a", (enum lock_mode)a, &busy));
		assert_null(busy);
		for (int b = 0; b < 3; b++)
			assert_int_equal(free_for_tag_two((enum lock_mode)b), fits[a][b]);
		/* One tag is never two at a time. */
		assert_false(free_for_others("one", "tank/a"));
		locks_free(l);
	}
}

static void what_is_shared_becomes_alone_if_nobody_else_has_it(void **state)
{
	struct locks *one = locks_new(dir), *two = locks_new(dir);
	char *busy;

	works(locks_take(one, "one", "tank/a", LOCK_SEND, &busy));
	works(locks_take(two, "two", "tank/a", LOCK_SEND, &busy));
	works(locks_take(one, "one", "tank/a", LOCK_ALONE, &busy));
	assert_non_null(busy);
	free(busy);
	/* What it had it has still, and the other one as well. */
	assert_false(free_for_tag_two(LOCK_ALONE));
	locks_drop(two, "two", "tank/a");
	assert_false(free_for_tag_two(LOCK_ALONE));
	assert_true(free_for_tag_two(LOCK_SEND));
	works(locks_take(one, "one", "tank/a", LOCK_ALONE, &busy));
	assert_null(busy);
	assert_false(free_for_tag_two(LOCK_SEND));
	/* It does not become less by being asked for less. */
	works(locks_take(one, "one", "tank/a", LOCK_SEND, &busy));
	assert_false(free_for_tag_two(LOCK_SEND));
	locks_free(one);
	locks_free(two);
}

static struct locks *rival;

static void rival_wants_more(void)
{
	char *busy;

	works(locks_take(rival, "two", "tank/a", LOCK_ALONE, &busy));
	assert_non_null(busy);
	free(busy);
}

static void two_that_want_more_lose_nothing(void **state)
{
	static const enum lock_mode modes[] = {LOCK_RECEIVE, LOCK_SEND};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct locks *one = locks_new(dir);
		char *busy;
		rival = locks_new(dir);
		works(locks_take(one, "one", "tank/a", modes[i], &busy));
		assert_null(busy);
		works(locks_take(rival, "two", "tank/a", LOCK_SEND, &busy));
		assert_null(busy);
		/* By now it has nothing: flock() has let go of the one and has not got the other. */
		meanwhile = rival_wants_more;
		works(locks_take(one, "one", "tank/a", LOCK_ALONE, &busy));
		assert_null(meanwhile);
		assert_non_null(busy);
		free(busy);
		locks_free(rival);
		assert_false(free_for_tag_two(LOCK_ALONE));
		works(locks_take(one, "one", "tank/a", LOCK_ALONE, &busy));
		assert_null(busy);
		assert_false(free_for_tag_two(LOCK_SEND));
		locks_drop(one, "one", "tank/a");
		assert_false(free_for_tag_two(LOCK_SEND));
		locks_drop(one, "one", "tank/a");
		assert_true(free_for_tag_two(LOCK_ALONE));
		locks_free(one);
	}
}

static void a_directory_that_anybody_can_write_to_is_turned_down(void **state)
{
	struct locks *l = locks_new(dir);
	char *busy;

	chmod(dir, 0777);
	fails(locks_take(l, "zrep", "tank/a", LOCK_SEND, &busy), "written to by everybody");
	assert_null(busy);
	chmod(dir, 01777);
	fails(locks_take(l, "zrep", "tank/a", LOCK_SEND, &busy), "written to by everybody");
	chmod(dir, 0700);
	if (geteuid() == 0 && chown(dir, 12345, (gid_t)-1) == 0) {
		fails(locks_take(l, "zrep", "tank/a", LOCK_SEND, &busy), "somebody else's");
		assert_int_equal(chown(dir, 0, (gid_t)-1), 0);
	}
	locks_free(l);
}

static mode_t mode_of_files(void)
{
	DIR *d = opendir(dir);
	mode_t mode = 0;

	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct stat st;
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
			mode |= st.st_mode & 0777;
	}
	closedir(d);
	return mode;
}

static void a_group_that_was_chosen_can_lock_too(void **state)
{
	struct locks *l = locks_new(dir);
	char *busy;

	works(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy));
	assert_int_equal(mode_of_files(), 0600);
	locks_drop(l, "zrep", "tank/a");
	chmod(dir, 03770);
	/* Also the file that was there already. */
	works(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy));
	assert_int_equal(mode_of_files(), 0660);
	locks_free(l);
}

static void what_is_no_file_is_no_lock(void **state)
{
	struct locks *l = locks_new(dir);
	char *busy, path[300], *name = NULL;

	works(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy));
	locks_free(l);
	DIR *d = opendir(dir);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (strncmp(e->d_name, "zrep.", 5) == 0)
			name = mem_strdup(e->d_name);
	closedir(d);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	free(name);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	l = locks_new(dir);
	fails(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy), "no file");
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	fails(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy), "cannot open the lock file");
	locks_free(l);
}

static void who_has_it_is_told(void **state)
{
	struct locks *a = locks_new(dir), *b = locks_new(dir);
	char *busy, *pid = str_fmt("pid %ld,", (long)getpid());

	works(locks_take(a, "zrep", "tank/a", LOCK_ALONE, &busy));
	works(locks_take(b, "zrep", "tank/a", LOCK_ALONE, &busy));
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

	works(locks_take(l, "zrep", "tank/a b", LOCK_ALONE, &busy));
	assert_true(free_for_others("zrep", "tank/a_b"));
	assert_true(free_for_others("zrep", "tank/a/b"));
	memset(name, 'x', 255);
	memcpy(name, "tank/", 5);
	name[255] = '\0';
	works(locks_take(l, "zrep", name, LOCK_ALONE, &busy));
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
		struct err *e = locks_take(locks_new(dir), "zrep", "tank/a", LOCK_ALONE, &busy);
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
		char *busy, *argv[] = {"sleep", "60", NULL};
		struct locks *l = locks_new(dir);
		struct err *e = locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy);
		char *names[] = {"set", "x=y", "tank/a@snap"};
		struct lock_loan loan = {l, names, ARRAY_LEN(names)};
		struct spawn_lend lent = locks_lend(&loan);
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

/* A child that is just starting has closed what was not lent to it only some time after spawn_start() came
 * back (the kernel wakes the parent of a vfork() before it closes), and until then it keeps the lock. */
static bool becomes_free(const char *tag, const char *dataset)
{
	for (int i = 0; i < 500 && !free_for_others(tag, dataset); i++)
		usleep(10000);
	return free_for_others(tag, dataset);
}

/* Its owner has been killed. */
static void stays_if_lent(bool lend, const char *dataset)
{
	if (!lend) {
		assert_true(becomes_free("zrep", dataset));
		return;
	}
	usleep(300000);
	assert_false(free_for_others("zrep", dataset));
}

static void a_lock_lives_as_long_as_who_it_was_lent_to(void **state)
{
	for (int lend = 0; lend < 2; lend++) {
		pid_t child, pid = holder_with_child(lend, &child);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		stays_if_lent(lend, "tank/a");
		kill(child, SIGKILL);
		/* Not ours to wait for. */
		assert_true(becomes_free("zrep", "tank/a"));
	}
}

static void who_holds_nothing_lends_nothing(void **state)
{
	struct locks *l = locks_new(dir);
	char *names[] = {"tank/a"};
	struct lock_loan loan = {l, names, 1};
	struct spawn_lend lend = locks_lend(&loan);
	const int *fds;
	size_t n = 7;

	lend.take(lend.ctx, &fds, &n);
	assert_int_equal(n, 0);
	lend.give_back(lend.ctx);
	locks_free(l);
}

/* How many files are lent to a child that is about one name; all of a dataset that is locked alone are three. */
static size_t lent_to(struct locks *l, char *name)
{
	char *names[] = {"set", "x=y", name};
	struct lock_loan loan = {l, names, ARRAY_LEN(names)};
	struct spawn_lend lend = locks_lend(&loan);
	const int *fds;
	size_t n = 7;

	lend.take(lend.ctx, &fds, &n);
	lend.give_back(lend.ctx);
	return n;
}

static void what_a_child_is_not_about_is_not_lent_to_it(void **state)
{
	static char *const held[] = {"", "/", "tank/a", "tank/a/b", "tank/c", "dozer"};
	struct locks *l = locks_new(dir);
	char *busy;

	for (size_t i = 0; i < ARRAY_LEN(held); i++) {
		works(locks_take(l, "zrep", held[i], LOCK_ALONE, &busy));
		assert_null(busy);
	}
	assert_int_equal(lent_to(l, "tank/c@snap"), 3);
	assert_int_equal(lent_to(l, "tank/a"), 6); /* and what is below it */
	assert_int_equal(lent_to(l, "tank/a/b#mark"), 6);
	assert_int_equal(lent_to(l, "tank/a_kept_20261125T130509Z"), 3);
	assert_int_equal(lent_to(l, "tank"), 9);
	assert_int_equal(lent_to(l, "dozer/x/y"), 3);
	assert_int_equal(lent_to(l, "rest"), 0);
	assert_int_equal(lent_to(l, "-Hp"), 0);
	assert_int_equal(lent_to(l, "/tank/a"), 0);
	locks_free(l);
}

/* --- more than there may be open files --- */

#define MANY 200u

static char *nth(char name[32], size_t i)
{
	snprintf(name, 32, "tank/n%zu", i);
	return name;
}

static void limit_files(rlim_t n)
{
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = n != 0 ? n : files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

static struct locks *take_many(void)
{
	struct locks *l = locks_new(dir);
	char name[32], *busy;

	for (size_t i = 0; i < MANY; i++) {
		works(locks_take(l, "zrep", nth(name, i), LOCK_SEND, &busy));
		assert_null(busy);
	}
	return l;
}

static void there_may_be_more_than_open_files(void **state)
{
	char name[32], *busy;

	limit_files(64);
	struct locks *l = take_many();
	for (size_t i = 0; i < MANY; i++)
		assert_false(free_for_others("zrep", nth(name, i)));
	/* One becomes more, and one cannot. */
	works(locks_take(l, "zrep", nth(name, 3), LOCK_ALONE, &busy));
	assert_null(busy);
	struct locks *other = locks_new(dir);
	works(locks_take(other, "off", nth(name, 3), LOCK_SEND, &busy));
	assert_non_null(busy);
	free(busy);
	works(locks_take(other, "off", nth(name, 4), LOCK_SEND, &busy));
	assert_null(busy);
	works(locks_take(l, "zrep", nth(name, 4), LOCK_ALONE, &busy));
	assert_non_null(busy);
	free(busy);
	locks_free(other);
	works(locks_take(l, "zrep", nth(name, 4), LOCK_ALONE, &busy));
	assert_null(busy);
	/* What is dropped is free, and nothing else. */
	for (size_t i = 0; i < MANY; i += 2)
		for (int n = i == 4 ? 2 : 1; n > 0; n--)
			locks_drop(l, "zrep", nth(name, i));
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(free_for_others("off", nth(name, i)), i % 2 == 0);
	locks_free(l);
	for (size_t i = 0; i < MANY; i++)
		assert_true(free_for_others("zrep", nth(name, i)));
	limit_files(0);
}

static void so_many_live_as_long_as_their_owner_or_who_they_were_lent_to(void **state)
{
	int fd[2];
	char name[32];
	pid_t child;

	for (int lend = 0; lend < 2; lend++) {
		assert_int_equal(pipe(fd), 0);
		pid_t pid = fork();
		if (pid == 0) {
			limit_files(64);
			struct locks *l = take_many();
			char *argv[] = {"sleep", "60", NULL}, *names[] = {nth(name, 0)};
			struct lock_loan loan = {l, names, 1};
			struct spawn_lend lent = locks_lend(&loan);
			struct spawn_files files = {.in = -1, .out = -1, .err = -1};
			if (lend)
				files.lend = &lent;
			if (spawn_start(argv, &files, &child) == NULL &&
			    write(fd[1], &child, sizeof(child)) == sizeof(child))
				pause();
			_exit(1);
		}
		close(fd[1]);
		assert_int_equal(read(fd[0], &child, sizeof(child)), sizeof(child));
		close(fd[0]);
		assert_false(free_for_others("zrep", nth(name, 0)));
		assert_false(free_for_others("zrep", nth(name, MANY - 1)));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		stays_if_lent(lend, nth(name, 0));
		kill(child, SIGKILL);
		for (size_t i = 0; i < MANY; i++)
			assert_true(becomes_free("zrep", nth(name, i)));
	}
}

/* --- owners that are asked --- */

struct owner {
	struct locks *l;
	atomic_uint_least64_t quiet;
	atomic_bool goes, gone, asked;
};

static uint64_t quiet_for(void *ctx)
{
	return atomic_load(&((struct owner *)ctx)->quiet);
}

static void go(void *ctx, const char *who, uint64_t quiet)
{
	struct owner *o = ctx;

	assert_non_null(strstr(who, "zrep takeover -t zrep, pid "));
	atomic_store(&o->goes, true);
}

/* The rest of a program that is asked to go. */
static void *leave(void *arg)
{
	struct owner *o = arg;

	while (!atomic_load(&o->goes) && !atomic_load(&o->gone))
		usleep(10000);
	if (atomic_load(&o->goes))
		locks_free(o->l);
	return NULL;
}

/* The same of one that ends by itself. */
static void *leave_soon(void *arg)
{
	usleep(300000);
	return leave(arg);
}

static bool gives_way; /* of the next owner */

/* Somebody has the lock who has been quiet for so long; what comes of the wish for it? */
static void wish_for(uint64_t quiet, struct lock_wish *wish, struct lock_outcome *out)
{
	struct owner o = {.l = locks_new(dir), .quiet = quiet};
	struct locks *l = locks_new(dir);
	pthread_t t;
	char *busy;

	locks_answer(
	    o.l, "sync",
	    &(struct lock_owner){.quiet = quiet_for, .go = go, .ctx = &o, .gives_way = gives_way});
	works(locks_take(o.l, "zrep", "tank/a", LOCK_ALONE, &busy));
	assert_null(busy);
	assert_int_equal(pthread_create(&t, NULL, leave, &o), 0);
	works(locks_wish(l, "zrep", "tank/a", LOCK_ALONE, wish, out));
	strv_free(&wish->cast);
	assert_int_equal(free_for_others("zrep", "tank/a"), false);
	atomic_store(&o.gone, true);
	pthread_join(t, NULL);
	if (!atomic_load(&o.goes))
		locks_free(o.l);
	locks_free(l);
	assert_true(free_for_others("zrep", "tank/a"));
}

static void an_owner_that_gives_way_goes(void **state)
{
	struct lock_wish wish = {.asks = true, .ends = true, .patience = 20000};
	struct lock_outcome out;

	(void)state;
	gives_way = true;
	wish_for(0, &wish, &out);
	assert_null(out.busy);
	assert_non_null(strstr(out.gone, "it was asked to make way"));
	lock_outcome_free(&out);
	gives_way = false; /* one that does not stays, as it is well */
	wish = (struct lock_wish){.asks = true, .ends = true, .patience = 20000};
	wish_for(0, &wish, &out);
	assert_non_null(strstr(out.busy, "the last progress was 0s ago"));
	assert_null(out.gone);
	lock_outcome_free(&out);
}

static void an_owner_without_progress_goes(void **state)
{
	struct lock_wish wish = {.asks = true, .patience = 20000};
	struct lock_outcome out;

	wish_for(20000, &wish, &out);
	assert_null(out.busy);
	assert_null(out.without);
	assert_non_null(strstr(out.gone, ", sync: it had made no progress for 20s"));
	lock_outcome_free(&out);
}

static void an_owner_with_progress_stays(void **state)
{
	struct lock_wish wish = {.asks = true, .patience = 20000};
	struct lock_outcome out;

	wish_for(19999, &wish, &out);
	assert_non_null(strstr(out.busy, ", sync: the last progress was 19s ago"));
	assert_null(out.gone);
	lock_outcome_free(&out);
	/* However impatient somebody is. */
	wish.patience = 1000;
	wish_for(7000, &wish, &out);
	assert_non_null(out.busy);
	lock_outcome_free(&out);
	/* Or waits for it to hang. */
	wish.waits = true;
	wish_for(0, &wish, &out);
	assert_non_null(strstr(out.busy, "the last progress was 0s ago"));
	lock_outcome_free(&out);
}

/* Force is for those that do not go. */
static void force_does_not_hit_who_makes_progress(void **state)
{
	struct lock_wish wish = {.asks = true, .patience = 20000, .force = true};
	struct lock_outcome out;

	wish_for(0, &wish, &out);
	assert_non_null(out.busy);
	assert_null(out.gone);
	assert_null(out.without);
	lock_outcome_free(&out);
}

/* What takes too long is not waited for. */
static void an_owner_that_is_long_from_it_is_busy_at_once(void **state)
{
	struct lock_wish wish = {.asks = true, .patience = 60000, .waits = true};
	struct lock_outcome out;
	time_t begun = time(NULL);

	wish_for(20000, &wish, &out);
	assert_non_null(strstr(out.busy, "the last progress was 20s ago"));
	assert_true(time(NULL) < begun + 5);
	lock_outcome_free(&out);
}

/* One that is stopped answers nothing: it is busy, and with force done without. */
static void an_owner_that_cannot_answer(void **state)
{
	struct lock_wish wish = {.asks = true, .patience = 1000, .waits = true};
	struct locks *l = locks_new(dir);
	struct lock_outcome out;
	char *busy;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		static struct owner o;
		struct locks *its = locks_new(dir);
		locks_answer(its, "for host1",
			     &(struct lock_owner){.quiet = quiet_for, .go = go, .ctx = &o});
		struct err *e = locks_take(its, "zrep", "tank/a", LOCK_RECEIVE, &busy);
		if (e == NULL && busy == NULL && write(fd[1], "x", 1) == 1)
			raise(SIGSTOP);
		_exit(1);
	}
	char byte;
	assert_int_equal(read(fd[0], &byte, 1), 1);
	works(locks_wish(l, "zrep", "tank/a", LOCK_ALONE, &wish, &out));
	assert_non_null(strstr(out.busy, "for host1: it does not answer"));
	lock_outcome_free(&out);
	wish.force = true; /* it was asked already */
	works(locks_wish(l, "zrep", "tank/a", LOCK_ALONE, &wish, &out));
	assert_null(out.busy);
	assert_non_null(strstr(out.without, "for host1: it does not answer"));
	lock_outcome_free(&out);
	strv_free(&wish.cast);
	/* It counts as held, and nothing of it is lent to a child but what really is. */
	works(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy));
	assert_null(busy);
	char *names[] = {"tank/a"};
	struct lock_loan loan = {l, names, 1};
	struct spawn_lend lend = locks_lend(&loan);
	const int *fds;
	size_t n;
	lend.take(lend.ctx, &fds, &n);
	for (size_t i = 0; i < n; i++)
		assert_true(fds[i] >= 0);
	lend.give_back(lend.ctx);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd[0]);
	close(fd[1]);
	locks_free(l);
}

/* An agent whose zrep has ended has it for a moment still; one for another host is busy at once. */
static void what_is_left_over_is_waited_for(void **state)
{
	static const char *const for_whom[] = {"for host1", "for host10"};

	(void)state;
	for (int same = 1; same >= 0; same--) {
		struct owner o = {.l = locks_new(dir)};
		struct locks *l = locks_new(dir);
		struct lock_wish wish = {0};
		struct lock_outcome out;
		pthread_t t;
		char *busy;

		locks_answer(o.l, "for host1",
			     &(struct lock_owner){.quiet = quiet_for, .go = go, .ctx = &o});
		locks_answer(l, for_whom[!same],
			     &(struct lock_owner){.quiet = quiet_for, .go = go, .ctx = &o});
		works(locks_take(o.l, "zrep", "tank/a", LOCK_ALONE, &busy));
		assert_null(busy);
		atomic_store(&o.goes, same);
		atomic_store(&o.gone, !same);
		if (same) {
			assert_int_equal(pthread_create(&t, NULL, leave_soon, &o), 0);
		}
		works(locks_wish(l, "zrep", "tank/a", LOCK_ALONE, &wish, &out));
		assert_int_equal(out.busy == NULL, same);
		lock_outcome_free(&out);
		strv_free(&wish.cast);
		if (same)
			pthread_join(t, NULL);
		else
			locks_free(o.l);
		locks_free(l);
	}
}

static void what_is_asked_and_answered_is_read(void **state)
{
	char text[LOCK_TEXT_LEN];
	struct lock_question q = {.number = 7, .least = 60000, .who = "zrep takeover, pid 1"}, r;
	struct lock_answer a = {.number = 7, .quiet = 61000, .going = true}, b;

	lock_print_question(&q, text);
	assert_true(lock_parse_question(text, sizeof(text), &r));
	assert_int_equal(r.number, 7);
	assert_int_equal(r.least, 60000);
	assert_string_equal(r.who, "zrep takeover, pid 1");
	lock_print_answer(&a, text);
	assert_true(lock_parse_answer(text, sizeof(text), &b));
	assert_int_equal(b.quiet, 61000);
	assert_true(b.going);
	assert_false(lock_parse_question(text, sizeof(text), &r));
	static const char *const bad[] = {"",         "ask",        "ask 1",        "ask x 1 y",
					  "answer 1", "answer 1 2", "answer 1 2 x", "answer -1"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(lock_parse_question(bad[i], strlen(bad[i]), &r));
		assert_false(lock_parse_answer(bad[i], strlen(bad[i]), &b));
	}
	/* Who asks is printed. */
	assert_true(lock_parse_question("ask 1 2 \033[2J", 12, &r));
	assert_null(strchr(r.who, '\033'));
	memset(text, 'a', sizeof(text));
	memcpy(text, "ask 1 2 ", 8);
	assert_true(lock_parse_question(text, sizeof(text), &r));
	assert_true(lock_is_id("0123456789abcdef"));
	assert_false(lock_is_id("0123456789abcdeg"));
	assert_false(lock_is_id("../../etc/passwd"));
	assert_false(lock_is_id(""));
}

static void a_directory_that_cannot_be_made_is_said(void **state)
{
	struct locks *l = locks_new("/dev/null/x");
	char *busy;

	fails(locks_take(l, "zrep", "tank/a", LOCK_ALONE, &busy), "/dev/null/x");
	assert_null(busy);
	locks_free(l);
	locks_free(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
	    TEST(a_lock_excludes_and_is_given_back),
	    TEST(what_was_taken_twice_is_given_back_twice),
	    TEST(what_is_busy_was_not_taken),
	    TEST(there_may_be_more_than_open_files),
	    TEST(so_many_live_as_long_as_their_owner_or_who_they_were_lent_to),
	    TEST(what_a_child_is_not_about_is_not_lent_to_it),
	    TEST(who_has_it_is_told),
	    TEST(names_that_look_alike_are_different_locks),
	    TEST(a_killed_process_leaves_no_lock),
	    TEST(a_lock_lives_as_long_as_who_it_was_lent_to),
	    TEST(who_holds_nothing_lends_nothing),
	    TEST(a_directory_that_cannot_be_made_is_said),
	    TEST(tags_share_a_dataset_as_the_modes_say),
	    TEST(what_is_shared_becomes_alone_if_nobody_else_has_it),
	    TEST(two_that_want_more_lose_nothing),
	    TEST(a_directory_that_anybody_can_write_to_is_turned_down),
	    TEST(a_group_that_was_chosen_can_lock_too),
	    TEST(what_is_no_file_is_no_lock),
	    TEST(what_is_asked_and_answered_is_read),
	    TEST(an_owner_that_gives_way_goes),
	    TEST(an_owner_without_progress_goes),
	    TEST(an_owner_with_progress_stays),
	    TEST(force_does_not_hit_who_makes_progress),
	    TEST(an_owner_that_is_long_from_it_is_busy_at_once),
	    TEST(an_owner_that_cannot_answer),
	    TEST(what_is_left_over_is_waited_for),
	};
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
