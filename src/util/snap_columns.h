/* The columns in which a listing has snapshots, beside their names: what `zfs list` is asked for, what the message calls
 * it, and in which order either has them. */
#ifndef ZREP_UTIL_SNAP_COLUMNS_H
#define ZREP_UTIL_SNAP_COLUMNS_H

#include <stdbool.h>

enum snap_column {
	SNAP_GUID,
	SNAP_CREATETXG,
	SNAP_CREATION,
	SNAP_WRITTEN,
	SNAP_HOLDS,
	SNAP_SENT,
	SNAP_RELAYED,
	SNAP_GROUND,
	SNAP_LISTED,             /* so many come from `zfs list` */
	SNAP_HELD = SNAP_LISTED, /* of the holds, one is the tag's */
	SNAP_COLUMNS,
};

struct snap_column_row {
	const char *key; /* in a message, and behind "TAG:" of one of zrep's own */
	const char *
	    zfs; /* the native property, a number; NULL: one of zrep's own, which may hold anything */
	bool bookmarks; /* bookmarks have it too */
};
extern const struct snap_column_row snap_columns[SNAP_COLUMNS];

#endif
