/* What one side can tell by itself, from its marks and notes: how far behind the other side is, whether
 * anything was written since, and where the other side is said to be. */
#include "plan/health/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "plan/health/finding.h"
#include "plan/health/keys.h"
#include "plan/health/settings.h"
#include "plan/refusals.h"
#include "plan/sync.h"
#include "plan/sync_checks.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

const struct snap *plan_last_synced(const struct dataset *d)
{
	for (size_t i = d->n_snaps; i-- > 0;)
		if (d->snaps[i].sent != 0)
			return &d->snaps[i];
	return NULL;
}

/* Two clocks are never quite one. */
#define AHEAD_SECONDS 10u

uint64_t plan_mark_ahead(const struct dataset *d, uint64_t now)
{
	const struct snap *last = plan_last_synced(d);

	return last != NULL && last->sent > now && last->sent - now > AHEAD_SECONDS
		   ? last->sent - now
		   : 0;
}

uint64_t plan_written_there(const struct dataset *d)
{
	const struct snap *last = plan_last_synced(d);

	if (d->role != ROLE_REPLICA || d->switch_state.kind != SWITCH_NONE || d->readonly)
		return 0;
	return last != NULL           ? dataset_written_after(d, last)
	       : dataset_unchanged(d) ? 0
				      : d->written;
}

bool plan_is_readonly_master(const struct dataset *d, const struct dataset *other)
{
	/* As the replica of another pair, perhaps; and of two masters none is to be made writable. */
	bool needed = d->others_more || (other != NULL && other->master) || dataset_is_outlived(d);

	for (size_t i = 0; i < d->n_others; i++)
		needed = needed || d->others[i].role == ROLE_REPLICA ||
			 d->others[i].switch_state.kind != SWITCH_NONE;
	return d->role == ROLE_MASTER && d->switch_state.kind == SWITCH_NONE && d->readonly &&
	       d->readonly_local && !needed;
}

struct error_note plan_last_error(const struct dataset *d)
{
	return d->error != NULL ? error_note_parse(d->error) : (struct error_note){0};
}

bool plan_fails_again(const struct dataset *d)
{
	enum err_reason why = plan_last_error(d).reason;

	return why == REASON_LARGE_BLOCKS || why == REASON_FEATURE || why == REASON_DAMAGED;
}

bool plan_is_dead_end(const struct dataset *d)
{
	return plan_last_error(d).reason == REASON_LARGE_BLOCKS;
}

/* --- how it stands --- */

/* Words are the user's, see zrep(8); `text` is what one is to somebody who watches over it, NULL where it is well or, after
 * a failure, has a text of its own. Without a remedy it is a role change, which another zrep may be at. */
static const struct meaning {
	const char *word, *text, *remedy;
	enum err_reason reason;
	enum check_level level;
} meanings[] = {
    [STATUS_OK] = {.word = "ok"},
    [STATUS_REPLICA] = {.word = "replica"},
    [STATUS_PAUSED] = {.word = "paused"},
    [STATUS_FAILED] = {.word = "failed", .level = CHECK_WARNING},
    [STATUS_SUPERSEDED] = {"superseded", "it was superseded",
			   "{zrep rejoin %s} brings it back as the replica", REASON_SUPERSEDED,
			   CHECK_CRITICAL},
    [STATUS_SPLIT_BRAIN] = {"split brain", "both sides are masters of one epoch",
			    "if this side is to become the replica: {zrep rejoin --force %s}",
			    REASON_SPLIT_BRAIN, CHECK_CRITICAL},
    [STATUS_SET_BACK] = {"set back", "it or its other side was set back to an older image",
			 "{zrep check %s} says which, and the command for each choice",
			 REASON_SET_BACK, CHECK_CRITICAL},
    [STATUS_DEMOTING] = {"leaving", "it is being demoted, and is read-only", NULL, REASON_SWITCHING,
			 CHECK_CRITICAL}, /* under way, or left by a crash: that is not asked */
    [STATUS_PROMOTING] = {"entering", "it is the master, and not writable or mounted yet", NULL,
			  REASON_SWITCHING, CHECK_WARNING},
    [STATUS_OFFERED] = {"offered", "it was offered the role, and nobody can write", NULL,
			REASON_SWITCHING, CHECK_WARNING},
    [STATUS_RESTING] = {"resting", "it has made way, and is read-only", NULL, REASON_SWITCHING,
			CHECK_CRITICAL},
    [STATUS_REVERTING] = {"going back", "it is being reverted to an older snapshot", NULL,
			  REASON_SWITCHING, CHECK_WARNING},
    [STATUS_SWITCHING] = {"switching", "it is in a role change that this version does not know",
			  "see `{zrep status -v %s}`", REASON_SWITCHING, CHECK_WARNING},
    [STATUS_BROKEN] = {"broken",
		       "some of its zrep properties are missing, or contradict each other",
		       "{zrep doctor %s} says which, and what to do", REASON_BROKEN_PAIR,
		       CHECK_CRITICAL},
    [STATUS_COPY] = {"copy", "it is a copy of a replica, and no side of the pair",
		     "{zrep check %s} says more", REASON_NOT_REPLICA, CHECK_CRITICAL},
    [STATUS_NEVER] = {"never", "nothing was synced yet", "{zrep sync %s}", REASON_NONE,
		      CHECK_WARNING},
    [STATUS_WRITABLE] = {"writable", "this replica can be written to",
			 "{zrep doctor --fix %s} makes it read-only again, or says what to do with "
			 "what was written to it",
			 REASON_NONE, CHECK_WARNING},
};

