/*
 * uzctl: asks the host's uzfsd for what /dev/zfs does not offer. The words of the command line travel as
 * they are; `uzctl help` prints the daemon's own list.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto.h"

static void die(const char *what)
{
	fprintf(stderr, "uzctl: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void send_all(int fd, const void *buf, size_t n)
{
	for (const char *p = buf; n > 0;) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			die("the host is gone");
		p += k;
		n -= (size_t)k;
	}
}

static void recv_all(int fd, void *buf, size_t n)
{
	ssize_t k = n == 0 ? 0 : recv(fd, buf, n, MSG_WAITALL);
	if (k == (ssize_t)n)
		return;
	if (k >= 0)
		errno = ECONNRESET;
	die("the host is gone");
}

/* Fills the buffer unless the input ends: the first frame's size decides a small file's block size. */
static uint32_t read_frame(char *buf)
{
	uint32_t n = 0;
	while (n < UZ_FRAME) {
		ssize_t k = read(0, buf + n, UZ_FRAME - n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			die("standard input");
		if (k == 0)
			break;
		n += (uint32_t)k;
	}
	return n;
}

int main(int argc, char **argv)
{
	static char buf[UZ_FRAME];
	const char *sock = getenv("UZFS_SOCK");
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	if (argc < 2 || sock == NULL || strlen(sock) >= sizeof un.sun_path) {
		fprintf(
		    stderr,
		    "usage: UZFS_SOCK=<host's socket> uzctl COMMAND [ARG...]  (see uzctl help)\n");
		return 2;
	}
	strcpy(un.sun_path, sock);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof un) != 0)
		die("the host is off");

	size_t len = 0;
	for (int i = 1; i < argc; i++) {
		size_t n = strlen(argv[i]) + 1;
		if (len + n > UZ_TEXT_MAX) {
			errno = E2BIG;
			die(argv[i]);
		}
		memcpy(buf + len, argv[i], n);
		len += n;
	}
	struct uz_req q = {UZ_TEXT, 0, len, -1};
	send_all(fd, &q, sizeof q);
	send_all(fd, buf, len);
	uint32_t n = 0;
	if (strcmp(argv[1], "put") == 0)
		while ((n = read_frame(buf)) > 0) {
			send_all(fd, &n, sizeof n);
			send_all(fd, buf, n);
		}
	send_all(fd, &n, sizeof n);

	for (recv_all(fd, &n, sizeof n); n > 0; recv_all(fd, &n, sizeof n)) {
		if (n > UZ_FRAME) {
			errno = EPROTO;
			die("answer");
		}
		recv_all(fd, buf, n);
		if (fwrite(buf, 1, n, stdout) != n)
			die("standard output");
	}
	int32_t error;
	recv_all(fd, &error, sizeof error);
	if (fflush(stdout) != 0)
		die("standard output");
	if (error != 0) {
		errno = error;
		fprintf(stderr, "uzctl: %s%s%s: %s\n", argv[1], argc > 2 ? " " : "",
			argc > 2 ? argv[2] : "", strerror(error));
		return 1;
	}
	return 0;
}
