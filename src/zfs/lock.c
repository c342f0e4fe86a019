#include "zfs/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/num.h"

struct lock {
	struct lock *next;
	char *path;
	int fd;
};

struct locks {
	char *dir;
	pthread_mutex_t mutex;
	struct lock *held;
	int *lent; /* between lend_take() and lend_back(), while the mutex is held */
};

struct locks *locks_new(const char *run_dir)
{
	struct locks *l = mem_zalloc(sizeof(*l));

	l->dir = mem_strdup(run_dir);
	pthread_mutex_init(&l->mutex, NULL);
	return l;
}

static void lock_free(struct lock *k)
{
	close(k->fd);
	free(k->path);
	free(k);
}

void locks_free(struct locks *l)
{
	if (l == NULL)
		return;
	for (struct lock *n, *k = l->held; k != NULL; k = n) {
		n = k->next;
		lock_free(k);
	}
	pthread_mutex_destroy(&l->mutex);
	free(l->dir);
	free(l);
}

/* A dataset name may be as long as a file name may be, so the file's name is its readable beginning
 * and a hash (FNV-1a) of the whole. Two datasets with one hash would exclude each other: no harm. */
static char *lock_path(struct locks *l, const char *tag, const char *dataset)
{
	uint64_t h = 0xcbf29ce484222325u;
	char readable[81];
	size_t n = 0;

	for (const char *p = dataset; *p != '\0'; p++) {
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
		if (n < sizeof(readable) - 1)
			readable[n++] = *p == '/' || *p == ' ' ? '_' : *p;
	}
	readable[n] = '\0';
	return str_fmt("%s/%s.%s.%016" PRIx64 ".lock", l->dir, tag, n ? readable : "batch", h);
}

/* A directory of another user's could hold links that lead our locks astray. */
static struct err *make_dir(const char *dir)
{
	struct stat st;

	if ((mkdir(dir, 0755) == 0 || errno == EEXIST) && lstat(dir, &st) == 0) {
		if (S_ISDIR(st.st_mode) && (st.st_uid == geteuid() || st.st_uid == 0))
			return NULL;
		return err_remedy(
		    err_new(ERR_FAILED, "the run directory %s is somebody else's", dir),
		    "set ZREP_RUNDIR to a directory of your own");
	}
	return err_remedy(err_sys(ERR_FAILED, errno, "cannot make the run directory %s", dir),
			  "set ZREP_RUNDIR to a directory that this user may write");
}

static char *read_owner(int fd)
{
	char text[200] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return mem_strdup(*text ? text : "another zrep");
}

static void write_owner(int fd)
{
	char when[NUM_TEXT];
	char *text = str_fmt("zrep, pid %ld, since %s\n", (long)getpid(),
			     num_time(when, (uint64_t)time(NULL)));

	/* Only for people; a lock without its text is still a lock. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, strlen(text), 0) < 0)
		(void)ftruncate(fd, 0);
	free(text);
}

struct err *locks_take(struct locks *l, const char *tag, const char *dataset, char **busy)
{
	struct err *e = make_dir(l->dir);
	char *path = lock_path(l, tag, dataset);
	int fd = -1;

	*busy = NULL;
	pthread_mutex_lock(&l->mutex);
	for (struct lock *k = l->held; k != NULL; k = k->next)
		if (strcmp(k->path, path) == 0)
			goto out;
	if (e != NULL)
		goto out;
	/* 0600: who can open it can lock it, and so stop replication. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		e = err_remedy(err_sys(ERR_FAILED, errno, "cannot open the lock file %s", path),
			       "set ZREP_RUNDIR to a directory that this user may write");
		goto out;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			*busy = read_owner(fd);
		else
			e = err_sys(ERR_FAILED, errno, "cannot lock %s", path);
		close(fd);
		goto out;
	}
	write_owner(fd);
	struct lock *k = mem_zalloc(sizeof(*k));
	*k = (struct lock){.next = l->held, .path = path, .fd = fd};
	l->held = k;
	path = NULL;
out:
	pthread_mutex_unlock(&l->mutex);
	free(path);
	return e;
}

static void lend_take(void *ctx, const int **fds, size_t *n)
{
	struct locks *l = ctx;
	size_t i = 0;

	pthread_mutex_lock(&l->mutex);
	for (struct lock *k = l->held; k != NULL; k = k->next)
		i++;
	*fds = l->lent = mem_array(NULL, i, sizeof(int));
	*n = i;
	for (struct lock *k = l->held; k != NULL; k = k->next)
		l->lent[--i] = k->fd;
}

static void lend_back(void *ctx)
{
	struct locks *l = ctx;

	free(l->lent);
	l->lent = NULL;
	pthread_mutex_unlock(&l->mutex);
}

struct spawn_lend locks_lend(struct locks *l)
{
	return (struct spawn_lend){.take = lend_take, .give_back = lend_back, .ctx = l};
}

/* Closed, never unlocked: a child that it was lent to goes on holding it. */
void locks_drop(struct locks *l, const char *tag, const char *dataset)
{
	char *path = lock_path(l, tag, dataset);

	pthread_mutex_lock(&l->mutex);
	for (struct lock **p = &l->held; *p != NULL; p = &(*p)->next)
		if (strcmp((*p)->path, path) == 0) {
			struct lock *k = *p;
			*p = k->next;
			lock_free(k);
			break;
		}
	pthread_mutex_unlock(&l->mutex);
	free(path);
}
