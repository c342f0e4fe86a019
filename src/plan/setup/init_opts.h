/* What an init is asked for. */
#ifndef ZREP_PLAN_SETUP_INIT_OPTS_H
#define ZREP_PLAN_SETUP_INIT_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/pair.h"

/* pair->dst.d, where it exists, was read with all that is set on it and with what is below it. */
struct init_opts {
	const char *src_host, *dst_host; /* as they are stored */
	const char *src_fs, *dst_fs;
	const struct dataset *
	    parent; /* of dst_fs; where that comes in the same run, what is nearest above. NULL: none */
	const struct dataset *
	    arriving; /* the source of what is between `parent` and dst_fs, in the same run; NULL: nothing is */
	bool key_comes; /* the dataset whose key the source uses is copied in the same run */
	bool same_host;
	bool recursive; /* what is below it belongs to it */
	/* Of a clone: the snapshot at the destination that is, or will be by then, the one it was made from, and
	 * the GUID of that; NULL: it is sent whole. */
	const char *origin;
	uint64_t origin_guid;
	/* Clones of these (the parts after '@') come in the same run: they are sent first. */
	const struct strv *clone_origins;
	uint64_t seq; /* the number of a new snapshot, at least */
	const char
	    *snap;  /* the first copy is of this one, the part after '@'; NULL: of a new one */
	bool force; /* what the destination has beyond the base, or instead of it, may go */
	uint64_t savecount;         /* to be stored where none is; 0: the usual */
	const nvlist_t *wanted;     /* -o and -x, see state/props.h; NULL: nothing */
	const nvlist_t *root_props; /* T:props of the root of its tree; NULL: nothing */
	bool child;                 /* it comes with a tree: T:props of its own does not count */
};

#endif
