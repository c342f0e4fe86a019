#include "ui/plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/health/finding.h"
#include "util/mem.h"
#include "util/num.h"

/* Datasets that the one line tells about. */
#define TOLD 3

static const char *const words[] = {
    [CHECK_OK] = "ok",
    [CHECK_WARNING] = "warning",
    [CHECK_CRITICAL] = "critical",
    [CHECK_UNKNOWN] = "unknown",
};
static const char *const headings[] = {
    [CHECK_OK] = "OK",
    [CHECK_WARNING] = "WARNING",
    [CHECK_CRITICAL] = "CRITICAL",
    [CHECK_UNKNOWN] = "UNKNOWN",
};

const struct finding *plugin_worst(const struct health *h)
{
	size_t i = 0;

	while (h->findings[i].level != health_level(h))
		i++;
	return &h->findings[i];
}

static enum check_level worst_of(const struct plugin *m)
{
	enum check_level worst = CHECK_OK;

	for (size_t i = 0; i < m->n; i++)
		worst = check_worse(worst, health_level(&m->healths[i]));
	return worst;
}

/* "text (remedy)". */
static void add_finding(struct buf *to, const struct finding *f)
{
	buf_addf(to, "%s", f->text);
	if (f->remedy != NULL)
		buf_addf(to, " (%s)", f->remedy);
}

/* The worst of the datasets that are not well. */
static void tell_worst(const struct plugin *m, struct buf *to)
{
	static const enum check_level order[] = {CHECK_CRITICAL, CHECK_UNKNOWN, CHECK_WARNING};
	size_t all = 0;

	for (size_t o = 0; o < ARRAY_LEN(order); o++)
		for (size_t i = 0; i < m->n; i++) {
			if (health_level(&m->healths[i]) != order[o] || ++all > TOLD)
				continue;
			buf_addf(to, "%s%s: ", all > 1 ? "; " : "", m->names[i]);
			add_finding(to, plugin_worst(&m->healths[i]));
		}
	if (all > TOLD)
		buf_addf(to, "; and %zu more", all - TOLD);
}

/* Of all datasets: the longest lag, and the sum of what is not sent. */
static struct health sum_of(const struct plugin *m)
{
	struct health s = {0};

	for (size_t i = 0; i < m->n; i++) {
		const struct health *h = &m->healths[i];
		if (h->lag_known && h->lag > s.lag)
			s.lag = h->lag;
		s.lag_known = s.lag_known || h->lag_known;
		if (__builtin_add_overflow(s.unsent, h->unsent, &s.unsent))
			s.unsent = UINT64_MAX;
		s.unsent_known = s.unsent_known || h->unsent_known;
	}
	return s;
}

/* '|' begins the numbers, in the lines that follow the first as well. The caller frees. */
static char *plain(const struct buf *text)
{
	char *said = ui_text(buf_str(text));

	for (char *p = said; (p = strchr(p, '|')) != NULL;)
		*p = '/';
	return said;
}

static void print_line(const struct ui *u, enum check_level level, const struct buf *text,
		       const char *numbers)
{
	char *said = plain(text);

	ui_line(u, "ZREP %s - %s%s%s", headings[level], said, *numbers ? " | " : "", numbers);
	free(said);
}

static void print_text(const struct ui *u, const struct plugin *m, enum check_level level)
{
	struct health s = sum_of(m);
	struct buf text = {0}, numbers = {0};
	char lag[NUM_TEXT], bytes[NUM_TEXT];

	if (level == CHECK_OK) {
		buf_addf(&text, "%zu dataset%s", m->n, m->n == 1 ? "" : "s");
		if (m->n > 0)
			buf_addf(&text, ", worst lag %s", num_seconds(lag, s.lag));
		if (s.unsent_known)
			buf_addf(&text, ", %s not sent", num_bytes(bytes, s.unsent));
	} else {
		tell_worst(m, &text);
	}
	if (m->paused > 0)
		buf_addf(&text, "%s%zu paused", text.len > 0 ? ", " : "", m->paused);
	if (s.lag_known)
		buf_addf(&numbers, "lag=%" PRIu64 "s", s.lag);
	if (s.lag_known && m->max_lag != 0)
		buf_addf(&numbers, ";;%" PRIu64, m->max_lag);
	if (s.unsent_known)
		buf_addf(&numbers, "%sunsent=%" PRIu64 "B", s.lag_known ? " " : "", s.unsent);
	print_line(u, level, &text, buf_str(&numbers));
	buf_free(&text);
	buf_free(&numbers);
}

static void print_findings(const struct ui *u, const struct plugin *m)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t f = 0; f < m->healths[i].n; f++) {
			const struct finding *one = &m->healths[i].findings[f];
			struct buf text = {0};
			buf_addf(&text, "%s: %s: ", m->names[i], words[one->level]);
			add_finding(&text, one);
			char *said = plain(&text);
			ui_line(u, "%s", said);
			free(said);
			buf_free(&text);
		}
}

static void collect(const struct ui *u, const struct plugin *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct health *h = &m->healths[i];
		struct record *one = ui_dataset(u, m->names[i]);
		record_str(one, "state", words[health_level(h)]);
		record_u64(one, "exit", (uint64_t)health_level(h));
		if (h->lag_known)
			record_u64(one, "lag", h->lag);
		if (h->unsent_known)
			record_u64(one, "unsent_bytes", h->unsent);
		record_list(one, "findings");
		for (size_t f = 0; f < h->n; f++)
			ui_add_finding(u, one, words[h->findings[f].level], &h->findings[f]);
	}
}

int plugin_print(const struct ui *u, const struct plugin *m)
{
	enum check_level level = worst_of(m);

	collect(u, m);
	print_text(u, m, level);
	if (u->verbose)
		print_findings(u, m);
	return (int)level;
}

int plugin_unknown(const struct ui *u, struct err *e)
{
	struct buf text = {0};

	if (u->format != NULL) {
		ui_error(u, e);
		return CHECK_UNKNOWN;
	}
	buf_addf(&text, "%s", e->what);
	if (e->remedy != NULL)
		buf_addf(&text, " (%s)", e->remedy);
	print_line(u, CHECK_UNKNOWN, &text, "");
	buf_free(&text);
	err_free(e);
	return CHECK_UNKNOWN;
}
