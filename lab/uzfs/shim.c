/*
 * uzshim.so: preloaded into every process of a userspace host, it leads calls on /dev/zfs to the host's
 * uzfsd, and everything else to the C library.
 *
 *   UZFS_SOCK  the daemon's socket. Without it there is no /dev/zfs, as on a machine without ZFS.
 *   UZFS_HOST  what gethostname() and uname() say.
 *   UZFS_UID   the uid that ZFS sees; root (0) when unset, whoever runs the process.
 *
 * An open /dev/zfs is a connection of its own, which gives it a file descriptor that behaves (close on
 * exec, inheritance, closing). Calls do not travel on it but on a connection of the calling thread, because
 * zrep sends and receives in many threads over one descriptor.
 *
 * Nothing here needs to have been initialised: sanitizers call in before constructors have run.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(addr, len) ((void)(addr), (void)(len))
#endif

#include "proto.h"

#define EXPORT __attribute__((visibility("default")))

/* The next definition of a function: the C library's. Racing threads store the same value. */
static void *next_of(_Atomic(void *) *slot, const char *name)
{
	void *p = atomic_load_explicit(slot, memory_order_relaxed);
	if (p == NULL) {
		p = dlsym(RTLD_NEXT, name);
		atomic_store_explicit(slot, p, memory_order_relaxed);
	}
	return p;
}
#define NEXT(name)                                                                                 \
	static _Atomic(void *) slot;                                                               \
	__typeof__(name) *name##_next = (__typeof__(name) *)next_of(&slot, #name)

static const char DEV[] = "/dev/zfs";
static const char MODULE[] = "/sys/module/zfs";
static const char MODULE_VERSION[] = "/sys/module/zfs/version";

static const char *uz_sock(void)
{
	const char *s = getenv("UZFS_SOCK");
	return s != NULL && *s != '\0' && strlen(s) < sizeof((struct sockaddr_un *)0)->sun_path
		   ? s
		   : NULL;
}

/* Does ZFS seem to be loaded, and is this path a sign of it? */
static int is_ours(const char *path, const char *ours)
{
	return path != NULL && strcmp(path, ours) == 0 && uz_sock() != NULL;
}

/* ---- talking to the daemon ---- */

static int exchange(int fd, const struct uz_req *q, int tell_interrupts);

static int uz_connect(int as_device)
{
	const char *sock = uz_sock();
	if (sock == NULL) {
		errno = ENOENT;
		return -1;
	}
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	strcpy(un.sun_path, sock);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int rc;
	do {
		rc = connect(fd, (struct sockaddr *)&un, sizeof un);
	} while (rc != 0 && errno == EINTR);
	struct ucred peer;
	socklen_t len = sizeof peer;
	if (rc != 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
		close(fd);
		errno = ENOENT; /* the host is off */
		return -1;
	}
	/* Lets the daemon at our memory and descriptors where Yama restricts that to ancestors. */
	(void)prctl(PR_SET_PTRACER, (unsigned long)peer.pid, 0, 0, 0);
	const char *uid = getenv("UZFS_UID");
	struct uz_req hello = {UZ_HELLO, uid != NULL ? (uint32_t)strtoul(uid, NULL, 10) : 0,
			       (uint64_t)syscall(SYS_gettid), as_device ? fd : -1};
	if (exchange(fd, &hello, 0) != 0) {
		close(fd);
		errno = EIO;
		return -1;
	}
	return fd;
}

/* A signal handler ran while this thread waited: let the daemon end its stream, then wait on. */
static void tell_interrupted(void)
{
	int fd = uz_connect(0);
	if (fd < 0)
		return;
	struct uz_req q = {UZ_INTR, 0, (uint64_t)syscall(SYS_gettid), -1};
	(void)exchange(fd, &q, 0);
	close(fd);
}

/* Sends a request, waits for the answer. Returns its errno, or -1 when the daemon is gone. */
static int exchange(int fd, const struct uz_req *q, int tell_interrupts)
{
	ssize_t k;
	do {
		k = send(fd, q, sizeof *q, MSG_NOSIGNAL);
	} while (k < 0 && errno == EINTR);
	if (k != (ssize_t)sizeof *q)
		return -1;
	int32_t answer;
	do {
		k = recv(fd, &answer, sizeof answer, MSG_WAITALL);
		if (k < 0 && errno == EINTR && tell_interrupts)
			tell_interrupted();
	} while (k < 0 && errno == EINTR);
	return k == (ssize_t)sizeof answer ? answer : -1;
}

/* The calling thread's own connection. A forked child must not speak on its parent's. */
static __thread struct side {
	int open;
	int fd;
	pid_t pid;
} side;
static pthread_key_t side_key;
static pthread_once_t side_once = PTHREAD_ONCE_INIT;

static void side_close(void *arg)
{
	struct side *s = arg;
	if (s->open && s->pid == getpid())
		close(s->fd);
	s->open = 0;
}

static void side_init(void)
{
	(void)pthread_key_create(&side_key, side_close);
}

static int side_fd(void)
{
	if (side.open && side.pid == getpid())
		return side.fd;
	int fd = uz_connect(0);
	if (fd < 0)
		return -1;
	side = (struct side){1, fd, getpid()};
	(void)pthread_once(&side_once, side_init);
	(void)pthread_setspecific(side_key, &side);
	return fd;
}

/* Is this descriptor an open /dev/zfs? Asking the socket itself needs no table that dup2 or fork could
   make wrong. */
