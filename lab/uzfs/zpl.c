/*
 * Files, there being no mount: what a new filesystem contains, and files of its root directory in (put)
 * and out (get). The format is that of ZPL version 5, so that a kernel can mount these pools.
 */
#include <dirent.h>
#include <sys/dmu.h>
#include <sys/dsl_prop.h>
#include <sys/sa.h>
#include <sys/zap.h>
#include <sys/zfs_acl.h>
#include <sys/zfs_sa.h>
#include <sys/zfs_znode.h>

#include "uzfsd.h"

/* ---- objects ---- */

struct trivial_ace {
	uint16_t type, flags;
	uint32_t mask;
};

/* The ACL that says no more than the mode: owner@, group@, everyone@. */
static void trivial_acl(uint64_t mode, struct trivial_ace acl[3])
{
	static const uint32_t read = ACE_READ_DATA, write = ACE_WRITE_DATA | ACE_APPEND_DATA,
			      execute = ACE_EXECUTE,
			      everyone = ACE_READ_NAMED_ATTRS | ACE_READ_ATTRIBUTES | ACE_READ_ACL |
					 ACE_SYNCHRONIZE,
			      owner = ACE_WRITE_NAMED_ATTRS | ACE_WRITE_ATTRIBUTES | ACE_WRITE_ACL |
				      ACE_WRITE_OWNER;
	static const uint16_t who[3] = {ACE_OWNER, ACE_GROUP | ACE_IDENTIFIER_GROUP, ACE_EVERYONE};
	for (int i = 0; i < 3; i++) {
		uint64_t rwx = mode >> (6 - 3 * i);
		acl[i] =
		    (struct trivial_ace){ACE_ACCESS_ALLOWED_ACE_TYPE, who[i],
					 everyone | (i == 0 ? owner : 0) | (rwx & 4 ? read : 0) |
					     (rwx & 2 ? write : 0) | (rwx & 1 ? execute : 0)};
	}
}

/* Makes a directory (blocksize 0) or a file, with its attributes. parent 0 means itself. */
static uint64_t make_object(objset_t *os, sa_attr_type_t *at, uint64_t mode, uint64_t parent,
			    int blocksize, dmu_tx_t *tx)
{
	int bonus = DN_BONUS_SIZE(DNODE_MIN_SIZE);
	bool dir = blocksize == 0;
	uint64_t obj =
	    dir ? zap_create_norm_dnsize(os, 0, DMU_OT_DIRECTORY_CONTENTS, DMU_OT_SA, bonus, 0, tx)
		: dmu_object_alloc_dnsize(os, DMU_OT_PLAIN_FILE_CONTENTS, blocksize, DMU_OT_SA,
					  bonus, 0, tx);
	uint64_t zero = 0, gen = dmu_tx_get_txg(tx), size = dir ? 2 : 0, links = dir ? 2 : 1,
		 aces = 3, flags = ZFS_ARCHIVE | ZFS_AV_MODIFIED | ZFS_ACL_TRIVIAL, now[2];
	struct timespec ts;
	struct trivial_ace acl[3];
	if (parent == 0)
		parent = obj;
	clock_gettime(CLOCK_REALTIME, &ts);
	now[0] = (uint64_t)ts.tv_sec;
	now[1] = (uint64_t)ts.tv_nsec;
	trivial_acl(mode, acl);

	sa_bulk_attr_t b[16];
	int n = 0;
	SA_ADD_BULK_ATTR(b, n, at[ZPL_MODE], NULL, &mode, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_SIZE], NULL, &size, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_GEN], NULL, &gen, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_UID], NULL, &zero, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_GID], NULL, &zero, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_PARENT], NULL, &parent, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_FLAGS], NULL, &flags, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_ATIME], NULL, now, 16);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_MTIME], NULL, now, 16);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_CTIME], NULL, now, 16);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_CRTIME], NULL, now, 16);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_LINKS], NULL, &links, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_DACL_COUNT], NULL, &aces, 8);
	SA_ADD_BULK_ATTR(b, n, at[ZPL_DACL_ACES], NULL, acl, sizeof acl);

	dmu_buf_t *db;
	sa_handle_t *h;
	VERIFY0(sa_buf_hold(os, obj, NULL, &db));
	VERIFY0(sa_handle_get_from_db(os, db, NULL, SA_HDL_PRIVATE, &h));
	VERIFY0(sa_replace_all_by_template(h, b, n, tx));
	sa_handle_destroy(h);
	return obj;
}

