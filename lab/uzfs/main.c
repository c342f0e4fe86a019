/*
 * uzfsd DIR: the ZFS of one userspace host. Its pools are known from DIR/zpool.cache, its clients come to
 * DIR/sock. Prints "ready" when they may. There is no orderly shutdown: SIGKILL is the power loss that a
 * host has to survive anyway.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "uzfsd.h"

__thread struct caller *cur;
const char *uz_dir;
const char *uz_given_dir;
const char *uz_socket;

static bool answer(struct caller *c, int32_t error)
{
	return uz_write(c->sock, &error, sizeof error);
}

static bool serve_ioctl(struct caller *c, const struct uz_req *q)
{
	bool mutates = ioctl_mutates(q->cmd, q->arg);
	int error = 0;
	switch (account_before(c, q->cmd, mutates, &error)) {
	case HANG_UP:
		return false;
	case FAIL:
		return answer(c, error);
	case GO_ON:
		break;
	}
	uint64_t txgs = mutates ? ioctl_txgs() : 0;
	error = ioctl_run(q->cmd, q->arg);
	if (mutates)
		account_txgs(q->cmd, ioctl_txgs() - txgs);
	if (account_after(c, q->cmd) == HANG_UP)
		return false;
	return answer(c, error);
}

static bool serve_text(struct caller *c, const struct uz_req *q)
{
	char text[UZ_TEXT_MAX + 1];
	char *argv[UZ_TEXT_MAX / 2 + 1];
	if (q->arg > UZ_TEXT_MAX || !uz_read(c->sock, text, q->arg))
		return false;
	text[q->arg] = '\0';
	int argc = 0;
	for (char *p = text; p < text + q->arg; p += strlen(p) + 1) {
		if (argc == UZ_TEXT_MAX / 2)
			return false;
		argv[argc++] = p;
	}
	int32_t error = command_run(c->sock, argc, argv);
	uint32_t end = 0;
	return error >= 0 && uz_write(c->sock, &end, sizeof end) && answer(c, error);
}

static bool serve_one(struct caller *c, const struct uz_req *q)
{
	switch (q->op) {
	case UZ_HELLO:
		c->uid = q->cmd;
		c->tid = q->arg;
		c->device_fd = (int)q->fd;
		return answer(c, 0);
	case UZ_IOCTL:
		return serve_ioctl(c, q);
	case UZ_INTR:
		caller_interrupt(c->pid, q->arg);
		return answer(c, 0);
	case UZ_TEXT:
		return serve_text(c, q);
	default:
		return false;
	}
}

static void *serve(void *arg)
{
	struct caller *c = arg;
	struct uz_req q;
	c->thread = pthread_self();
	cur = c;
	ioctl_open(c);
	while (uz_read(c->sock, &q, sizeof q) && serve_one(c, &q))
		;
	ioctl_close(c);
	cur = NULL;
	caller_free(c);
	return NULL;
}

static int listen_at(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof un.sun_path) {
		fprintf(stderr,
			"uzfsd: %s: too long for a socket; choose a folder with a shorter path\n",
			path);
		exit(1);
	}
	strcpy(un.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof un) != 0 || listen(fd, 128) != 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static char dir[PATH_MAX], sock[PATH_MAX + 8], cache[PATH_MAX + 16];
	if (argc != 2 || realpath(argv[1], dir) == NULL) {
		fprintf(stderr, "usage: uzfsd DIR\n");
		return 2;
	}
	snprintf(sock, sizeof sock, "%s/sock", dir);
	snprintf(cache, sizeof cache, "%s/zpool.cache", dir);
	uz_dir = dir;
	uz_given_dir = argv[1];
	uz_socket = sock;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	/* A kernel does not give memory back between two calls. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
	ioctl_init(cache);
	caller_watch_start();

	int listener = listen_at(sock);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 2 << 20);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
				usleep(1000);
			continue;
		}
		struct caller *c = caller_new(fd);
		pthread_t thread;
		if (c == NULL)
			close(fd);
		else if (pthread_create(&thread, &attr, serve, c) != 0)
			caller_free(c);
	}
}
