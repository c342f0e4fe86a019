/* What is odd about a dataset, as far as it can be told without its other side. */
#include "plan/health/doctor_one.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/health/diagnosis.h"
#include "plan/health/finding.h"
#include "plan/health/settings.h"
#include "plan/health/status.h"
#include "plan/keys.h"
#include "plan/plan.h"
#include "plan/refusals.h"
#include "plan/tags.h"
#include "state/dataset.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

bool doctor_has_pair(const struct dataset *d)
{
	return d->src_host != NULL && d->src_fs != NULL && d->dest_host != NULL &&
	       d->dest_fs != NULL;
}

/* --- what is set --- */

/* One end while it is looked at. */
struct exam {
	const struct pair *pair;
	const char *tag;
	const struct endpoint *me;
	struct diagnosis *out;
};

/* "tank/a on host1" */
#define ME(x) (x)->me->name, (x)->me->host_name

static const char *text_of(const nvlist_t *props, const char *tag, const char *prop)
{
	char key[64];

	snprintf(key, sizeof(key), "%s:%s", tag, prop);
	return nv_str(props, key);
}

static bool is_pair(const struct dataset *d)
{
	return d->role == ROLE_MASTER || d->role == ROLE_REPLICA;
}

static void find_lock(struct exam *x)
{
	const char *pid = text_of(x->me->d->own, x->tag, "lock-pid");
	const char *when = text_of(x->me->d->own, x->tag, "lock-time");

	if (x->me->d->script || (pid == NULL && when == NULL))
		return;
	struct finding *o = diagnosis_add(
	    x->out, CHECK_OK,
	    "%s on %s has the lock of a zrep script that does not run there (process %s, "
	    "%s)",
	    ME(x), pid ? pid : "unknown", when ? when : "time unknown");
	o->mend = str_fmt("clears %s:lock-pid and %s:lock-time", x->tag, x->tag);
	diagnosis_set(x->out, x->pair, x->me, "lock-pid", NULL);
	diagnosis_set(x->out, x->pair, x->me, "lock-time", NULL);
}

bool doctor_claims(const struct dataset *d, const char *tag)
{
	const char *here = text_of(d->own, tag, "master"),
		   *above = text_of(d->inherited, tag, "master");
	const char *says = here != NULL ? here : above;

	return !d->master && says != NULL && strcmp(says, "yes") == 0 && d->src_fs != NULL &&
	       strcmp(d->src_fs, d->name) == 0 && d->role != ROLE_REPLICA;
}

static void find_master(struct exam *x)
{
	const struct dataset *d = x->me->d;
	const char *here = text_of(d->own, x->tag, "master");
	bool replica = d->role == ROLE_REPLICA;
	struct finding *o = NULL;

	if (d->master || (here == NULL && !doctor_claims(d, x->tag)))
		return;
	if (here != NULL && strcmp(here, "yes") != 0)
		o = diagnosis_add(x->out, CHECK_OK,
				  "%s on %s: %s:master is \"%s\", which counts as not set", ME(x),
				  x->tag, here);
	else
		o = diagnosis_add(
		    x->out, replica ? CHECK_WARNING : CHECK_CRITICAL,
		    "%s on %s has %s %s:master=yes, which does not make it the master", ME(x),
		    here != NULL ? "received" : "inherited", x->tag);
	if (replica) {
		o->mend = str_fmt("takes %s:master away: it is a replica", x->tag);
		diagnosis_set(x->out, x->pair, x->me, "master", NULL);
	} else {
		o->remedy = remedy_fmt(
		    "if this side is to be the master: on %s, {zfs set %s:master=yes %s}",
		    x->me->host_name, x->tag, d->name);
	}
}