char *status_peer(const struct dataset *d)
{
	bool replica = d->role == ROLE_REPLICA;
	const char *host = replica ? d->src_host : d->dest_host;
	const char *fs = replica ? d->src_fs : d->dest_fs;

	return str_clean(str_fmt("%s:%s", host ? host : "?", fs ? fs : "?"));
}

const char *status_word(const struct status *s)
{
	return meanings[s->state].word;
}

static enum status_state state_of(const struct dataset *d, const struct status *s)
{
	static const enum status_state switches[] = {
	    [SWITCH_DEMOTING] = STATUS_DEMOTING,   [SWITCH_PROMOTING] = STATUS_PROMOTING,
	    [SWITCH_OFFERED] = STATUS_OFFERED,     [SWITCH_RESTING] = STATUS_RESTING,
	    [SWITCH_REVERTING] = STATUS_REVERTING, [SWITCH_UNKNOWN] = STATUS_SWITCHING,
	};

	/* What its last sync found out: the other side was not asked now. */
	if (d->role == ROLE_MASTER && s->error.reason == REASON_SUPERSEDED)
		return STATUS_SUPERSEDED;
	if (d->role == ROLE_MASTER && s->error.reason == REASON_SPLIT_BRAIN)
		return STATUS_SPLIT_BRAIN;
	if (d->role != ROLE_BROKEN && s->error.reason == REASON_SET_BACK)
		return STATUS_SET_BACK;
	if (d->switch_state.kind != SWITCH_NONE)
		return switches[d->switch_state.kind];
	if (d->role == ROLE_BROKEN)
		return STATUS_BROKEN;
	if (d->copy)
		return STATUS_COPY;
	if (s->error.text != NULL)
		return STATUS_FAILED;
	if (d->paused)
		return STATUS_PAUSED;
	if (d->role == ROLE_REPLICA)
		return d->readonly ? STATUS_REPLICA : STATUS_WRITABLE;
	return s->last == NULL ? STATUS_NEVER : STATUS_OK;
}

struct status plan_status(const struct dataset *d, uint64_t now)
{
	struct status s = {.last = plan_last_synced(d), .error = plan_last_error(d)};

	if (s.last != NULL) {
		s.sent = s.last->sent;
		s.lag = now > s.sent ? now - s.sent : 0; /* a clock that was put back: no lag */
	}
	if (d->role == ROLE_MASTER) {
		s.bytes = d->written;
		for (size_t k = s.last ? (size_t)(s.last - d->snaps) + 1 : 0; k < d->n_snaps; k++) {
			s.snaps++;
			s.bytes += d->snaps[k].written;
		}
	}
	s.ahead = plan_mark_ahead(d, now);
	s.state = state_of(d, &s);
	s.level = meanings[s.state].level;
	if (plan_written_there(d) > 0 || plan_is_dead_end(d))
		s.level = CHECK_CRITICAL;
	return s;
}

/* A remedy of the table, which has one name in it. */
static char *about(const char *remedy, ...)
{
	va_list ap;

	va_start(ap, remedy);
	char *text = remedy_vfmt(remedy, ap);
	va_end(ap);
	return text;
}

/* Nothing is half done of one that rests: what can be done is what every command says of it. */
static char *rouse(const struct dataset *d, const struct status *s, const char *tag)
{
	struct err *e = plan_switching(tag, d, s->host != NULL ? s->host : "this host");
	char *remedy = mem_strdup(e->remedy);

	err_free(e);
	return remedy;
}

/* With the word that programs know it by, and without the name, which whoever tells it has said. */
static struct err *last_failure(const struct dataset *d, const struct status *s)
{
	const char *text = s->error.text;
	size_t n = strlen(d->name);
	bool known = s->error.reason != REASON_NONE;

	if (strncmp(text, d->name, n) == 0 && strncmp(text + n, ": ", 2) == 0)
		text += n + 2;
	return err_remedy(
	    err_because(err_new(ERR_FAILED, "the last run failed%s%s%s: %s", known ? " (" : "",
				known ? err_reason_word(s->error.reason) : "", known ? ")" : "",
				text),
			s->error.reason),
	    "{zrep check %s} tells whether it would again, and what to do", d->name);
}

static void find_state(const struct dataset *d, const struct status *s, const char *tag,
		       struct health *h)
{
	const struct meaning *m = &meanings[s->state];
	struct err *e = NULL;
	char *command = plan_settler(d), *if_left = str_fmt("if nobody is at it: %s", command);
	bool rests = s->state == STATUS_RESTING, opened = rests && !d->readonly;

