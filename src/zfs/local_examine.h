/* What only doctor wants to know. */
#ifndef ZREP_ZFS_LOCAL_EXAMINE_H
#define ZREP_ZFS_LOCAL_EXAMINE_H

#include "util/err.h"
#include "util/nv.h"

struct local;

/* Adds `tagged` and `kept` to the datasets of a listing. */
struct err *local_list_for_doctor(struct local *l, const char *tag, nvlist_t *datasets);

#endif
