/* Locks of datasets: files under the run directory, held with flock(2). The kernel drops them when the process ends,
 * however it ends: there is no stale lock.
 *
 * Two tags on a dataset have each a lock of their own, and one that they share: what changes the dataset as a whole
 * (a role, a rollback, another name) is alone on it; one at a time receives into it; any number may send from it, also
 * while something is received, as a snapshot does not change. DESIGN.md, "Locks", says why. */
#ifndef ZREP_ZFS_LOCK_H
#define ZREP_ZFS_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/spawn.h"
#include "zfs/lock_ask.h"

struct locks;

enum lock_mode {
	LOCK_ALONE, /* nobody else, whatever his tag */
	LOCK_RECEIVE,
	LOCK_SEND, /* snapshots, marks and holds of the tag's own, and what is sent of it */
};

/* The word of a mode on the wire, and back: false for any other word. */
const char *lock_mode_word(enum lock_mode mode);
bool lock_mode_of(const char *word, enum lock_mode *out);

struct locks *locks_new(const char *run_dir);

/* A number for the directory that they are in: two zreps that see each other's locks have the same. 0: there is none yet. */
uint64_t locks_place(const struct locks *l);

/* What the locks of an agent are for begins with that; the name of the host that it works for follows. */
#define LOCK_FOR "for "

/* From now on whoever finds one of these locks taken can ask about it. `what`: it does, for people: "sync". Only the first
 * call counts; no lock may be held before. */
void locks_answer(struct locks *l, const char *what, const struct lock_owner *owner);

/* Nobody is answered any more: what the owner is told by is about to go. */
void locks_be_silent(struct locks *l);

/* Drops all and frees. NULL is fine. */
void locks_free(struct locks *l);

/* The names of whole runs, which are no datasets: "" (sync all), "/" (refresh all), "." (run), "./" (run --pull). */
bool lock_is_batch(const char *name);

/* Takes the locks of a dataset (of a whole run, always alone). When somebody else has one, *busy says who
 * (the caller frees) and what was held before still is. One that is held already is taken once more, and has to be dropped
 * as often: those who share an agent take each their own. One that is held in a lesser mode becomes more: between the two
 * it may have been somebody else's for a moment, so look again. (Beside an older zrep, which is not stopped by what a
 * newer one holds for that moment, it may be lost to that one as well; *busy says so then.) */
struct err *locks_take(struct locks *l, const char *tag, const char *dataset, enum lock_mode mode,
		       char **busy);

/* How much a lock is wanted that somebody else has. */
struct lock_wish {
	bool ends;  /* an owner that gives way is asked to go, however well it is */
	bool asks;  /* an owner that has been quiet for `patience` is asked to go */
	bool waits; /* until it has been, if that may be soon */
	bool force; /* what it does not let go of then is done without */
	bool brief; /* taken for a moment, again and again (zrep run): others wait for its end */
	uint64_t patience; /* milliseconds */
	uint64_t
	    brief_end; /* until when what others have briefly is waited for, all in all; 0: nothing was yet */
	struct strv
	    cast; /* what was found out of owners, so that each is asked once; to be freed */
};

/* What came of it; texts are for people, and the caller's. */
struct lock_outcome {
	char *busy; /* NULL: taken. Else who has it, and how it is with him */
	char *gone; /* who has gone because he was asked; NULL: nobody had to */
	char *
	    without; /* who has it still; it is not held, and counts as if it were; NULL: no such */
};
void lock_outcome_free(struct lock_outcome *o);

/* As locks_take(), for a wish. What somebody has briefly is waited for, LOCK_BRIEF_MS at most, by whoever does not want it
 * briefly himself; and what an agent has for
 * the very host that we work for, LOCK_LEFT_MS: its zrep there has ended. */
struct err *locks_wish(struct locks *l, const char *tag, const char *dataset, enum lock_mode mode,
		       struct lock_wish *wish, struct lock_outcome *out);

/* For a child that changes datasets: while it lives, so do the locks of these that are held when it is started, even if
 * we are killed. Not those of others, which have their own time, and never the lock of a whole run. For none that stays:
 * ssh, hooks. `names`: datasets, or snapshots of them; what is no name, as the other words of a command, does no harm.
 * The loan is to outlive what comes of it. */
struct lock_loan {
	struct locks *locks;
	char *const *names;
	size_t n;
};
struct spawn_lend locks_lend(struct lock_loan *loan);

/* Names that something is about (datasets, snapshots, bookmarks), added one by one, and then done; and whether it is about
 * that dataset: the same one, one of those above it or below it, or what is kept of it under another name. Never about
 * whole runs. */
void lock_about(struct strv *names, const char *name);
void lock_about_done(struct strv *names);
bool lock_is_about(const struct strv *names, const char *dataset);

/* What was taken once is given back once. One that is not held is fine. */
void locks_drop(struct locks *l, const char *tag, const char *dataset);

#endif
