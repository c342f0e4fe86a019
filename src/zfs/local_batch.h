/* One operation on many names: a call of libzfs_core for those of a pool, in which one bad name stops no other. */
#ifndef ZREP_ZFS_LOCAL_BATCH_H
#define ZREP_ZFS_LOCAL_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/nv.h"

struct batch;
struct local;
struct marks;

/* One call on some names of one pool: libzfs_core's result, and what it said of each. */
typedef int (*batch_fn)(const struct batch *b, char *const *names, size_t n, nvlist_t **errs);

struct batch {
	struct local *local;
	nvlist_t *result;
	const char *tag;
	const char *doing; /* for messages: "snapshot", "hold" */
	batch_fn fn;
	bool (*harmless)(int code); /* an outcome that is as good as done */
	size_t at_once;             /* names in a call; 0: all of a pool */
	bool keeps;                 /* what it is done to cannot be replaced any more */
	nvlist_t *guids;            /* name -> what it has to have; NULL: anything */
	const nvlist_t *state;      /* of datasets, what has to be so as well; NULL: nothing */
	struct marks
	    *marks; /* snapshot: what gets a bookmark in the same transaction; NULL: nothing */
};

/* The tag of the arguments, which is part of what is asked for: a wrong one would touch another's. */
struct err *batch_tag(const nvlist_t *args, const char **tag);

/* The `guids` of the arguments, which go with the names; NULL where there is not one for each. The caller frees. */
nvlist_t *batch_guids(const nvlist_t *args, char *const *names, size_t n);

/* Have they the GUIDs that they are to have, right before they are touched? Of a batch of hundreds the first look was minutes
 * ago. 0, or why not, with who is another one now in *errs. */
int batch_still_named(const struct batch *b, char *const *names, size_t n, nvlist_t **errs);

/* batch_run() for the snapshots that the arguments name, all but those that are other ones by now. */
struct err *batch_run_snaps(struct batch *b, const nvlist_t *args);

/* Is that as good as done, where something is to go? */
bool batch_gone_already(int code);

/* Calls b->fn for all that have not failed, as b->result has it, pool by pool. What fails is added to b->result. */
void batch_run(struct batch *b, char *const *names, size_t n);

#endif
