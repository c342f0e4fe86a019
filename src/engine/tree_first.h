/* What an init looks at before it touches anything. */
#ifndef ZREP_ENGINE_TREE_FIRST_H
#define ZREP_ENGINE_TREE_FIRST_H

#include "engine/session.h"
#include "plan/setup/init.h"

struct init_look {
	struct session work; /* the source; with -R also what is below it */
	struct side peer;    /* the destination, if it exists, and its parent */
	struct side src_below, dst_below;
	struct init_opts opts;
	char *source, *snap;   /* DATASET and SNAP of DATASET@SNAP; snap NULL without it */
	nvlist_t *wanted;      /* of the dataset itself */
	nvlist_t *wanted_tree; /* and, with what was chosen before, of all that is below it */
	char *origin;          /* see struct init_opts */
};

/* Adds to the first job, both sides of which have been looked at, those of what is below it (init_tree.c). */
struct err *init_look_below(struct init_look *l, const char *dest);

/* A clone whose origin has a replica on that host need not be sent whole: says where the origin is there, in
 * l->opts. */
struct err *init_look_origin(struct init_look *l);

#endif
