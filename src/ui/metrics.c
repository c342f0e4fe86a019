#include "ui/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/role/history.h"
#include "util/file.h"
#include "util/mem.h"

/* --- which there are --- */

/* Samples of one name stand together, whatever they are of. */
struct family {
	const char *name, *help;
	bool counter;
};

static const struct family now_families[METRICS_OF_NOW] = {
    [METRIC_MASTER] = {"zrep_master", "1 if this host is the master, 0 if it is not", false},
    [METRIC_EPOCH] = {"zrep_epoch", "Generation of the master's role", false},
    [METRIC_SINCE] = {"zrep_epoch_start_timestamp_seconds",
		      "When the epoch of this master began, by Unix time", false},
    [METRIC_MOVED] = {"zrep_role_change_timestamp_seconds",
		      "When the role moved last, by what is on record, by Unix time", false},
    [METRIC_SWITCHING] = {"zrep_switching",
			  "1 while a change of the role is under way, or left half done", false},
    [METRIC_PAUSED] = {"zrep_paused", "1 if sync all leaves it out", false},
    [METRIC_VERDICT] = {"zrep_verdict",
			"Verdict on this host alone: 0 ok, 1 warning, 2 critical, 3 unknown",
			false},
    [METRIC_CHECK] = {"zrep_check_verdict",
		      "Verdict by both sides: 0 ok, 1 warning, 2 critical, 3 unknown", false},
    [METRIC_RPO] = {"zrep_rpo_seconds", "How old the replica may be", false},
    [METRIC_LAG] = {"zrep_lag_seconds", "How long ago both sides had the same", false},
    [METRIC_SYNCED] = {"zrep_last_success_timestamp_seconds",
		       "When the last sync that succeeded had sent everything, by Unix time",
		       false},
    [METRIC_UNSENT] = {"zrep_unsent_bytes", "Written on the master since, about", false},
    [METRIC_UNSENT_SNAPS] = {"zrep_unsent_snapshots",
			     "Snapshots of the master that the replica does not have", false},
    [METRIC_ERROR_TIME] = {"zrep_last_error_timestamp_seconds",
			   "When the last sync failed, by Unix time; missing since one succeeded",
			   false},
};

static const struct family state_family = {"zrep_state", "1 with the word for how it stands",
					   false};
static const struct family error_family = {
    "zrep_last_error", "1 with the reason of the last failure; missing since a sync succeeded",
    false};

/* --- text --- */

/* As both formats have it: no more than these three need it. */
static void add_label(struct buf *to, const char *name, const char *value, const char *before)
{
	buf_addf(to, "%s%s=\"", before, name);
	for (; *value != '\0'; value++)
		switch (*value) {
		case '\\':
			buf_addf(to, "\\\\");
			break;
		case '"':
			buf_addf(to, "\\\"");
			break;
		case '\n':
			buf_addf(to, "\\n");
			break;
		default:
			buf_add(to, value, 1);
		}
	buf_addf(to, "\"");
}

/* Whole numbers are printed as such: a time in seconds has more digits than %g would leave. */
static void add_value(struct buf *to, double value)
{
	if (value >= 0 && value < 9007199254740992.0 && value == (double)(uint64_t)value)
		buf_addf(to, " %" PRIu64 "\n", (uint64_t)value);
	else
		buf_addf(to, " %.17g\n", value);
}

static void add_head(struct buf *to, const struct metrics *m, const struct family *f)
{
	size_t n = strlen(f->name), cut = f->counter && m->openmetrics ? strlen("_total") : 0;

	buf_addf(to, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)(n - cut), f->name, f->help,
		 (int)(n - cut), f->name, f->counter ? "counter" : "gauge");
}

/* `label` NULL: none beside those that every row has. */
static void add_sample(struct buf *to, const struct family *f, const struct metrics_row *r,
		       const char *label, const char *text, double value)
{
	buf_addf(to, "%s{", f->name);
	add_label(to, "dataset", r->dataset, "");
	add_label(to, "tag", r->tag, ",");
	add_label(to, "peer", r->peer, ",");
	if (label != NULL)
		add_label(to, label, text, ",");
	buf_addf(to, "}");
	add_value(to, value);
}

