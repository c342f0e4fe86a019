/* How long libnvpair would take over the names of a list from outside.
 *
 * It keeps them in a table by a hash that is no secret, and looks at every name of a bucket for each that it adds,
 * finds or copies. Names that were made to fall together make that quadratic. Here it is counted beforehand, in
 * time of n log n and some 40 bytes for each name. Pure. */
#ifndef ZREP_UTIL_CROWD_H
#define ZREP_UTIL_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name where it stands: its bytes, with no NUL among them. */
struct crowd_name {
	const unsigned char *text;
	uint32_t len, hash;
};

/* Of the names of one message, list after list: those of the lists that are not at their end yet, the innermost last. */
struct crowd {
	struct crowd_name *names;
	size_t n, cap;
	uint64_t work; /* comparisons for the lists that are at their end */
};

void crowd_add(struct crowd *c, const unsigned char *text, uint32_t len);

/* A list has ended, whose names are those from `first` on, in order: looks at them and takes them off. False where
 * a name is there twice, or too many fall together. */
bool crowd_end_list(struct crowd *c, size_t first);

void crowd_free(struct crowd *c);

#endif
