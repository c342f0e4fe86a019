/* How a dataset stands, as far as one side can tell by itself. */
#ifndef ZREP_PLAN_HEALTH_STATUS_H
#define ZREP_PLAN_HEALTH_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/health/finding.h"
#include "plan/pair.h"
#include "state/error_note.h"

struct sync_opts;

/* The newest marked snapshot. NULL without one. */
const struct snap *plan_last_synced(const struct dataset *d);

/* By how many seconds the newest mark lies in the future, on a clock that says `now`; 0 where that is not worth a word. */
uint64_t plan_mark_ahead(const struct dataset *d, uint64_t now);

/* Is it a master with readonly=on of its own, and neither a change nor another tag needs that? Its other side may be
 * NULL: not known. */
bool plan_is_readonly_master(const struct dataset *d, const struct dataset *other);

/* Bytes that somebody wrote to a replica that is not read-only, since its last sync; 0: it is as it should be. */
uint64_t plan_written_there(const struct dataset *d);

/* The note of the last failure: its text, time and reason. `text` NULL: there is none. */
struct error_note plan_last_error(const struct dataset *d);

enum status_state {
	STATUS_OK,
	STATUS_REPLICA,
	STATUS_PAUSED,
	STATUS_FAILED,
	STATUS_SUPERSEDED,
	STATUS_SPLIT_BRAIN,
	STATUS_SET_BACK,
	STATUS_DEMOTING,
	STATUS_PROMOTING,
	STATUS_OFFERED,
	STATUS_RESTING,
	STATUS_REVERTING,
	STATUS_SWITCHING, /* a role change of a later zrep */
	STATUS_BROKEN,
	STATUS_COPY,
	STATUS_NEVER,
	STATUS_WRITABLE,
};

struct status {
	enum status_state state;
	enum check_level level;  /* of that */
	const struct snap *last; /* see plan_last_synced() */
	uint64_t sent, lag;      /* of last */
	uint64_t snaps, bytes;   /* of a master: not sent yet */
	struct error_note error; /* the last failure; `text` NULL: there is none */
	uint64_t
	    ahead; /* seconds by which its newest mark lies in the future, see plan_mark_ahead() */
	/* For the caller to say: */
	const struct pool *pool; /* NULL: not looked at */
	const char *host;        /* NULL: "this host" */
};

struct status plan_status(const struct dataset *d, uint64_t now);

/* "ok", "never", "failed", ...: zrep(8) has them all. */
/* The other side, as "HOST:DATASET", with "?" for what is not stored; printable. The caller frees. */
char *status_peer(const struct dataset *d);

const char *status_word(const struct status *s);

/* The same as findings, for status -m. */
void plan_status_findings(const struct dataset *d, const struct status *s, const char *tag,
			  uint64_t max_lag, struct health *out);

/* *yes: nothing was written to pair->src.d since its last sync. A refusal where it is no master, or in a change
 * of its role. `opts` is as for a sync: a snapshot that would not be sent does not count. */
struct err *plan_uptodate(const struct pair *pair, const struct sync_opts *opts, bool *yes);

/* Says how long ago the last sync was, critical if that is longer than max_lag (0: no limit). h->lag is known
 * where `base`, what was synced, is not NULL. */
void health_tell_lag(struct health *h, const struct snap *base, uint64_t max_lag);

/* A mark that lies `ahead` seconds in the future; nothing for 0. */
void health_tell_ahead(struct health *h, const struct dataset *d, const char *host, uint64_t ahead);

/* Did its last sync fail for what the next one will fail for as well, until somebody does something? */
bool plan_fails_again(const struct dataset *d);
/* Was its last sync refused because it would send small blocks where large ones were sent? ZFS takes no such stream:
 * unlike after other failures, the same run will never be well. */
bool plan_is_dead_end(const struct dataset *d);

#endif
