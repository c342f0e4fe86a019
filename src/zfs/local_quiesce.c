/* OP_QUIESCE: from here on nothing is written, and all that was is in the dataset. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/mounts.h"
#include "zfs/users.h"

/* The device of a volume and those of its partitions, under /dev/zvol. */
struct devices {
	dev_t *devs;
	size_t n;
};

static void add_device(struct devices *d, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) != 0 || !S_ISBLK(st.st_mode))
		return;
	d->devs = mem_array(d->devs, d->n + 1, sizeof(dev_t));
	d->devs[d->n++] = st.st_rdev;
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

static struct devices find_devices(const char *name)
{
	struct devices d = {0};
	char *path = volume_path(name), *slash = strrchr(path, '/');

	*slash = '\0';
	DIR *dir = opendir(path);
	if (dir != NULL) {
		add_device(&d, dirfd(dir), slash + 1);
		for (struct dirent *e; (e = readdir(dir)) != NULL;)
			if (is_partition(e->d_name, slash + 1))
				add_device(&d, dirfd(dir), e->d_name);
		closedir(dir);
	}
	free(path);
	return d;
}

/* Has the kernel itself claimed the volume or a partition: mounted, swap, LVM, RAID, exported? No process
 * need have it open then; but it lets nobody else claim it. */
static bool is_claimed(const char *name)
{
	char *path = volume_path(name);
	int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	bool claimed = fd < 0 && errno == EBUSY;

	if (fd >= 0)
		close(fd);
	free(path);
	return claimed;
}

static const char *where_mounted(const struct mounts *all, const struct devices *d)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t j = 0; j < d->n; j++)
			if (makedev(all->items[i].major, all->items[i].minor) == d->devs[j])
				return all->items[i].point;
	return NULL;
}

static struct err *refuse(struct local *l, const char *name, const char *why, const char *who)
{
	struct err *e = err_new(ERR_REFUSED, "%s on %s cannot be made read-only: %s %s", name,
				l->host, why, who);

	return err_remedy(e,
			  "on %s, end what uses it (the hook pre-demote can do that), then run the "
			  "same command again",
			  l->host);
}

/* udev looks at a device that somebody has just closed, for a moment, and writes nothing. */
#define UDEV_LOOKS 50u
#define UDEV_LOOK_MS 100L

static bool is_udev(const struct users *u)
{
	size_t n = 0;

	for (const char *p = u->named; p != NULL && (p = strstr(p, "udev")) != NULL; p++)
		n++;
	return u->n > 0 && n == u->n;
}

static struct users openers(struct local *l, const struct devices *d)
{
	struct users u = users_of_devices("/proc", d->devs, d->n);

	for (unsigned i = 0; i < UDEV_LOOKS && is_udev(&u) && !cancelled(l->cancel); i++) {
		nanosleep(&(struct timespec){.tv_nsec = UDEV_LOOK_MS * 1000000L}, NULL);
		users_free(&u);
		u = users_of_devices("/proc", d->devs, d->n);
	}
	return u;
}

/* read-only does not reach a volume that is open: on some kernels its opener goes on writing. */
static struct err *check_volume(struct local *l, const char *name, const struct mounts *all)
{
	struct devices d = find_devices(name);
	struct users u = openers(l, &d);
	struct err *e = NULL;

	if (u.n > 0) {
		char *who = users_text(&u);
		e = refuse(l, name, "its device is open in", who);
		free(who);
	} else if (d.n > 0 && is_claimed(name)) {
		const char *point = where_mounted(all, &d);
		e = refuse(l, name, point ? "its device is mounted at" : "its device is in use by",
			   point ? point : "the kernel (a mount, swap, LVM, RAID or an export)");
	}
	users_free(&u);
	free(d.devs);
	return e;
}

/* What is written to such a mapping later would never be refused, and be lost. */
static struct err *check_mappings(struct local *l, const char *name, const struct mounts *all)
{
	const struct mount *m = mounts_next(all, name, NULL);
	struct err *e = NULL;

	if (m == NULL)
		return NULL;
	struct users u = users_of_mappings("/proc", makedev(m->major, m->minor));
	if (u.n > 0) {
		char *who = users_text(&u);
		e = refuse(l, name, "files of it are mapped for writing by", who);
		free(who);
	}
	users_free(&u);
	return e;
}

struct target {
	const char *name;
	bool volume;
	bool readonly; /* set on it already, by itself */
	struct err *error;
};

/* What the properties say now. False: it is not there. */
static bool read_target(const nvlist_t *datasets, struct target *t)
{
	const nvlist_t *one = nv_nv(datasets, t->name), *value = nv_nv(one, "value");
	const nvlist_t *source = nv_nv(one, "source");

	if (one == NULL)
		return false;
	t->volume = strcmp(nv_str(value, "type"), "volume") == 0;
	t->readonly = strcmp(nv_str(value, "readonly"), "on") == 0 &&
		      strcmp(nv_str(source, "readonly"), "local") == 0;
	return true;
}

static struct err *read_targets(struct local *l, struct target *t, size_t n)
{
	static const char *const props[] = {"type", "readonly", "origin"};
	nvlist_t *datasets = nv_new();
	struct strv names = {0};