static int is_device(int fd)
{
	const char *sock = uz_sock();
	struct sockaddr_un un;
	socklen_t len = sizeof un;
	if (sock == NULL || getpeername(fd, (struct sockaddr *)&un, &len) != 0 ||
	    un.sun_family != AF_UNIX)
		return 0;
	return strncmp(un.sun_path, sock, sizeof un.sun_path) == 0;
}

/* The beginning of a zfs_cmd_t, the same in every release. */
struct cmd_head {
	char name[4096];
	uint64_t src, src_size, dst, dst_size;
};

/* Valgrind has not seen who filled in the answer. */
static void tell_valgrind(const struct cmd_head *zc)
{
	if (zc->dst != 0)
		(void)VALGRIND_MAKE_MEM_DEFINED((void *)(uintptr_t)zc->dst, zc->dst_size);
}

static int device_ioctl(unsigned long cmd, void *arg)
{
	int cancel, saved = errno, answer = -1;
	/* ioctl is no cancellation point; the recv that stands in for it would be one. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	int fd = side_fd();
	if (fd >= 0) {
		struct uz_req q = {UZ_IOCTL, (uint32_t)cmd, (uint64_t)(uintptr_t)arg, -1};
		answer = exchange(fd, &q, 1);
		if (answer < 0)
			side_close(&side);
		else
			tell_valgrind(arg);
	}
	(void)pthread_setcancelstate(cancel, NULL);
	errno = answer == 0 ? saved : answer < 0 ? EIO : answer;
	return answer == 0 ? 0 : -1;
}

/* ---- what is interposed ---- */

/* The library's inline checks want the mode only where it means something. */
static int wants_mode(int flags)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

#define TAKE_MODE(last, mode)                                                                      \
	mode_t mode = 0;                                                                           \
	if (wants_mode(flags)) {                                                                   \
		va_list ap;                                                                        \
		va_start(ap, last);                                                                \
		mode = va_arg(ap, mode_t);                                                         \
		va_end(ap);                                                                        \
	}

EXPORT int open(const char *path, int flags, ...)
{
	TAKE_MODE(flags, mode)
	if (is_ours(path, DEV))
		return uz_connect(1);
	NEXT(open);
	return open_next(path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	TAKE_MODE(flags, mode)
	if (is_ours(path, DEV))
		return uz_connect(1);
	NEXT(open64);
	return open64_next(path, flags, mode);
}

EXPORT int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	TAKE_MODE(flags, mode)
	if (is_ours(path, DEV))
		return uz_connect(1);
	NEXT(openat);
	return openat_next(dir, path, flags, mode);
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
	TAKE_MODE(flags, mode)
	if (is_ours(path, DEV))
		return uz_connect(1);
	NEXT(openat64);
	return openat64_next(dir, path, flags, mode);
}

EXPORT int ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	va_start(ap, cmd);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	if (UZ_IS_ZFS_IOCTL(cmd) && is_device(fd))
		return device_ioctl(cmd, arg);
	NEXT(ioctl);
	return ioctl_next(fd, cmd, arg);
}

EXPORT int access(const char *path, int mode)
{
	if (is_ours(path, DEV) || is_ours(path, MODULE))
		return 0;
	NEXT(access);
	return access_next(path, mode);
}

/* A character device and a directory, as they would be. */
static const char *looks_like(const char *path)
{
	return is_ours(path, DEV) ? "/dev/null" : is_ours(path, MODULE) ? "/sys/module" : path;
}

EXPORT int stat(const char *restrict path, struct stat *restrict st)
{
	NEXT(stat);
	return stat_next(looks_like(path), st);
}

EXPORT int stat64(const char *restrict path, struct stat64 *restrict st)
{
	NEXT(stat64);
	return stat64_next(looks_like(path), st);
}

static FILE *module_version(void)
{
	static char text[] = UZ_VERSION "-uzfs\n";
	return fmemopen(text, sizeof text - 1, "r");
}

EXPORT FILE *fopen(const char *restrict path, const char *restrict mode)
{
	if (is_ours(path, MODULE_VERSION))
		return module_version();
	NEXT(fopen);
	return fopen_next(path, mode);
}

EXPORT FILE *fopen64(const char *restrict path, const char *restrict mode)
{
	if (is_ours(path, MODULE_VERSION))
		return module_version();
	NEXT(fopen64);
	return fopen64_next(path, mode);
}

EXPORT int gethostname(char *name, size_t len)
{
	const char *host = getenv("UZFS_HOST");
	if (host == NULL) {
		NEXT(gethostname);
		return gethostname_next(name, len);
	}
	if (strlen(host) >= len) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(name, host);
	return 0;
}

/* Some subcommands of zfs ask whether they run as root; the host's ZFS takes every user for root. So does zrep, which is told
   where it is to be somebody else. Nobody else is told a tale. */
EXPORT uid_t geteuid(void)
{
	const char *uid = getenv("UZFS_UID");
	if (uz_sock() != NULL && (strcmp(program_invocation_short_name, "zfs") == 0 ||
				  strcmp(program_invocation_short_name, "zpool") == 0))
		return uid != NULL ? (uid_t)strtoul(uid, NULL, 10) : 0;
	if (uz_sock() != NULL && uid != NULL && strcmp(program_invocation_short_name, "zrep") == 0)
		return (uid_t)strtoul(uid, NULL, 10);
	NEXT(geteuid);
	return geteuid_next();
}

EXPORT int uname(struct utsname *u)
{
	NEXT(uname);
	int rc = uname_next(u);
	const char *host = getenv("UZFS_HOST");
	if (rc == 0 && host != NULL && strlen(host) < sizeof u->nodename)
		strcpy(u->nodename, host);
	return rc;
}
