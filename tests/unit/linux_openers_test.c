#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "test.h"

/* A /proc of our own making. */
static char dir[] = "/tmp/zrep-openers-test-XXXXXX";

static void put(const char *path, const char *text)
{
	char *whole = str_fmt("%s/%s", dir, path);
	FILE *f = fopen(whole, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(whole);
}

static void leads(const char *path, const char *to)
{
	char *whole = str_fmt("%s/%s", dir, path);

	assert_int_equal(symlink(to, whole), 0);
	free(whole);
}

static void process(const char *pid, const char *comm)
{
	static const char *const dirs[] = {"", "/fd"};

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char *path = str_fmt("%s/%s%s", dir, pid, dirs[i]);
		assert_int_equal(mkdir(path, 0755), 0);
		free(path);
	}
	char *name = str_fmt("%s/comm", pid);
	put(name, comm);
	free(name);
}

static int make(void **state)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	put("version", "no process\n");
	process("1", "init\n");
	leads("1/root", "/nowhere");
	return 0;
}

static int clear(void **state)
{
	char *argv[] = {"rm", "-rf", "--", dir, NULL};
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void says(struct openers u, size_t n, const char *text)
{
	char *said = openers_text(&u);

	assert_int_equal(u.n, n);
	assert_string_equal(said, text);
	free(said);
	openers_free(&u);
}

static void only_shared_writable_mappings_count(void **state)
{
	process("12", "data\033base\n");
	put("12/maps",
	    "7f0000000000-7f0000001000 r-xp 00000000 00:2f 34                         /bin/x\n"
	    "7f0000001000-7f0000002000 rw-s 00000000 00:2f 35      /tank/a file (deleted)\n");
	process("13", "reader\n");
	put("13/maps", "7f00-7f01 r--s 00000000 00:2f 34 /tank/a\n"
		       "7f00-7f01 rw-p 00000000 00:2f 34 /tank/a\n"
		       "7f00-7f01 rw-s 00000000 00:30 34 /tank/b\n"
		       "garbage\n\n");
	says(proc_openers_of_mappings(dir, makedev(0, 0x2f)), 1, "pid 12 (data?base)");
	says(proc_openers_of_mappings(dir, makedev(0, 0x30)), 1, "pid 13 (reader)");
	says(proc_openers_of_mappings(dir, makedev(0, 0x31)), 0, "");
}

static void a_mount_is_used_in_many_ways(void **state)
{
	static const char *const links[] = {"20/cwd", "21/root", "22/exe", "23/fd/5"};
	struct stat st;

	assert_int_equal(stat("/proc", &st), 0);
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		char *pid = str_fmt("2%zu", i);
		process(pid, "p\n");
		leads(links[i], "/proc");
		free(pid);
	}
	struct openers u = proc_openers_of_mount(dir, st.st_dev);
	char *text = openers_text(&u);
	assert_int_equal(u.n, 4);
	assert_non_null(strstr(text, " and 1 more"));
	free(text);
	openers_free(&u);
}

static void a_device_that_is_open_is_found_by_its_number(void **state)
{
	dev_t devs[] = {makedev(1, 7), makedev(1, 3)};
	char *path = str_fmt("%s/device", dir);

	process("30", "qemu\n");
	leads("30/fd/9", path);
	leads("30/fd/10", "/dev/null"); /* 1:3, but of characters */
	says(proc_openers_of_devices(dir, devs, 2), 0, "");
	if (mknod(path, S_IFBLK | 0600, makedev(1, 7)) == 0)
		says(proc_openers_of_devices(dir, devs, 2), 1, "pid 30 (qemu)");
	says(proc_openers_of_devices(dir, devs, 0), 0, "");
	free(path);
}

static void no_proc_is_nobody(void **state)
{
	says(proc_openers_of_mappings("/nowhere", makedev(0, 1)), 0, "");
}

static void our_own_mapping_is_seen_in_the_real_one(void **state)
{
	char *path = str_fmt("%s/file", dir);
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char *me = str_fmt("pid %ld ", (long)getpid());

	assert_true(fd >= 0 && ftruncate(fd, 4096) == 0 && fstat(fd, &st) == 0);
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	close(fd);
	struct openers u = proc_openers_of_mappings("/proc", st.st_dev);
	/* An overlay shows its files under another device. Others may have mappings, too. */
	if (u.n == 1)
		assert_non_null(strstr(u.named, me));
	openers_free(&u);
	munmap(p, 4096);
	free(me);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(only_shared_writable_mappings_count, make, clear),
	    cmocka_unit_test_setup_teardown(a_mount_is_used_in_many_ways, make, clear),
	    cmocka_unit_test_setup_teardown(a_device_that_is_open_is_found_by_its_number, make,
					    clear),
	    cmocka_unit_test(no_proc_is_nobody),
	    cmocka_unit_test_setup_teardown(our_own_mapping_is_seen_in_the_real_one, make, clear),
	};
	return cmocka_run_group_tests_name("openers", tests, NULL, NULL);
}
