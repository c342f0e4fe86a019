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
	STEP_ABORT, /* forget a partial receive that cannot be finished */
	STEP_FENCE, /* hooks: fence, pre-promote, pre-demote, ... */
	STEP_PRE_PROMOTE,
	STEP_PROVE,     /* nothing is done: what the plan rests on is still so */
	STEP_SET_FIRST, /* what must hold before anything else is done */
	STEP_PRE_DEMOTE,
	STEP_QUIESCE, /* read-only, with everything written before in it */
	STEP_UNMOUNT,
	STEP_HOLD_FIRST, /* the base of what a rollback is about to leave, where it is another one */
	STEP_RELEASE_FIRST,   /* the holds on what a rollback has to remove */
	STEP_DESTROY_FOREIGN, /* what a rollback has to remove */
	STEP_ROLLBACK,
	STEP_RENAME,
	STEP_CLONE,
	STEP_PROMOTE, /* of a clone, as ZFS means it */
	STEP_RENAME_BACK,
	STEP_SNAPSHOT,
	STEP_RESUME, /* finish a partial receive */
	STEP_SEND,
	STEP_HOLD,
	STEP_SET_MORE,
	STEP_SET,
	STEP_MOUNT,
	STEP_POST_DEMOTE,
	STEP_POST_PROMOTE,
	STEP_SET_LAST, /* what may only be said when everything else is */
	STEP_RELEASE,
	STEP_DESTROY,         /* expire */
	STEP_DESTROY_RELAYED, /* the same, of another tag's */
	STEP_KINDS,
};

/* Is it a hook's? */
bool step_is_hook(enum step_kind kind);

/* Which side of a pair. */
enum pair_side { PAIR_SRC, PAIR_DST };

struct host;

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
	    *aside;         /* has its newer data while it is on its way back; NULL: nothing has */
	bool away;          /* the host could not be asked, or was not */
	bool busy;          /* somebody else has the dataset locked: nothing is done to it */
	bool pool_away;     /* there is no such dataset, because its pool is not imported */
	bool pool_readonly; /* the pool is imported, read-only */
};

enum token_state {
	TOKEN_UNKNOWN, /* the source could not be asked, or not understood: nothing follows from that */
	TOKEN_KNOWN,
	TOKEN_DEAD, /* the source says that it cannot send the rest, whenever */
};

