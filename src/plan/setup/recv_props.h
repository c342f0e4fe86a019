/* What properties a replica is made with. */
#ifndef ZREP_PLAN_SETUP_RECV_PROPS_H
#define ZREP_PLAN_SETUP_RECV_PROPS_H

#include <stdbool.h>

#include "plan/pair.h"

struct init_opts;
struct pair_setup;

/* Is a native property that is set on a dataset set on its replica by init, and on what takes its place when it is put
 * aside? */
bool plan_init_copies(const char *prop);

/* All that is wanted: of the root of the tree, what was stored, and what this command says. An error where it cannot
 * be had. The caller frees *out. */
struct err *recv_props_gather(const struct pair_setup *b, const struct init_opts *o,
			      nvlist_t **out);

/* Why something of that cannot be chosen for a replica; NULL: it can. */
struct err *recv_props_check(const struct pair_setup *b, const nvlist_t *wanted);

/* Adds to `wanted` what was chosen for the root of a tree, as it is for what is below that. */
void recv_props_add_root(nvlist_t *wanted, const nvlist_t *root);

/* Says what of it was stored. */
void recv_props_note(const struct pair_setup *b);

/* What a new replica is received with: what the source has, as far as it belongs to the data and the replica does not have
 * it from `parent`, what it will be in (NULL: not known; a `child` of a tree has it from there), and what is wanted. */
nvlist_t *recv_props_for_new(const struct pair *p, const struct dataset *parent, bool child,
			     const nvlist_t *wanted);

/* Adds a note about what of that is set on the source itself, and left out as the ZFS of the other side does not know it. */
void recv_props_note_unknown(const struct pair *p, const nvlist_t *wanted, struct strv *notes);

/* What is set on one that is there already; NULL: nothing. */
nvlist_t *recv_props_for_existing(const struct pair *p, const nvlist_t *wanted);

#endif
