#include "cli/failover_say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/switchover.h"
#include "util/mem.h"
#include "util/remedy.h"

/* What became of one that was to make way. */
static const char *offer_word(const struct switchover *r, const struct dataset *d)
{
	if (d == NULL || d->switch_state.kind != SWITCH_DEMOTING)
		return "resting";
	return r->alone ? "in doubt" : "offered";
}

static void record_job(const struct switchover *r, size_t i)
{
	const struct job *j = &r->w.jobs[i];
	const struct dataset *d = job_home(j)->d;
	struct record *one = ui_dataset(&r->c->ui, j->name);

	record_str(one, "status",
		   r->failures[i]                ? "failed"
		   : r->already[i] && !r->offers ? "unchanged"
		   : r->offers                   ? offer_word(r, d)
						 : "moved");
	if (d != NULL) {
		record_str(one, "role", d->role == ROLE_MASTER ? "master" : "replica");
		record_u64(one, "epoch", d->epoch);
	}
	if (j->peer_at != NULL && j->peer_name != NULL) {
		char *peer = str_fmt("%s:%s", j->peer_at, j->peer_name);
		record_str(one, "peer", peer);
		free(peer);
	}
}

static void say_offered(const struct switchover *r, size_t i)
{
	const struct job *j = &r->w.jobs[i];
	const struct dataset *d = job_home(j)->d;
	const char *already = r->already[i] ? "already " : "";
	char *text;

	if (d->switch_state.kind == SWITCH_DEMOTING && !r->alone)
		text = remedy_fmt(
		    "%s on %s has %smade way for %s on %s, which may take its role as "
		    "of epoch %" PRIu64 "; to take it: on %s, {zrep takeover %s}; to "
		    "take it back: on %s, {zrep takeover %s}",
		    j->name, r->c->self, already, d->dest_fs, d->dest_host, d->switch_state.epoch,
		    d->dest_host, d->dest_fs, r->c->self, j->name);
	else if (d->switch_state.kind == SWITCH_DEMOTING)
		text = remedy_fmt(
		    "%s on %s is read-only, and %s on %s may have been offered its role, as "
		    "of epoch %" PRIu64
		    "; if it was not, this one stays read-only until it is taken back: on %s, "
		    "{zrep takeover %s}, which asks that first",
		    j->name, r->c->self, d->dest_fs, d->dest_host, d->switch_state.epoch,
		    r->c->self, j->name);
	else
		text = remedy_fmt("%s on %s has %smade way, and nobody was offered its role; to "
				  "take it back: on %s, {zrep takeover %s}",
				  j->name, r->c->self, already, r->c->self, j->name);
	ui_done(&r->c->ui, "%s", text);
	free(text);
}

static void say_done(const struct switchover *r, size_t i)
{
	const struct job *j = &r->w.jobs[i];
	const struct dataset *d = job_home(j)->d;
	char window[64] = "", *there;

	if (r->failures[i] != NULL || d == NULL)
		return;
	if (r->offers) {
		say_offered(r, i);
		return;
	}
	if (!r->already[i] && r->readonly_seconds > 0)
		snprintf(window, sizeof(window), " (read-only for %.1f s)", r->readonly_seconds);
	const char *other = d->role == ROLE_MASTER ? d->dest_host : d->src_host;
	const char *other_fs = d->role == ROLE_MASTER ? d->dest_fs : d->src_fs;
	if (r->alone || j->not_asked)
		there = str_fmt("%s on %s was not asked", other_fs, other);
	else if (j->why_away != NULL)
		there = str_fmt("%s cannot be told now: the next sync does that", other);
	else
		there = str_fmt("%s on %s is the %s%s", other_fs, other,
				d->role == ROLE_MASTER ? "replica" : "master", window);
	ui_done(&r->c->ui, "%s on %s is %s%s of epoch %" PRIu64 "; %s", j->name, r->c->self,
		r->already[i] ? "already " : "",
		d->role == ROLE_MASTER ? "the master" : "a replica", d->epoch, there);
	free(there);
}

void failover_say(const struct switchover *r, size_t i)
{
	record_job(r, i);
	say_done(r, i);
}