/* Upstream's name: zfs_ioctl.c calls it for every new filesystem. */
void zfs_create_fs(objset_t *os, cred_t *cr, nvlist_t *zplprops, dmu_tx_t *tx)
{
	VERIFY0(zap_create_claim(os, MASTER_NODE_OBJ, DMU_OT_MASTER_NODE, DMU_OT_NONE, 0, tx));
	nvpair_t *pair = NULL;
	while ((pair = nvlist_next_nvpair(zplprops, pair)) != NULL) {
		uint64_t value;
		VERIFY0(nvpair_value_uint64(pair, &value));
		if (strcmp(nvpair_name(pair), zfs_prop_to_name(ZFS_PROP_VERSION)) != 0)
			VERIFY0(
			    zap_update(os, MASTER_NODE_OBJ, nvpair_name(pair), 8, 1, &value, tx));
	}
	uint64_t version = ZPL_VERSION;
	VERIFY0(zap_update(os, MASTER_NODE_OBJ, ZPL_VERSION_STR, 8, 1, &version, tx));
	uint64_t sa = zap_create(os, DMU_OT_SA_MASTER_NODE, DMU_OT_NONE, 0, tx);
	VERIFY0(zap_add(os, MASTER_NODE_OBJ, ZFS_SA_ATTRS, 8, 1, &sa, tx));
	uint64_t unlinked = zap_create(os, DMU_OT_UNLINKED_SET, DMU_OT_NONE, 0, tx);
	VERIFY0(zap_add(os, MASTER_NODE_OBJ, ZFS_UNLINKED_SET, 8, 1, &unlinked, tx));
	sa_attr_type_t *at;
	VERIFY0(sa_setup(os, sa, zfs_attr_table, ZPL_END, &at));
	uint64_t root = make_object(os, at, S_IFDIR | 0755, 0, 0, tx);
	VERIFY0(zap_add(os, MASTER_NODE_OBJ, ZFS_ROOT_OBJ, 8, 1, &root, tx));
}

/* A pool's own dataset is made empty by libzpool. */
static int make_root(objset_t *os)
{
	nvlist_t *props = fnvlist_alloc();
	fnvlist_add_uint64(props, "normalization", 0);
	fnvlist_add_uint64(props, "utf8only", 0);
	fnvlist_add_uint64(props, "casesensitivity", 0);
	dmu_tx_t *tx = dmu_tx_create(os);
	dmu_tx_hold_bonus(tx, DMU_NEW_OBJECT);
	for (int i = 0; i < 4; i++)
		dmu_tx_hold_zap(tx, DMU_NEW_OBJECT, B_TRUE, NULL);
	int error = dmu_tx_assign(tx, UZ_TX_WAIT);
	if (error == 0) {
		zfs_create_fs(os, NULL, props, tx);
		dmu_tx_commit(tx);
	} else
		dmu_tx_abort(tx);
	nvlist_free(props);
	return error;
}

int zpl_make_root(const char *dataset)
{
	objset_t *os;
	uint64_t root;
	int error = dmu_objset_own(dataset, DMU_OST_ZFS, B_FALSE, B_TRUE, FTAG, &os);
	if (error != 0)
		return error;
	if (zap_lookup(os, MASTER_NODE_OBJ, ZFS_ROOT_OBJ, 8, 1, &root) != 0)
		error = make_root(os);
	txg_wait_synced(dmu_objset_pool(os), 0);
	dmu_objset_disown(os, B_TRUE, FTAG);
	return error;
}

#if UZ_ZFS < 202
/* Not yet in libzpool. */
int zfs_get_zplprop(objset_t *os, zfs_prop_t prop, uint64_t *value)
{
	const char *name = prop == ZFS_PROP_VERSION ? ZPL_VERSION_STR : zfs_prop_to_name(prop);
	int error = os != NULL ? zap_lookup(os, MASTER_NODE_OBJ, name, 8, 1, value) : ENOENT;
	if (error != ENOENT)
		return error;
	switch (prop) {
	case ZFS_PROP_VERSION:
		*value = ZPL_VERSION;
		return 0;
	case ZFS_PROP_NORMALIZE:
	case ZFS_PROP_UTF8ONLY:
		*value = 0;
		return 0;
	case ZFS_PROP_CASE:
		*value = ZFS_CASE_SENSITIVE;
		return 0;
	case ZFS_PROP_ACLTYPE:
		*value = ZFS_ACLTYPE_OFF;
		return 0;
	default:
		return ENOENT;
	}
}
#endif

