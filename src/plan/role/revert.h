/* Going back to an older snapshot, without losing what is newer or, by the operator's word, with that. */
#ifndef ZREP_PLAN_ROLE_REVERT_H
#define ZREP_PLAN_ROLE_REVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"

struct plan;

struct revert_opts {
	bool discard; /* what is newer is destroyed, not kept */
	bool
	    force; /* the operator's own word: a role change in doubt, or two masters of one epoch */
	bool fenced; /* takeover -L: the other side is off, and somebody else has seen to that */
	const char
	    *snap; /* the part after '@' to go back to; NULL: the newest that the other side has */
};

/* A replica goes back to a snapshot of its own. */
void plan_revert_to(const struct pair *pair, enum pair_side at, const struct revert_opts *opts,
		    struct plan *out);

/* What a dataset would lose or keep aside by going back to `to`, as a sentence. */
struct revert_risk {
	const struct snap *to;
	size_t snaps;   /* newer ones */
	uint64_t bytes; /* written after it */
};

struct revert_risk plan_risk(const struct dataset *d, const struct snap *to);

/* That a dataset has no snapshot of that name to go back to. */
struct err *plan_no_snapshot(const struct dataset *d, const char *host, const char *snap);

/* An end was to go back destroying what is newer, and nothing of that is gone: it is marked to keep it instead. */
void plan_keep_instead(const struct pair *pair, enum pair_side at, struct plan *out);

/* Marks an end as on its way back to `to`, and makes it read-only, so that what it has is known. */
void plan_begin_revert(const struct pair *pair, enum pair_side at, const struct snap *to,
		       bool discard, struct plan *out);

/* For -n: what an end is when the marks of `done` are set, with its steps that make it read-only. It is shallow: `after` goes
 * before what it was made of, with plan_after_marks_free(). */
void plan_after_marks(const struct pair *pair, enum pair_side at, const struct plan *done,
		      struct dataset *after);
void plan_after_marks_free(struct dataset *after);

/* For -n: the way that an end will go when `begun` (of the functions above) is carried out. */
void plan_simulate_revert(const struct pair *pair, enum pair_side at, const struct plan *begun,
			  struct plan *out);

/* The steps that take an end back as its T:switch says, until it is a replica. */
void plan_revert(const struct pair *pair, enum pair_side at, struct plan *out);

/* The steps back from where a way cannot be gone on: what is aside gets its name again, and a clone that stands there goes,
 * if nothing is in it. None where it is not aside, or all but done. */
void plan_take_back(const struct pair *pair, enum pair_side at, struct plan *out);

/* Is it at that snapshot, with nothing newer? */
bool plan_is_at(const struct dataset *d, const struct snap *to);

/* NAME_kept_20261125T130509Z, for what is put aside at that time. The caller frees. */
char *plan_preserved_name(const char *name, uint64_t now);
bool plan_clone_takes(const char *prop);

#endif
