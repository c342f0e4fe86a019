/* Properties go on following: what a replica may have from its source (state/native.h) is compared at every sync, and
 * what differs is set. Limits are noted instead, for the day on which the replica is the master: on a replica they would
 * stop a sync. */
#ifndef ZREP_PLAN_FOLLOW_H
#define ZREP_PLAN_FOLLOW_H

#include <stdbool.h>

#include "plan/pair.h"
#include "util/nv.h"

struct plan;

/* What the next sync sets on the replica; each may be empty, none is NULL. */
struct follow {
	nvlist_t *set; /* property -> value; a flag: it comes from above again */
	nvlist_t
	    *barred;    /* property -> the source's value, which no source may set on its replica */
	nvlist_t *lift; /* limits that the replica has -> its value */
	nvlist_t *limits; /* what its T:limits is to be */
	bool note;        /* that is not what it is */
};

/* False where nothing can be compared: an end is not there or no end of a pair, its zrep does not list settings, or what
 * was chosen with -o and -x cannot be read. The caller frees with follow_free() if it is true. */
bool follow_compare(const struct pair *pair, struct follow *out);
void follow_free(struct follow *f);

/* Is one of what it lifts a bound on what is available to the replica? */
bool follow_lifts_quota(const struct follow *f);

/* Was a sync before to set some of it, and could not, or somebody has it otherwise again? */
bool follow_has_failed(const struct pair *pair, const struct follow *f);

/* The steps of that, before anything is sent, and a note on what is set. */
void follow_plan(const struct pair *pair, struct plan *out);

/* The limits of a source as its T:limits would be on a new replica, of which `wanted` was chosen with -o and -x; empty
 * where there are none. The caller frees. */
nvlist_t *follow_first_limits(const struct dataset *src, const nvlist_t *wanted);

/* In the aftermath of a decision: the new master gets what its T:limits says. The second adds to props that
 * what was noted for that, and of its following, is gone. */
void follow_promote(const struct pair *pair, enum pair_side at, struct plan *out);
void follow_unnote(nvlist_t *props, const char *tag, const struct dataset *d);

#endif
