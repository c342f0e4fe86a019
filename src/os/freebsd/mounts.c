/* Written from documentation (getfsstat(2), statfs(2), mount(8), sync(2)); not tried on FreeBSD. */
#include "os/mounts.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

/* FreeBSD numbers no mounts. This number is the same whenever they are read (FNV-1a). */
static unsigned id_of(const struct statfs *fs)
{
	const char *const texts[] = {fs->f_mntonname, fs->f_mntfromname};
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (const char *p = texts[i];; p++) {
			h = (h ^ (unsigned char)*p) * 16777619u;
			if (*p == '\0')
				break;
		}
	return h;
}

static bool is_inside(const char *point, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return true;
	return strncmp(point, dir, n) == 0 && (point[n] == '/' || point[n] == '\0');
}

/* Of the mounts before the i-th the last that it stands in; itself where there is none. */
static unsigned parent_of(const struct statfs *all, size_t i)
{
	for (size_t j = i; j-- > 0;)
		if (is_inside(all[i].f_mntonname, all[j].f_mntonname))
			return id_of(&all[j]);
	return id_of(&all[i]);
}

/* Of other filesystems than ZFS, only those on a device are asked: a file server that is gone would hang us. */
static dev_t dev_of(const struct statfs *fs)
{
	struct statfs top;
	struct stat st;

	if (strncmp(fs->f_mntfromname, "/dev/", 5) == 0)
		return stat(fs->f_mntfromname, &st) == 0 && S_ISCHR(st.st_mode) ? st.st_rdev
										: NODEV;
	if (strcmp(fs->f_fstypename, "zfs") != 0)
		return NODEV;
	if (stat(fs->f_mntonname, &st) == 0 && statfs(fs->f_mntonname, &top) == 0 &&
	    strcmp(top.f_mntfromname, fs->f_mntfromname) == 0)
		return st.st_dev;
	/* Another mount covers it. No page says so, but ZFS makes st_dev of this. */
	return (dev_t)fs->f_fsid.val[0];
}

/* "ro,nosuid", "" where nothing is unusual. */
static char *options_of(const struct statfs *fs)
{
	static const struct {
		uint64_t flag;
		const char *word;
	} known[] = {
	    {MNT_RDONLY, "ro"},       {MNT_NOSUID, "nosuid"},           {MNT_NOEXEC, "noexec"},
	    {MNT_NOATIME, "noatime"}, {MNT_NOSYMFOLLOW, "nosymfollow"}, {MNT_SYNCHRONOUS, "sync"},
	};
	struct buf text = {0};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if ((fs->f_flags & known[i].flag) != 0)
			buf_addf(&text, "%s%s", text.len > 0 ? "," : "", known[i].word);
	char *options = mem_strdup(buf_str(&text));
	buf_free(&text);
	return options;
}

struct err *mounts_read(struct mounts *out)
{
	struct statfs *all = NULL;
	size_t room;
	int n;

	*out = (struct mounts){0};
	do { /* a buffer that is full may lack some that came meanwhile */
		n = getfsstat(NULL, 0, MNT_NOWAIT);
		room = n < 0 ? 0 : (size_t)n + 8;
		all = mem_array(all, room, sizeof(*all));
		if (n >= 0)
			n = getfsstat(all, (long)(room * sizeof(*all)), MNT_NOWAIT);
	} while (n >= 0 && (size_t)n >= room);
	struct err *e =
	    n < 0 ? err_sys(ERR_FAILED, errno, "cannot read the kernel's list of mounts") : NULL;
	for (size_t i = 0; e == NULL && i < (size_t)n; i++)
		mounts_add(out, (struct mount){
				    .id = id_of(&all[i]),
				    .parent = parent_of(all, i),
				    .dev = dev_of(&all[i]),
				    .root = mem_strdup("/"),
				    .point = mem_strdup(all[i].f_mntonname),
				    .options = options_of(&all[i]),
				    .type = mem_strdup(all[i].f_fstypename),
				    .source = mem_strdup(all[i].f_mntfromname),
				    .readonly = (all[i].f_flags & MNT_RDONLY) != 0,
				});
	mounts_set_depths(out);
	free(all);
	return e;
}

/* There is no syncfs(). sync() "may return before the buffers are completely flushed"; what was written by write()
 * is in the dataset without it, so this is about pages that were mapped. */
int mounts_commit(const struct mount *m)
{
	sync();
	return 0;
}

void mounts_mount_command(const struct mount *m, struct strv *argv)
{
	strv_split(argv, "mount -t zfs");
	if (*m->options != '\0') {
		strv_add(argv, "-o");
		strv_add(argv, m->options);
	}
	strv_add(argv,
		 m->source); /* begins with a letter, the point with a '/': neither is an option */
	strv_add(argv, m->point);
}

void mounts_umount_command(const struct mount *m, struct strv *argv)
{
	strv_add(argv, "umount");
	strv_add(argv, m->point);
}
