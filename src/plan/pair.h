/* A pair: a source and a destination, and what is known about the two. */
#ifndef ZREP_PLAN_PAIR_H
#define ZREP_PLAN_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/picture.h"

/* Which side of a pair. */
enum pair_side { PAIR_SRC, PAIR_DST };

struct host;

/* What a host keeps of snapshots whatever we say: when they expire is its own affair. */
enum spares { SPARES_NOTHING, SPARES_FOREIGN /* what is not the tag's own */, SPARES_ALL };

/* One side of a pair, from the job to the plan to the executor: a dataset on a host, this host like any other-> */
struct endpoint {
	enum pair_side side;
	struct host *host; /* to ask and to act on it; NULL: not connected. No plan looks into it */
	const char *at;    /* how the host is reached, as the other side stores it; NULL: nowhere */
	const char *host_name; /* the host, as messages call it */
	const char *self; /* what that host calls itself, for what is stored; NULL: not known */
	const char *name; /* of the dataset, also where it does not exist for the moment */
	const struct dataset *d; /* NULL: does not exist, or is not known */
	const struct dataset
	    *preserved; /* has its newer data while it is on its way back; NULL: nothing has */
	const struct dataset *above; /* what d is in, where that was looked at as well; else NULL */
	const struct dataset *
	    in_way; /* has the name under which d is to keep its newer data, and is not that; NULL: nothing has */
	const struct dataset *
	    renamed; /* what the other end means by `name`, and has another one; NULL: d, or not known */
	const struct side *
	    renamed_on; /* where that was found: all of the tag's on its host, and what is below each by name */
	const struct dataset *
	    renamed_in; /* the top of the tree that both of its names are in; NULL: there is none */
	/* What is below d; NULL: not looked at. Of those, `along` names the ones whose role moves in the same run. */
	const struct side *below;
	const struct strv *along;
	bool
	    makes_writable; /* its zrep knows OP_WRITABLE, so that nothing has to be looked at in between */
	bool
	    makes_bookmarks; /* its zrep knows OP_BOOKMARK and OP_DESTROY_BOOKMARK, and lists them */
	enum spares spares;  /* what its host does not let us destroy */
	bool snapshot_hooks;     /* there are programs on its host to be run around a snapshot */
	bool moves_keys;         /* its zrep knows OP_KEY_OWN and OP_KEY_INHERIT */
	bool away;               /* the host could not be asked, or was not */
	bool busy;               /* somebody else has the dataset locked: nothing is done to it */
	bool pool_away;          /* there is no such dataset, because its pool is not imported */
	const struct pool *pool; /* how its pool stands; NULL: not known */
	const struct strv *
	    unknown; /* settings that the host's ZFS does not know; NULL: none, as far as is known */
	const nvlist_t
	    *bad_hooks; /* hook -> why its host would not run it; NULL: none, or not asked */
};

enum token_state {
	TOKEN_UNKNOWN, /* the source could not be asked, or not understood: nothing follows from that */
	TOKEN_KNOWN,
	TOKEN_DEAD, /* the source says that it cannot send the rest, whenever */
};

/* What a master was that this run has had make way. */
enum before {
	BEFORE_UNKNOWN /* it has not, or an earlier run had */,
	BEFORE_LEADING,
	BEFORE_RESTING
};

/* A source and a destination, and what is known about the two. */
struct pair {
	const char *tag;
	struct endpoint src, dst;
	/* The destination's host acts: it asked whom dst names, and nobody has said that src means dst. */
	bool pull;
	const struct err *
	    no_way_back; /* why dst's host cannot log in on src's; NULL: it can, or was not asked */
	const struct err *
	    led; /* who leads in src's place, plan_check_led(); NULL: nobody, or nobody was asked */
	size_t src_unmanaged; /* datasets below src that take no part in what src does */
	/* Drawn for what this run stores of the link (plan/identity.h): a nonce, and the id of a set that has none yet. 0:
	 * nothing of that is stored. */
	uint64_t nonce, new_set;
	bool moves;  /* the operator has said that the role is to be dst's */
	bool offers; /* the operator has said that src makes way, whoever leads then (yield) */
	enum before before;
	bool
	    accepted; /* nobody leads, and the operator has said which end is right, whatever the link says */
	bool
	    yields; /* the operator has said that dst gives way to src, though it is of the same epoch (rejoin --force) */
	/* For what is put on record (plan/role/history.h): who asked, NULL: nothing is; and how long src has been read-only for
	 * this run's sake, in milliseconds; 0: it has not, or that is not known. */
	const char *who;
	uint64_t readonly_ms;
	uint64_t now;            /* Unix time for the marks */
	const char *date_format; /* of times in messages, see num_time_as(); may be NULL */
	/* What dst's resume token stands for, asked of the source. */
	enum token_state token_state;
	const struct err *token_why; /* of an unknown one, why; may be NULL */
	uint64_t token_to, token_from;
};

/* Of a dataset alone, whose other side takes no part. */
struct pair pair_of_one(const char *tag, const char *host_name, const struct dataset *d);

const struct endpoint *pair_end(const struct pair *pair, enum pair_side side);
enum pair_side pair_other(enum pair_side side);

#endif
