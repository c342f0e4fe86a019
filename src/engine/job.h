/* A job: one dataset, with its other side, while a verb works on it. */
#ifndef ZREP_ENGINE_JOB_H
#define ZREP_ENGINE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pair.h"
#include "state/picture.h"
#include "util/buf.h"
#include "util/err.h"

/* What the sending host said of a resume token. */
struct token_answer {
	char *token; /* which one; NULL: none was asked about */
	enum token_state state;
	struct err *why; /* of an unknown one */
	uint64_t to, from;
};

/* From its name to what both sides hold. */
struct job {
	struct pair pair;    /* as session_pair() has filled it in */
	enum pair_side home; /* the side on this host, which was named */
	/* Owned; the endpoints point to them. */
	char *name;                /* of the dataset on this host */
	char *peer_at, *peer_name; /* where the other side is; NULL: nowhere, or not wanted */
	struct token_answer token; /* of the destination */
	struct err *error;
	struct err
	    *why_away,    /* why the other side could not be asked, in a session that defers it */
	    *no_way_back, /* why the replica's host cannot log in on the master's, see way_back.h */
	    *led;         /* who leads in the master's place, see members.h */
	nvlist_t *bad_hooks[2]; /* by side, see struct endpoint; owned */
	bool silent;            /* its error is not worth a word (-q) */
	bool incomplete;        /* see struct task */
	bool wished;            /* its error is what somebody has asked for (paused) */
	char *
	    left_out; /* of a tree's root: why something below it took no part, "NAME: why"; owned */
	/* What the dataset on this host was when it was first looked at: ROLE_NONE, it was not. */
	enum role role_before;
	bool was_promoting, was_resting;
	bool not_asked; /* the other side is away, and has no part in what was done here */
	size_t group;   /* jobs of one group change together or not at all */
	/* In a tree (engine/tree.h): */
	bool tree_root, tree_member; /* the recursive pair itself; one below it */
	size_t tree;                 /* of either: the index of the job of its root */
	uint64_t seq;                /* of a root: see tree_seq() */
	bool is_new;                 /* it is to become a pair: one side may not be there yet */
	bool dropped;                /* it was taken out of the tree */
	bool guessed;                /* it was not named, see tree_seen() */
	char *origin;                /* see struct init_opts; owned */
	struct strv clone_origins;
	/* What is below one side, and which of those move along, see session_look_below(). */
	bool below_here; /* the side on this host; else the other */
	struct side below;
	struct strv along;
	const struct dataset *full; /* its source, with all properties; NULL if not new */
};

/* Its endpoints: by side; the one on this host; the other. (As strchr() does, they leave it to the caller whether what
 * they were given is const.) */
struct endpoint *job_end(const struct job *j, enum pair_side side);
struct endpoint *job_home(const struct job *j);
struct endpoint *job_peer(const struct job *j);
/* Is the dataset on this host the destination? */
bool job_pulls(const struct job *j);
/* Which side of the pair is on this host. What is known of the sides stays with their hosts. */
void job_set_home(struct job *j, enum pair_side home);
/* Where the other side is. */
void job_set_peer(struct job *j, const char *at, const char *name);
/* A job with a name and nothing else. */
void job_init(struct job *j, const char *name, enum pair_side home);
void job_free(struct job *j);

void token_answer_free(struct token_answer *a);

#endif
