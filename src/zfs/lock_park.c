#include "zfs/lock_park.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

/* How long its end is waited for. */
#define END_MS 200

struct lock_park {
	pid_t pid;
	int end;
	bool broken; /* it does not answer any more */
};

/* What is asked: of which file; 0: it is closed, else an operation of flock(). The answer is an errno. */
struct wish {
	int fd, operation;
};

/* What is left is for pipes, sockets and what zfs is asked through: transfers at a time take more than a hundred. */
size_t lock_park_room(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
		return SIZE_MAX;
	return files.rlim_cur / 4;
}

/* --- the child: it may call nothing but what a handler of signals may --- */

static void close_between(int after, int before)
{
	if (before - after > 1 && close_range((unsigned)after + 1, (unsigned)before - 1, 0) != 0)
		for (int fd = after + 1; fd < before; fd++)
			close(fd);
}

static _Noreturn void hold(int end)
{
	struct wish w;

	while (recv(end, &w, sizeof(w), MSG_WAITALL) == (ssize_t)sizeof(w)) {
		int rc = 0;
		if (w.operation == 0)
			close(w.fd);
		else if (flock(w.fd, w.operation) != 0)
			rc = errno;
		if (send(end, &rc, sizeof(rc), MSG_NOSIGNAL) != (ssize_t)sizeof(rc))
			break;
	}
	_exit(0);
}

/* --- the parent --- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* With all signals blocked, from which the child never awakes: it ends with us, whatever else is sent to it, but for
 * SIGKILL. */
static pid_t fork_quiet(void)
{
	sigset_t all, was;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	pid_t pid = fork();
	if (pid != 0)
		pthread_sigmask(SIG_SETMASK, &was, NULL);
	return pid;
}

struct lock_park *lock_park_new(const int *fds, size_t n)
{
	int pair[2];
	struct rlimit files = {.rlim_cur = 0};

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return NULL;
	(void)getrlimit(RLIMIT_NOFILE, &files);
	int highest = files.rlim_cur < 1u << 20 ? (int)files.rlim_cur : 1 << 20;
	int *keep = mem_array(NULL, n + 1, sizeof(*keep));
	memcpy(keep, fds, n * sizeof(*keep));
	keep[n] = pair[1];
	qsort(keep, n + 1, sizeof(*keep), by_number);
	pid_t pid = fork_quiet();
	if (pid == 0) {
		int last = -1;
		for (size_t i = 0; i <= n; last = keep[i++])
			close_between(last, keep[i]);
		close_between(last, highest);
		hold(pair[1]);
	}
	free(keep);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	struct lock_park *p = mem_zalloc(sizeof(*p));
	*p = (struct lock_park){.pid = pid, .end = pair[0]};
	return p;
}

/* A signal in between must not leave an answer behind, for the next question to take for its own; and a child that has
 * failed once is asked nothing more. */
static int ask(struct lock_park *p, int fd, int operation)
{
	struct wish w = {fd, operation};
	ssize_t n = -1;
	int rc = EIO;

	if (p->broken)
		return EIO;
	while ((n = send(p->end, &w, sizeof(w), MSG_NOSIGNAL)) < 0 && errno == EINTR)
		;
	bool asked = n == (ssize_t)sizeof(w);
	while (asked && (n = recv(p->end, &rc, sizeof(rc), MSG_WAITALL)) < 0 && errno == EINTR)
		;
	p->broken = !asked || n != (ssize_t)sizeof(rc);
	return p->broken ? EIO : rc;
}

void lock_park_drop(struct lock_park *p, int fd)
{
	(void)ask(p, fd, 0);
}

int lock_park_flock(struct lock_park *p, int fd, int operation)
{
	return ask(p, fd, operation);
}

int lock_park_end(const struct lock_park *p)
{
	return p->end;
}

void lock_park_free(struct lock_park *p)
{
	if (p == NULL)
		return;
	close(p->end);
	/* Whom it was lent to may live on, and it with that: then nobody waits for it. */
	for (int i = 0; i < END_MS && waitpid(p->pid, NULL, WNOHANG) == 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000L}, NULL);
	free(p);
}
