/* What the destination of an init has already. */
#ifndef ZREP_PLAN_SETUP_DESTINATION_H
#define ZREP_PLAN_SETUP_DESTINATION_H

#include <stdbool.h>

#include "plan/setup/init_opts.h"
#include "plan/setup/pair_props.h"

/* An init while it is planned. */
struct init {
	const struct pair *pair;
	const struct init_opts *opts;
	struct plan *out;
	struct pair_setup begin;
	char *snap;                  /* the part after '@' of the first snapshot */
	const struct snap *dst_base; /* the destination has it already, and by this name */
	bool made;                   /* it has to be made */
	bool over;                   /* the destination is there, and what is in it goes */
	bool rollback;               /* what the destination has beyond dst_base goes */
	char *token;
	const struct snap *part; /* what the token stands for */
	nvlist_t *wanted;
};

/* Is it one of those that are sent first, because clones of them come in the same run? */
bool init_is_clone_origin(const struct init *i, const struct snap *s);

/* May the copy come, with what is there? Fills in from it. An error that says why not, or NULL. */
struct err *init_check_destination(struct init *i);

/* Is there room for it in that dataset? */
struct err *init_check_room(const struct init *i, const struct dataset *in);

#endif
