/*
 * What only a kernel has, answered as a kernel would on which nothing is mounted, and who may do what.
 */
#include <stdarg.h>
#include <sys/zfs_ioctl.h>
#include <sys/zfs_ioctl_impl.h>
#include <sys/zfs_quota.h>
#include <sys/zfs_vfsops.h>
#include <sys/zvol.h>

#include "uzfsd.h"

/* ---- permission: libzpool's userland allows everything; here a caller may be somebody ---- */

static uid_t uid(void)
{
	return cur != NULL ? cur->uid : 0;
}

static int only_root(void)
{
	return uid() == 0 ? 0 : EPERM;
}

/* These replace libzpool's own, for its callers too: symbols of the program come first. */
int secpolicy_zfs(const cred_t *cr)
{
	return only_root();
}
int secpolicy_zfs_proc(const cred_t *cr, proc_t *p)
{
	return only_root();
}
int secpolicy_sys_config(const cred_t *cr, boolean_t checkonly)
{
	return only_root();
}
int secpolicy_zinject(const cred_t *cr)
{
	return only_root();
}
uid_t crgetuid(cred_t *cr)
{
	return uid();
}
uid_t crgetruid(cred_t *cr)
{
	return uid();
}
gid_t crgetgid(cred_t *cr)
{
	return uid(); /* Debian gives every user a group of the same number */
}
int crgetngroups(cred_t *cr)
{
	return 0;
}
gid_t *crgetgroups(cred_t *cr)
{
	return NULL;
}
boolean_t groupmember(gid_t gid, const cred_t *cr)
{
	return uid() == 0 || uid() == gid;
}
int is_system_labeled(void)
{
	return 0;
}
boolean_t zfs_proc_is_caller(proc_t *p)
{
	return B_TRUE;
}

/* ---- the module ---- */

void zfs_init(void)
{
}
void zfs_fini(void)
{
}
int zvol_init(void)
{
	return 0;
}
void zvol_fini(void)
{
}
void zfs_ioctl_init_os(void)
{
}
int zfsdev_attach(void)
{
	return 0;
}
void zfsdev_detach(void)
{
}
uint64_t zfs_max_nvlist_src_size_os(void)
{
	return 128ULL << 20;
}
void zfs_ereport_taskq_fini(void)
{
}
void zfsdev_private_set_state(void *priv, zfsdev_state_t *zs)
{
	((struct caller *)priv)->state = zs;
}
zfsdev_state_t *zfsdev_private_get_state(void *priv)
{
	return ((struct caller *)priv)->state;
}

/* ---- mounted filesystems ---- */

boolean_t zfs_vfs_held(zfsvfs_t *z)
{
	return B_FALSE;
}
int zfs_vfs_ref(zfsvfs_t **z)
{
	return ESRCH; /* not mounted, which everybody knows how to go on from */
}
void zfs_vfs_rele(zfsvfs_t *z)
{
}
void zfs_ioctl_update_mount_cache(const char *name)
{
}
int zfsvfs_create(const char *name, boolean_t readonly, zfsvfs_t **z)
{
	return ENOTSUP;
}
int zfsvfs_create_hold(const char *name, zfsvfs_t **z)
{
	return ENOTSUP;
}
int zfs_set_default_quota(zfsvfs_t *z, zfs_prop_t prop, uint64_t quota)
{
	return ENOTSUP;
}
void zfsvfs_free(zfsvfs_t *z)
{
}
int zfs_end_fs(zfsvfs_t *z, struct dsl_dataset *ds)
{
	return ENOTSUP;
}
int zfs_suspend_fs(zfsvfs_t *z)
{
	return ENOTSUP;
}
int zfs_resume_fs(zfsvfs_t *z, struct dsl_dataset *ds)
{
	return ENOTSUP;
}
int zfs_set_version(zfsvfs_t *z, uint64_t version)
{
	return ENOTSUP;
}
int zfsctl_snapshot_unmount(const char *name, int flags)
{
	return ENOENT;
}

/* Quotas of users and groups need owners of files; quota and refquota are not among these. */
int zfs_set_userquota(zfsvfs_t *z, zfs_userquota_prop_t type, const char *domain, uint64_t rid,
		      uint64_t quota)
{
	return ENOTSUP;
}
int zfs_userspace_one(zfsvfs_t *z, zfs_userquota_prop_t type, const char *domain, uint64_t rid,
		      uint64_t *value)
{
	return ENOTSUP;
}
int zfs_userspace_many(struct zfsvfs *z, zfs_userquota_prop_t type, uint64_t *cookie, void *buf,
		       uint64_t *size
#if UZ_ZFS >= 204
		       ,
		       uint64_t *default_quota
#endif
)
{
	return ENOTSUP;
}

/* ---- events ---- */

struct zfs_zevent {
	int unused;
};
void zfs_zevent_init(zfs_zevent_t **ze)
{
	*ze = NULL;
}
void zfs_zevent_destroy(zfs_zevent_t *ze)
{
}
int zfs_zevent_next(zfs_zevent_t *ze, nvlist_t **event, uint64_t *size, uint64_t *dropped)
{
	return ENOENT;
}
int zfs_zevent_wait(zfs_zevent_t *ze)
{
	return EINTR;
}
int zfs_zevent_seek(zfs_zevent_t *ze, uint64_t eid)
{
	return ENOENT;
}
void zfs_zevent_drain_all(int *count)
{
	*count = 0;
}
zfs_file_t *zfs_zevent_fd_hold(int fd, minor_t *minor, zfs_zevent_t **ze)
{
	return NULL;
}
void zfs_zevent_fd_rele(zfs_file_t *fp)
{
}

/* ---- block devices of volumes ---- */

#if UZ_ZFS < 202
int zvol_set_snapdev(const char *dataset, zprop_source_t source, uint64_t value)
{
	return -1; /* nothing special about it: store it */
}
int zvol_set_volmode(const char *dataset, zprop_source_t source, uint64_t value)
{
	return -1;
}
#endif
int zvol_set_common(const char *dataset, zfs_prop_t prop, zprop_source_t source, uint64_t value)
{
	return -1; /* nothing special about it: store it */
}
int zvol_set_ro(const char *dataset, boolean_t readonly)
{
	return -1;
}
int zvol_set_volthreading(const char *dataset, boolean_t on)
{
	return -1;
}
#if UZ_ZFS < 204
zvol_state_handle_t *zvol_suspend(const char *name)
{
	return NULL;
}
#else
int zvol_suspend(const char *name, zvol_state_handle_t **zv)
{
	return ENOENT;
}
#endif
int zvol_resume(zvol_state_handle_t *zv)
{
	return 0;
}
void *zvol_tag(zvol_state_handle_t *zv)
{
	return NULL;
}

/* ---- failed assertions ---- */

/* libzpool is built with the assertions that a distribution's kernel module is built without. One of them
   is known to be wrong and is passed over here as there; any other ends the host. */
void libspl_assertf(const char *file, const char *func, int line, const char *format, ...)
{
	/* Resuming inside a block larger than 128K, when the stream was sent without -L. */
	if (strcmp(func, "do_dump") == 0)
		return;
	va_list ap;
	va_start(ap, format);
	fprintf(stderr, "uzfsd: %s:%d: %s(): ", file, line, func);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}