/* ---- files ---- */

static int setup(objset_t *os, sa_attr_type_t **at, uint64_t *root)
{
	uint64_t sa;
	int error = zap_lookup(os, MASTER_NODE_OBJ, ZFS_SA_ATTRS, 8, 1, &sa);
	if (error == 0)
		error = zap_lookup(os, MASTER_NODE_OBJ, ZFS_ROOT_OBJ, 8, 1, root);
	return error != 0 ? error : sa_setup(os, sa, zfs_attr_table, ZPL_END, at);
}

static int get_attr(objset_t *os, uint64_t obj, sa_attr_type_t attr, uint64_t *value)
{
	sa_handle_t *h;
	int error = sa_handle_get(os, obj, NULL, SA_HDL_PRIVATE, &h);
	if (error != 0)
		return error;
	error = sa_lookup(h, attr, value, sizeof *value);
	sa_handle_destroy(h);
	return error;
}

static void set_attr(objset_t *os, uint64_t obj, sa_attr_type_t attr, uint64_t value, dmu_tx_t *tx)
{
	sa_handle_t *h;
	VERIFY0(sa_handle_get(os, obj, NULL, SA_HDL_PRIVATE, &h));
	VERIFY0(sa_update(h, attr, &value, sizeof value, tx));
	sa_handle_destroy(h);
}

static int assign(dmu_tx_t *tx)
{
	int error = dmu_tx_assign(tx, UZ_TX_WAIT);
	if (error != 0)
		dmu_tx_abort(tx);
	return error;
}

/* Gives `name` a new, empty file. *old is what it named before, or 0. */
static int new_file(objset_t *os, sa_attr_type_t *at, uint64_t root, const char *name,
		    int blocksize, uint64_t old, uint64_t *obj)
{
	uint64_t entries;
	int error = get_attr(os, root, at[ZPL_SIZE], &entries);
	if (error != 0)
		return error;
	dmu_tx_t *tx = dmu_tx_create(os);
	dmu_tx_hold_sa_create(tx, 512);
	dmu_tx_hold_zap(tx, root, B_TRUE, name);
	dmu_tx_hold_bonus(tx, root);
	if ((error = assign(tx)) != 0)
		return error;
	*obj = make_object(os, at, S_IFREG | 0644, root, blocksize, tx);
	uint64_t entry = ((uint64_t)DT_REG << 60) | *obj;
	VERIFY0(zap_update(os, root, name, 8, 1, &entry, tx));
	if (old == 0)
		set_attr(os, root, at[ZPL_SIZE], entries + 1, tx);
	dmu_tx_commit(tx);
	return 0;
}

/* Writes a chunk, or with none just ends the file at `off`. */
static int write_chunk(objset_t *os, sa_attr_type_t *at, uint64_t obj, uint64_t off,
		       const char *data, size_t len, bool last)
{
	uint64_t size;
	int error = get_attr(os, obj, at[ZPL_SIZE], &size);
	if (error != 0)
		return error;
	dmu_tx_t *tx = dmu_tx_create(os);
	dmu_tx_hold_bonus(tx, obj);
	if (len > 0)
		dmu_tx_hold_write(tx, obj, off, (int)len);
	if (last && size > off)
		dmu_tx_hold_free(tx, obj, off, DMU_OBJECT_END);
	if ((error = assign(tx)) != 0)
		return error;
	if (len > 0)
		UZ_DMU_WRITE(os, obj, off, len, data, tx);
	if (off + len > size || last)
		set_attr(os, obj, at[ZPL_SIZE], off + len, tx);
	if (last && size > off)
		error = dmu_free_range(os, obj, off, DMU_OBJECT_END, tx);
	dmu_tx_commit(tx);
	return error;
}

/* An existing file is written in place when its blocks have the size that a new one's would, so that an
   increment carries what changed; otherwise it is replaced. */
