/* How `zfs` is asked for a list, and for properties. */
#ifndef ZREP_ZFS_LOCAL_GET_H
#define ZREP_ZFS_LOCAL_GET_H

#include "util/buf.h"
#include "util/err.h"
#include "util/nv.h"

struct local;

/* Asks for properties of datasets (with one `zfs`; the last of `props` must be one that nobody can
 * set, see parse_get): name -> {value, source} into `datasets`, for those that exist. */
struct err *local_get(struct local *l, const char *const *props, size_t n_props, char *const *names,
		      size_t n, nvlist_t *datasets);

/* The same, where a value that breaks the listing hides no other dataset than its own: those are asked for apart, by
 * halves, and what cannot be read even alone is in `unreadable` and not in `datasets`: name -> the property whose value
 * it is, "" where that is not known. */
struct err *local_get_apart(struct local *l, const char *const *props, size_t n_props,
			    char *const *names, size_t n, nvlist_t *datasets, nvlist_t *unreadable);

/* Runs a `zfs` that lists: it complains and goes on where a dataset has gone, so a failure counts only when it is about
 * something else. Takes argv. */
struct err *local_listing(struct local *l, struct strv *argv, struct buf *out);

/* The same about n names, with as many processes as that takes. Frees argv, which lacks only them. */
struct err *local_listing_of(struct local *l, struct strv *argv, char *const *names, size_t n,
			     struct buf *out);

#endif