static void find_savecount(struct exam *x)
{
	const struct dataset *d = x->me->d;
	const char *above = text_of(d->inherited, x->tag, "savecount");
	char standard[16];
	uint64_t n;

	if (!is_pair(d) || d->savecount != 0 || d->savecount_bad)
		return;
	/* The script let it be inherited. */
	bool inherits = above != NULL && num_parse_u64(above, &n) && n > 0;
	snprintf(standard, sizeof(standard), "%u", SAVECOUNT_DEFAULT);
	struct finding *o =
	    inherits
		? diagnosis_add(x->out, CHECK_WARNING,
				"%s on %s inherits savecount %s, which does not count: %s are kept",
				ME(x), above, standard)
		: diagnosis_add(x->out, CHECK_OK, "%s on %s has no savecount: %s are kept", ME(x),
				standard);
	o->mend = str_fmt("sets %s:savecount=%s", x->tag, inherits ? above : standard);
	diagnosis_set(x->out, x->pair, x->me, "savecount", inherits ? above : standard);
}

static void find_unread(struct exam *x)
{
	struct health h = {0};

	health_tell_unread(&h, x->me->d, x->me->host_name, x->tag);
	for (size_t i = 0; i < h.n; i++)
		diagnosis_add(x->out, h.findings[i].level, "%s", h.findings[i].text)->remedy =
		    mem_strdup(h.findings[i].remedy);
	health_free(&h);
}

static void find_switch(struct exam *x)
{
	const char *text = text_of(x->me->d->own, x->tag, "switch");

	if (text == NULL || x->me->d->switch_text != NULL)
		return;
	diagnosis_add(x->out, CHECK_OK,
		      "%s on %s has received %s:switch (%s) with a stream: a role change of the "
		      "other side, which has no effect here",
		      ME(x), x->tag, text)
	    ->mend = str_fmt("takes it away");
	diagnosis_set(x->out, x->pair, x->me, "switch", NULL);
}

/* --- what lies about --- */

static bool is_old_mark(const char *prop)
{
	const char *part = strrchr(prop, ':') + 1;

	return strcmp(part, "lastsent") == 0 || strcmp(part, "lastsenttime") == 0;
}

/* Before snapshots could have properties, the script's marks were on the dataset. They are the only ones
 * until a sync has made others. */
static void find_old_marks(struct exam *x)
{
	const struct dataset *d = x->me->d;
	struct buf which = {0};

	for (size_t i = 0; i < d->unknown.n; i++)
		if (is_old_mark(d->unknown.items[i]))
			buf_addf(&which, "%s%s", which.len > 0 ? " and " : "", d->unknown.items[i]);
	if (which.len == 0)
		return;
	struct finding *o = diagnosis_add(
	    x->out, CHECK_OK, "%s on %s has %s of an old zrep script, which nothing reads", ME(x),
	    which.data);
	if (dataset_last_sent(d) != NULL) {
		o->mend = str_fmt("clears %s", which.data);
		for (size_t i = 0; i < d->unknown.n; i++)
			if (is_old_mark(d->unknown.items[i]))
				diagnosis_set(x->out, x->pair, x->me,
					      strrchr(d->unknown.items[i], ':') + 1, NULL);
	} else {
		o->remedy =
		    remedy_fmt("no snapshot of it is marked yet, so nothing was changed: on its "
			       "master, {zrep sync %s} first, then run this again",
			       d->src_fs != NULL ? d->src_fs : d->name);
	}
	buf_free(&which);
}

static void find_unknown(struct exam *x)
{
	const struct dataset *d = x->me->d;
	char *sent = str_fmt("%s:sent", x->tag);

	for (size_t i = 0; i < d->unknown.n; i++) {
		const char *prop = d->unknown.items[i];
		if (is_old_mark(prop))
			continue;
		struct finding *o =
		    strcmp(prop, sent) == 0
			? diagnosis_add(
			      x->out, CHECK_WARNING,
			      "%s on %s has %s set on the dataset itself: its snapshots inherit "
			      "it, and look as if they were marked",
			      ME(x), prop)
			: diagnosis_add(
			      x->out, CHECK_OK,
			      "%s on %s has the property %s, which this zrep does not know", ME(x),
			      prop);
		o->remedy = remedy_fmt("if nobody needs it: on %s, {zfs inherit %s %s}",
				       x->me->host_name, prop, d->name);
	}
	free(sent);
}

