/*
 * Upstream's zfs_ioctl.c as it is, included because its state of open devices is private to it, and the
 * calls that a kernel module would make into it.
 */
#include <sys/fs/zfs.h>

/* Filesystems made here have the newest format only: `create -o version=4` is refused like version=0. */
#undef ZPL_VERSION_INITIAL
#define ZPL_VERSION_INITIAL ZPL_VERSION_5

#include "zfs_ioctl.c"
#undef open

#include "uzfsd.h"

#if UZ_ZFS < 204
#define spa_namespace_enter(tag) mutex_enter(&spa_namespace_lock)
#define spa_namespace_exit(tag) mutex_exit(&spa_namespace_lock)
#endif

#if UZ_ZFS < 202
/* Upstream's open and close of a device were not yet apart from the kernel's. Whoever reads the list takes no lock: an entry
   stays in it, with the minor number -1 when it is free, and gets its number last. */
static void zfsdev_state_init(struct caller *c)
{
	minor_t minor = zfsdev_minor_alloc();
	zfsdev_state_t *zs = zfsdev_state_list, *fresh = NULL;
	while (zs->zs_next != NULL && zs->zs_minor != -1)
		zs = zs->zs_next;
	if (zs->zs_minor != -1) {
		fresh = kmem_zalloc(sizeof *fresh, KM_SLEEP);
		fresh->zs_minor = -1;
		zs->zs_next = fresh;
		zs = fresh;
	}
	zfs_onexit_init(&zs->zs_onexit);
	zfs_zevent_init(&zs->zs_zevent);
	c->state = zs;
	membar_producer();
	zs->zs_minor = minor;
}

static void zfsdev_state_destroy(struct caller *c)
{
	zfsdev_state_t *zs = c->state;
	mutex_enter(&zfsdev_state_lock);
	zfs_onexit_t *onexit = zs->zs_onexit;
	zfs_zevent_destroy(zs->zs_zevent);
	mutex_exit(&zfsdev_state_lock);
	zfs_onexit_destroy(onexit);
	mutex_enter(&zfsdev_state_lock);
	zs->zs_minor = -1;
	mutex_exit(&zfsdev_state_lock);
}
#endif

void ioctl_init(const char *cachefile)
{
	extern uint64_t zfs_arc_min, zfs_arc_max;
	extern int zfs_flags;
	zfs_arc_min = 512ULL << 20; /* where it starts */
	zfs_arc_max =
	    1ULL
	    << 30; /* several hosts share a machine with a compiler; the dbuf caches are parts of this */
	zfs_flags = 0; /* as in a kernel: libzpool verifies each buffer at each step otherwise */
	spa_config_path = (char *)cachefile;
	kernel_init(SPA_MODE_READ | SPA_MODE_WRITE);
	dmu_objset_register_type(DMU_OST_ZFS, NULL);
	mutex_init(&zfsdev_state_lock, NULL, MUTEX_DEFAULT, NULL);
#if UZ_ZFS < 202
	zfsdev_state_list = kmem_zalloc(sizeof *zfsdev_state_list, KM_SLEEP);
	zfsdev_state_list->zs_minor = -1;
#else
	zfsdev_state_listhead.zs_minor = -1;
#endif
	tsd_create(&zfs_allow_log_key, zfs_allow_log_destroy);
	zfs_ioctl_init();
}

void ioctl_open(struct caller *c)
{
	mutex_enter(&zfsdev_state_lock);
	(void)zfsdev_state_init(c);
	mutex_exit(&zfsdev_state_lock);
}

void ioctl_close(struct caller *c)
{
	zfsdev_state_destroy(c); /* runs what was to happen at exit: temporary holds go */
}

int ioctl_run(unsigned cmd, uint64_t arg)
{
	zfs_cmd_t *zc = calloc(1, sizeof *zc);
	if (zc == NULL)
		return ENOMEM;
	int error = ddi_copyin((void *)(uintptr_t)arg, zc, sizeof *zc, 0);
	if (error == 0) {
		error = zfsdev_ioctl_common(cmd - ZFS_IOC_FIRST, zc, 0);
		/* In a kernel the pool's first dataset gets its root directory when the pool is made. */
		if (error == 0 && cmd == ZFS_IOC_POOL_CREATE)
			(void)zpl_make_root(zc->zc_name);
		if (ddi_copyout(zc, (void *)(uintptr_t)arg, sizeof *zc, 0) != 0 && error == 0)
			error = EFAULT;
	}
	free(zc);
	return error;
}

int ioctl_last_txg(const char *pool, uint64_t *txg)
{
	spa_t *spa;
	int error = spa_open(pool, &spa, FTAG);
	if (error == 0) {
		*txg = spa_last_synced_txg(spa);
		spa_close(spa, FTAG);
	}
	return error;
}

