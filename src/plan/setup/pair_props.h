/* How a pair begins: what init.c and sentsync.c have in common. */
#ifndef ZREP_PLAN_BEGIN_H
#define ZREP_PLAN_BEGIN_H

#include "plan/plan.h"
#include "plan/setup/init.h"

/* The pair that is to be, as it is stored. */
struct begin {
	const struct pair *pair;
	struct plan *out;
	const char *src_host, *src_fs, *dst_host, *dst_fs;
	const char *snap, *dst_snap; /* the first base, on either side: the part after '@' */
	uint64_t savecount;          /* where none is set; 0: the usual */
	const nvlist_t *wanted;      /* T:props; NULL: not touched */
	bool recursive;              /* what is below it belongs to it */
	bool child;                  /* it comes with a tree, see init_opts */
};

/* May the destination (which is there) become the replica of that source? Not where it is a master under any tag, or
 * another's replica. An error that says why not, or NULL. */
struct err *begin_check_free(const struct begin *b);
/* Does the destination name this very pair already? */
bool begin_is_ours(const struct begin *b);

/* Are both of one type, and encrypted by one key or by none? An error, or NULL. */
struct err *begin_check_kind(const struct pair *p);

/* Holds and marks the base on one side. */
void begin_mark(const struct begin *b, enum pair_side at);

/* What an end stores of the pair; the source's is to be added TAG:master. The caller frees, or gives it to a step. */
nvlist_t *begin_props(const struct begin *b, enum pair_side at);

/* Adds readonly=on to props, which NULL makes anew. Returns them. */
nvlist_t *begin_readonly(nvlist_t *props);

/* --- there.c: what the destination has already --- */

/* An init while it is planned. */
struct init {
	const struct pair *pair;
	const struct init_opts *opts;
	struct plan *out;
	struct begin begin;
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
bool init_is_via(const struct init *i, const struct snap *s);

/* May the copy come, with what is there? Fills in from it. An error that says why not, or NULL. */
struct err *init_check_there(struct init *i);

/* Is there room for it in that dataset? */
struct err *init_check_room(const struct init *i, const struct dataset *in);

/* --- wanted.c: properties that are chosen for the replica --- */

/* All that is wanted: of the root of the tree, what was stored, and what this command says. An error where it cannot
 * be had. The caller frees *out. */
struct err *wanted_gather(const struct begin *b, const struct init_opts *o, nvlist_t **out);

/* Says what of it was stored. */
void wanted_note(const struct begin *b);

/* What a new replica is received with: what is set on the source, as far as it belongs to the data, and what is
 * wanted. */
nvlist_t *wanted_for_new(const struct pair *p, const nvlist_t *wanted);

/* What is set on one that is there already; NULL: nothing. */
nvlist_t *wanted_for_old(const struct pair *p, const nvlist_t *wanted);

#endif
