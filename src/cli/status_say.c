#include "cli/status_say.h"

#include <inttypes.h>
#include <stdlib.h>

#include "plan/health/status.h"
#include "plan/retention/give_up.h"
#include "state/props.h"
#include "ui/table.h"
#include "ui/ui.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/remedy.h"

static const char *role_word(const struct dataset *d)
{
	switch (d->role) {
	case ROLE_MASTER:
		return "master";
	case ROLE_REPLICA:
		return "replica";
	case ROLE_BROKEN:
		return "broken";
	case ROLE_NONE:
		break;
	}
	return "none";
}

void status_say_record(const struct ui *u, const struct dataset *d, const struct status *s)
{
	struct record *one = ui_dataset(u, d->name), *last;
	char *peer = status_peer(d);

	record_str(one, "role", role_word(d));
	record_str(one, "state", status_word(s));
	record_str(one, "peer", peer);
	record_str(one, "type", d->type == TYPE_VOLUME ? "volume" : "filesystem");
	if (s->last != NULL) {
		record_str(one, "snapshot", s->last->name);
		record_u64(one, "synced", s->sent);
		record_u64(one, "lag", s->lag);
	}
	record_u64(one, "unsent_snapshots", s->snaps);
	record_u64(one, "unsent_bytes", s->bytes);
	if (d->role == ROLE_MASTER && d->pinned_known) {
		record_u64(one, "pinned", d->pinned);
		record_flag(one, "releasable", plan_can_give_up(d));
	}
	record_u64(one, "savecount", d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	record_flag(one, "savecount_bad", d->savecount_bad);
	if (d->keep_text != NULL) {
		record_str(one, "keep", d->keep_text);
		record_flag(one, "keep_bad", d->keep_bad);
	}
	if (d->rpo_text != NULL) {
		record_str(one, "rpo", d->rpo_text);
		record_flag(one, "rpo_bad", d->rpo_bad);
	}
	if (d->quotas_text != NULL) {
		record_str(one, "quotas", d->quotas_text);
		record_flag(one, "quotas_bad", d->quotas_bad);
	}
	if (d->limits != NULL) {
		char *limits = props_print(d->limits);
		record_str(one, "limits", limits);
		free(limits);
	}
	record_u64(one, "epoch", d->epoch);
	if (d->since != 0)
		record_u64(one, "since", d->since);
	record_str(one, "switch", d->switch_text);
	record_flag(one, "paused", d->paused);
	if (s->error.text != NULL) {
		last = record_map(one, "last_error");
		record_u64(last, "time", s->error.time);
		record_str(last, "reason", err_reason_word(s->error.reason));
		record_str(last, "text", s->error.text);
	}
	free(peer);
}

void status_say_row(struct table *t, const struct dataset *d, const struct status *s,
		    const char *format)
{
	char text[NUM_TEXT], when[NUM_TIME];
	char *peer = status_peer(d), *unsent;

	table_cell(t, d->name);
	table_cell(t, peer);
	table_cell(t, num_time_as(when, format, s->sent));
	table_cell(t, s->last ? num_seconds(text, s->lag) : "-");
	unsent = d->role == ROLE_MASTER ? mem_strdup(num_bytes(text, s->bytes)) : mem_strdup("-");
	table_cell(t, unsent);
	table_cell(t, status_word(s));
	free(unsent);
	free(peer);
}

void status_say_long(const struct ui *u, const struct dataset *d, const struct status *s,
		     const char *format)
{
	char when[NUM_TIME], a[NUM_TEXT], b[NUM_TEXT];
	char *peer = status_peer(d);

	ui_line(u, "%s", d->name);
	ui_line(u, "  %-12s %s%s", "role", role_word(d), d->paused ? ", paused" : "");
	ui_line(u, "  %-12s %s", d->role == ROLE_REPLICA ? "source" : "destination", peer);
	ui_line(u, "  %-12s %s", "synced", s->last ? num_time_as(when, format, s->sent) : "never");
	if (s->last != NULL)
		ui_line(u, "  %-12s @%s, %s ago", "", s->last->name, num_seconds(a, s->lag));
	if (d->role == ROLE_MASTER)
		ui_line(u, "  %-12s %s, %" PRIu64 " snapshots", "unsent", num_bytes(b, s->bytes),
			s->snaps);
	if (d->role == ROLE_MASTER && d->pinned_known) {
		char *way =
		    plan_can_give_up(d)
			? remedy_fmt("; `{zrep expire --release %s}` gives it back", d->name)
			: mem_strdup("");
		ui_line(u, "  %-12s %s kept for the replica%s", "pinned", num_bytes(b, d->pinned),
			way);
		free(way);
	}
	if (d->savecount_bad)
		ui_line(u, "  %-12s not a number above 0: nothing is expired", "savecount");
	else
		ui_line(u, "  %-12s %" PRIu64 "", "savecount",
			d->savecount ? d->savecount : SAVECOUNT_DEFAULT);
	if (d->keep_text != NULL)
		ui_line(u, "  %-12s %s%s", "keep", d->keep_text,
			d->keep_bad ? " (cannot be read: nothing is expired)" : "");
	if (d->rpo_text != NULL)
		ui_line(u, "  %-12s %s%s", "rpo", d->rpo_text,
			d->rpo_bad ? " (cannot be read: nobody is told)" : "");
	if (d->quotas_text != NULL)
		ui_line(u, "  %-12s %s%s", "quotas", d->quotas_text,
			d->quotas_bad ? " (cannot be read: counts as yes)" : "");
	if (d->limits != NULL) {
		char *limits = props_print(d->limits);
		ui_line(u, "  %-12s %s (as the master)", "limits", limits);
		free(limits);
	}
	ui_line(u, "  %-12s %" PRIu64 "%s%s", "epoch", d->epoch, d->since ? ", since " : "",
		d->since ? num_time_as(when, format, d->since) : "");
	ui_line(u, "  %-12s %s", "state", status_word(s));
	if (d->switch_text != NULL)
		ui_line(u, "  %-12s %s", "change", d->switch_text);
	if (s->error.text != NULL)
		ui_line(u, "  %-12s %s: %s", "last error", num_time_as(when, format, s->error.time),
			s->error.text);
	free(peer);
}
