#include "zfs/meet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "os/peer.h"
#include "util/mem.h"
#include "util/random.h"
#include "wire/hello.h"

#define NAME_LEN 16u
#define PREFIX "lines."

/* How long the one waits for the other's word. Milliseconds. */
#define WORD_MS 5000

/* What was left behind by an agent that was killed is taken away after so many seconds. */
#define STALE 60

/* What is said: the session, and then the version. */
#define WORD_MAX (SESSION_LEN + 64u)

struct meet {
	char *path;
	char session[SESSION_LEN + 1];
	int fd;
};

static bool address(const char *path, struct sockaddr_un *at)
{
	size_t len = strlen(path);

	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len >= sizeof(at->sun_path))
		return false;
	memcpy(at->sun_path, path, len);
	return true;
}

static bool is_ours(int fd)
{
	uid_t uid;

	return os_peer(fd, &uid) && uid == geteuid();
}

/* Where more wait to be heard than may, nobody waits for them: EAGAIN. */
static int connect_to(const char *path)
{
	struct sockaddr_un at;
	int fd = address(path, &at)
		     ? socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
		     : -1;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	int code = errno;
	if (fd >= 0)
		close(fd);
	errno = code;
	return -1;
}

/* Nobody listens any more at what an agent has left that was killed. */
static void sweep(const char *dir)
{
	DIR *d = opendir(dir);
	struct stat st;

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		char *path = str_fmt("%s/%s", dir, e->d_name);
		if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == geteuid() &&
		    st.st_mtime + STALE < time(NULL)) {
			int fd = connect_to(path);
			if (fd < 0 && errno == ECONNREFUSED)
				(void)unlink(path);
			if (fd >= 0)
				close(fd);
		}
		free(path);
	}
	if (d != NULL)
		closedir(d);
}

struct err *meet_open(const char *dir, struct meet **out)
{
	struct meet *m = mem_zalloc(sizeof(*m));
	struct sockaddr_un at;

	*out = NULL;
	sweep(dir);
	for (size_t i = 0; i < SESSION_LEN; i += 16)
		snprintf(m->session + i, 17, "%016llx", (unsigned long long)random_u64());
	m->path = str_fmt("%s/" PREFIX "%.*s", dir, (int)NAME_LEN, m->session);
	m->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (m->fd >= 0 && address(m->path, &at) &&
	    bind(m->fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
	    chmod(m->path, 0600) == 0 && listen(m->fd, 16) == 0) {
		*out = m;
		return NULL;
	}
	struct err *e = err_sys(ERR_FAILED, errno, "cannot listen at %s", m->path);
	meet_close(m);
	return e;
}

void meet_wake(struct meet *m)
{
	int fd = connect_to(m->path);

	if (fd >= 0)
		close(fd);
}

const char *meet_session(const struct meet *m)
{
	return m->session;
}

void meet_close(struct meet *m)
{
	if (m == NULL)
		return;
	if (m->fd >= 0) {
		(void)unlink(m->path);
		close(m->fd);
	}
	free(m->path);
	free(m);
}

static bool wait_readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

/* However much of it is right, it takes as long. */
static bool is_same(const char *a, const char *b, size_t len)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return differs == 0;
}

/* The descriptors that came along; what is too much is closed. */
static int take_fds(struct msghdr *msg, int fds[2])
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t k = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < k; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (n < 2)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

/* What whoever has come says. False: he may not join. */
static bool hear(const struct meet *m, int fd, const char *version, int fds[2])
{
	char word[WORD_MAX + 1];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec iov = {word, sizeof(word)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};

	if (!is_ours(fd) || !wait_readable(fd, WORD_MS))
		return false;
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int got = n >= 0 ? take_fds(&msg, fds) : 0;
	if (got == 2 && (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	    (size_t)n == SESSION_LEN + strlen(version) && is_same(word, m->session, SESSION_LEN) &&
	    memcmp(word + SESSION_LEN, version, strlen(version)) == 0)
		return true;
	for (int i = 0; i < got; i++)
		close(fds[i]);
	return false;
}

bool meet_take(struct meet *m, const char *version, int ms, struct met *out)
{
	int fds[2];
	int fd = wait_readable(m->fd, ms) ? accept(m->fd, NULL, NULL) : -1;

	if (fd < 0)
		return false;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!hear(m, fd, version, fds)) {
		close(fd);
		return false;
	}
	(void)!send(fd, "y", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	*out = (struct met){.rfd = fds[0], .wfd = fds[1], .hold = fd};
	return true;
}

/* --- of who joins --- */

static bool say(int fd, const char *session, const char *version, int rfd, int wfd)
{
	int fds[2] = {rfd, wfd};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(fds))];
	} control = {0};
	struct iovec iov[2] = {{(void *)(uintptr_t)session, SESSION_LEN},
			       {(void *)(uintptr_t)version, strlen(version)}};
	struct msghdr msg = {.msg_iov = iov,
			     .msg_iovlen = 2,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	return sendmsg(fd, &msg, MSG_NOSIGNAL) >= 0;
}

/* Nothing of ours keeps the connection open. */
static void let_go(int rfd, int wfd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (rfd > STDOUT_FILENO)
		close(rfd);
	if (wfd > STDOUT_FILENO)
		close(wfd);
	if (null > STDERR_FILENO)
		close(null);
}

struct err *meet_join(const char *dir, const char *session, const char *version, int rfd, int wfd,
		      struct cancel *cancel)
{
	char *path = str_fmt("%s/" PREFIX "%.*s", dir, (int)NAME_LEN, session), word;
	int fd = connect_to(path);

	for (int waited = 0; fd < 0 && errno == EAGAIN && waited < WORD_MS; waited += 100) {
		nanosleep(&(struct timespec){.tv_nsec = 100 * 1000000L}, NULL);
		fd = connect_to(path);
	}

	free(path);
	bool taken = fd >= 0 && is_ours(fd) && say(fd, session, version, rfd, wfd);
	let_go(rfd, wfd);
	taken = taken && wait_readable(fd, WORD_MS) && recv(fd, &word, 1, MSG_DONTWAIT) == 1;
	while (taken && !cancelled(cancel) &&
	       (!wait_readable(fd, 1000) ||
		(recv(fd, &word, 1, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR))))
		;
	if (fd >= 0)
		close(fd);
	return taken ? NULL
		     : err_new(ERR_FAILED, "there is no such session of zrep's agent, or none that "
					   "takes another connection");
}