/* What another tag holds of it, or somebody, would be in the way. */
static char *releases_of(const struct dataset *d, const char *kept)
{
	struct buf text = {0};

	buf_addf(&text, "%s", "");
	for (size_t i = 0; i < d->preserved_snaps.n; i++) {
		char *of = name_dataset(d->preserved_snaps.items[i]);
		if (name_within(of, kept))
			buf_tell(&text, "{zfs release %s %s}; ", d->preserved_holders.items[i],
				 d->preserved_snaps.items[i]);
		free(of);
	}
	return text.data;
}

static void find_kept(struct exam *x)
{
	const struct dataset *d = x->me->d;
	char bytes[NUM_TEXT];

	for (size_t i = 0; i < d->preserved_names.n; i++) {
		const char *kept = d->preserved_names.items[i];
		char *releases = releases_of(d, kept);
		diagnosis_add(
		    x->out, CHECK_OK,
		    "%s on %s preserves what only this side had before it was reverted: %s", kept,
		    x->me->host_name, num_bytes(bytes, d->preserved_used[i]))
		    ->remedy = remedy_fmt("look at it: nothing else has that; when nobody needs it "
					  "any more: on %s, %s{zfs destroy -r %s}",
					  x->me->host_name, releases, kept);
		free(releases);
	}
}

/* What of a tree did not come along stands on its top: it has no place of its own. */
static void find_left_out(struct exam *x)
{
	const struct dataset *d = x->me->d;
	struct error_note note = plan_last_error(d);

	if (note.reason != REASON_LEFT_OUT || !d->recursive)
		return;
	char *name = left_out_name(note.text, d->name);
	const char *word = name != NULL ? name : "DATASET";
	diagnosis_add(x->out, CHECK_WARNING, "the last sync left out a dataset below %s on %s: %s",
		      ME(x), note.text)
	    ->remedy = remedy_fmt("correct that, or exclude the dataset: on %s, {zfs set "
				  "%s:exclude=yes %s}; then {zrep sync %s}",
				  x->me->host_name, x->tag, word, d->src_fs);
	free(name);
}

static void find_writable(struct exam *x)
{
	const struct dataset *d = x->me->d;
	char bytes[NUM_TEXT];

	if (d->role != ROLE_REPLICA || d->readonly)
		return;
	bool written = !dataset_unchanged(d);
	struct err *e = tags_check(x->pair, x->me->side, written ? DEED_ROLLBACK : DEED_READONLY);
	if (e != NULL) { /* somebody else's master may be written to */
		diagnosis_add_err(x->out, CHECK_CRITICAL, e);
		err_free(e);
		return;
	}
	if (written) {
		diagnosis_add(x->out, CHECK_CRITICAL,
			      "the replica %s on %s is not read-only, and %s were written to it",
			      ME(x), num_bytes(bytes, d->written))
		    ->remedy = plan_parted_ways(
		    d->src_fs, name_is_host(d->src_host) ? d->src_host : "the master", d->name,
		    x->me->host_name);
		return;
	}
	diagnosis_add(x->out, CHECK_WARNING,
		      "the replica %s on %s is not read-only; nothing was written to it yet", ME(x))
	    ->mend = str_fmt("sets readonly=on");
	nvlist_t *props = nv_new();
	nv_add_str(props, "readonly", "on");
	plan_add(&x->out->plan, STEP_SET, PHASE_RECORD, x->me->side, d->name)->props = props;
}

static void find_dead_end(struct exam *x)
{
	const struct dataset *d = x->me->d;

	if (!plan_is_dead_end(d))
		return;
	char *anew = plan_anew(d->src_fs, name_is_host(d->src_host) ? d->src_host : "the master",
			       d->dest_fs, name_is_host(d->dest_host) ? d->dest_host : "its host");
	diagnosis_add(
	    x->out, CHECK_CRITICAL,
	    "%s on %s: its last sync was refused, because large blocks were sent before and are "
	    "not now, and ZFS takes no such stream: the pair has no working replica",
	    ME(x))
	    ->remedy = remedy_fmt(
	    "if zrep ran with ZREP_SEND_FLAGS without -L, add -L there and sync again; else %s",
	    anew);
	free(anew);
}

