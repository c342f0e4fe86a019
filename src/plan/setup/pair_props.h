/* How a pair begins: what init.c and sentsync.c have in common. */
#ifndef ZREP_PLAN_SETUP_PAIR_PROPS_H
#define ZREP_PLAN_SETUP_PAIR_PROPS_H

#include "plan/plan.h"

/* The pair that is to be, as it is stored. */
struct pair_setup {
	const struct pair *pair;
	struct plan *out;
	const char *src_host, *src_fs, *dst_host, *dst_fs;
	const char *snap, *dst_snap; /* the first base, on either side: the part after '@' */
	uint64_t savecount;          /* where none is set; 0: the usual */
	const nvlist_t *wanted;      /* T:props; NULL: not touched */
	bool recursive;              /* what is below it belongs to it */
	bool child;                  /* it comes with a tree, see init_opts */
	bool alone;                  /* the destination is not asked, nor told */
};

/* May the destination (which is there) become the replica of that source? Not where it is a master under any tag, or
 * another's replica. An error that says why not, or NULL. */
struct err *setup_check_free(const struct pair_setup *b);
/* Does the destination name this very pair already? */
bool setup_is_ours(const struct pair_setup *b);

/* Are both of one type, and encrypted by one key or by none? An error, or NULL. */
struct err *setup_check_kind(const struct pair *p);

/* Holds and marks the base on one side. */
void setup_mark(const struct pair_setup *b, enum pair_side at);

/* What an end stores of the pair; the source's is to be added TAG:master. The caller frees, or gives it to a step. */
nvlist_t *setup_props(const struct pair_setup *b, enum pair_side at);

/* Adds readonly=on to props, which NULL makes anew. Returns them. */
nvlist_t *setup_readonly(nvlist_t *props);

#endif
