/* Plans: what is to be done, decided from a picture and nothing else. No I/O, no clock, no host is asked. A plan is a
 * list of steps, or a refusal. In which order they are done is said by their kinds (plan/step.h), not by their place.
 * Which plans there are: plan/sync.h, snapshot.h, and the folders of plan/, where each header declares what the .c of
 * its name defines. */
#ifndef ZREP_PLAN_PLAN_H
#define ZREP_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"
#include "plan/step.h"
#include "state/picture.h"
#include "util/buf.h"
#include "util/err.h"

struct plan {
	struct err *refusal; /* then there are no steps */
	struct step *steps;
	size_t n;
	struct strv notes; /* sentences for the user, before anything is done */
	struct strv done;  /* and when all of it is done */
	bool unchanged;    /* both sides have it all already */
	uint64_t rollback; /* what the destination has after this txg goes; 0: no rollback */
	bool again; /* done with this, both sides are to be looked at again and a plan made anew */
	char *base; /* the snapshot that both sides will have in common; the part after '@' */
	/* The operator's word, as it is stored or was said. Without it plan_validate() refuses what it is for. */
	bool discards[2]; /* of each side, what is newer than what it goes back to, or all of it */
	bool clears;      /* the source is no end of a pair any more: its base may go */
	bool
	    gives_up; /* the source keeps bookmarks in place of the snapshots that both sides have */
	bool alone;   /* the destination takes the role, whatever the source is */
	bool tree; /* what is below the destination belongs to it, and is moved as on the source */
};

/* One more step. There must be such a kind; `name`: see struct step. The pointer is good until the next one is added. */
struct step *plan_add(struct plan *p, enum step_op op, enum step_phase phase, enum pair_side at,
		      const char *name);
/* `name` is called `to` from then on, with all that is in it, and is not mounted meanwhile. */
void plan_add_move(struct plan *p, enum pair_side at, const char *name, const char *to);
void plan_refuse(struct plan *p, struct err *e);
void plan_free(struct plan *p);
/* Of n plans, and the array itself. */
void plans_free(struct plan *plans, size_t n);

/* Which hosts the sides are, for the text. */
struct plan_names {
	const char *src_host, *dst_host;
};

/* The plan as text, a line for each step; what --dry-run shows and the plan tests compare. */
void plan_print(const struct plan *p, const struct plan_names *names, struct buf *out);
/* Its notes alone, of a stage of several that has no step. */
void plan_print_notes(const struct plan *p, struct buf *out);

/* Adds TAG:prop=value to props; value NULL takes it away. */
void plan_prop(nvlist_t *props, const char *tag, const char *prop, const char *value);
void plan_prop_u64(nvlist_t *props, const char *tag, const char *prop, uint64_t value);

/* The step is done only if these of the tag's properties ("switch epoch master", say) are on the dataset as d has
 * them. */
void plan_expect(struct step *s, const char *tag, const struct dataset *d, const char *props);

/* The step is done only if d is as it was seen: no more was written since `since` (one of d's) than then. Newer
 * snapshots that hold nothing do not count. */
void plan_expect_state(struct step *s, const struct dataset *d, const struct snap *since);

/* Mounts what is below a dataset, as far as it wants to be. */
void plan_mount_below(struct plan *p, enum pair_side at, const struct dataset *d);

/* Room for "@TAG_xxxxxxxx_unsent" behind a dataset name. */
bool plan_name_fits(const char *dataset, const char *tag);

/* Number for the next snapshot: above every own one on either side. dst may be NULL. */
uint64_t plan_next_seq(const struct dataset *src, const struct dataset *dst);

/* Does the plan's rollback of the destination remove this snapshot of that side? */
bool plan_rolls_back(const struct plan *p, enum pair_side at, const struct snap *s);

/* Adds steps that leave the hold on `base` alone: hold it where it is not, release all others. */
void plan_holds(struct plan *p, const struct dataset *d, enum pair_side at, const char *base);

#endif
