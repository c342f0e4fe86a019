#include "state/native.h"

#include <string.h>

#include "util/mem.h"

#define OF_PLACE NATIVE_OF_PLACE
#define NOT_CLONED NATIVE_NOT_CLONED
#define FILESYSTEM NATIVE_FILESYSTEM
#define BORN NATIVE_BORN
#define CIPHER NATIVE_CIPHER
#define ALONE NATIVE_ALONE

/* clang-format off */
static const struct {
	const char *name;
	unsigned traits;
} rows[] = {
	{"aclinherit", FILESYSTEM},
	{"aclmode", FILESYSTEM},
	{"acltype", FILESYSTEM},
	{"atime", FILESYSTEM},
	{"canmount", OF_PLACE | FILESYSTEM},
	{"casesensitivity", OF_PLACE | NOT_CLONED | BORN},
	{"context", OF_PLACE},
	{"defaultuserquota", OF_PLACE | NOT_CLONED},
	{"defcontext", OF_PLACE},
	{"devices", FILESYSTEM},
	{"dnodesize", FILESYSTEM},
	{"encryption", OF_PLACE | NOT_CLONED | CIPHER},
	{"exec", FILESYSTEM},
	{"filesystem_limit", FILESYSTEM | ALONE},
	{"fscontext", OF_PLACE},
	{"jailed", OF_PLACE},
	{"keyformat", OF_PLACE | NOT_CLONED | CIPHER},
	{"keylocation", OF_PLACE | NOT_CLONED | CIPHER},
	{"mlslabel", OF_PLACE | NOT_CLONED},
	{"mountpoint", OF_PLACE | FILESYSTEM | ALONE},
	{"nbmand", OF_PLACE | FILESYSTEM},
	{"normalization", OF_PLACE | NOT_CLONED | BORN},
	{"overlay", OF_PLACE | FILESYSTEM},
	{"pbkdf2iters", OF_PLACE | NOT_CLONED | CIPHER},
	{"quota", FILESYSTEM | ALONE},
	{"readonly", OF_PLACE | NOT_CLONED},
	{"recordsize", FILESYSTEM},
	{"refquota", FILESYSTEM | ALONE},
	{"refreservation", NOT_CLONED | ALONE},
	{"relatime", FILESYSTEM},
	{"reservation", NOT_CLONED | ALONE},
	{"rootcontext", OF_PLACE},
	{"setuid", FILESYSTEM},
	{"sharenfs", OF_PLACE | FILESYSTEM},
	{"sharesmb", OF_PLACE | FILESYSTEM},
	{"snapdir", FILESYSTEM},
	{"special_small_blocks", FILESYSTEM},
	{"utf8only", OF_PLACE | NOT_CLONED | BORN},
	{"version", OF_PLACE | NOT_CLONED | BORN},
	{"volblocksize", OF_PLACE | NOT_CLONED | BORN},
	{"volsize", OF_PLACE | NOT_CLONED | BORN},
	{"vscan", OF_PLACE | FILESYSTEM},
	{"xattr", FILESYSTEM},
	{"zoned", OF_PLACE | FILESYSTEM},
};
/* clang-format on */

bool native_has(const char *prop, enum native_trait trait)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, prop) == 0)
			return (rows[i].traits & trait) != 0;
	return false;
}
