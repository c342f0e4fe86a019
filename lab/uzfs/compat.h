/*
 * Put in front of upstream's zfs_ioctl.c and zfs_onexit.c, and of our own parts that touch them: what these
 * expect from a kernel's headers and the packaged userland headers do not declare. absent.c, caller.c, zpl.c
 * and zvol.c define it.
 */
#ifndef UZ_COMPAT_H
#define UZ_COMPAT_H

#include <sys/zfs_context.h>
#include <sys/dmu_objset.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/policy.h>
#include <sys/dmu_send.h>

#define FKIOCTL 0 /* the zfs_cmd_t is in a caller's memory, always */
#define HAVE_LARGE_STACKS 1

/* A mounted filesystem; there is none. */
typedef struct zfsvfs {
	objset_t *z_os;
	boolean_t z_unmounted;
	boolean_t z_use_hold; /* since 2.4 */
} zfsvfs_t;
#define ZFS_TEARDOWN_ENTER_WRITE(z, tag) ((void)0)
#define ZFS_TEARDOWN_ENTER_READ(z, tag) ((void)0)
#define ZFS_TEARDOWN_EXIT(z, tag) ((void)0)

/* The event channel; likewise. */
typedef struct zfs_zevent zfs_zevent_t;

/* Since 2.4 a write says whether the data is to stay in memory. */
#if UZ_ZFS < 204
#define UZ_DMU_WRITE(os, object, offset, size, buf, tx) dmu_write(os, object, offset, size, buf, tx)
#else
#define UZ_DMU_WRITE(os, object, offset, size, buf, tx)                                            \
	dmu_write(os, object, offset, size, buf, tx, DMU_READ_PREFETCH)
#endif

struct dsl_dataset;

int ddi_copyin(const void *, void *, size_t, int);
int ddi_copyout(const void *, void *, size_t, int);
int xcopyout(const void *, void *, size_t);
int copyinstr(const void *, void *, size_t, size_t *);

boolean_t groupmember(gid_t, const cred_t *);
int is_system_labeled(void);
int secpolicy_sys_config(const cred_t *, boolean_t);
int secpolicy_zinject(const cred_t *);
boolean_t zfs_proc_is_caller(proc_t *);

void zfs_init(void);
void zfs_fini(void);
void zfs_create_fs(objset_t *, cred_t *, nvlist_t *, dmu_tx_t *);
int zfsvfs_create(const char *, boolean_t, zfsvfs_t **);
int zfsvfs_create_hold(const char *, zfsvfs_t **); /* since 2.4, as the next */
int zfs_set_default_quota(zfsvfs_t *, zfs_prop_t, uint64_t);
void zfsvfs_free(zfsvfs_t *);
int zfs_end_fs(zfsvfs_t *, struct dsl_dataset *);
int zfs_suspend_fs(zfsvfs_t *);
int zfs_resume_fs(zfsvfs_t *, struct dsl_dataset *);
int zfs_set_version(zfsvfs_t *, uint64_t);
int zfsctl_snapshot_unmount(const char *, int);

void zfs_zevent_init(zfs_zevent_t **);
void zfs_zevent_destroy(zfs_zevent_t *);
int zfs_zevent_next(zfs_zevent_t *, nvlist_t **, uint64_t *, uint64_t *);
int zfs_zevent_wait(zfs_zevent_t *);
int zfs_zevent_seek(zfs_zevent_t *, uint64_t);
void zfs_zevent_drain_all(int *);
zfs_file_t *zfs_zevent_fd_hold(int, minor_t *, zfs_zevent_t **);
void zfs_zevent_fd_rele(zfs_file_t *);

#endif
