/* What one side can tell by itself, from its marks and notes: how far behind the other side is, whether
 * anything was written since, and where the other side is said to be. */
#include "plan/health/status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/health/finding.h"
#include "plan/refusals.h"
#include "plan/sync.h"
#include "plan/sync_checks.h"
#include "util/mem.h"
#include "util/num.h"

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

	if (d->role != ROLE_REPLICA || d->change.kind != CHANGE_NONE || d->readonly)
		return 0;
	return last != NULL           ? dataset_written_after(d, last)
	       : dataset_unchanged(d) ? 0
				      : d->written;
}

bool plan_is_readonly_master(const struct dataset *d, const struct dataset *other)
{
	/* As the replica of another pair, perhaps; and of two masters none is to be made writable. */
	bool needed = d->others_more || (other != NULL && other->master);

	for (size_t i = 0; i < d->n_others; i++)
		needed = needed || d->others[i].role == ROLE_REPLICA ||
			 d->others[i].change.kind != CHANGE_NONE;
	return d->role == ROLE_MASTER && d->change.kind == CHANGE_NONE && d->readonly &&
	       d->readonly_local && !needed;
}

/* The text of T:error, and when that was (0: it does not say). */
static const char *error_text(const struct dataset *d, uint64_t *when)
{
	char *end;

	*when = strtoull(d->error, &end, 10);
	return end != d->error && *end == ' ' ? end + 1 : d->error;
}

const char *plan_left_out(const struct dataset *d)
{
	uint64_t when;
	const char *text = d->error != NULL && d->recursive ? error_text(d, &when) : "";
	size_t n = strlen(d->name);

	return strncmp(text, d->name, n) == 0 && text[n] == '/' && strstr(text, ": ") != NULL
		   ? text
		   : NULL;
}

bool plan_is_dead_end(const struct dataset *d)
{
	return d->error != NULL &&
	       strstr(d->error, "large blocks were sent before and are not now") != NULL;
}

/* --- how it stands --- */

static const char *change_word(const struct dataset *d)
{
	switch (d->change.kind) {
	case CHANGE_LEAVING:
		return "leaving"; /* under way, or left by a crash: that is not asked */
	case CHANGE_ENTERING:
		return "entering";
	case CHANGE_BACK:
		return "going back";
	case CHANGE_NONE:
	case CHANGE_UNKNOWN:
		break;
	}
	return "switching";
}

static const char *word_of(const struct dataset *d, const struct standing *s)
{
	bool failed = d->role == ROLE_MASTER && s->error != NULL;

	/* What its last sync found out: the other side was not asked now. */
	if (failed && strstr(s->error, " was superseded: ") != NULL)
		return "superseded";
	if (failed && strncmp(s->error, "split brain: ", 13) == 0)
		return "split brain";
	if (d->change.kind != CHANGE_NONE)
		return change_word(d);
	if (d->role == ROLE_BROKEN)
		return "broken";
	if (d->copy)
		return "copy";
	if (s->error != NULL)
		return "failed";
	if (d->paused)
		return "paused";
	if (d->role == ROLE_REPLICA)
		return d->readonly ? "replica" : "writable";
	return s->last == NULL ? "never" : "ok";
}

/* What each word is to somebody who watches over it; the others are well, and "failed" has a text of its own. Without a
 * remedy it is a change of roles, which another zrep may be at. */
static const struct {
	const char *word, *text, *remedy;
	enum check_level level;
} meanings[] = {
    {"superseded", "it was superseded", "zrep rejoin %s brings it back as the replica",
     CHECK_CRITICAL},
    {"split brain", "both sides are masters of one epoch",
     "if this side is to give way: zrep rejoin --force %s", CHECK_CRITICAL},
    {"leaving", "it makes way for the other side, and is read-only", NULL, CHECK_CRITICAL},
    {"broken", "some of its zrep properties are missing, or contradict each other",
     "see `zrep list -v %s`", CHECK_CRITICAL},
    {"copy", "it is a copy of a replica, and no side of the pair", "zrep check %s says more",
     CHECK_CRITICAL},
    {"entering", "it is the master, and not writable or mounted yet", NULL, CHECK_WARNING},
    {"going back", "it is on its way back to an older snapshot", NULL, CHECK_WARNING},
    {"switching", "it is in a change of role that this version does not know",
     "see `zrep status -v %s`", CHECK_WARNING},
    {"never", "nothing was synced yet", "zrep sync %s", CHECK_WARNING},
    {"writable", "this replica can be written to", "see `zrep doctor %s`", CHECK_WARNING},
};

