/* Volumes: what one contains, its size, and bytes in and out, there being no block device. */
#include <ctype.h>
#include <sys/dmu.h>
#include <sys/dsl_prop.h>
#include <sys/zap.h>
#include <sys/zfs_ioctl.h>
#include <sys/zvol.h>

#include "uzfsd.h"

/* Upstream's zvol.h keeps these numbers to itself in some releases. */
enum { DATA = 1, PROPS = 2 };

int zvol_check_volsize(uint64_t size, uint64_t blocksize)
{
	return size == 0 || size % blocksize != 0 ? EINVAL : 0;
}

int zvol_check_volblocksize(const char *name, uint64_t size)
{
	return size < SPA_MINBLOCKSIZE || size > SPA_OLD_MAXBLOCKSIZE || !ISP2(size) ? EDOM : 0;
}

int zvol_get_stats(objset_t *os, nvlist_t *nv)
{
	uint64_t size;
	dmu_object_info_t info;
	int error = zap_lookup(os, PROPS, "size", 8, 1, &size);
	if (error != 0)
		return error;
	dsl_prop_nvlist_add_uint64(nv, ZFS_PROP_VOLSIZE, size);
	error = dmu_object_info(os, DATA, &info);
	if (error == 0)
		dsl_prop_nvlist_add_uint64(nv, ZFS_PROP_VOLBLOCKSIZE, info.doi_data_block_size);
	return error;
}

void zvol_create_cb(objset_t *os, void *arg, cred_t *cr, dmu_tx_t *tx)
{
	nvlist_t *props = ((zfs_creat_t *)arg)->zct_props;
	uint64_t size, blocksize;
	VERIFY0(nvlist_lookup_uint64(props, zfs_prop_to_name(ZFS_PROP_VOLSIZE), &size));
	if (nvlist_lookup_uint64(props, zfs_prop_to_name(ZFS_PROP_VOLBLOCKSIZE), &blocksize) != 0)
		blocksize = zfs_prop_default_numeric(ZFS_PROP_VOLBLOCKSIZE);
	/* Both live in the volume itself, not among its properties. */
	(void)nvlist_remove_all(props, zfs_prop_to_name(ZFS_PROP_VOLSIZE));
	(void)nvlist_remove_all(props, zfs_prop_to_name(ZFS_PROP_VOLBLOCKSIZE));
	VERIFY0(dmu_object_claim(os, DATA, DMU_OT_ZVOL, (int)blocksize, DMU_OT_NONE, 0, tx));
	VERIFY0(zap_create_claim(os, PROPS, DMU_OT_ZVOL_PROP, DMU_OT_NONE, 0, tx));
	VERIFY0(zap_update(os, PROPS, "size", 8, 1, &size, tx));
}

static int set_size(objset_t *os, uint64_t size)
{
	dmu_object_info_t info;
	int error = dmu_object_info(os, DATA, &info);
	if (error == 0)
		error = zvol_check_volsize(size, info.doi_data_block_size);
	if (error != 0)
		return error;
	dmu_tx_t *tx = dmu_tx_create(os);
	dmu_tx_hold_zap(tx, PROPS, TRUE, NULL);
	dmu_tx_mark_netfree(tx);
	error = dmu_tx_assign(tx, UZ_TX_WAIT);
	if (error != 0) {
		dmu_tx_abort(tx);
		return error;
	}
	error = zap_update(os, PROPS, "size", 8, 1, &size, tx);
	dmu_tx_commit(tx);
	if (error == 0)
		error = dmu_free_long_range(os, DATA, size, DMU_OBJECT_END);
	txg_wait_synced(dmu_objset_pool(os), 0);
	return error;
}

int zvol_set_volsize(const char *name, uint64_t size)
{
	objset_t *os;
	uint64_t readonly;
	int error =
	    dsl_prop_get_integer(name, zfs_prop_to_name(ZFS_PROP_READONLY), &readonly, NULL);
	if (error == 0 && readonly)
		error = EROFS;
	if (error == 0)
		error = dmu_objset_own(name, DMU_OST_ZVOL, B_FALSE, B_TRUE, FTAG, &os);
	if (error != 0)
		return error;
	error = set_size(os, size);
	dmu_objset_disown(os, B_TRUE, FTAG);
	return error;
}

int zvol_put(objset_t *os, const char *offset, struct source *src)
{
	char *end, *data;
	size_t len;
	uint64_t off = strtoull(offset, &end, 10), size;
	if (!isdigit((unsigned char)offset[0]) || *end != '\0')
		return EINVAL;
	int error = zap_lookup(os, PROPS, "size", 8, 1, &size);
	while (error == 0 && (error = src->next(src, &data, &len)) == 0 && len > 0) {
		if (off > size || len > size - off)
			return ENOSPC;
		dmu_tx_t *tx = dmu_tx_create(os);
		dmu_tx_hold_write(tx, DATA, off, (int)len);
		error = dmu_tx_assign(tx, UZ_TX_WAIT);
		if (error != 0) {
			dmu_tx_abort(tx);
			return error;
		}
		UZ_DMU_WRITE(os, DATA, off, len, data, tx);
		dmu_tx_commit(tx);
		off += len;
	}
	return error;
}

int zvol_get(objset_t *os, const char *range, struct sink *dst)
{
	static const uint64_t chunk = 256 << 10;
	char *end;
	uint64_t off = strtoull(range, &end, 10), size;
	if (!isdigit((unsigned char)range[0]) || *end != '+' || !isdigit((unsigned char)end[1]))
		return EINVAL;
	uint64_t left = strtoull(end + 1, &end, 10);
	if (*end != '\0')
		return EINVAL;
	int error = zap_lookup(os, PROPS, "size", 8, 1, &size);
	if (error == 0 && (off > size || left > size - off))
		error = ENXIO;
	char *buf = error == 0 ? malloc(chunk) : NULL;
	while (error == 0 && left > 0) {
		uint64_t n = MIN(left, chunk);
		error = buf == NULL ? ENOMEM : dmu_read(os, DATA, off, n, buf, DMU_READ_PREFETCH);
		if (error == 0)
			error = dst->put(dst, buf, n);
		off += n;
		left -= n;
	}
	free(buf);
	return error;
}