int zpl_put(objset_t *os, const char *name, struct source *src)
{
	sa_attr_type_t *at;
	uint64_t root, entry = 0, old = 0, obj = 0, off = 0, record;
	char *data, dsname[ZFS_MAX_DATASET_NAME_LEN];
	size_t len;
	dmu_object_info_t info;
	if (*name == '\0' || strchr(name, '/') != NULL)
		return EINVAL;
	dmu_objset_name(os, dsname);
	int error = setup(os, &at, &root);
	if (error == 0)
		error = dsl_prop_get_integer(dsname, zfs_prop_to_name(ZFS_PROP_RECORDSIZE), &record,
					     NULL);
	if (error == 0)
		error = src->next(src, &data, &len);
	if (error != 0)
		return error;

	uint64_t blocksize =
	    len > record ? record : MAX(SPA_MINBLOCKSIZE, P2ROUNDUP(len, SPA_MINBLOCKSIZE));
	if (zap_lookup(os, root, name, 8, 1, &entry) == 0)
		old = obj = ZFS_DIRENT_OBJ(entry);
	if (old == 0 || dmu_object_info(os, old, &info) != 0 ||
	    info.doi_data_block_size != blocksize)
		error = new_file(os, at, root, name, (int)blocksize, old, &obj);

	while (error == 0 && len > 0) {
		error = write_chunk(os, at, obj, off, data, len, false);
		off += len;
		if (error == 0)
			error = src->next(src, &data, &len);
	}
	if (error == 0)
		error = write_chunk(os, at, obj, off, NULL, 0, true);
	if (error == 0 && old != 0 && old != obj)
		error = dmu_free_long_object(os, old);
	return error;
}

/* name may lead through directories, which only a kernel makes. */
static int find(objset_t *os, uint64_t root, const char *name, uint64_t *obj)
{
	char part[256];
	for (*obj = root; *name != '\0'; name += strspn(name, "/")) {
		size_t n = strcspn(name, "/");
		uint64_t entry;
		if (n >= sizeof part)
			return ENAMETOOLONG;
		memcpy(part, name, n);
		part[n] = '\0';
		int error = zap_lookup(os, *obj, part, 8, 1, &entry);
		if (error != 0)
			return error;
		*obj = ZFS_DIRENT_OBJ(entry);
		name += n;
	}
	return 0;
}

int zpl_get(objset_t *os, const char *name, struct sink *dst)
{
	static const uint64_t chunk = 256 << 10;
	sa_attr_type_t *at;
	uint64_t root, obj, size;
	dmu_object_info_t info;
	int error = setup(os, &at, &root);
	if (error == 0)
		error = find(os, root, name, &obj);
	if (error == 0)
		error = dmu_object_info(os, obj, &info);
	if (error == 0 && info.doi_type != DMU_OT_PLAIN_FILE_CONTENTS)
		error = EISDIR;
	if (error == 0)
		error = get_attr(os, obj, at[ZPL_SIZE], &size);
	char *buf = error == 0 ? malloc(chunk) : NULL;
	for (uint64_t off = 0; error == 0 && off < size; off += chunk) {
		uint64_t n = MIN(chunk, size - off);
		error = buf == NULL ? ENOMEM : dmu_read(os, obj, off, n, buf, DMU_READ_PREFETCH);
		if (error == 0)
			error = dst->put(dst, buf, n);
	}
	free(buf);
	return error;
}

/* ---- datasets ---- */

static char owner[] = "uzfsd"; /* not const: before 2.2 a tag was a void * */

/* Somebody else's put or get, or the end of a receive, passes. */
static int own(const char *name, boolean_t readonly, objset_t **os)
{
	int error = EBUSY;
	for (int i = 0; i < 100 && error == EBUSY; i++) {
		if (i > 0)
			usleep(20000);
		error = dmu_objset_own(name, DMU_OST_ANY, readonly, B_TRUE, owner, os);
	}
	return error;
}

static void disown(objset_t *os)
{
	dmu_objset_disown(os, B_TRUE, owner);
}

int zpl_put_dataset(const char *dataset, const char *name, struct source *src)
{
	objset_t *os;
	uint64_t readonly;
	int error =
	    dsl_prop_get_integer(dataset, zfs_prop_to_name(ZFS_PROP_READONLY), &readonly, NULL);
	if (error == 0 && readonly)
		error = EROFS;
	if (error == 0)
		error = own(dataset, B_FALSE, &os);
	if (error != 0)
		return error;
	error =
	    dmu_objset_type(os) == DMU_OST_ZVOL ? zvol_put(os, name, src) : zpl_put(os, name, src);
	txg_wait_synced(dmu_objset_pool(os), 0);
	disown(os);
	return error;
}

int zpl_get_dataset(const char *dataset, const char *name, struct sink *dst)
{
	objset_t *os;
	int error = own(dataset, B_TRUE, &os);
	if (error != 0)
		return error;
	error =
	    dmu_objset_type(os) == DMU_OST_ZVOL ? zvol_get(os, name, dst) : zpl_get(os, name, dst);
	disown(os);
	return error;
}
