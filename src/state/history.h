/* T:history, what became of the role of a dataset: a record, which nothing is decided by. Entries, the oldest first:
 *
 *     1764450000 planned from=host1:tank/a to=host2:tank/a epoch=1 by=root(joe)@host1 readonly=1400;...
 *
 * In a text, what is not printable ASCII, and any of " %;=", stands as %XX. */
#ifndef ZREP_STATE_HISTORY_H
#define ZREP_STATE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are stored at most, of which the oldest entries fall off: a listing of ten thousand datasets has it of each. */
#define HISTORY_TEXT_MAX 3000u

/* What is known of a change beside its time; each may be missing. */
enum history_number {
	HISTORY_EPOCH,
	HISTORY_READONLY, /* milliseconds in which nobody could write, up to the decision */
	HISTORY_BEHIND,   /* seconds between the last sync and the change */
	HISTORY_SNAPS,    /* snapshots that were not sent */
	HISTORY_BYTES,    /* bytes that were not sent */
	HISTORY_FORK,     /* GUID of the snapshot from which it went on */
	HISTORY_ENDED,    /* seconds from the decision until it was carried to its end */
	HISTORY_NUMBERS,
};

enum history_text {
	HISTORY_FROM, /* "HOST:DATASET" */
	HISTORY_TO,
	HISTORY_BY,   /* "USER@HOST", "root(USER)@HOST" of one who became root */
	HISTORY_KEPT, /* the dataset that has what was not sent; "-": it was destroyed */
	HISTORY_TEXTS,
};

struct history_entry {
	uint64_t time;   /* Unix time */
	char change[24]; /* one of the words below, or of a later zrep's */
	bool has[HISTORY_NUMBERS];
	uint64_t number[HISTORY_NUMBERS];
	char *text[HISTORY_TEXTS]; /* NULL: not known */
};

struct history {
	struct history_entry *items; /* by time */
	size_t n;
};

#define HISTORY_PLANNED "planned"
#define HISTORY_FORCED "forced"
#define HISTORY_GIVEN_UP "given-up"
#define HISTORY_REJOINED "rejoined"
#define HISTORY_UNDONE "undone"
#define HISTORY_SUPERSEDED "superseded"
#define HISTORY_SPLIT_BRAIN "split-brain"
#define HISTORY_SET_BACK "set-back"
#define HISTORY_DRILLED "drilled"
#define HISTORY_DRILL_FAILED "drill-failed"

/* Whoever may set properties may have written it: what cannot be read of it is left out. NULL is nothing. */
struct history history_parse(const char *text);
void history_free(struct history *h);

/* What of it is stored; NULL: nothing. The caller frees. */
char *history_print(const struct history *h);

/* One more, copied. Of one change only what says more of it stays. */
void history_add(struct history *h, const struct history_entry *e);

void history_set_number(struct history_entry *e, enum history_number which, uint64_t value);
/* NULL: not known. */
void history_set_text(struct history_entry *e, enum history_text which, const char *value);
void history_entry_free(struct history_entry *e);

/* The text of both, as it is stored, the same whichever comes first; NULL: nothing. The caller frees. */
char *history_join(const char *a, const char *b);

/* Did the role move with it, or the dataset come back? Of the others it is told only that they were found, or undone. */
bool history_moves(const struct history_entry *e);

#endif