/* What a dead caller still holds, it lets go of soon. */
static int reset(const char *pool)
{
	int error = EBUSY;
	for (int i = 0; i < 1000 && error == EBUSY; i++) {
		if (i > 0)
			usleep(2000);
		error = spa_reset(pool);
	}
	return error;
}

int ioctl_reopen(void)
{
	char pool[ZFS_MAX_DATASET_NAME_LEN] = "";
	int error = 0;
	spa_t *spa = NULL;
	while (error == 0) {
		spa_namespace_enter(FTAG);
		spa = *pool == '\0' ? spa_next(NULL) : spa_next(spa_lookup(pool));
		if (spa != NULL)
			(void)strlcpy(pool, spa_name(spa), sizeof pool);
		spa_namespace_exit(FTAG);
		if (spa == NULL)
			break;
		error = reset(pool);
		/* Found out here, that it cannot be opened is no riddle. */
		if (error == 0 && (error = spa_open(pool, &spa, FTAG)) == 0)
			spa_close(spa, FTAG);
	}
	return error;
}

uint64_t ioctl_txgs(void)
{
	uint64_t sum = 0;
	spa_namespace_enter(FTAG);
	for (spa_t *spa = NULL; (spa = spa_next(spa)) != NULL;)
		if (spa_state(spa) == POOL_STATE_ACTIVE)
			sum += spa_last_synced_txg(spa);
	spa_namespace_exit(FTAG);
	return sum;
}

static const struct {
	unsigned cmd;
	const char *name;
} names[] = {
#include "ioctl_names.h"
};

const char *ioctl_name(unsigned cmd)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].cmd == cmd)
			return names[i].name;
	return "UNKNOWN";
}

/* A channel program says whether it waits for a transaction: without one it only looks. */
static bool program_syncs(uint64_t arg)
{
	zfs_cmd_t *zc = calloc(1, sizeof *zc);
	nvlist_t *nv = NULL;
	boolean_t sync = B_TRUE;
	if (zc != NULL && ddi_copyin((void *)(uintptr_t)arg, zc, sizeof *zc, 0) == 0 &&
	    get_nvlist(zc->zc_nvlist_src, zc->zc_nvlist_src_size, 0, &nv) == 0)
		(void)nvlist_lookup_boolean_value(nv, ZCP_ARG_SYNC, &sync);
	nvlist_free(nv);
	free(zc);
	return sync;
}

/* Everything but the questions. */
bool ioctl_mutates(unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case ZFS_IOC_CHANNEL_PROGRAM:
		return program_syncs(arg);
	case ZFS_IOC_POOL_CONFIGS:
	case ZFS_IOC_POOL_STATS:
	case ZFS_IOC_POOL_TRYIMPORT:
	case ZFS_IOC_POOL_GET_HISTORY:
	case ZFS_IOC_POOL_GET_PROPS:
#if UZ_ZFS >= 202
	case ZFS_IOC_VDEV_GET_PROPS:
#endif
	case ZFS_IOC_OBJSET_STATS:
	case ZFS_IOC_OBJSET_ZPLPROPS:
	case ZFS_IOC_OBJSET_RECVD_PROPS:
	case ZFS_IOC_DATASET_LIST_NEXT:
	case ZFS_IOC_SNAPSHOT_LIST_NEXT:
	case ZFS_IOC_INJECT_LIST_NEXT:
	case ZFS_IOC_ERROR_LOG:
	case ZFS_IOC_DSOBJ_TO_DSNAME:
	case ZFS_IOC_OBJ_TO_PATH:
	case ZFS_IOC_OBJ_TO_STATS:
	case ZFS_IOC_NEXT_OBJ:
	case ZFS_IOC_DIFF:
	case ZFS_IOC_GET_FSACL:
	case ZFS_IOC_GET_HOLDS:
	case ZFS_IOC_GET_BOOKMARKS:
	case ZFS_IOC_GET_BOOKMARK_PROPS:
	case ZFS_IOC_USERSPACE_ONE:
	case ZFS_IOC_USERSPACE_MANY:
	case ZFS_IOC_SPACE_WRITTEN:
	case ZFS_IOC_SPACE_SNAPS:
	case ZFS_IOC_SEND_SPACE:
	case ZFS_IOC_SEND_PROGRESS:
	case ZFS_IOC_EVENTS_NEXT:
	case ZFS_IOC_WAIT:
	case ZFS_IOC_WAIT_FS:
	case ZFS_IOC_GET_BOOTENV:
	case ZFS_IOC_LOG_HISTORY: /* follows a change, never decides anything */
		return false;
	default:
		return true;
	}
}
