/* A tree: a recursive pair, and what below it belongs to it. */
#ifndef ZREP_PLAN_TREE_MEMBERS_H
#define ZREP_PLAN_TREE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/identity.h"
#include "plan/pair.h"

struct plan;

/* A replica of the tree at `top` (its end there), on its way to a place that another one had (name_between()), or in such a
 * one: the next sync goes on with it. src_top: the tree's source. */
bool plan_is_between(const struct dataset *top, const char *src_top, const struct dataset *d);

/* A replica of the tree at `top` that does not have its name any more, and that no sync goes on with by itself. (A source that
 * was renamed is followed.) */
bool plan_was_part(const struct dataset *top, const struct dataset *d);

/* A recursive pair with all that is below it, on both sides. */
struct tree {
	const struct pair *top;
	/* By name, so that parents come first. */
	const struct dataset *const *src, *const *dst;
	size_t n_src, n_dst;
	bool
	    frozen; /* what has another place stays as it is, and out of the tree: it could not be set right */
	bool looks; /* besides: it would be, so that what is in it has its place as well */
};

/* Does a pair below a recursive one go the same way, so that it is part of its tree? Perhaps with other roles than
 * the top, while these change. */
bool plan_is_part(const struct dataset *top, const struct dataset *d);

/* What is below a pair belongs to it from now on, on both sides: also when the role has moved. */
void plan_recursive(const struct pair *pair, struct plan *out);

/* A dataset below the source, or below the destination, by its name; NULL if it is not there. */
const struct dataset *tree_find_src(const struct tree *t, const char *name);
const struct dataset *tree_find_dst(const struct tree *t, const char *name);

/* Where a dataset below the source is to be. The caller frees. */
char *tree_dst_name_of(const struct tree *t, const char *name);

/* Is it below, and not the top itself? */
bool tree_is_below(const char *name, const char *top);

/* It, or something that it is in, was taken out of the tree. */
bool tree_is_excluded(const struct tree *t, const struct dataset *d);

/* Its properties are those of the pair that it was under another name of the tree. */
bool tree_is_moved(const struct tree *t, const struct dataset *d);

/* A replica of this tree's, under the name that its pair has for it, and nothing else. */
bool tree_is_ours(const struct tree *t, const struct dataset *d);

/* Is d the replica of a source, by the words of both, wherever they are by now? Not known by a GUID (END_PERHAPS), it is only
 * where its place says so as well. */
enum identity_end tree_is_replica_of(const struct dataset *src, const struct dataset *d);

/* A replica of this tree's, on its way to a place that another one had (name_between()), or in such a one: is it that; that of
 * a source, or NULL. */
bool tree_is_between(const struct tree *t, const struct dataset *d);
const struct dataset *tree_find_between(const struct tree *t, const struct dataset *src);

/* Was it put aside, perhaps with what it was in, by a run that died before it could forget it? */
bool tree_was_preserved(const struct tree *t, const struct dataset *d);

/* Why a replica is to be put aside, as the end of a sentence; NULL: it is not. */
const char *tree_why_preserve(const struct tree *t, const struct dataset *d);

/* What would lose its name if a dataset of the destination (the replica of src, or of nothing) got another one;
 * NULL: nothing. */
const struct dataset *tree_unmanaged_in(const struct tree *t, const struct dataset *d,
					const struct dataset *src);

/* A replica of this tree's in `d`, or itself, that another tag needs under its name; NULL: none. *why says so, and is
 * the caller's. */
const struct dataset *tree_tagged_in(const struct tree *t, const struct dataset *d,
				     struct err **why);

/* Does it go where this tree goes? Hosts have several names. */
bool tree_goes_there(const struct tree *t, const struct dataset *d);

/* The destination has something under its name that it does not begin from: its source was destroyed, and another
 * dataset made under that name. */
bool tree_is_replaced(const struct tree *t, const struct dataset *src, const struct dataset *dst);

#endif