	for (size_t i = 0; i < n; i++)
		strv_add(&names, t[i].name);
	struct err *e = local_get(l, props, ARRAY_LEN(props), names.items, names.n, datasets);
	for (size_t i = 0; i < n && e == NULL; i++)
		if (!read_target(datasets, &t[i]) && t[i].error == NULL)
			t[i].error = local_error(l, ENOENT, "make read-only", t[i].name);
	strv_free(&names);
	nv_free(datasets);
	return e;
}

/* Looks at all of them before anything changes. False: one stands in the way, so none may. */
static bool check_targets(struct local *l, struct target *t, size_t n, const struct mounts *all)
{
	const struct target *bad = NULL;

	for (size_t i = 0; i < n; i++) {
		if (t[i].error == NULL)
			t[i].error = t[i].volume ? check_volume(l, t[i].name, all)
						 : check_mappings(l, t[i].name, all);
		if (t[i].error != NULL && bad == NULL)
			bad = &t[i];
	}
	for (size_t i = 0; i < n && bad != NULL; i++)
		if (t[i].error == NULL)
			t[i].error = err_remedy(
			    err_new(ERR_REFUSED,
				    "%s on %s was left as it is, because it would change together "
				    "with %s, which cannot",
				    t[i].name, l->host, bad->name),
			    "see to %s first", bad->name);
	return bad == NULL;
}

/* Commits what is written to it, mapped pages too. */
static struct err *sync_one(struct local *l, const char *name, const struct mounts *all)
{
	const struct mount *m = mounts_next(all, name, NULL);
	struct err *e = NULL;
	struct stat st;

	if (m == NULL)
		return NULL;
	int fd = open(m->point, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == makedev(m->major, m->minor)) {
		if (syncfs(fd) != 0)
			e = err_sys(ERR_FAILED, errno, "cannot commit what is written to %s on %s",
				    name, l->host);
	} else {
		sync(); /* another mount covers it, or we may not enter: all there is, then */
	}
	if (fd >= 0)
		close(fd);
	return e;
}

static void sync_targets(struct local *l, struct target *t, size_t n, const struct mounts *all)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].error == NULL)
			t[i].error = sync_one(l, t[i].name, all);
}

/* One `zfs set` for all that fit into one. It fails where a mount could not be changed with the property,
 * which it is in effect without: only what is there afterwards counts. */
static struct err *set_readonly(struct local *l, struct target *t, size_t n, struct buf *said)
{
	struct strv names = {0};
	struct err *e = NULL;
	bool failed;

	for (size_t i = 0; i < n; i++)
		if (t[i].error == NULL && !t[i].readonly)
			strv_add(&names, t[i].name);
	for (size_t next = 0; next < names.n && e == NULL;) {
		struct strv argv = {0};
		struct buf out = {0};
		strv_split(&argv, "zfs set readonly=on");
		local_add_names(&argv, names.items, names.n, &next);
		e = local_zfs(l, argv.items, &out, said, &failed);
		strv_free(&argv);
		buf_free(&out);
	}
	strv_free(&names);
	return e;
}

static struct err *is_readonly(struct local *l, const struct target *t, const struct mounts *all,
			       const char *said)
{
	const struct mount *m = t->volume ? NULL : mounts_next(all, t->name, NULL);
	struct err *e;

	if (!t->readonly && strstr(said, "ermission denied") != NULL)
		return local_error(l, EPERM, "set readonly=on on", t->name);
	if (!t->readonly)
		return err_new(ERR_FAILED, "cannot set readonly=on on %s on %s: %s", t->name,
			       l->host, *said ? said : "zfs gave no reason");
	if (m == NULL || m->readonly)
		/* Somebody may have mapped a file, or opened the volume, since the first look. */
		return t->volume ? check_volume(l, t->name, all) : check_mappings(l, t->name, all);
	e = err_new(ERR_FAILED, "%s on %s has readonly=on, but is still writable at %s", t->name,
		    l->host, m->point);
	return err_remedy(e, "on %s: zfs unmount %s, then run the same command again", l->host,
			  t->name);
}

static struct err *change_targets(struct local *l, struct target *t, size_t n)
{
	struct mounts after = {0};
	struct buf said = {0};
	struct err *e = set_readonly(l, t, n, &said);

	if (e == NULL)
		e = read_targets(l, t, n);
	if (e == NULL)
		e = mounts_read(&after);
	for (size_t i = 0; e == NULL && i < n; i++)
		if (t[i].error == NULL)
			t[i].error = is_readonly(l, &t[i], &after, buf_str(&said));
	if (e == NULL)
		sync_targets(l, t, n, &after);
	mounts_free(&after);
	buf_free(&said);
	return e;
}

struct err *local_quiesce(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct mounts before = {0};
	char **names;
	size_t n;
	struct err *e = local_names(args, "datasets", false, &names, &n);

	if (e != NULL || n == 0)
		return e;
	struct target *t = mem_zalloc(n * sizeof(*t));
	for (size_t i = 0; i < n; i++)
		t[i].name = names[i];
	if ((e = read_targets(l, t, n)) == NULL && (e = mounts_read(&before)) == NULL &&
	    check_targets(l, t, n, &before)) {
		sync_targets(l, t, n, &before);
		e = change_targets(l, t, n);
	}
	for (size_t i = 0; i < n; i++)
		if (t[i].error != NULL)
			local_add_error(result, t[i].name, t[i].error);
	free(t);
	mounts_free(&before);
	return e;
}
