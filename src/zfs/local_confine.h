/* What of a confined peer's request can only be told by looking at this host's datasets; see confine.h for all else. */
#ifndef ZREP_ZFS_LOCAL_CONFINE_H
#define ZREP_ZFS_LOCAL_CONFINE_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* May it? The arguments are those that confine_check() has let pass. NULL, or a refusal. */
struct err *local_confine(struct local *l, const char *op, const nvlist_t *args);

/* Is that dataset to be told of? */
bool local_confine_tells(const struct local *l, const char *name);

/* Takes out of the result what is not the peer's to know. */
void local_confine_result(struct local *l, const char *op, const nvlist_t *args, nvlist_t *result);

#endif
