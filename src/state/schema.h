/* What zrep stores: one row for each property, without the tag. Whoever asks for a listing asks for these, so that
 * a new one needs a row here and no other agent. */
#ifndef ZREP_STATE_SCHEMA_H
#define ZREP_STATE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Which setting counts. One that is inherited never does. */
enum counts {
	COUNTS_SET,   /* local or received: it came with a stream, or was set here */
	COUNTS_LOCAL, /* what came with a stream would be the other side's */
};

enum bearer { BEARS_DATASET, BEARS_SNAPSHOT };

struct schema {
	const char *name;
	enum bearer on;
	enum counts counts;
	/* Without a value of its own after that: */
	bool promoted; /* the dataset has become the master */
	bool demoted;  /* a replica */
	bool stays;    /* `clear` leaves it: it says nothing about a pair */
	const char *meaning;
};

#define SCHEMA_ROWS 41u
extern const struct schema schema[SCHEMA_ROWS];

/* NULL: none of zrep's. */
const struct schema *schema_find(enum bearer on, const char *name);

/* Adds the names of all that a dataset bears. */
void schema_names(struct strv *names);

#endif
