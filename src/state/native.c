#include "state/native.h"

#include <string.h>

#include "util/mem.h"

#define DATA NATIVE_DATA
#define LESSENS NATIVE_LESSENS
#define NOT_CLONED NATIVE_NOT_CLONED
#define FILESYSTEM NATIVE_FILESYSTEM
#define BORN NATIVE_BORN
#define CIPHER NATIVE_CIPHER
#define ALONE NATIVE_ALONE
#define LIMIT NATIVE_LIMIT

/* clang-format off */
static const struct {
	const char *name;
	unsigned traits;
} rows[] = {
	{"aclinherit", DATA | FILESYSTEM},
	{"aclmode", DATA | FILESYSTEM},
	{"acltype", DATA | FILESYSTEM},
	{"atime", DATA | FILESYSTEM},
	{"canmount", FILESYSTEM},
	{"casesensitivity", NOT_CLONED | BORN},
	{"checksum", DATA},
	{"compression", DATA},
	{"context", 0},
	{"copies", DATA},
	{"dedup", 0},
	{"defaultgroupobjquota", NOT_CLONED},
	{"defaultgroupquota", NOT_CLONED},
	{"defaultprojectobjquota", NOT_CLONED},
	{"defaultprojectquota", NOT_CLONED},
	{"defaultuserobjquota", NOT_CLONED},
	{"defaultuserquota", NOT_CLONED},
	{"defcontext", 0},
	{"devices", DATA | LESSENS | FILESYSTEM},
	{"direct", DATA | FILESYSTEM},
	{"dnodesize", DATA | FILESYSTEM},
	{"encryption", NOT_CLONED | CIPHER},
	{"exec", DATA | LESSENS | FILESYSTEM},
	{"filesystem_count", NOT_CLONED}, /* stored, and ZFS's own: as snapshot_count */
	{"filesystem_limit", DATA | FILESYSTEM | ALONE | LIMIT},
	{"fscontext", 0},
	{"jailed", 0},
	{"keyformat", NOT_CLONED | CIPHER},
	{"keylocation", NOT_CLONED | CIPHER},
	{"logbias", DATA},
	{"longname", DATA | FILESYSTEM},
	{"mlslabel", NOT_CLONED},
	{"mountpoint", FILESYSTEM | ALONE},
	{"nbmand", FILESYSTEM},
	{"normalization", NOT_CLONED | BORN},
	{"overlay", FILESYSTEM},
	{"pbkdf2iters", NOT_CLONED | CIPHER},
	{"prefetch", DATA},
	{"primarycache", DATA},
	{"quota", DATA | FILESYSTEM | ALONE | LIMIT},
	{"readonly", NOT_CLONED},
	{"recordsize", DATA | FILESYSTEM},
	{"redundant_metadata", DATA},
	{"refquota", DATA | FILESYSTEM | ALONE | LIMIT},
	{"refreservation", DATA | NOT_CLONED | ALONE | LIMIT},
	{"relatime", DATA | FILESYSTEM},
	{"reservation", DATA | NOT_CLONED | ALONE | LIMIT},
	{"rootcontext", 0},
	{"secondarycache", DATA},
	{"setuid", DATA | LESSENS | FILESYSTEM},
	{"sharenfs", FILESYSTEM},
	{"sharesmb", FILESYSTEM},
	{"snapdev", 0},
	{"snapdir", DATA | FILESYSTEM},
	{"snapshot_count", NOT_CLONED},
	{"snapshot_limit", DATA | LIMIT},
	{"special_small_blocks", DATA | FILESYSTEM},
	{"sync", DATA},
	{"utf8only", NOT_CLONED | BORN},
	{"version", NOT_CLONED | BORN},
	{"volblocksize", NOT_CLONED | BORN},
	{"volmode", 0},
	{"volsize", NOT_CLONED | BORN},
	{"volthreading", DATA},
	{"vscan", FILESYSTEM},
	{"xattr", DATA | FILESYSTEM},
	{"zoned", FILESYSTEM},
};
/* clang-format on */

bool native_has(const char *prop, enum native_trait trait)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, prop) == 0)
			return (rows[i].traits & trait) != 0;
	return false;
}

bool native_copies(const char *prop, const char *value)
{
	return native_has(prop, NATIVE_DATA) &&
	       (!native_has(prop, NATIVE_LESSENS) || strcmp(value, "off") == 0);
}

bool native_is_limit(const char *prop, bool volume)
{
	return native_has(prop, NATIVE_LIMIT) && !(volume && strcmp(prop, "refreservation") == 0);
}

bool native_is_no_limit(const char *value)
{
	return value == NULL || strcmp(value, "0") == 0 || strcmp(value, "none") == 0 ||
	       strcmp(value, "-") == 0 || strcmp(value, "18446744073709551615") == 0;
}

void native_names(struct strv *names)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((rows[i].traits & NATIVE_DATA) != 0)
			strv_add(names, rows[i].name);
}
