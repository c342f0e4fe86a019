#include "ui/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "util/buf.h"
#include "util/datagram.h"
#include "util/mem.h"

/* sd_journal_send(3)'s; systemd's documents promise that it stays. */
#define JOURNAL "/run/systemd/journal/socket"

static const char *const words[] = {[LOG_TO_PEOPLE] = "text",
				    [LOG_TO_JOURNAL] = "journal",
				    [LOG_TO_SYSLOG] = "syslog",
				    [LOG_TO_JSON] = "json"};

bool log_way_of(const char *word, enum log_way *out)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (enum log_way)i;
			return true;
		}
	return false;
}

/* Printable, and one line. The caller frees. */
static char *text_of(const struct log_event *e)
{
	const char *text = e->text != NULL ? e->text : e->error != NULL ? e->error->what : e->event;

	return ui_text(text);
}

static char *remedy_of(const struct log_event *e)
{
	return e->error != NULL && e->error->remedy != NULL ? ui_text(e->error->remedy) : NULL;
}

static int priority_of(const struct log_event *e)
{
	return e->error != NULL ? LOG_WARNING : LOG_INFO;
}

static void to_json(const struct log_event *e)
{
	struct record *r = record_new();
	char *text = text_of(e), *remedy = remedy_of(e);

	record_u64(r, "time", (uint64_t)time(NULL));
	record_str(r, "event", e->event);
	record_str(r, "dataset", e->dataset);
	record_str(r, "tag", e->tag);
	record_str(r, "peer", e->peer);
	if (e->error != NULL)
		record_str(r, "reason", err_reason_word(e->error->reason));
	record_str(r, "text", text);
	record_str(r, e->error != NULL && e->error->quoted ? "said" : "remedy", remedy);
	record_str(r, "snapshot", e->snapshot);
	if (e->snapshot != NULL) {
		record_u64(r, "bytes", e->bytes);
		record_u64(r, "milliseconds", (uint64_t)(e->seconds * 1000));
	}
	nvlist_t *nv = record_nv(r);
	nvlist_print_json(stdout, nv);
	printf("\n");
	fflush(stdout);
	nv_free(nv);
	record_free(r);
	free(remedy);
	free(text);
}

/* A field, if there is anything in it; what is in it is one line already, or made so. */
static void add_field(struct buf *b, const char *name, const char *value)
{
	char *clean = value != NULL ? str_clean(mem_strdup(value)) : NULL;

	if (clean != NULL)
		buf_addf(b, "%s=%s\n", name, clean);
	free(clean);
}

/* False: nobody has taken it. */
static bool to_journal(const struct log_event *e)
{
	char *text = text_of(e), *remedy = remedy_of(e);
	struct buf b = {0};

	add_field(&b, "MESSAGE", text);
	buf_addf(&b, "PRIORITY=%d\nSYSLOG_IDENTIFIER=zrep\n", priority_of(e));
	add_field(&b, "ZREP_EVENT", e->event);
	add_field(&b, "ZREP_DATASET", e->dataset);
	add_field(&b, "ZREP_TAG", e->tag);
	add_field(&b, "ZREP_PEER", e->peer);
	add_field(&b, "ZREP_REASON", e->error != NULL ? err_reason_word(e->error->reason) : NULL);
	add_field(&b, "ZREP_REMEDY", remedy);
	add_field(&b, "ZREP_SNAPSHOT", e->snapshot);
	if (e->snapshot != NULL)
		buf_addf(&b, "ZREP_BYTES=%" PRIu64 "\n", e->bytes);
	bool ok = datagram_send(JOURNAL, b.data, b.len);
	buf_free(&b);
	free(remedy);
	free(text);
	return ok;
}

static void to_syslog(const struct log_event *e)
{
	char *text = text_of(e), *remedy = remedy_of(e);

	syslog(LOG_DAEMON | priority_of(e), "zrep: %s%s%s", text, remedy != NULL ? " -> " : "",
	       remedy != NULL ? remedy : "");
	free(remedy);
	free(text);
}

static void to_people(const struct ui *u, const struct log_event *e)
{
	if (e->error == NULL) {
		char *text = text_of(e);
		ui_note(u, "%s", text);
		free(text);
		return;
	}
	if (e->dataset != NULL)
		(void)ui_dataset_error(u, e->dataset, err_copy(e->error));
	else
		(void)ui_error(u, err_copy(e->error));
}

void log_say(const struct ui *u, enum log_way way, const struct log_event *e)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&one);
	if (way == LOG_TO_JSON)
		to_json(e);
	else if (way == LOG_TO_SYSLOG)
		to_syslog(e);
	else if (way == LOG_TO_PEOPLE || !to_journal(e)) /* it must be said somewhere */
		to_people(u, e);
	pthread_mutex_unlock(&one);
}