/* --- rows --- */

struct metrics_row *metrics_add_name(struct metrics *m, const char *dataset)
{
	m->rows = mem_array(m->rows, m->n + 1, sizeof(*m->rows));
	struct metrics_row *r = &m->rows[m->n++];
	*r = (struct metrics_row){.dataset = str_clean(mem_strdup(dataset)),
				  .tag = mem_strdup(m->tag),
				  .peer = mem_strdup("")};
	return r;
}

static void put(struct metrics_row *r, enum metric which, double value)
{
	r->has[which] = true;
	r->value[which] = value;
}

struct metrics_row *metrics_add(struct metrics *m, const struct dataset *d, const struct status *s,
				const struct health *h)
{
	struct metrics_row *r = metrics_add_name(m, d->name);
	uint64_t moved = plan_last_moved(d);

	free(r->peer);
	r->peer = status_peer(d);
	r->state = mem_strdup(status_word(s));
	put(r, METRIC_MASTER, d->role == ROLE_MASTER);
	put(r, METRIC_EPOCH, (double)d->epoch);
	put(r, METRIC_SWITCHING, d->switch_state.kind != SWITCH_NONE);
	put(r, METRIC_PAUSED, d->paused);
	/* As status -m has it: what is paused is told only where it is critical. */
	enum check_level level = health_level(h);
	put(r, METRIC_VERDICT, d->paused && level != CHECK_CRITICAL ? CHECK_OK : level);
	if (d->since != 0)
		put(r, METRIC_SINCE, (double)d->since);
	if (moved != 0)
		put(r, METRIC_MOVED, (double)moved);
	if (d->rpo != 0)
		put(r, METRIC_RPO, (double)d->rpo);
	if (s->last != NULL) {
		put(r, METRIC_LAG, (double)s->lag);
		put(r, METRIC_SYNCED, (double)s->sent);
	}
	if (d->role == ROLE_MASTER) {
		put(r, METRIC_UNSENT, (double)s->bytes);
		put(r, METRIC_UNSENT_SNAPS, (double)s->snaps);
	}
	if (s->error.text != NULL) {
		r->error = mem_strdup(err_reason_word(s->error.reason));
		if (s->error.time != 0)
			put(r, METRIC_ERROR_TIME, (double)s->error.time);
	}
	return r;
}

void metrics_check(struct metrics_row *row, enum check_level level)
{
	put(row, METRIC_CHECK, level);
}

void metrics_count(struct metrics_row *row, const struct metrics_counters *c)
{
	if (row->counters == NULL)
		row->counters = mem_zalloc(sizeof(*c));
	*row->counters = *c;
}

void metrics_free(struct metrics *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct metrics_row *r = &m->rows[i];
		free(r->dataset);
		free(r->tag);
		free(r->peer);
		free(r->state);
		free(r->error);
		free(r->counters);
	}
	free(m->rows);
	m->rows = NULL;
	m->n = 0;
}

/* --- counters --- */

enum counted { ROUNDS, SYNCS, BYTES, LAST_SECONDS, LAST_BYTES, COUNTED };

static const struct family counted_families[COUNTED] = {
    [ROUNDS] = {"zrep_rounds_total", "Rounds in which the dataset was looked at", true},
    [SYNCS] = {"zrep_syncs_total", "Syncs that sent something, and succeeded", true},
    [BYTES] = {"zrep_sent_bytes_total", "Sent by syncs that succeeded", true},
    [LAST_SECONDS] = {"zrep_last_sync_duration_seconds",
		      "How long the last sync took that sent something", false},
    [LAST_BYTES] = {"zrep_last_sync_bytes", "What the last sync sent that sent something", false},
};
static const struct family errors_family = {"zrep_errors_total", "Syncs that failed, by reason",
					    true};

