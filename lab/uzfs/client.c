#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto.h"

const char *client_what;

static bool fail(const char *what)
{
	client_what = what;
	return false;
}

static bool send_all(int fd, const void *buf, size_t n)
{
	for (const char *p = buf; n > 0;) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return fail("the host is gone");
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool recv_all(int fd, void *buf, size_t n)
{
	ssize_t k = n == 0 ? 0 : recv(fd, buf, n, MSG_WAITALL);
	if (k == (ssize_t)n)
		return true;
	if (k >= 0)
		errno = ECONNRESET;
	return fail("the host is gone");
}

int client_connect(const char *sock)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = -1;
	if (strlen(sock) >= sizeof un.sun_path) {
		errno = ENAMETOOLONG;
		fail(sock);
		return -1;
	}
	strcpy(un.sun_path, sock);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&un, sizeof un) == 0)
		return fd;
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	fail("the host is off");
	return -1;
}

/* Fills the buffer unless the input ends: the first frame's size decides a small file's block size. */
static bool read_frame(int in, char *buf, uint32_t *n)
{
	*n = 0;
	while (*n < UZ_FRAME) {
		ssize_t k = read(in, buf + *n, UZ_FRAME - *n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return fail("the input");
		if (k == 0)
			break;
		*n += (uint32_t)k;
	}
	return true;
}

bool client_ask(int fd, int argc, char **argv, int in)
{
	static char buf[UZ_FRAME];
	size_t len = 0;
	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]) + 1;
		if (len + n > UZ_TEXT_MAX) {
			errno = E2BIG;
			return fail(argv[i]);
		}
		memcpy(buf + len, argv[i], n);
		len += n;
	}
	struct uz_req q = {UZ_TEXT, 0, len, -1};
	if (!send_all(fd, &q, sizeof q) || !send_all(fd, buf, len))
		return false;
	uint32_t n = 0;
	while (in >= 0) {
		if (!read_frame(in, buf, &n))
			return false;
		if (n == 0)
			break;
		if (!send_all(fd, &n, sizeof n) || !send_all(fd, buf, n))
			return false;
	}
	return send_all(fd, &n, sizeof n);
}

bool client_next(int fd, char *buf, uint32_t *n)
{
	if (!recv_all(fd, n, sizeof *n))
		return false;
	if (*n > UZ_FRAME) {
		errno = EPROTO;
		return fail("answer");
	}
	return recv_all(fd, buf, *n);
}

bool client_error(int fd, int32_t *error)
{
	return recv_all(fd, error, sizeof *error);
}
