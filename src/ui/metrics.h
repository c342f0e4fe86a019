/* What is known of datasets as numbers for Prometheus: by name of the metric, then by dataset, tag and peer. The text is
 * what Prometheus' own format and OpenMetrics have in common, so that both a textfile collector and a scrape take it; but for
 * the type of counters, which the two name differently. */
#ifndef ZREP_UI_METRICS_H
#define ZREP_UI_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/health/status.h"
#include "ui/ui.h"
#include "util/buf.h"
#include "util/err.h"

/* The numbers of a dataset at one moment; see the table in metrics.c. */
enum metric {
	METRIC_MASTER,
	METRIC_EPOCH,
	METRIC_SINCE,
	METRIC_MOVED,
	METRIC_SWITCHING,
	METRIC_PAUSED,
	METRIC_VERDICT,
	METRIC_CHECK,
	METRIC_RPO,
	METRIC_LAG,
	METRIC_SYNCED,
	METRIC_UNSENT,
	METRIC_UNSENT_SNAPS,
	METRIC_ERROR_TIME,
	METRICS_OF_NOW,
};

/* What only a process that stays has: what it has counted of a dataset since it began. */
struct metrics_counters {
	uint64_t rounds; /* in which the dataset was looked at */
	uint64_t syncs;  /* that sent something, and succeeded */
	uint64_t bytes;  /* sent by those */
	uint64_t errors[REASON_COUNT];
	/* Of the last one that sent something; seconds < 0: there was none. */
	double last_seconds;
	uint64_t last_bytes;
};

struct metrics_row {
	char *dataset, *tag, *peer; /* peer: "HOST:DATASET" */
	bool has[METRICS_OF_NOW];
	double value[METRICS_OF_NOW];
	char *state,
	    *error; /* status_word(); the reason of the last failure, NULL: there is none */
	struct metrics_counters *counters; /* NULL: nobody counts */
};

struct metrics {
	const char *tag, *version;
	uint64_t now; /* Unix time */
	bool
	    openmetrics; /* counters are for OpenMetrics; else for Prometheus' text format, as textfile collectors read it */
	bool failed; /* some dataset could not be looked at */
	struct metrics_row *rows;
	size_t n;
};

/* A row of a dataset, as status and status -m have found it; all is copied. Good until the next one is added. */
struct metrics_row *metrics_add(struct metrics *m, const struct dataset *d, const struct status *s,
				const struct health *h);
/* A row of which nothing is known but that it is there. */
struct metrics_row *metrics_add_name(struct metrics *m, const char *dataset);

/* check's verdict of it, which has asked both sides. */
void metrics_check(struct metrics_row *row, enum check_level level);

/* Copied. */
void metrics_count(struct metrics_row *row, const struct metrics_counters *c);

/* All of it as text. */
void metrics_print(const struct metrics *m, struct buf *out);

/* The same on standard output; nothing where another format was asked for. */
void metrics_say(const struct metrics *m, const struct ui *u);

/* The same into a file, which has all of it or what it had: a temporary one beside it (".NAME.XXXXXX", which no collector
 * reads) takes its place. Readable for all. From any thread. */
struct err *metrics_write_file(const struct metrics *m, const char *path);

void metrics_free(struct metrics *m);

#endif