/* What a change of roles set, and somebody else's end of it left; or it is meant to be so. */
static void find_readonly_master(struct exam *x)
{
	struct err *outlived = plan_outlived(x->me->d, x->me->host_name);

	diagnosis_add_err(x->out, CHECK_CRITICAL, outlived);
	err_free(outlived);
	if (!plan_is_readonly_master(x->me->d, pair_end(x->pair, pair_other(x->me->side))->d))
		return;
	diagnosis_add(x->out, CHECK_WARNING,
		      "the master %s on %s cannot be written to: readonly=on is set on it", ME(x))
	    ->remedy = plan_open_again(x->me->d, x->me->host_name);
}

/* A change of the role that was forced, and died or was not allowed to help itself. */
static void find_lost_key(struct exam *x)
{
	const struct dataset *d = x->me->d;

	if (d->role != ROLE_MASTER || d->switch_state.kind != SWITCH_NONE || !keys_is_lost(d))
		return;
	struct err *e = keys_check_one(d, x->me->host_name);
	if (x->me->moves_keys) {
		diagnosis_add(x->out, CHECK_CRITICAL, "%s", e->what)->mend =
		    remedy_fmt("gives it a key of its own; then on %s, {zfs load-key %s}",
			       x->me->host_name, d->name);
		plan_add(&x->out->plan, STEP_KEY_OWN, PHASE_ADJUST, x->me->side, d->name);
	} else {
		diagnosis_add_err(x->out, CHECK_CRITICAL, e);
	}
	err_free(e);
}

static void find_denied(struct exam *x)
{
	struct health h = {0};

	health_tell_denied(&h, CHECK_CRITICAL, x->me->d, x->me->host_name);
	diagnosis_take(x->out, &h);
}

/* What its last sync ended with, or of a replica its last refresh, where nothing that is told anyway is that. */
static void find_last_failure(struct exam *x)
{
	const struct dataset *d = x->me->d;
	struct error_note note = plan_last_error(d);
	bool replica = d->role == ROLE_REPLICA;
	char ago[NUM_TEXT];

	if (note.text == NULL || plan_is_dead_end(d) ||
	    (note.reason == REASON_LEFT_OUT && d->recursive))
		return;
	for (size_t i = 0; i < x->out->n; i++)
		if (strstr(note.text, x->out->findings[i].text) != NULL ||
		    strstr(x->out->findings[i].text, note.text) != NULL)
			return;
	uint64_t now = x->pair->now, since = now > note.time ? now - note.time : 0;
	struct finding *f = diagnosis_add(
	    x->out, plan_fails_again(d) ? CHECK_CRITICAL : CHECK_WARNING,
	    "the last %s of %s on %s failed%s%s%s: %s", replica ? "refresh" : "sync", ME(x),
	    note.time != 0 ? " " : "", note.time != 0 ? num_seconds(ago, since) : "",
	    note.time != 0 ? " ago" : "", note.text);
	f->reason = note.reason;
	f->past = true;
	f->remedy = remedy_fmt(replica ? "if nothing else is told here, it may be over: on %s, "
					 "{zrep refresh %s}"
				       : "if nothing else is told here, it may be over: on %s, "
					 "{zrep sync %s}",
			       x->me->host_name, d->name);
}

void doctor_one(const struct pair *pair, enum pair_side at, struct diagnosis *out)
{
	struct exam x = {pair, pair->tag, pair_end(pair, at), out};

	if (x.me->d == NULL)
		return;
	find_lock(&x);
	find_master(&x);
	find_savecount(&x);
	find_unread(&x);
	find_switch(&x);
	find_writable(&x);
	find_readonly_master(&x);
	find_lost_key(&x);
	find_denied(&x);
	find_old_marks(&x);
	find_unknown(&x);
	find_kept(&x);
	find_left_out(&x);
	find_dead_end(&x);
	find_last_failure(&x);
}