/* A source and a destination, and what is known about the two. */
struct pair {
	const char *tag;
	struct endpoint src, dst;
	/* The destination's host acts: it asked whom dst names, and nobody has said that src means dst. */
	bool pull;
	size_t src_strangers;    /* datasets below src that take no part in what src does */
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

struct step {
	enum step_kind kind;
	enum pair_side at; /* SEND and RESUME: both */
	char *name;        /* dataset or dataset@snapshot; for SEND and RESUME at the source */
	char *to; /* SEND, RESUME: dataset@snapshot at the destination; RENAMEs: the new name */
	char *
	    from; /* SEND: the snapshot it begins from (of a clone its origin), NULL for all of it; RESUME: the
		     same, NULL: not known; CLONE: its origin */
	char *token; /* RESUME */
	char *
	    origin; /* SEND: the snapshot at the destination that the new dataset is a clone of, NULL for none */
	nvlist_t *
	    props; /* SETs: what to set; SEND, CLONE: what the new dataset gets; hooks: the facts */
	nvlist_t *expect; /* SETs, PROVE: what must still be so, or nothing is set (see OP_SET) */
	bool raw;         /* SEND */
	bool
	    split; /* SEND: without large blocks, as the destination has small ones in their place */
	bool over;      /* SEND, RESUME: takes the place of what is at the destination */
	uint64_t bytes; /* SEND: size of what was written, a guess for progress */
};

struct plan {
	struct err *refusal; /* then there are no steps */
	struct step *steps;
	size_t n;
	struct strv notes; /* sentences for the user, before anything is done */
	struct strv done;  /* and when all of it is done */
	bool unchanged;    /* both sides have it all already */
	uint64_t rollback; /* what the destination has after this txg goes; 0: no rollback */
	bool again; /* done with this, both sides are to be looked at again and a plan made anew */
	char *base; /* the snapshot that both sides will have in common; the part after '@' */
};

struct step *plan_add(struct plan *p, enum step_kind kind, enum pair_side at, const char *name);
void plan_refuse(struct plan *p, struct err *e);
void plan_free(struct plan *p);

/* Which hosts the sides are, for the text. */
struct plan_names {
	const char *src_host, *dst_host;
};

/* The plan as text, a line for each step; what --dry-run shows and the plan tests compare. */
void plan_print(const struct plan *p, const struct plan_names *names, struct buf *out);

/* --- the plans --- */

struct sync_opts {
	bool force;       /* roll a changed destination back */
	bool own_only;    /* send no foreign snapshots */
	bool all;         /* send all, those of other tags as well */
	bool leaving;     /* the last sync of a source that makes way */
	bool no_snapshot; /* of what snapshots there are: none is taken */
	uint64_t seq;     /* the number of a new snapshot, at least */
	bool recursive;   /* what is below it belongs to it, from now on */
	bool no_expire;   /* old snapshots stay */
};
void plan_sync(const struct pair *pair, const struct sync_opts *opts, struct plan *out);

/* Only the snapshot of a sync, taken without the other side: what is newer than it is for the next. */
void plan_snapshot(const struct pair *pair, const struct sync_opts *opts, struct plan *out);

/* The destination goes back to a snapshot of the source (`snap`, the part after '@') that it has as well. What is
 * newer there is destroyed; here it only loses its marks. The pair is paused, so that the next `sync all` does not
 * undo it. */
void plan_sync_back(const struct pair *pair, const char *snap, struct plan *out);

/* pair->dst.d, where it exists, was read with all that is set on it and with what is below it. */
struct init_opts {
	const char *src_host, *dst_host; /* as they are stored */
	const char *src_fs, *dst_fs;
	const struct dataset *
	    parent; /* of dst_fs; where that comes in the same run, what is nearest above. NULL: none */
	const struct dataset *
	    coming; /* the source of what is between `parent` and dst_fs, in the same run; NULL: nothing is */
	bool same_host;
	bool recursive; /* what is below it belongs to it */
	/* Of a clone: the snapshot at the destination that is, or will be by then, the one it was made from, and
	 * the GUID of that; NULL: it is sent whole. */
	const char *origin;
	uint64_t origin_guid;
	/* Clones of these (the parts after '@') come in the same run: they are sent first. */
	const struct strv *via;
	uint64_t seq; /* the number of a new snapshot, at least */
	const char
	    *snap;  /* the first copy is of this one, the part after '@'; NULL: of a new one */
	bool force; /* what the destination has beyond the base, or instead of it, may go */
	uint64_t savecount;         /* to be stored where none is; 0: the usual */
	const nvlist_t *wanted;     /* -o and -x, see state/props.h; NULL: nothing */
	const nvlist_t *root_props; /* T:props of the root of its tree; NULL: nothing */
	bool child;                 /* it comes with a tree: T:props of its own does not count */
};
void plan_init(const struct pair *pair, const struct init_opts *opts, struct plan *out);

/* A recursive pair with all that is below it, on both sides. */
struct tree {
	const struct pair *top;
	/* By name, so that parents come first. */
	const struct dataset *const *src, *const *dst;
	size_t n_src, n_dst;
	bool
	    still; /* what has another place stays as it is, and out of the tree: it could not be set right */
};

/* A dataset below the source that belongs to the tree. */
struct child {
	const struct dataset *src;
	char *dst_name;
	bool is_new;         /* it is to be made there, or taken as it is there: plan_init() */
	struct err *refusal; /* why nothing can be done with it; NULL: something can */
};
struct children {
	struct child *items; /* parents first */
	size_t n;
};

/* What belongs to the tree. Where something of it has another place there than here, because it was renamed or is
 * gone here, `out` has the steps that set that right first (then `again`: all of it is to be looked at anew): a
 * dataset that was renamed here is renamed there; one that is gone here is put aside there, with all that it has.
 * The caller frees with children_free(). */
void plan_tree(const struct tree *t, struct children *children, struct plan *out);
void children_free(struct children *c);

/* Does a pair below a recursive one go the same way, so that it is part of its tree? Perhaps with other roles than
 * the top, while these change. */
bool plan_is_part(const struct dataset *top, const struct dataset *d);

/* What is below a pair belongs to it from now on, on both sides: also when the role has moved. */
void plan_recursive(const struct pair *pair, struct plan *out);

/* A snapshot of pair->src.d (`snap`, the part after '@') that was brought to the other side by other means becomes the
 * base of the pair that pair->src.d has stored. `alone`: the other side is not asked. */
struct sentsync_opts {
	const char *snap;
	bool alone;
	uint64_t savecount; /* as above */
};
void plan_sentsync(const struct pair *pair, const struct sentsync_opts *opts, struct plan *out);

/* Expire on one side. Without the other's word the newest marked or held snapshot counts as base, and what
 * is newer stays. */
void plan_expire(const struct pair *pair, enum pair_side at, struct plan *out);

/* Everything of zrep's on one dataset (pair->src.d) goes. */
void plan_clear(const struct pair *pair, struct plan *out);

/* --- changes of the master's role (DESIGN.md, "Moving the role") --- */

/* Would the role of pair->src.d come to pair->dst.d? A refusal, or none, and notes. Also where nobody is
 * master, because src gave it up. */
void plan_check_change(const struct pair *pair, struct plan *out);

/* src makes way: marked, its services stopped, read-only. */
void plan_leave(const struct pair *pair, struct plan *out);

/* The decision: dst is the master, in one step. Refused if it has not everything that src has. With
 * `predict` (for -n) the last sync is still to come. */
void plan_decide(const struct pair *pair, bool predict, struct plan *out);

/* Finishes or undoes what either side's T:switch says, and nothing else. `again` where it takes another
 * look. A refusal (ERR_UNREACHABLE) where the other side has to be asked and cannot be. */
void plan_settle(const struct pair *pair, struct plan *out);
/* Is there anything to settle? */
bool plan_is_settled(const struct pair *pair);

struct back_opts {
	bool discard; /* what is newer is destroyed, not kept */
	bool
	    force; /* the operator's own word: a role change in doubt, or two masters of one epoch */
	const char
	    *snap; /* the part after '@' to go back to; NULL: the newest that the other side has */
};

/* takeover -L: pair->dst.d becomes the master without its other side. Hooks first (`prepare`), then the
 * step itself. */
void plan_seize_prepare(const struct pair *pair, const struct back_opts *opts, struct plan *out);
void plan_seize(const struct pair *pair, const struct back_opts *opts, struct plan *out);

/* failover -L: pair->src.d gives the role up without its other side. First it makes way (plan_leave),
 * then it goes back to what was sent; settling does the rest. */
void plan_drop_check(const struct pair *pair, const struct back_opts *opts, struct plan *out);
void plan_drop(const struct pair *pair, const struct back_opts *opts, struct plan *out);

/* A replica goes back to a snapshot of its own. */
void plan_go_back(const struct pair *pair, enum pair_side at, const struct back_opts *opts,
		  struct plan *out);

/* What a dataset would lose or keep aside by going back to `to`, as a sentence. */
struct back_risk {
	const struct snap *to;
	size_t snaps;   /* newer ones */
	uint64_t bytes; /* written after it */
};
struct back_risk plan_risk(const struct dataset *d, const struct snap *to);

/* rejoin: the side that lost (src: the winner, dst: the loser) comes back as the replica. `risk` (may be
 * NULL) gets what is at stake. */
void plan_rejoin(const struct pair *pair, const struct back_opts *opts, struct back_risk *risk,
		 struct plan *out);

/* For -n: the way that an end will go when `begun` (of the functions above) is carried out. */
void plan_predict_back(const struct pair *pair, enum pair_side at, const struct plan *begun,
		       struct plan *out);

/* Takes T:switch back off a dataset: one whose way back could not begin (nothing if it has begun), or a
 * master that made way for nobody, as whoever set the mark knows who asked nobody else since. */
void plan_stay(const struct pair *pair, enum pair_side at, struct plan *out);

/* Is pair->dst.d the dataset that pair->src.d means, by host and name? Where pair->pull, that has to be proven; else the
 * source has reached it by its own words. An error if it is not. */
struct err *plan_check_named(const struct pair *pair);
/* The same as far as one side can tell by itself: a copy of a replica, see struct dataset. NULL if it is none. */
struct err *plan_check_copy(const struct dataset *d, const char *host, const char *tag);
/* Says, of a pair whose destination has small blocks in place of large ones, that its master cannot become the replica. */
void plan_note_split(const struct pair *pair, struct strv *notes);
/* Adds T:dest-self for a side of the pair (its dataset, NULL: none yet), where it is another than is stored. */
void plan_note_self(nvlist_t *props, const struct pair *pair, const struct dataset *d);
/* A master that is not in a change, and that this run has made read-only, is writable again; `set`: readonly was set to
 * off on it. */
void plan_writable(const struct pair *pair, enum pair_side at, bool set, struct plan *out);

/* Two masters, or a master behind its replica's epoch: why nothing may be sent; NULL if that is fine. */
struct err *plan_check_masters(const struct pair *pair);

/* T:paused. */
void plan_pause(const struct pair *pair, bool paused, struct plan *out);

struct reconfig_opts {
	bool force;            /* also a dataset that has no role of zrep's */
	bool replica;          /* it is the destination of the pair */
	const char *host, *fs; /* where the other side is */
	bool same_host;        /* that is this host */
	uint64_t savecount;    /* stored where there is none */
};
/* changeconfig: where the pair is, stored on one side of it (pair->src.d, whichever it is). */
void plan_reconfig(const struct pair *pair, const struct reconfig_opts *opts, struct plan *out);

/* --- check: would a change of the role succeed now, and what would be lost without the master --- */

/* The numbers are the exit statuses that monitoring plugins use. */
enum check_level { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };
/* The worse of two: critical, unknown, warning, ok. */
enum check_level check_worse(enum check_level a, enum check_level b);

struct finding {
	enum check_level level;
	char *text, *remedy; /* remedy: NULL without one */
};

struct health {
	struct finding *findings; /* of one level, the weightiest first */
	size_t n;
	bool lag_known, unsent_known;
	uint64_t lag;    /* seconds since the other side had everything */
	uint64_t unsent; /* bytes that it does not have */
	bool
	    look_again; /* a command that was at work between two looks would explain what was found */
};
enum check_level health_level(const struct health *h);
void health_add(struct health *h, enum check_level level, const struct err *e);
void health_free(struct health *h);

struct check_opts {
	uint64_t max_lag;      /* seconds; 0: no limit */
	const struct err *far; /* why the side that is away could not be asked */
	/* Why something below it cannot become a pair, as each of them says ("NAME: why"); NULL: nothing is known. */
	const struct strv *left_out;
	/* What else is known to be on dst's host. */
	const struct dataset *const *there;
	size_t n_there;
};
/* Says how long ago the last sync was, critical if that is longer than max_lag (0: no limit). h->lag is known
 * where `base`, what was synced, is not NULL. */
void health_tell_lag(struct health *h, const struct snap *base, uint64_t max_lag);
/* A mark that lies `ahead` seconds in the future; nothing for 0. */
void health_tell_ahead(struct health *h, const struct dataset *d, const char *host, uint64_t ahead);
void plan_check_health(const struct pair *pair, const struct check_opts *opts, struct health *out);

/* --- what one side can tell by itself --- */

/* The newest marked snapshot. NULL without one. */
const struct snap *plan_last_synced(const struct dataset *d);

/* By how many seconds the newest mark lies in the future, on a clock that says `now`; 0 where that is not worth a word. */
uint64_t plan_mark_ahead(const struct dataset *d, uint64_t now);

/* Bytes that somebody wrote to a replica that is not read-only, since its last sync; 0: it is as it should be. */
uint64_t plan_written_there(const struct dataset *d);

/* What the last failure that is stored on the top of a tree says of a dataset below it that could not become a pair
 * ("NAME: why"); NULL where it says nothing of that kind. */
const char *plan_left_out(const struct dataset *d);

struct standing {
	const char *word;        /* "ok", "never", "failed", ...: zrep(8) has them all */
	enum check_level level;  /* of that */
	const struct snap *last; /* see plan_last_synced() */
	uint64_t sent, lag;      /* of last */
	uint64_t snaps, bytes;   /* of a master: not sent yet */
	const char *error;       /* the last failure, NULL where there is none */
	uint64_t error_time;
	uint64_t
	    ahead; /* seconds by which its newest mark lies in the future, see plan_mark_ahead() */
	/* For the caller to say: */
	bool pool_readonly;
	const char *host; /* NULL: "this host" */
};
struct standing plan_standing(const struct dataset *d, uint64_t now);
/* The same as findings, for status -m. */
void plan_standing_health(const struct dataset *d, const struct standing *s, const char *tag,
			  uint64_t max_lag, struct health *out);

/* *yes: nothing was written to pair->src.d since its last sync. A refusal where it is no master, or in a change
 * of its role. `opts` is as for a sync: a snapshot that would not be sent does not count. */
struct err *plan_uptodate(const struct pair *pair, const struct sync_opts *opts, bool *yes);

/* --- shared by the plans --- */

/* Adds TAG:prop=value to props; value NULL takes it away. */
void plan_prop(nvlist_t *props, const char *tag, const char *prop, const char *value);
void plan_prop_u64(nvlist_t *props, const char *tag, const char *prop, uint64_t value);

/* The step is done only if these of the tag's properties ("switch epoch master", say) are on the dataset as d has
 * them. */
void plan_expect(struct step *s, const char *tag, const struct dataset *d, const char *props);

/* The properties that make an end the replica of its other side. `other` is NULL, or not a master, where
 * it does not know; epoch 0: left as it is. */
nvlist_t *plan_replica_props(const struct pair *pair, enum pair_side at, uint64_t epoch);
/* The properties that make an end the master. */
nvlist_t *plan_master_props(const struct pair *pair, enum pair_side at, uint64_t epoch,
			    uint64_t fork);

/* What an end, now a replica, is called in src-host when it is the master. The caller frees. */
char *plan_own_host(const struct endpoint *me);

/* Would that name mean this very host to others? An error if it would not. */
struct err *plan_check_own_host(const struct pair *pair, enum pair_side at);

/* A step of a hook, with its facts: the epoch that is about to be, the role that the side has then. */
void plan_hook(struct plan *p, const struct pair *pair, enum pair_side at, enum step_kind kind,
	       uint64_t epoch, const char *role);

/* The note on an end's readonly before zrep sets it, as a property to set with others; and its way back. */
void plan_remember_readonly(nvlist_t *props, const char *tag, const struct dataset *d);
void plan_restore_readonly(struct plan *p, const struct pair *pair, enum pair_side at);

/* What d, which its T:switch says is in a change of its role, is refused for, and the command that ends that. */
struct err *plan_switching(const char *tag, const struct dataset *d, const char *host);
/* That command, `zrep doctor --fix NAME`, with `-t TAG` where that is needed. The caller frees. */
char *plan_settler(const char *tag, const struct dataset *d);

/* Mounts what is below a dataset, as far as it wants to be. */
void plan_mount_below(struct plan *p, enum pair_side at, const struct dataset *d);

/* The steps that take an end back as its T:switch says, until it is a replica. */
void plan_back(const struct pair *pair, enum pair_side at, struct plan *out);
/* Is it at that snapshot, with nothing newer? */
bool plan_is_at(const struct dataset *d, const struct snap *to);
/* Has a dataset whose T:switch says "back" been moved already? */
bool plan_way_is_gone(const struct dataset *d);

/* Does the replica name the master's host as its source? Perhaps in other words: the script's failover has each
 * side write the other one's name as it knew it. */
bool plan_names_source(const struct pair *pair);

/* A dataset cannot be seen because its pool is not imported: nothing is known of it, and nothing is offered that would
 * only be right if it were gone. */
struct err *plan_pool_away(const char *dataset, const char *host);

/* The pool of a dataset is imported read-only. */
struct err *plan_pool_readonly(const char *dataset, const char *host);

/* What `zrep clear` of a master costs that could still have a replica, to stand behind the command. */
#define PLAN_CLEAR_COSTS                                                                           \
	" (which destroys zrep's snapshots of it, from which a copy could still be continued)"

/* Why a dataset whose properties make no sense together is none to work on. */
struct err *plan_broken(const struct dataset *d, const char *host, const char *tag);

/* "... is not replicated by zrep". */
struct err *plan_no_pair(const char *name, const char *host, const char *tag);

/* An epoch that could not grow any more, which somebody has set by hand; NULL if it can. */
struct err *plan_check_epoch(const struct dataset *d, const char *host, const char *tag);

/* NAME_kept_20261125T130509Z, for what is put aside at that time. The caller frees. */
char *plan_kept_name(const char *name, uint64_t now);

/* Does it expire? Ours by its name, or passed on by us. */
bool plan_is_ours(const struct snap *s);
/* Says on a snapshot of the destination that it was passed on. */
void plan_relayed(struct plan *p, const struct pair *pair, const char *dataset, const char *snap,
		  uint64_t guid);

/* Room for "@TAG_xxxxxxxx_unsent" behind a dataset name. */
bool plan_name_fits(const char *dataset, const char *tag);

/* Number for the next snapshot: above every own one on either side. dst may be NULL. */
uint64_t plan_next_seq(const struct dataset *src, const struct dataset *dst);

/* Own snapshots that a dataset will have got by the time it expires. */
struct coming {
	size_t n;                 /* all of them */
	const uint64_t *creation; /* times of those that the other side has already */
	size_t n_known;           /* how many these are */
};

/* Adds steps that destroy own snapshots of a side that neither its savecount nor its keep wants. `base` (a
 * GUID) is never touched. */
void plan_expire_side(struct plan *p, const struct pair *pair, enum pair_side at,
		      const struct coming *coming, uint64_t base);

/* Which of d's snapshots its keep wants, of own ones up to last_txg: a flag for each, the caller frees.
 * Periods are counted by what is there or coming. One that has yet to be made counts the next time: what
 * its time will be is not known. */
bool *plan_kept(const struct dataset *d, uint64_t last_txg, const struct coming *coming);

/* May something be sent from pair->src.d to pair->dst.d? An error that says why not, or NULL. `leaving`: src is making
 * way for dst. */
struct err *plan_check_source(const struct pair *pair);
struct err *plan_check_destination(const struct pair *pair, bool leaving);

/* Is it known what the destination's partial receive, if there is one, stands for? */
struct err *plan_check_token(const struct pair *pair);
/* Are both of one type, and both encrypted or neither? An error without a remedy, or NULL. */
struct err *plan_check_kind(const struct pair *pair);
struct err *plan_no_base(const struct pair *pair);

/* Appends "@a, @b, @c and 3 more": the snapshots of d that are newer than base. */
void plan_name_newer(const struct dataset *d, const struct snap *base, struct buf *to);

/* Is d not exactly at `base` (one of its own)? Then appends by what: "newer snapshots (@a) and 4.0 KiB written since
 * its newest snapshot". */
bool plan_name_changes(const struct dataset *d, const struct snap *base, struct buf *to);

/* The steps that destroy what is newer than `to` and roll back to it. */
void plan_roll_back(struct plan *p, const struct dataset *d, enum pair_side at,
		    const struct snap *to);

/* The first of what going back to `base` removes that somebody else holds; NULL without one. */
const struct snap *plan_held_by_others(const struct dataset *d, const struct snap *base);

/* Does the plan's rollback of the destination remove this snapshot of that side? */
bool plan_rolls_back(const struct plan *p, enum pair_side at, const struct snap *s);

/* Is a native property that is set on a dataset set on its replica by init, and on what takes its place when it is put
 * aside? */
bool plan_init_copies(const char *prop);
bool plan_clone_takes(const char *prop);

/* Would a sync of d send this snapshot, if it is newer than the base? */
bool plan_is_sent(const struct dataset *d, const struct snap *s, const struct sync_opts *opts);

/* Adds steps that leave the hold on `base` alone: hold it where it is not, release all others. */
void plan_holds(struct plan *p, const struct dataset *d, enum pair_side at, const char *base);

#endif
