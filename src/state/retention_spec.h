/* T:keep: how many snapshots are kept by their age, beyond T:savecount. Pure functions over text and
 * numbers from outside; both are fuzzed. */
#ifndef ZREP_STATE_RETENTION_SPEC_H
#define ZREP_STATE_RETENTION_SPEC_H

#include <stdbool.h>
#include <stdint.h>

enum retention_unit { KEEP_HOUR, KEEP_DAY, KEEP_WEEK, KEEP_MONTH, KEEP_YEAR, KEEP_UNITS };

struct retention {
	unsigned
	    n[KEEP_UNITS]; /* periods of that unit in which one is kept; 0: the unit is not there */
};

#define KEEP_MAX 9999u /* periods of a unit */

/* "24h 14d 8w 12m 3y": words between blanks, each a number from 1 to KEEP_MAX and a unit, no unit twice, in
 * any order. False where it is anything else, no word at all included; *out is all 0 then. */
bool retention_parse(const char *text, struct retention *out);

/* The number of the hour, day, week (from Monday), month or year in which a Unix time lies, by UTC. One
 * that follows another has the number behind its. */
uint64_t retention_period(enum retention_unit unit, uint64_t unix_time);

#endif
