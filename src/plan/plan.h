/* Plans: what is to be done, decided from a picture and nothing else. No I/O, no clock, no host is
 * asked. A plan is a list of steps in the order of their kinds, or a refusal. */
#ifndef ZREP_PLAN_PLAN_H
#define ZREP_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/picture.h"
#include "util/buf.h"
#include "util/err.h"

/* The kinds stand in the order in which they are run: all steps of one kind, of every dataset of a
 * run, before the next kind. A dataset that fails at one takes no part in the later ones. */
enum step_kind {
	STEP_ABORT,           /* forget a partial receive that cannot be finished */
	STEP_RELEASE_FIRST,   /* with -f only: the holds on what a rollback has to remove */
	STEP_DESTROY_FOREIGN, /* with -f only: what a rollback has to remove */
	STEP_ROLLBACK,        /* with -f only */
	STEP_SET_FIRST,       /* what must hold before any data comes */
	STEP_SNAPSHOT,
	STEP_RESUME, /* finish a partial receive */
	STEP_SEND,
	STEP_HOLD,
	STEP_SET,
	STEP_SET_LAST, /* what may only be said when everything else is */
	STEP_RELEASE,
	STEP_DESTROY, /* expire */
	STEP_KINDS,
};

enum where { AT_SRC, AT_DST };

struct step {
	enum step_kind kind;
	enum where at;   /* SEND and RESUME: both */
	char *name;      /* dataset or dataset@snapshot; for SEND and RESUME at the source */
	char *to;        /* SEND, RESUME: dataset@snapshot at the destination */
	char *from;      /* SEND: the snapshot it begins from, NULL for all of it */
	char *token;     /* RESUME */
	nvlist_t *props; /* SETs: what to set; SEND: what the new dataset gets */
	bool raw;        /* SEND */
	uint64_t bytes;  /* SEND: size of what was written, a guess for progress */
};

struct plan {
	struct err *refusal; /* then there are no steps */
	struct step *steps;
	size_t n;
	struct strv notes; /* sentences for the user */
	bool unchanged;    /* both sides have it all already */
	char *base; /* the snapshot that both sides will have in common; the part after '@' */
};

struct step *plan_add(struct plan *p, enum step_kind kind, enum where at, const char *name);
void plan_refuse(struct plan *p, struct err *e);
void plan_free(struct plan *p);

/* Which hosts the sides are, for the text. */
struct plan_names {
	const char *src_host, *dst_host;
};

/* The plan as text, a line for each step; what --dry-run shows and the plan tests compare. */
void plan_print(const struct plan *p, const struct plan_names *names, struct buf *out);

/* --- the plans --- */

/* One dataset and what is known about it, as every plan needs it. */
struct pair {
	const char *tag;
	const char *src_host, *dst_host; /* as messages call them */
	const struct dataset *src, *dst; /* NULL: does not exist */
	uint64_t now;                    /* Unix time for the marks */
	/* What dst's resume token stands for, asked of the source. */
	bool token_dead;
	uint64_t token_to, token_from;
};

struct sync_opts {
	bool force;    /* roll a changed destination back */
	bool own_only; /* send no foreign snapshots */
};
void plan_sync(const struct pair *pair, const struct sync_opts *opts, struct plan *out);

struct init_opts {
	const char *src_host, *dst_host; /* as they are stored */
	const char *src_fs, *dst_fs;
	const struct dataset *parent; /* of dst_fs; NULL: does not exist */
	bool same_host;
};
void plan_init(const struct pair *pair, const struct init_opts *opts, struct plan *out);

/* Expire on one side, without the other's word: the newest marked or held snapshot counts as base. */
void plan_expire(const struct pair *pair, enum where at, struct plan *out);

/* Everything of zrep's on one dataset (pair->src) goes. */
void plan_clear(const struct pair *pair, struct plan *out);

/* --- shared by the plans --- */

/* Room for "@TAG_xxxxxxxx_unsent" behind a dataset name. */
bool plan_name_fits(const char *dataset, const char *tag);

/* Number for the next snapshot: above every own one on either side. dst may be NULL. */
uint64_t plan_next_seq(const struct dataset *src, const struct dataset *dst);

/* Adds steps that destroy own snapshots of d beyond its savecount. `coming` own snapshots will have
 * been added to it by then; `keep` (a GUID) is never touched. */
void plan_expire_side(struct plan *p, const struct pair *pair, enum where at, size_t coming,
		      uint64_t keep);

/* Does the plan's rollback remove this snapshot of the destination? */
bool plan_rolls_back(const struct plan *p, const struct dataset *d, const struct snap *s);

/* Adds steps that leave the hold on `base` alone: hold it where it is not, release all others. */
void plan_holds(struct plan *p, const struct dataset *d, enum where at, const char *base);

#endif
