#include "os/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/linux/mountinfo.h"

struct err *mounts_read(struct mounts *out)
{
	struct buf text = {0};
	char chunk[65536];
	ssize_t n;
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	*out = (struct mounts){0};
	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0)
		return err_sys(ERR_FAILED, errno, "cannot open /proc/self/mountinfo");
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(&text, chunk, (size_t)n);
	struct err *e = n < 0 ? err_sys(ERR_FAILED, errno, "cannot read /proc/self/mountinfo")
			      : mounts_parse(buf_str(&text), out);
	close(fd);
	buf_free(&text);
	return e;
}

int mounts_commit(const struct mount *m)
{
	int rc = 0, fd = open(m->point, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == m->dev) {
		if (syncfs(fd) != 0)
			rc = errno;
	} else {
		sync(); /* another mount covers it, or we may not enter: all there is, then */
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

void mounts_mount_command(const struct mount *m, struct strv *argv)
{
	strv_split(argv, "mount -t zfs -o");
	strv_add(argv, m->options);
	strv_add(argv, "--");
	strv_add(argv, m->source);
	strv_add(argv, m->point);
}

void mounts_umount_command(const struct mount *m, struct strv *argv)
{
	strv_split(argv, "umount --");
	strv_add(argv, m->point);
}
