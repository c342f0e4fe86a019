/*
 * uzctl: asks the host's uzfsd for what /dev/zfs does not offer. The words of the command line travel as
 * they are; `uzctl help` prints the daemon's own list. Only this is done here, with many questions:
 *
 *   uzctl same FILE DATASET[@SNAP] NAME ...    a line for each three: `same`, `other` or, where there is no
 *                                              such file there or here, `none`
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
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

static int connect_to_host(void)
{
	const char *sock = getenv("UZFS_SOCK");
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	strcpy(un.sun_path, sock);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof un) != 0)
		die("the host is off");
	return fd;
}

static char buf[UZ_FRAME];

/* Sends the question and, where it is put, what comes in. */
static void ask(int fd, int argc, char **argv)
{
	size_t len = 0;
	for (int i = 0; i < argc; i++) {
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
	if (strcmp(argv[0], "put") == 0)
		while ((n = read_frame(buf)) > 0) {
			send_all(fd, &n, sizeof n);
			send_all(fd, buf, n);
		}
	send_all(fd, &n, sizeof n);
}

/* The next part of the answer, in buf; 0 at its end, after which there is only recv_error. */
static uint32_t recv_frame(int fd)
{
	uint32_t n;
	recv_all(fd, &n, sizeof n);
	if (n > UZ_FRAME) {
		errno = EPROTO;
		die("answer");
	}
	recv_all(fd, buf, n);
	return n;
}

static int32_t recv_error(int fd)
{
	int32_t error;
	recv_all(fd, &error, sizeof error);
	return error;
}

/* Is the answer what the file has? It is read to its end in any case. */
static bool equals_file(int fd, FILE *f)
{
	static char there[UZ_FRAME];
	bool same = true;
	for (uint32_t n; (n = recv_frame(fd)) > 0;)
		same = same && fread(there, 1, n, f) == n && memcmp(there, buf, n) == 0;
	return same && fgetc(f) == EOF && !ferror(f);
}

static int compare(int argc, char **argv)
{
	if (argc % 3 != 0)
		return 2;
	for (; argc > 0; argc -= 3, argv += 3) {
		int fd = connect_to_host();
		FILE *f = fopen(argv[0], "re");
		bool is_here = f != NULL;
		if (!is_here && (f = fopen("/dev/null", "re")) == NULL)
			die("/dev/null");
		ask(fd, 3, (char *[]){"get", argv[1], argv[2]});
		bool same = equals_file(fd, f);
		int32_t error = recv_error(fd);
		puts(error != 0 || !is_here ? "none" : same ? "same" : "other");
		fclose(f);
		close(fd);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *sock = getenv("UZFS_SOCK");
	if (argc < 2 || sock == NULL || strlen(sock) >= sizeof((struct sockaddr_un *)0)->sun_path) {
		fprintf(
		    stderr,
		    "usage: UZFS_SOCK=<host's socket> uzctl COMMAND [ARG...]  (see uzctl help)\n");
		return 2;
	}
	if (strcmp(argv[1], "same") == 0)
		return compare(argc - 2, argv + 2);
	int fd = connect_to_host();
	ask(fd, argc - 1, argv + 1);
	for (uint32_t n; (n = recv_frame(fd)) > 0;)
		if (fwrite(buf, 1, n, stdout) != n)
			die("standard output");
	int32_t error = recv_error(fd);
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
