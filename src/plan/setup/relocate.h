/* changeconfig: where the pair is, stored on one side of it. */
#ifndef ZREP_PLAN_SETUP_RELOCATE_H
#define ZREP_PLAN_SETUP_RELOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"

struct dataset;
struct plan;

struct relocate_opts {
	bool force;            /* also a dataset that has no role of zrep's */
	bool replica;          /* it is the destination of the pair */
	const char *host, *fs; /* where the other side is */
	bool same_host;        /* that is this host */
	bool
	    same_ends; /* what is there was there before, under another name: what is known of it stays */
	uint64_t savecount; /* stored where there is none */
	const struct dataset *
	    rival; /* another master of this host whose replica that is, relocate_rival(); or NULL */
};

/* Of the `n` datasets of this host, the other master that has `fs` on `host` as its replica already; NULL: none has. */
const struct dataset *relocate_rival(const struct dataset *all, size_t n, const struct dataset *d,
				     const char *host, const char *fs);

/* changeconfig: where the pair is, stored on one side of it (pair->src.d, whichever it is). */
void plan_relocate(const struct pair *pair, const struct relocate_opts *opts, struct plan *out);

/* changeconfig -R: a pool, or a part of one, has another name, with all that is in it. */
struct relocate_move {
	const char *fs, *new_fs; /* its former name and the present one; neither is in the other */
	const char *host,
	    *new_host;     /* where that is, as the pairs call it; both NULL: on this host */
	const char *self;  /* this host */
	bool to_same_host; /* new_host is this host */
};

/* Is it one that such a move is about, or that stands among those? `d`: of this host. */
bool relocate_concerns(const struct relocate_move *m, const struct dataset *d);

/* For one of them (pair->src.d). The datasets stay the ones that know each other by their GUIDs, and the next sync checks
 * that. `before`: what still has its former name on this host; NULL: nothing. */
void plan_relocate_moved(const struct pair *pair, const struct relocate_move *m,
			 const struct dataset *before, struct plan *out);

/* The host that has to be told the same, as `d` stores it; and the command for it, as a line of its own behind the plan. */
const char *relocate_told(const struct dataset *d);
void relocate_tell(const struct pair *pair, const struct relocate_move *m, struct plan *out);

#endif
