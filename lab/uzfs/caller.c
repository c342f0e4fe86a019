/*
 * The process that called: its memory is read in place, as a kernel would, its descriptors are borrowed
 * with pidfd_getfd, and its death ends what it had asked for.
 *
 * The last takes some care. A thread of ours that sleeps in a read or write on a borrowed pipe is not
 * woken by the death of the lender: we hold the pipe too. A watcher therefore waits on the lender's
 * pidfd, and then signals our thread, again and again, until it has noticed: a single signal could
 * arrive just before the thread falls asleep.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <sys/zfs_context.h>
#include <sys/zfs_file.h>
#include <sys/zfs_ioctl_impl.h>

#include "uzfsd.h"

#define WAKE SIGUSR1

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct caller *all;
static uint64_t last_id;
static int epoll_fd, wake_fd;

/* ---- plain descriptors ---- */

bool uz_read(int fd, void *buf, size_t n)
{
	for (char *p = buf; n > 0;) {
		ssize_t k = read(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

bool uz_write(int fd, const void *buf, size_t n)
{
	for (const char *p = buf; n > 0;) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* ---- who is there, and who died ---- */

static void on_wake(int sig)
{
	(void)sig; /* only there to end a system call */
}

/* Signals every thread that should leave its read or write. Returns whether to come again soon. */
static bool prod(void)
{
	bool again = false;
	for (struct caller *c = all; c != NULL; c = c->next)
		if ((c->dead || c->interrupted) && c->in_io) {
			pthread_kill(c->thread, WAKE);
			again = true;
		}
	return again;
}

static void *watch(void *arg)
{
	(void)arg;
	for (int wait = -1;;) {
		struct epoll_event ev[32];
		int n = epoll_wait(epoll_fd, ev, 32, wait);
		pthread_mutex_lock(&lock);
		for (int i = 0; i < n; i++) {
			uint64_t woken;
			if (ev[i].data.u64 == 0)
				(void)!read(wake_fd, &woken, sizeof woken);
			for (struct caller *c = all; c != NULL; c = c->next)
				if (c->id == ev[i].data.u64) {
					c->dead = true;
					epoll_ctl(epoll_fd, EPOLL_CTL_DEL, c->pidfd, NULL);
				}
		}
		wait = prod() ? 5 : -1;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void wake_watcher(void)
{
	uint64_t one = 1;
	(void)!write(wake_fd, &one, sizeof one);
}

void caller_watch_start(void)
{
	struct sigaction sa = {.sa_handler = on_wake}; /* without SA_RESTART, that is the point */
	sigaction(WAKE, &sa, NULL);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0};
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &ev);
	pthread_t thread;
	if (pthread_create(&thread, NULL, watch, NULL) != 0)
		abort();
}

static void read_comm(pid_t pid, char *buf, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
}

struct caller *caller_new(int sock)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	struct caller *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
	    (c->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0)) < 0) {
		free(c);
		return NULL;
	}
	c->sock = sock;
	c->pid = peer.pid;
	c->device_fd = -1;
	read_comm(c->pid, c->comm, sizeof c->comm);
	pthread_mutex_lock(&lock);
	c->id = ++last_id;
	c->next = all;
	all = c;
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = c->id};
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->pidfd, &ev);
	pthread_mutex_unlock(&lock);
	return c;
}

