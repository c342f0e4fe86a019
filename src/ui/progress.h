/* How far the transfers of a run are, on a terminal. */
#ifndef ZREP_UI_PROGRESS_H
#define ZREP_UI_PROGRESS_H

#include <stddef.h>

#include "pump/pump.h"
#include "util/buf.h"

struct progress_item {
	const char *label;
	struct pump_meter *meter;
	_Atomic int *phase; /* 0 waits, 1 sends, others: over */
};

/* One line of the display. */
struct progress_row {
	const char *label;
	uint64_t done, expected; /* bytes */
	uint64_t moved;          /* of them, in these seconds */
	double seconds;
};

/* The rows in columns, each with a line break: label, how much of how much, rate, time left; on a narrow
 * terminal fewer of these. None is longer than width - 1, from a width of 20 on. Pure. */
void progress_print(const struct progress_row *rows, size_t n, size_t width, struct buf *to);

struct progress;

/* Shows the items on standard error until progress_stop(), if that is a terminal: a line for each
 * that is being sent (a few of them), and one for all. Otherwise does nothing and gives NULL. */
struct progress *progress_start(const struct progress_item *items, size_t n);
/* More of them, from any thread. NULL is fine. */
void progress_add(struct progress *p, const struct progress_item *items, size_t n);
/* Takes what it shows off the screen, and frees. NULL is fine. */
void progress_stop(struct progress *p);

#endif
