/* What one side can tell by itself, from its marks and notes: how far behind the other side is, whether
 * anything was written since, and where the other side is said to be. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "util/mem.h"
#include "util/num.h"

const struct snap *plan_last_synced(const struct dataset *d)
{
	for (size_t i = d->n_snaps; i-- > 0;)
		if (d->snaps[i].sent != 0)
			return &d->snaps[i];
	return NULL;
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
	if (s->error != NULL)
		return "failed";
	if (d->paused)
		return "paused";
	if (d->role == ROLE_REPLICA)
		return "replica";
	return s->last == NULL ? "never" : "ok";
}

/* What each word is to somebody who watches over it; the others are well, and "failed" has a text of its own. Without a
 * remedy it is a change of roles, which another zrep may be at. */
static const struct {
	const char *word, *text, *remedy;
	enum check_level level;
} meanings[] = {
    {"superseded", "it was superseded", "zrep rejoin brings it back as the replica",
     CHECK_CRITICAL},
    {"split brain", "both sides are masters of one epoch",
     "zrep rejoin --force, on the side that gives way", CHECK_CRITICAL},
    {"leaving", "it makes way for the other side, and is read-only", NULL, CHECK_CRITICAL},
    {"broken", "some of its zrep properties are missing, or contradict each other",
     "see `zrep list -v`", CHECK_CRITICAL},
    {"entering", "it is the master, and not writable or mounted yet", NULL, CHECK_WARNING},
    {"going back", "it is on its way back to an older snapshot", NULL, CHECK_WARNING},
    {"switching", "it is in a change of role that this version does not know",
     "see `zrep status -v`", CHECK_WARNING},
    {"never", "nothing was synced yet", "zrep sync", CHECK_WARNING},
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
		char *end;
		s.error_time = strtoull(d->error, &end, 10);
		s.error = *end == ' ' ? end + 1 : d->error;
	}
	s.word = word_of(d, &s);
	s.level = level_of(s.word);
	return s;
}

static void find_state(const struct dataset *d, const struct standing *s, const char *tag,
		       struct health *h)
{
	struct err *e = NULL;
	char *command = plan_settler(tag, d), *if_left = str_fmt("if nobody is at it: %s", command);

	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (strcmp(meanings[i].word, s->word) == 0) {
			e = err_remedy(err_new(ERR_FAILED, "%s", meanings[i].text), "%s",
				       meanings[i].remedy != NULL ? meanings[i].remedy : if_left);
			health_add(h, meanings[i].level, e);
			err_free(e);
		}
	free(if_left);
	free(command);
	if (strcmp(s->word, "failed") != 0)
		return;
	e = err_new(ERR_FAILED, "the last run failed: %s", s->error);
	health_add(h, CHECK_WARNING, e);
	err_free(e);
}

void plan_standing_health(const struct dataset *d, const struct standing *s, const char *tag,
			  uint64_t max_lag, struct health *out)
{
	*out = (struct health){.lag_known = s->last != NULL,
			       .lag = s->lag,
			       .unsent_known = d->role == ROLE_MASTER,
			       .unsent = s->bytes};
	find_state(d, s, tag, out);
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
	const struct dataset *d = pair->src;
	const struct snap *last = plan_last_synced(d);
	struct err *e = plan_check_source(pair);

	*yes = false;
	if (e == NULL && d->change.kind != CHANGE_NONE)
		e = plan_switching(pair->tag, d, pair->src_host);
	if (e == NULL && last != NULL)
		*yes = !has_newer(d, last, opts) && dataset_written_after(d, last) == 0;
	return e;
}
