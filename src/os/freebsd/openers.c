/* Written from documentation (libprocstat(3), kinfo_getvmmap(3)); not tried on FreeBSD. */
#include "os/openers.h"

#include <stdbool.h>
#include <sys/param.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <libprocstat.h>
#include <limits.h>

/* What is looked for. */
struct query {
	bool device;  /* devs are devices that are open, not filesystems */
	bool written; /* only shared writable mappings count */
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

static bool file_is(struct procstat *ps, struct filestat *f, const struct query *q)
{
	char why[_POSIX2_LINE_MAX];
	struct vnstat vn;

	if (f->fs_type != PS_FST_TYPE_VNODE && f->fs_type != PS_FST_TYPE_FIFO)
		return false;
	if (procstat_get_vnode_info(ps, f, &vn, why) != 0)
		return false;
	if (!q->device)
		return wanted(q, vn.vn_fsid);
	return vn.vn_type == PS_FST_VTYPE_VCHR && wanted(q, vn.vn_dev);
}

/* With its directory, root, program and mappings, which are listed as files too. */
static bool files_match(struct procstat *ps, struct kinfo_proc *p, const struct query *q)
{
	struct filestat_list *files = procstat_getfiles(ps, p, 1);
	struct filestat *f;
	bool found = false;

	if (files == NULL)
		return false;
	STAILQ_FOREACH(f, files, next)
	found = found || file_is(ps, f, q);
	procstat_freefiles(ps, files);
	return found;
}

/* A private mapping is copied when it is written to. */
static bool maps_match(struct procstat *ps, struct kinfo_proc *p, const struct query *q)
{
	unsigned n = 0;
	struct kinfo_vmentry *maps = procstat_getvmmap(ps, p, &n);
	bool found = false;

	if (maps == NULL)
		return false;
	for (unsigned i = 0; i < n && !found; i++)
		found = maps[i].kve_type == KVME_TYPE_VNODE &&
			(maps[i].kve_protection & KVME_PROT_WRITE) != 0 &&
			(maps[i].kve_flags & (KVME_FLAG_COW | KVME_FLAG_NEEDS_COPY)) == 0 &&
			wanted(q, maps[i].kve_vn_fsid);
	procstat_freevmmap(ps, maps);
	return found;
}

static struct openers find(const struct query *q)
{
	struct procstat *ps = q->n > 0 ? procstat_open_sysctl() : NULL;
	struct openers o = {0};
	unsigned n = 0;

	if (ps == NULL)
		return o;
	struct kinfo_proc *all = procstat_getprocs(ps, KERN_PROC_PROC, 0, &n);
	for (unsigned i = 0; all != NULL && i < n; i++)
		if (q->written ? maps_match(ps, &all[i], q) : files_match(ps, &all[i], q))
			openers_add(&o, (long)all[i].ki_pid, all[i].ki_comm);
	if (all != NULL)
		procstat_freeprocs(ps, all);
	procstat_close(ps);
	return o;
}

struct openers openers_of_mappings(dev_t dev)
{
	struct query q = {.written = true, .devs = &dev, .n = 1};
	return find(&q);
}

struct openers openers_of_mount(dev_t dev)
{
	struct query q = {.devs = &dev, .n = 1};
	return find(&q);
}

struct openers openers_of_devices(const dev_t *devs, size_t n)
{
	struct query q = {.device = true, .devs = devs, .n = n};
	return find(&q);
}
