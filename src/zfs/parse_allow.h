/* What `zfs allow DATASET` prints: who may what on a dataset, granted there or above it. */
#ifndef ZREP_ZFS_PARSE_ALLOW_H
#define ZREP_ZFS_PARSE_ALLOW_H

#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"

/* As `zfs` names them: by name, or "(unknown: ID)". */
struct allow_who {
	const char *user;
	const struct strv *groups;
};

/* Which of the permissions `wanted` ("hold,send") `who` has not on dataset `name`, in the same form; NULL: none is missing. The
 * caller frees. `text` may be that of a dataset below it. */
struct err *parse_allow(const char *text, const char *name, const struct allow_who *who,
			const char *wanted, char **lacks);

/* What `zfs get -Hp -o name,property,value snapshot_limit,snapshot_count` prints: adds to `out`, by dataset, nvlists with
 * `limit` and `count` of those that have a limit. */
struct err *parse_limits(const char *text, nvlist_t *out);

#endif
