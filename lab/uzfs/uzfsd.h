/*
 * uzfsd: OpenZFS's own kernel code in a process. Its parts:
 *
 *   main.c     the socket, a thread for each connection, requests in and answers out
 *   caller.c   the process at the other end: its memory, its descriptors, its death
 *   account.c  counts the ioctls, kills at the Nth
 *   command.c  what uzctl asks for
 *   ioctl.c    upstream's zfs_ioctl.c, and the few lines around it
 *   zpl.c      files: what a new filesystem contains, put and get
 *   zvol.c     volumes, likewise
 *   list.c     what a pool holds
 *   absent.c   what only a kernel has: mounts, events, minor numbers
 *   speed.c    what libzpool wastes and a kernel does not
 *
 * Everything below dsl, dmu and spa is the distribution's libzpool, unchanged.
 */
#ifndef UZFSD_H
#define UZFSD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

struct objset;

/* A connection, and the thread of ours that serves it. */
struct caller {
	struct caller *next;
	uint64_t id;
	int sock;
	pid_t pid;
	int pidfd;
	uint64_t tid;  /* the client's thread, as it said */
	uid_t uid;     /* as ZFS is to see it */
	int device_fd; /* its number for this connection when that is a /dev/zfs, else -1 */
	char comm[17];
	void *state; /* upstream's zfsdev_state_t */
	pthread_t thread;
	volatile bool dead; /* the process is gone */
	volatile bool interrupted;
	volatile bool in_io; /* sleeping, perhaps, on one of its descriptors */
};

/* Whom the current thread works for; NULL in threads that serve nobody. */
extern __thread struct caller *cur;

extern const char *uz_dir;       /* the host's folder */
extern const char *uz_given_dir; /* as it was called when we began */
extern const char *uz_socket;    /* the path of its socket */

/* caller.c */
void caller_watch_start(void);
struct caller *caller_new(int sock);
void caller_free(struct caller *c);
void caller_interrupt(pid_t pid, uint64_t tid);
/* Waits until nobody else has a connection; false when that takes too long. */
bool caller_is_alone(const struct caller *c);
/* Reads or writes all of it; false when the other end is gone. */
bool uz_read(int fd, void *buf, size_t n);
bool uz_write(int fd, const void *buf, size_t n);

/* account.c */
enum verdict { GO_ON, HANG_UP, FAIL };
/* Called around each ioctl. FAIL puts an errno into *error instead of doing it. */
enum verdict account_before(struct caller *c, unsigned cmd, bool changing, int *error);
enum verdict account_after(struct caller *c, unsigned cmd);
/* Transaction groups that went by while a changing call ran. */
void account_txgs(unsigned cmd, uint64_t n);
/* These take the words after the verb and write their answer to out; they return an errno. */
int account_counts(int argc, char **argv, char *out, size_t size);
int account_arm(int argc, char **argv);
int account_fail(int argc, char **argv);
void account_disarm(void);
void account_armed(char *out, size_t size);
void account_kill_host(bool keep_sshd);
/* The same without us. */
void account_kill_processes(void);

/* command.c */
int command_run(int sock, int argc, char **argv);

/* ioctl.c */
void ioctl_init(const char *cachefile);
void ioctl_open(struct caller *c);
void ioctl_close(struct caller *c);
int ioctl_run(unsigned cmd, uint64_t arg);
int ioctl_last_txg(const char *pool, uint64_t *txg);
/* The last txgs on disk of all pools, added up. */
uint64_t ioctl_txgs(void);
const char *ioctl_name(unsigned cmd);
bool ioctl_mutates(unsigned cmd, uint64_t arg);
/* Lets go of all pools and their files; the next call that concerns one opens what is in its place then. */
int ioctl_reopen(void);

/* Where put's bytes come from and get's go. Both return an errno; next sets *len to 0 at the end. */
struct source {
	int (*next)(struct source *s, char **data, size_t *len);
	int sock;
	char *buf;
	bool ended;
};
struct sink {
	int (*put)(struct sink *s, const void *data, size_t len);
	int sock;
};

/* zpl.c */
int zpl_make_root(const char *dataset);
int zpl_put(struct objset *os, const char *name, struct source *src);
int zpl_get(struct objset *os, const char *name, struct sink *dst);
/* Own a dataset for put or get, release it again. */
int zpl_put_dataset(const char *dataset, const char *name, struct source *src);
int zpl_get_dataset(const char *dataset, const char *name, struct sink *dst);

/* list.c */
/* A dataset, what is below it, and their snapshots, the oldest first: a line "NAME PROPERTY VALUE SOURCE" for each
   property that is set or inherited, "NAME hold TAG -" for a hold, with tabs in between. Where zfs has words, there are
   numbers (readonly is 0 or 1). all: native properties too, but those that differ without reason, and bookmarks, whose
   names have a #; waits until nobody else is at work here. */
int list_dataset(const char *dataset, bool all, struct sink *dst);

/* zvol.c */
int zvol_put(struct objset *os, const char *offset, struct source *src);
int zvol_get(struct objset *os, const char *range, struct sink *dst);

#endif
