/* Steps: an operation and the phase of a run that it belongs to. One table has every pair of the two that exists, in
 * the order of execution, with all that is known of it; plans are printed by it and carried out by it. */
#ifndef ZREP_PLAN_STEP_H
#define ZREP_PLAN_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"
#include "util/nv.h"

/* What is done. */
enum step_op {
	STEP_ABORT, /* forget a partial receive that cannot be finished */
	STEP_HOOK,  /* run a program of the operator's */
	STEP_PROVE, /* nothing: what the plan rests on is still so, or the step fails */
	STEP_SET,   /* properties */
	STEP_DECIDE, /* the role: properties that are set only if all that the plan rests on is still so */
	STEP_OFFER, /* the role, which may then be taken whenever: properties, as of a decision */
	STEP_WRITABLE, /* readonly as it was, or off where that would still leave it read-only */
	STEP_QUIESCE,  /* read-only, with everything written before in it */
	STEP_UNMOUNT,
	STEP_HOLD,
	STEP_RELEASE,
	STEP_DESTROY, /* a snapshot */
	STEP_BOOKMARK, /* a snapshot, for the time when it is gone; a precaution, where the pool and the user can */
	STEP_UNBOOKMARK, /* destroy a bookmark */
	STEP_ROLLBACK,
	STEP_RENAME,
	STEP_CLONE,
	STEP_PROMOTE, /* of a clone, as ZFS means it */
	STEP_UNCLONE, /* a clone that was made by a step before, and could not be promoted, goes again */
	STEP_SNAPSHOT,
	STEP_RESUME, /* finish a partial receive */
	STEP_SEND,
	STEP_KEY_OWN,     /* the dataset uses no other one's key any more */
	STEP_KEY_INHERIT, /* it uses the key of what is above it */
	STEP_MOUNT,
	STEP_OPS,
};

/* What it is for. All steps of one phase, of every dataset of a run, are done before the next phase begins, and within
 * it in the order of the table. A dataset that fails at one takes no part in the later ones. */
enum step_phase {
	PHASE_CLEAR_AWAY, /* what is in the way: left by a broken run, or a setting */
	PHASE_FENCE,      /* the other side, which is not asked, is kept from writing */
	PHASE_PREPARE, /* the side that is about to be the master, or that the other one comes back to, gets ready */
	PHASE_PROVE, /* nothing has changed under the plan: the last moment to stop without a trace */
	PHASE_DECLARE, /* stored before anything else is done: a decision, or a mark that a crash leaves */
	PHASE_STOP,    /* nobody uses the dataset any more */
	PHASE_PROTECT, /* what becomes the base is held, before what was the base is given up */
	PHASE_GIVE_UP, /* holds on what a side is not to have any more; by the operator's word, all of it */
	PHASE_MOVE,     /* a dataset gets another name, and perhaps an older state its own */
	PHASE_RESTORE,  /* what was moved along with it comes back */
	PHASE_FREEZE,   /* what uses the dataset stands still */
	PHASE_SNAPSHOT, /* of all datasets at one moment */
	PHASE_THAW,     /* and goes on, whatever has come of that */
	PHASE_TRANSFER,
	PHASE_SECURE,          /* the new base is held */
	PHASE_ADJUST,          /* properties that do without */
	PHASE_RECORD,          /* what both sides have is stored, and what they are */
	PHASE_MOUNT,           /* the dataset can be used again */
	PHASE_DEMOTED,         /* services of a side that is the replica now */
	PHASE_PROMOTED,        /* services of a side that is the master now */
	PHASE_COMMIT,          /* what may only be said when everything else is */
	PHASE_LET_GO,          /* of the old base */
	PHASE_EXPIRE,          /* zrep's own snapshots that have served their time */
	PHASE_EXPIRE_CASCADED, /* the same, of those passed on under another tag */
	PHASE_EXPIRE_FOREIGN,  /* the same, of other tools', by T:foreign-keep */
	PHASE_EXPIRE_BOOKMARKS,
	PHASES,
};

/* How the arguments of the operation look, see zfs/ops.h. */
enum step_shape {
	SHAPE_NAMES,  /* a list of names */
	SHAPE_PROPS,  /* properties by name, and what is expected of them */
	SHAPE_ITEMS,  /* by name, all that the step knows */
	SHAPE_STREAM, /* no single call: two hosts and a stream between them */
};

struct step_kind {
	enum step_op op;
	enum step_phase phase;
	const char *words; /* in a printed plan, in front of the name */
	const char
	    *operation; /* its name in zfs/ops.h, which plan/ does not include; NULL: a stream */
	enum step_shape shape;
	const char *argument; /* SHAPE_NAMES: the argument that the names are in; else NULL */
	const char *hook;     /* STEP_HOOK: which one; else NULL */
	bool foreign;         /* DESTROY: also what zrep has not made */
	bool cascaded;        /* DESTROY: what was passed on under another tag */
	bool aged;            /* DESTROY: other tools', by T:foreign-keep */
	bool empty; /* DESTROY: what others have taken, and only if nothing is written in it */
	bool
	    always; /* HOOK: also where the dataset has failed meanwhile, once the one before has run */
	bool optional; /* a failure is a note: what was asked for is done without it */
};

/* That row of the table; NULL: there is no such step. */
const struct step_kind *step_kind_of(enum step_op op, enum step_phase phase);

/* The table, in the order of execution. */
extern const struct step_kind step_kinds[];
extern const size_t step_n_kinds;

struct step {
	const struct step_kind *kind;
	enum pair_side at; /* SEND and RESUME: both */
	char *
	    name; /* dataset, dataset@snapshot or dataset#bookmark; for SEND and RESUME at the source */
	char *to; /* SEND, RESUME: dataset@snapshot at the destination; RENAME: the new name */
	char *
	    from; /* SEND: the snapshot or bookmark it begins from (of a clone its origin), NULL for all of it; RESUME: the
		     same, NULL: not known; CLONE: its origin */
	char *token; /* RESUME */
	char *
	    origin; /* SEND: the snapshot at the destination that the new dataset is a clone of, NULL for none */
	nvlist_t
	    *props; /* SET: what to set; SEND, CLONE: what the new dataset gets; HOOK: the facts */
	nvlist_t *
	    expect; /* SET, DECIDE, OFFER, PROVE: what must still be so, or nothing is set (see OP_SET) */
	nvlist_t *
	    state; /* DECIDE, OFFER, PROVE, and DESTROY of what is empty: since which snapshot how much was written, likewise */
	/* What the host is to find under the name, or it does nothing; 0: it is made by this plan, or was not listed. Of
	 * SEND also under `from`, of CLONE under `from` alone. */
	uint64_t guid, from_guid;
	bool raw; /* SEND */
	bool
	    split; /* SEND: without large blocks, as the destination has small ones in their place */
	bool done;  /* BOOKMARK: along with the snapshots of its pool */
	bool later; /* BOOKMARK, UNBOOKMARK: in its turn between the transfers (engine/marks.c) */
	bool over;  /* SEND, RESUME: takes the place of what is at the destination */
	uint64_t bytes; /* SEND: size of what was written, a guess for progress */
};

/* Frees what it has, not itself. */
void step_clear(struct step *s);

/* Does it need both hosts and a stream? */
bool step_is_transfer(const struct step *s);

#endif
