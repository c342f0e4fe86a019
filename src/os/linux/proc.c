#include "os/linux/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/err.h"

/* What is looked for. */
struct query {
	bool device;       /* devs are devices that are open, not filesystems */
	bool maps;         /* look at mappings */
	bool only_written; /* of those, only at shared writable ones */
	bool links;        /* look at open files, and so on */
	const dev_t *devs;
	size_t n;
};

static bool wanted(const struct query *q, dev_t dev)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->devs[i] == dev)
			return true;
	return false;
}

/* Is that link of a process to something wanted? The kernel's cached answer will do: asking a file
 * server that is gone would hang us. */
static bool link_is(int dir, const char *name, const struct query *q)
{
	struct statx st;

	if (statx(dir, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st) != 0)
		return false;
	if (!q->device)
		return wanted(q, makedev(st.stx_dev_major, st.stx_dev_minor));
	return S_ISBLK(st.stx_mode) && wanted(q, makedev(st.stx_rdev_major, st.stx_rdev_minor));
}

static bool fd_matches(int process, const struct query *q)
{
	int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	bool found = false;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (struct dirent *d; !found && (d = readdir(dir)) != NULL;)
		found = d->d_name[0] != '.' && link_is(fd, d->d_name, q);
	closedir(dir);
	return found;
}

/* "7f00-7f10 rw-s 00000000 00:2f 34 /tank/file" */
static bool line_matches(const char *line, const struct query *q)
{
	char perms[5];
	unsigned major_, minor_;

	if (sscanf(line, "%*s %4s %*s %x:%x", perms, &major_, &minor_) != 3)
		return false;
	if (q->only_written && (strlen(perms) != 4 || perms[1] != 'w' || perms[3] != 's'))
		return false;
	return wanted(q, makedev(major_, minor_));
}

static bool maps_match(int process, const struct query *q)
{
	int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && getline(&line, &cap, f) > 0)
		found = line_matches(line, q);
	free(line);
	fclose(f);
	return found;
}

static bool process_matches(int process, const struct query *q)
{
	if (q->maps && maps_match(process, q))
		return true;
	if (!q->links)
		return false;
	if (!q->device && (link_is(process, "cwd", q) || link_is(process, "root", q) ||
			   link_is(process, "exe", q)))
		return true;
	return fd_matches(process, q);
}

/* What the process calls itself: any bytes, so only what can be printed is kept. */
static void add_process(struct openers *u, int process, const char *pid)
{
	char comm[64] = "";
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, comm, sizeof(comm) - 1) : 0;

	if (fd >= 0)
		close(fd);
	comm[n > 0 ? n : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	openers_add(u, strtol(pid, NULL, 10), comm);
}

static struct openers find(const char *proc, const struct query *q)
{
	DIR *dir = q->n > 0 ? opendir(proc) : NULL;
	struct openers u = {0};

	if (dir == NULL)
		return u;
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		if (strspn(d->d_name, "0123456789") != strlen(d->d_name))
			continue;
		int process = openat(dirfd(dir), d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue; /* it has ended */
		if (process_matches(process, q))
			add_process(&u, process, d->d_name);
		close(process);
	}
	closedir(dir);
	return u;
}

struct openers proc_openers_of_mappings(const char *proc, dev_t dev)
{
	struct query q = {.maps = true, .only_written = true, .devs = &dev, .n = 1};
	return find(proc, &q);
}

struct openers proc_openers_of_mount(const char *proc, dev_t dev)
{
	struct query q = {.maps = true, .links = true, .devs = &dev, .n = 1};
	return find(proc, &q);
}

struct openers proc_openers_of_devices(const char *proc, const dev_t *devs, size_t n)
{
	struct query q = {.device = true, .links = true, .devs = devs, .n = n};
	return find(proc, &q);
}