/* False: it is not known. */
static bool counted(const struct metrics_counters *c, enum counted which, double *value)
{
	switch (which) {
	case ROUNDS:
		*value = (double)c->rounds;
		return true;
	case SYNCS:
		*value = (double)c->syncs;
		return true;
	case BYTES:
		*value = (double)c->bytes;
		return true;
	case LAST_SECONDS:
		*value = c->last_seconds;
		return c->last_seconds >= 0;
	case LAST_BYTES:
		*value = (double)c->last_bytes;
		return c->last_seconds >= 0;
	case COUNTED:
		break;
	}
	return false;
}

static void print_errors(const struct metrics *m, struct buf *out)
{
	add_head(out, m, &errors_family);
	for (size_t i = 0; i < m->n; i++)
		for (int why = 0; m->rows[i].counters != NULL && why < REASON_COUNT; why++)
			/* Of others there is nothing to see until they come. */
			if (m->rows[i].counters->errors[why] != 0)
				add_sample(out, &errors_family, &m->rows[i], "reason",
					   err_reason_word((enum err_reason)why),
					   (double)m->rows[i].counters->errors[why]);
}

static void print_counted(const struct metrics *m, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < m->n; i++)
		any = any || m->rows[i].counters != NULL;
	if (!any)
		return;
	for (int k = 0; k < COUNTED; k++) {
		add_head(out, m, &counted_families[k]);
		for (size_t i = 0; i < m->n; i++) {
			const struct metrics_row *r = &m->rows[i];
			double value;
			if (r->counters != NULL && counted(r->counters, (enum counted)k, &value))
				add_sample(out, &counted_families[k], r, NULL, NULL, value);
		}
	}
	print_errors(m, out);
}

/* --- all of it --- */

static void print_words(const struct metrics *m, const struct family *f, const char *label,
			bool errors, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < m->n; i++) {
		const struct metrics_row *r = &m->rows[i];
		const char *word = errors ? r->error : r->state;
		if (word == NULL)
			continue;
		if (!any)
			add_head(out, m, f);
		any = true;
		add_sample(out, f, r, label, word, 1);
	}
}

/* Of the run itself. A host may have a file for each tag, so that these have one, too. */
static void print_run(const struct metrics *m, struct buf *out)
{
	static const struct family build = {"zrep_build_info", "1 with the version of zrep", false},
				   when = {"zrep_collected_timestamp_seconds",
					   "When these numbers were read, by Unix time", false},
				   failed = {"zrep_collection_failed",
					     "1 if some dataset could not be looked at", false};

	add_head(out, m, &build);
	buf_addf(out, "%s{", build.name);
	add_label(out, "tag", m->tag, "");
	add_label(out, "version", m->version, ",");
	buf_addf(out, "} 1\n");
	add_head(out, m, &when);
	buf_addf(out, "%s{", when.name);
	add_label(out, "tag", m->tag, "");
	buf_addf(out, "} %" PRIu64 "\n", m->now);
	add_head(out, m, &failed);
	buf_addf(out, "%s{", failed.name);
	add_label(out, "tag", m->tag, "");
	buf_addf(out, "} %d\n", m->failed);
}

void metrics_print(const struct metrics *m, struct buf *out)
{
	print_run(m, out);
	print_words(m, &state_family, "state", false, out);
	for (int k = 0; k < METRICS_OF_NOW; k++) {
		bool any = false;
		for (size_t i = 0; i < m->n; i++) {
			if (!m->rows[i].has[k])
				continue;
			if (!any)
				add_head(out, m, &now_families[k]);
			any = true;
			add_sample(out, &now_families[k], &m->rows[i], NULL, NULL,
				   m->rows[i].value[k]);
		}
	}
	print_words(m, &error_family, "reason", true, out);
	print_counted(m, out);
	/* OpenMetrics ends so; to the other format it is a comment. */
	buf_addf(out, "# EOF\n");
}

void metrics_say(const struct metrics *m, const struct ui *u)
{
	struct buf text = {0};

	metrics_print(m, &text);
	if (u->format == NULL)
		fwrite(text.data, 1, text.len, stdout);
	buf_free(&text);
}

struct err *metrics_write_file(const struct metrics *m, const char *path)
{
	struct buf text = {0};

	metrics_print(m, &text);
	struct err *e = file_replace(path, &text);
	buf_free(&text);
	return e;
}