	if (m->text != NULL && plan_written_there(d) == 0) {
		e = err_because(
		    err_new(ERR_FAILED, "%s",
			    opened ? "it was to make way, and can still be written to" : m->text),
		    m->reason);
		e->remedy = rests       ? rouse(d, s, tag)
			    : m->remedy ? about(m->remedy, d->name)
					: mem_strdup(if_left);
		health_add(h, m->level, e);
		err_free(e);
	}
	free(if_left);
	free(command);
	if (s->state != STATUS_FAILED)
		return;
	e = last_failure(d, s);
	health_add(h, plan_fails_again(d) ? CHECK_CRITICAL : CHECK_WARNING, e);
	err_free(e);
}

/* What needs no word of its own: it may be so besides. */
static void find_more(const struct dataset *d, const struct status *s, const char *tag,
		      struct health *h)
{
	const char *host = s->host != NULL ? s->host : "this host";
	uint64_t written = plan_written_there(d);
	char bytes[NUM_TEXT];
	struct err *e;

	if ((e = plan_check_pool(s->pool, d->name, host)) != NULL) {
		health_add(h, CHECK_CRITICAL, e);
		err_free(e);
	}
	if (written > 0) {
		e = err_remedy(err_new(ERR_FAILED, "this replica can be written to, and was: %s",
				       num_bytes(bytes, written)),
			       "see `{zrep doctor %s}`", d->name);
		health_add(h, CHECK_CRITICAL, e);
		err_free(e);
	} else if (d->role == ROLE_REPLICA && d->switch_state.kind == SWITCH_NONE && !d->readonly &&
		   s->state != STATUS_WRITABLE) {
		e = err_remedy(err_new(ERR_FAILED, "this replica can be written to"),
			       "see `{zrep doctor %s}`", d->name);
		health_add(h, CHECK_WARNING, e);
		err_free(e);
	}
	if (plan_is_readonly_master(d, NULL)) {
		e = err_remedy(err_new(ERR_FAILED, "this master cannot be written to: readonly=on"),
			       "see `{zrep doctor %s}`", d->name);
		health_add(h, CHECK_WARNING, e);
		err_free(e);
	}
	health_keys_one(d, host, h);
	health_tell_ahead(h, d, host, s->ahead);
	health_tell_settings(h, d, host, tag);
	health_tell_unread(h, d, host, tag);
}

void health_tell_lag(struct health *h, const struct snap *base, uint64_t max_lag)
{
	bool late = max_lag != 0 && h->lag_known && h->lag > max_lag;
	char lag[NUM_TEXT], limit[NUM_TEXT], bytes[NUM_TEXT];
	struct buf text = {0};

	if (base == NULL)
		return;
	buf_addf(&text, "last synced %s ago (@%s)", num_seconds(lag, h->lag), base->name);
	if (late)
		buf_addf(&text, ", which is longer than %s", num_seconds(limit, max_lag));
	if (h->unsent_known)
		buf_addf(&text, ", %s not sent", num_bytes(bytes, h->unsent));
	health_add_text(h, late ? CHECK_CRITICAL : CHECK_OK, text.data,
			late ? remedy_fmt("see that `{zrep sync}` runs on the master") : NULL);
}

void health_tell_ahead(struct health *h, const struct dataset *d, const char *host, uint64_t ahead)
{
	char text[NUM_TEXT];

	if (ahead != 0)
		health_add_text(
		    h, CHECK_WARNING,
		    str_fmt(
			"the newest mark of %s on %s (@%s) is %s in the future: a clock is wrong",
			d->name, host, plan_last_synced(d)->name, num_seconds(text, ahead)),
		    mem_strdup("set the clocks of both hosts right; the next sync marks it anew"));
}

void plan_status_findings(const struct dataset *d, const struct status *s, const char *tag,
			  uint64_t max_lag, struct health *out)
{
	*out = (struct health){.lag_known = s->last != NULL,
			       .lag = s->lag,
			       .unsent_known = d->role == ROLE_MASTER,
			       .unsent = s->bytes};
	find_state(d, s, tag, out);
	find_more(d, s, tag, out);
	health_tell_lag(out, s->last, max_lag != 0 ? max_lag : d->rpo);
}

/* --- was anything written since? --- */

static bool has_newer(const struct dataset *d, const struct snap *last,
		      const struct sync_opts *opts)
{
	for (size_t i = d->n_snaps; i-- > 0 && &d->snaps[i] != last;)
		if (plan_is_sent(d, &d->snaps[i], opts))
			return true;
	return false;
}

struct err *plan_uptodate(const struct pair *pair, const struct sync_opts *opts, bool *yes)
{
	const struct dataset *d = pair->src.d;
	const struct snap *last = plan_last_synced(d);
	struct err *e = plan_check_source(pair);

	*yes = false;
	if (e == NULL && d->switch_state.kind != SWITCH_NONE)
		e = plan_switching(pair->tag, d, pair->src.host_name);
	if (e == NULL && last != NULL)
		*yes = !has_newer(d, last, opts) && dataset_written_after(d, last) == 0;
	return e;
}
