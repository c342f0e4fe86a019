/* Written from documentation (zfsprops(7): volmode, geom(4)); not tried on FreeBSD. */
#include "os/zvol.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/err.h"
#include "util/mem.h"

/* There are no block devices here. */
static void add_device(struct zvol *z, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) != 0 || !S_ISCHR(st.st_mode))
		return;
	z->devs = mem_array(z->devs, z->n + 1, sizeof(dev_t));
	z->devs[z->n++] = st.st_rdev;
}

/* "vp1", "vs1", "vs1a". A volume may have such a name, too; it is then taken for a partition, and refused with it. */
static bool is_partition(const char *entry, const char *volume)
{
	size_t n = strlen(volume);

	if (strncmp(entry, volume, n) != 0 || (entry[n] != 'p' && entry[n] != 's'))
		return false;
	entry += n + 1;
	size_t digits = strspn(entry, "0123456789");
	entry += digits;
	return digits > 0 &&
	       (*entry == '\0' || (strchr("abcdefgh", *entry) != NULL && entry[1] == '\0'));
}

struct zvol zvol_find(const char *name)
{
	struct zvol z = {0};
	char *path = str_fmt("/dev/zvol/%s", name), *slash = strrchr(path, '/');

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

void zvol_free(struct zvol *z)
{
	free(z->devs);
	*z = (struct zvol){0};
}

/* No udev here: whoever has it open is a user of it. */
struct openers zvol_openers(const struct zvol *z, struct cancel *cancel)
{
	(void)cancel;
	return openers_of_devices(z->devs, z->n);
}

/* Whatever mounts a provider of GEOM, or opens a path through a partition of it, does so with the exclusive bit, and
 * then it cannot be opened for writing. What takes no such bit (a swap device, an export) is not seen. A volume that
 * is read-only already fails in another way (EROFS). */
bool zvol_is_claimed(const char *name)
{
	char *path = str_fmt("/dev/zvol/%s", name);
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	bool claimed = fd < 0 && (errno == EPERM || errno == EBUSY);

	if (fd >= 0)
		close(fd);
	free(path);
	return claimed;
}

/* What swapinfo(8) lists is asked of no program here: org.freebsd:swap, which rc(8) goes by, is the user's word. */
bool zvol_is_swap(const char *name)
{
	(void)name;
	return false;
}
