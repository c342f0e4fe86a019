#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err *cannot(const char *path, int code)
{
	return err_remedy(err_new(ERR_FAILED, "%s cannot be written: %s", path, strerror(code)),
			  "see that its directory is there and can be written to");
}

struct err *file_read(const char *path, size_t most, struct buf *to)
{
	char chunk[65536];
	size_t n, all = 0;
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return err_sys(ERR_FAILED, errno, "cannot read %s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0 && (all += n) <= most)
		buf_add(to, chunk, n);
	bool bad = ferror(in) || all > most;
	fclose(in);
	return bad ? err_new(ERR_FAILED, "cannot read %s", path) : NULL;
}

/* Nobody waits for who reads a pipe longer than this. */
#define READER_MS 10000

/* 0, or an errno. */
static int write_all(int fd, const struct buf *text)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	for (size_t done = 0; done < text->len;) {
		ssize_t n = write(fd, text->data + done, text->len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return EIO;
		else if (errno == EAGAIN && poll(&p, 1, READER_MS) <= 0)
			return ETIMEDOUT;
		else if (errno != EAGAIN && errno != EINTR)
			return errno;
	}
	return 0;
}

/* To whom it belonged; a new one is of whoever makes it. */
static int give_to(int fd, const struct stat *own)
{
	struct stat st;

	if (own->st_ino == 0)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_uid == own->st_uid && st.st_gid == own->st_gid)
		return 0;
	return fchown(fd, own->st_uid, own->st_gid);
}

/* So that the new name is on disk as well; where that cannot be, one of the two is. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash != NULL && slash > path ? str_fmt("%.*s", (int)(slash - path), path)
						  : str_fmt("%s", slash != NULL ? "/" : ".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(dir);
}

/* Nobody reads half of it. With `own` it belongs to whom that belonged, and is on disk. */
static struct err *replace(const char *path, const struct buf *text, mode_t mode,
			   const struct stat *own)
{
	const char *slash = strrchr(path, '/');
	int dir = slash != NULL ? (int)(slash - path) + 1 : 0;
	char *beside = str_fmt("%.*s.%s.XXXXXX", dir, path, path + dir);
	int fd = mkstemp(beside);
	struct err *e = fd < 0 ? cannot(path, errno) : NULL;

	int code = e == NULL ? write_all(fd, text) : 0;
	if (e == NULL && (code != 0 || fchmod(fd, mode) != 0 ||
			  (own != NULL && (give_to(fd, own) != 0 || fsync(fd) != 0))))
		e = cannot(path, code != 0 ? code : errno);
	if (fd >= 0 && close(fd) != 0 && e == NULL)
		e = cannot(path, errno);
	if (e == NULL && rename(beside, path) != 0)
		e = cannot(path, errno);
	else if (e == NULL && own != NULL)
		sync_folder(path);
	if (e != NULL && fd >= 0)
		(void)unlink(beside);
	free(beside);
	return e;
}

/* Who reads it is seldom root. */
#define FOR_ALL 0644

/* A device, or a pipe whose other end somebody has open. */
static struct err *write_to(const char *path, const struct buf *text)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int code = fd < 0 ? errno : write_all(fd, text);

	if (fd >= 0 && close(fd) != 0 && code == 0)
		code = errno;
	return code != 0 ? cannot(path, code) : NULL;
}

struct err *file_replace(const char *path, const struct buf *text)
{
	struct stat st;

	if (*path == '\0')
		return cannot(path, ENOENT);
	if (stat(path, &st) != 0)
		return errno == ENOENT ? replace(path, text, FOR_ALL, NULL) : cannot(path, errno);
	if (!S_ISREG(st.st_mode))
		return write_to(path, text);
	char *at = realpath(path, NULL); /* where a link leads to */
	struct err *e = at != NULL ? replace(at, text, FOR_ALL, NULL) : cannot(path, errno);
	free(at);
	return e;
}

struct err *file_replace_own(const char *path, const struct buf *text)
{
	struct stat st = {0}; /* of none */

	if (stat(path, &st) != 0)
		return errno == ENOENT ? replace(path, text, 0600, &st) : cannot(path, errno);
	if (!S_ISREG(st.st_mode))
		return cannot(path, EINVAL);
	char *at = realpath(path, NULL);
	struct err *e =
	    at != NULL ? replace(at, text, st.st_mode & 0777, &st) : cannot(path, errno);
	free(at);
	return e;
}
