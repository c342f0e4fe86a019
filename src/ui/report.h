/* How replication has gone, as a page: one file of HTML with its pictures in it, which loads nothing from anywhere and has no
 * script. */
#ifndef ZREP_UI_REPORT_H
#define ZREP_UI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* A snapshot that was synced: Unix time of its making, and of the last sync that found it to be all there is. Between the two
 * nothing was written, and after a first sync, of which no time is known, the other side had the same. */
struct report_mark {
	uint64_t made, at;
	uint64_t bytes; /* what was written to get there */
	bool lacks; /* others may have been between the mark before and this one, and are gone */
};

/* Something that has become of the role. */
struct report_change {
	uint64_t at;
	char *word; /* "planned" */
	char *text; /* "host1 to host2, epoch 3, by root@host1" */
};

struct report_row {
	char *dataset, *peer; /* "HOST:DATASET" */
	const char *role, *state;
	uint64_t rpo;              /* seconds; 0: none */
	uint64_t unsent;           /* bytes */
	int level;                 /* 0 well, 1 a warning, 2 critical */
	struct report_mark *marks; /* by time */
	size_t n_marks;
	struct report_change *changes; /* by time */
	size_t n_changes;
};

struct report {
	const char *host, *tag, *version;
	uint64_t now;
	struct report_row *rows;
	size_t n;
};

/* Of the time from `from` to `now`, as far as marks tell of it, in how much of it the lag was at most rpo: in tenths of a
 * percent; -1: nothing is known. A mark tells that there was no lag while it stood, and that it grew from then on until the
 * next snapshot was made, or until now; how long that was on its way, nobody knows, and it is not counted. */
int report_within(const struct report_row *r, uint64_t from, uint64_t now);

void report_print(const struct report *r, struct buf *out);
void report_free(struct report *r);

#endif