static enum check_level level_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (strcmp(meanings[i].word, word) == 0)
			return meanings[i].level;
	return strcmp(word, "failed") == 0 ? CHECK_WARNING : CHECK_OK;
}

struct standing plan_standing(const struct dataset *d, uint64_t now)
{
	struct standing s = {.last = plan_last_synced(d)};

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
	if (d->error != NULL) {
		s.error = error_text(d, &s.error_time);
	}
	s.ahead = plan_mark_ahead(d, now);
	s.word = word_of(d, &s);
	s.level = level_of(s.word);
	if (plan_written_there(d) > 0 || plan_is_dead_end(d))
		s.level = CHECK_CRITICAL;
	return s;
}

static void find_state(const struct dataset *d, const struct standing *s, const char *tag,
		       struct health *h)
{
	struct err *e = NULL;
	char *command = plan_settler(tag, d), *if_left = str_fmt("if nobody is at it: %s", command);

	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (strcmp(meanings[i].word, s->word) == 0 && plan_written_there(d) == 0) {
			const char *remedy = meanings[i].remedy ? meanings[i].remedy : if_left;
			const char *at = meanings[i].remedy ? strstr(remedy, "%s") : NULL;
			e = err_new(ERR_FAILED, "%s", meanings[i].text);
			if (at != NULL)
				err_remedy(e, "%.*s%s%s", (int)(at - remedy), remedy, d->name,
					   at + 2);
			else
				err_remedy(e, "%s", remedy);
			health_add(h, meanings[i].level, e);
			err_free(e);
		}
	free(if_left);
	free(command);
	if (strcmp(s->word, "failed") != 0)
		return;
	e = err_new(ERR_FAILED, "the last run failed: %s", s->error);
	health_add(h, plan_is_dead_end(d) ? CHECK_CRITICAL : CHECK_WARNING, e);
	err_free(e);
}

/* What needs no word of its own: it may be so besides. */
static void find_more(const struct dataset *d, const struct standing *s, struct health *h)
{
	const char *host = s->host != NULL ? s->host : "this host";
	uint64_t written = plan_written_there(d);
	char bytes[NUM_TEXT];
	struct err *e;

	if (s->pool_readonly) {
		e = plan_pool_readonly(d->name, host);
		health_add(h, CHECK_CRITICAL, e);
		err_free(e);
	}
	if (written > 0) {
		e = err_remedy(err_new(ERR_FAILED, "this replica can be written to, and was: %s",
				       num_bytes(bytes, written)),
			       "see `zrep doctor %s`", d->name);
		health_add(h, CHECK_CRITICAL, e);
		err_free(e);
	} else if (d->role == ROLE_REPLICA && d->change.kind == CHANGE_NONE && !d->readonly &&
		   strcmp(s->word, "writable") != 0) {
		e = err_remedy(err_new(ERR_FAILED, "this replica can be written to"),
			       "see `zrep doctor %s`", d->name);
		health_add(h, CHECK_WARNING, e);
		err_free(e);
	}
	if (plan_is_readonly_master(d, NULL)) {
		e = err_remedy(err_new(ERR_FAILED, "this master cannot be written to: readonly=on"),
			       "see `zrep doctor %s`", d->name);
		health_add(h, CHECK_WARNING, e);
		err_free(e);
	}
	health_tell_ahead(h, d, host, s->ahead);
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
			late ? mem_strdup("see that `zrep sync` runs on the master") : NULL);
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

void plan_standing_health(const struct dataset *d, const struct standing *s, const char *tag,
			  uint64_t max_lag, struct health *out)
{
	*out = (struct health){.lag_known = s->last != NULL,
			       .lag = s->lag,
			       .unsent_known = d->role == ROLE_MASTER,
			       .unsent = s->bytes};
	find_state(d, s, tag, out);
	find_more(d, s, out);
	health_tell_lag(out, s->last, max_lag);
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
	if (e == NULL && d->change.kind != CHANGE_NONE)
		e = plan_switching(pair->tag, d, pair->src.host_name);
	if (e == NULL && last != NULL)
		*yes = !has_newer(d, last, opts) && dataset_written_after(d, last) == 0;
	return e;
}
