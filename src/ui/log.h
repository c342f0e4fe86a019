/* What a program that stays says as it goes: a line for people on standard error, or the same with its facts as fields, for the
 * systemd journal, syslog, or as JSON on standard output, an object a line. zrep(8) has the words, zrep-json(5) the fields. */
#ifndef ZREP_UI_LOG_H
#define ZREP_UI_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/ui.h"
#include "util/err.h"

enum log_way { LOG_TO_PEOPLE, LOG_TO_JOURNAL, LOG_TO_SYSLOG, LOG_TO_JSON };

/* "text", "journal", "syslog", "json"; false: it is none of them. */
bool log_way_of(const char *word, enum log_way *out);

struct log_event {
	const char *event;         /* a word */
	const char *dataset, *tag; /* NULL: of none */
	const char *peer;          /* a host; NULL: none */
	const char *text;          /* for people; NULL: the error's */
	const struct err *error;   /* NULL: nothing is wrong */
	const char *snapshot;      /* that was sent; NULL: none was */
	uint64_t bytes;            /* of that */
	double seconds;
};

/* From any thread. */
void log_say(const struct ui *u, enum log_way way, const struct log_event *e);

#endif
