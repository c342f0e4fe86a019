#include "os/zvol.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/err.h"
#include "util/mem.h"

static void add_device(struct zvol *z, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) != 0 || !S_ISBLK(st.st_mode))
		return;
	z->devs = mem_array(z->devs, z->n + 1, sizeof(dev_t));
	z->devs[z->n++] = st.st_rdev;
}

static bool is_partition(const char *entry, const char *volume)
{
	size_t n = strlen(volume);

	if (strncmp(entry, volume, n) != 0 || strncmp(entry + n, "-part", 5) != 0)
		return false;
	entry += n + 5;
	return *entry != '\0' && strspn(entry, "0123456789") == strlen(entry);
}

/* udev names them so, with '+' for a blank. None at all: there is no device, or no udev. */
static char *volume_path(const char *name)
{
	char *path = str_fmt("/dev/zvol/%s", name);

	for (char *p = path; *p != '\0'; p++)
		if (*p == ' ')
			*p = '+';
	return path;
}

struct zvol zvol_find(const char *name)
{
	struct zvol z = {0};
	char *path = volume_path(name), *slash = strrchr(path, '/');

	*slash = '\0';
	DIR *dir = opendir(path);
	if (dir != NULL) {
		add_device(&z, dirfd(dir), slash + 1);
		for (struct dirent *e; (e = readdir(dir)) != NULL;)
			if (is_partition(e->d_name, slash + 1))
				add_device(&z, dirfd(dir), e->d_name);
		closedir(dir);
	}
	free(path);
	return z;
}

/* What the kernel has claimed it lets nobody else claim. */
bool zvol_is_claimed(const char *name)
{
	char *path = volume_path(name);
	int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	bool claimed = fd < 0 && errno == EBUSY;

	if (fd >= 0)
		close(fd);
	free(path);
	return claimed;
}

/* A line of /proc/swaps begins with the path of the device. */
static bool is_swap_line(const char *line, const struct zvol *z)
{
	char *path = str_fmt("%.*s", (int)strcspn(line, " \t\n"), line);
	struct stat st;
	bool is = *path == '/' && stat(path, &st) == 0 && S_ISBLK(st.st_mode), found = false;

	for (size_t i = 0; is && i < z->n; i++)
		found = found || z->devs[i] == st.st_rdev;
	free(path);
	return found;
}

bool zvol_is_swap(const char *name)
{
	struct zvol z = zvol_find(name);
	FILE *f = z.n > 0 ? fopen("/proc/swaps", "re") : NULL;
	char line[4096];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = is_swap_line(line, &z);
	if (f != NULL)
		fclose(f);
	zvol_free(&z);
	return found;
}

void zvol_free(struct zvol *z)
{
	free(z->devs);
	*z = (struct zvol){0};
}

/* udev looks at a device that somebody has just closed, for a moment, and writes nothing. */
#define UDEV_LOOKS 50u
#define UDEV_LOOK_MS 100L

static bool is_udev(const struct openers *u)
{
	size_t n = 0;

	for (const char *p = u->named; p != NULL && (p = strstr(p, "udev")) != NULL; p++)
		n++;
	return u->n > 0 && n == u->n;
}

struct openers zvol_openers(const struct zvol *z, struct cancel *cancel)
{
	struct openers u = openers_of_devices(z->devs, z->n);

	for (unsigned i = 0; i < UDEV_LOOKS && is_udev(&u) && !cancelled(cancel); i++) {
		nanosleep(&(struct timespec){.tv_nsec = UDEV_LOOK_MS * 1000000L}, NULL);
		openers_free(&u);
		u = openers_of_devices(z->devs, z->n);
	}
	return u;
}