void caller_free(struct caller *c)
{
	pthread_mutex_lock(&lock);
	for (struct caller **p = &all; *p != NULL; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	pthread_mutex_unlock(&lock);
	close(c->pidfd); /* which takes it out of the epoll set */
	close(c->sock);
	free(c);
}

void caller_interrupt(pid_t pid, uint64_t tid)
{
	pthread_mutex_lock(&lock);
	for (struct caller *c = all; c != NULL; c = c->next)
		if (c->pid == pid && c->tid == tid && c->in_io)
			c->interrupted = true;
	pthread_mutex_unlock(&lock);
	wake_watcher();
}

/* ---- its memory ---- */

static int move(bool out, void *ours, uint64_t theirs, size_t n)
{
	while (n > 0) {
		struct iovec l = {ours, n}, r = {(void *)(uintptr_t)theirs, n};
		ssize_t k = out ? process_vm_writev(cur->pid, &l, 1, &r, 1, 0)
				: process_vm_readv(cur->pid, &l, 1, &r, 1, 0);
		if (k <= 0)
			return EFAULT;
		ours = (char *)ours + k;
		theirs += (uint64_t)k;
		n -= (size_t)k;
	}
	return 0;
}

int ddi_copyin(const void *from, void *to, size_t len, int flags)
{
	return cur != NULL ? move(false, to, (uintptr_t)from, len) : EFAULT;
}

int ddi_copyout(const void *from, void *to, size_t len, int flags)
{
	return cur != NULL ? move(true, (void *)from, (uintptr_t)to, len) : EFAULT;
}

int xcopyout(const void *from, void *to, size_t len)
{
	return ddi_copyout(from, to, len, 0);
}

int copyinstr(const void *from, void *to, size_t size, size_t *done)
{
	char *d = to;
	for (size_t i = 0; i < size; i++) {
		if (ddi_copyin((const char *)from + i, d + i, 1, 0) != 0)
			return EFAULT;
		if (d[i] == '\0') {
			if (done != NULL)
				*done = i + 1;
			return 0;
		}
	}
	return ENAMETOOLONG;
}

/* ---- its descriptors ---- */

/* What upstream calls a file; the first member is what libzpool knows of it. */
struct borrowed {
	zfs_file_t file;
	void *state; /* when it is a /dev/zfs: whose */
};

zfs_file_t *zfs_file_get(int fd)
{
	struct borrowed *b = calloc(1, sizeof *b);
	if (b == NULL || cur == NULL)
		return NULL;
	b->file.f_fd = b->file.f_dump_fd = -1;
	pthread_mutex_lock(&lock);
	for (struct caller *c = all; c != NULL; c = c->next)
		if (c->pid == cur->pid && c->device_fd == fd && !c->dead)
			b->state = c->state;
	pthread_mutex_unlock(&lock);
	if (b->state == NULL)
		b->file.f_fd = (int)syscall(SYS_pidfd_getfd, cur->pidfd, fd, 0);
	if (b->state == NULL && b->file.f_fd < 0) {
		free(b);
		return NULL;
	}
	return &b->file;
}

void zfs_file_put(zfs_file_t *fp)
{
	struct borrowed *b = (struct borrowed *)fp;
	if (fp->f_fd >= 0)
		close(fp->f_fd);
	free(b);
}

void *zfs_file_private(zfs_file_t *fp)
{
	return ((struct borrowed *)fp)->state;
}

loff_t zfs_file_off(zfs_file_t *fp)
{
	off_t off = lseek(fp->f_fd, 0, SEEK_CUR);
	return off < 0 ? 0 : off;
}

/* Must a thread that serves cur give up its stream? */
static bool give_up(void)
{
	return cur != NULL && (cur->dead || cur->interrupted);
}

static ssize_t one_io(bool out, int fd, char *buf, size_t n)
{
	if (cur == NULL)
		return out ? write(fd, buf, n) : read(fd, buf, n);
	cur->in_io = true;
	ssize_t k = -1;
	errno = EINTR;
	if (!give_up())
		k = out ? write(fd, buf, n) : read(fd, buf, n);
	int saved = errno;
	cur->in_io = false;
	errno = saved;
	return k;
}

/* The whole of n, or up to the end of the file. The caller's O_NONBLOCK, if any, is waited out: the kernel's
   ZFS would not understand EAGAIN either. */
static int all_io(bool out, zfs_file_t *fp, char *buf, size_t n, ssize_t *left)
{
	while (n > 0) {
		ssize_t k = one_io(out, fp->f_fd, buf, n);
		if (k < 0 && errno == EINTR && !give_up())
			continue;
		if (k < 0 && errno == EAGAIN) {
			struct pollfd p = {fp->f_fd, out ? POLLOUT : POLLIN, 0};
			(void)poll(&p, 1, 50);
			if (!give_up())
				continue;
			errno = EINTR;
		}
		if (k < 0)
			return errno;
		if (k == 0)
			break;
		buf += k;
		n -= (size_t)k;
	}
	if (left != NULL)
		*left = (ssize_t)n;
	else if (n > 0)
		return EIO;
	return 0;
}

int zfs_file_write(zfs_file_t *fp, const void *buf, size_t n, ssize_t *left)
{
	return all_io(true, fp, (char *)buf, n, left);
}

int zfs_file_read(zfs_file_t *fp, void *buf, size_t n, ssize_t *left)
{
	return all_io(false, fp, buf, n, left);
}

/* A power loss here is a SIGKILL, which the page cache survives; waiting for a disk would prove nothing. */
int zfs_file_fsync(zfs_file_t *fp, int flags)
{
	return 0;
}

bool caller_is_alone(const struct caller *c)
{
	bool alone = false;
	for (int i = 0; i < 2000 && !alone; i++) {
		pthread_mutex_lock(&lock);
		alone = all == c && all->next == NULL;
		pthread_mutex_unlock(&lock);
		if (!alone)
			usleep(i < 20 ? 500 : 2000);
	}
	return alone;
}
