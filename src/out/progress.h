/* How far the transfers of a run are, on a terminal. */
#ifndef ZREP_OUT_PROGRESS_H
#define ZREP_OUT_PROGRESS_H

#include <stddef.h>

#include "pump/pump.h"

struct progress_item {
	const char *label;
	struct pump_meter *meter;
	_Atomic int *phase; /* 0 waits, 1 sends, others: over */
};

struct progress;

/* Shows the items on standard error until progress_stop(), if that is a terminal: a line for each
 * that is being sent (a few of them), and one for all. Otherwise does nothing and gives NULL. */
struct progress *progress_start(const struct progress_item *items, size_t n);
/* Takes what it shows off the screen, and frees. NULL is fine. */
void progress_stop(struct progress *p);

#endif
