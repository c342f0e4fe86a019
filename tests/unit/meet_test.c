/* A connection joins the agent of its session: only it, and whoever knows what that goes by, as the same user. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "util/cancel.h"
#include "zfs/meet.h"

static char dir[64];

static int set_up(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/zrep-meet.XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	return rmdir(dir);
}

/* In a process of its own: joins with what is at the other ends of two pipes. Exits with 0, or 1. */
static pid_t join_as(const char *session, const char *version, int fds[2], uid_t uid)
{
	int in[2], out[2];
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	if ((pid = fork()) == 0) {
		struct cancel cancel = {0};
		if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || (uid != 0 && setuid(uid) != 0))
			_exit(2);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		_exit(meet_join(dir, session, version, 0, 1, &cancel) == NULL ? 0 : 1);
	}
	close(in[0]);
	close(out[1]);
	fds[0] = in[1];
	fds[1] = out[0];
	return pid;
}

static int status_of(pid_t pid)
{
	int st;

	assert_int_equal(waitpid(pid, &st, 0), pid);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

static void who_knows_the_session_joins(void **state)
{
	struct meet *m, *other;
	struct met met;
	int fds[2];
	char got[5] = "";

	works(meet_open(dir, &m));
	works(meet_open(dir, &other));
	assert_string_not_equal(meet_session(m), meet_session(other));
	meet_close(other);
	pid_t pid = join_as(meet_session(m), "3.1", fds, 0);
	assert_true(meet_take(m, "3.1", 5000, &met));
	/* Both ends are ours now, and nobody else has them. */
	assert_int_equal(write(fds[0], "down", 4), 4);
	assert_int_equal(read(met.rfd, got, 4), 4);
	assert_string_equal(got, "down");
	assert_int_equal(write(met.wfd, "back", 4), 4);
	assert_int_equal(read(fds[1], got, 4), 4);
	assert_string_equal(got, "back");
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	close(met.wfd);
	assert_int_equal(read(fds[1], got, 4), 0);
	close(met.rfd);
	close(met.hold);
	assert_int_equal(status_of(pid), 0);
	close(fds[0]);
	close(fds[1]);
	meet_close(m);
}

static void nobody_else_does(void **state)
{
	char session[65];
	struct meet *m;
	struct met met;
	int fds[2];

	works(meet_open(dir, &m));
	for (int i = 0; i < 5; i++) {
		snprintf(session, sizeof(session), "%s", meet_session(m));
		if (i == 0) /* the socket's name, but not the rest */
			session[63] = session[63] == '0' ? '1' : '0';
		if (i == 1)
			session[16] = session[16] == '0' ? '1' : '0';
		if (i == 2)
			session[0] = session[0] == '0' ? '1' : '0';
		if (i == 4 && geteuid() != 0)
			continue;
		pid_t pid = join_as(session, i == 3 ? "3.10" : "3.1", fds, i == 4 ? 65534 : 0);
		assert_false(meet_take(m, "3.1", 300, &met));
		assert_int_equal(status_of(pid), 1);
		close(fds[0]);
		close(fds[1]);
	}
	meet_close(m);
}

/* Who connects and says something else, or nothing, or sends along what was not asked for. */
static int stranger(const char *session)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/lines.%.16s", dir, session);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void say(int fd, const char *word, size_t len, unsigned n_fds)
{
	int fds[8] = {0, 0, 0, 0, 0, 0, 0, 0};
	char control[CMSG_SPACE(sizeof(fds))] = {0};
	struct iovec iov = {(void *)(uintptr_t)word, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	assert_true(sendmsg(fd, &msg, MSG_NOSIGNAL) >= 0);
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void what_makes_no_sense_is_not_taken_and_nothing_is_left(void **state)
{
	static char much[4096];
	struct meet *m;
	struct met met;

	works(meet_open(dir, &m));
	unsigned before = open_files();
	for (int i = 0; i < 7; i++) {
		char word[80];
		int n = snprintf(word, sizeof(word), "%s3.1", meet_session(m));
		int fd = stranger(meet_session(m));
		if (i == 1)
			say(fd, word, (size_t)n, 0);
		else if (i == 2)
			say(fd, word, (size_t)n, 1);
		else if (i == 3)
			say(fd, word, (size_t)n, 8);
		else if (i == 4)
			say(fd, word, 10, 2);
		else if (i == 5)
			say(fd, much, sizeof(much), 2);
		else if (i == 6)
			say(fd, word, (size_t)n - 1, 2);
		if (i == 0)
			close(fd);
		assert_false(meet_take(m, "3.1", 1000, &met));
		if (i != 0)
			close(fd);
		assert_int_equal(open_files(), before);
	}
	meet_wake(m);
	meet_close(m);
}

static void what_a_killed_agent_left_is_taken_away(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct meet *m;
	struct stat st;

	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		snprintf(at.sun_path, sizeof(at.sun_path), "%s/lines.%d", dir, i);
		assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		close(fd);
	}
	assert_int_equal(utimensat(AT_FDCWD, at.sun_path, old, 0), 0);
	works(meet_open(dir, &m));
	assert_int_equal(stat(at.sun_path, &st), -1); /* the old one */
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/lines.0", dir);
	assert_int_equal(unlink(at.sun_path), 0);
	meet_close(m);
	struct meet *none;
	fails(meet_open("/nonexistent/zrep", &none), "cannot listen at /nonexistent/zrep/lines.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_knows_the_session_joins),
	    cmocka_unit_test(nobody_else_does),
	    cmocka_unit_test(what_makes_no_sense_is_not_taken_and_nothing_is_left),
	    cmocka_unit_test(what_a_killed_agent_left_is_taken_away),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
