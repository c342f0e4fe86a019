/* Is what has a name still what had it when a plan was made? Compared by GUID, as close to the act as ZFS lets us. */
#ifndef ZREP_ZFS_LOCAL_GUID_H
#define ZREP_ZFS_LOCAL_GUID_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/nv.h"

struct local;

/* The GUIDs of datasets and snapshots: name -> uint64 into `out`, for those that exist. Root asks a channel program, which
 * waits for no transaction; everybody else, `zfs`. */
struct err *guid_read(struct local *l, char *const *names, size_t n, nvlist_t *out);

/* Compares. `wanted` has name -> uint64; 0, or no entry: anything will do. What is another one by now gets an error in
 * result's `errors` (ERR_REFUSED, with the code SET_NOT_SO); what is not there gets none. `doing` as for local_error(). */
struct err *guid_check(struct local *l, char *const *names, size_t n, const nvlist_t *wanted,
		       const char *doing, nvlist_t *result);

/* The same of one name, as an error. */
struct err *guid_check_one(struct local *l, const char *name, uint64_t wanted, const char *doing);

/* That `name` is another one by now. */
struct err *guid_differs(struct local *l, const char *doing, const char *name);

#endif
