#include "ui/ui.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plan/health/finding.h"
#include "util/mem.h"
#include "util/remedy.h"

/* One error or note at a time: parts of a run say theirs from threads of their own. */
static pthread_mutex_t saying = PTHREAD_MUTEX_INITIALIZER;

char *ui_text(const char *text)
{
	return str_clean(mem_strdup(text));
}

/* --- what is collected --- */

/* What zrep-json(5) describes; another number when a field goes, or means something else. */
#define SCHEMA 1

void ui_begin(struct ui *u, const char *verb, const char *host)
{
	if (u->format == NULL)
		return;
	u->run = record_new();
	record_u64(u->run, "schema", SCHEMA);
	record_str(u->run, "verb", verb);
	record_str(u->run, "host", host);
	record_u64(u->run, "exit", 0); /* so that it stands here */
	(void)record_map(u->run, "datasets");
	record_list(u->run, "errors");
}

static void print_run(struct ui *u, int status)
{
	struct record *datasets = record_map(u->run, "datasets"), *one;
	for (size_t i = 0; (one = record_nth(datasets, i)) != NULL; i++)
		if (!record_has(one, "exit"))
			record_u64(one, "exit", 0);
	record_u64(u->run, "exit", (uint64_t)status);
	nvlist_t *nv = record_nv(u->run);
	u->format->print(nv);
	nv_free(nv);
	record_free(u->run);
	u->run = NULL;
}

/* Why standard output was not written to, at an earlier flush: what that could not write is not tried again. */
static atomic_int lost_for;

int ui_end(struct ui *u, int status, int unsaid)
{
	if (u->run != NULL)
		print_run(u, status);
	ui_flush(u);
	int why = atomic_load(&lost_for);
	if (why == 0 && !ferror(stdout))
		return status;
	if (why != EPIPE) /* else whoever read it has gone, and knows */
		fprintf(stderr, "zrep: standard output cannot be written%s%s\n",
			why != 0 ? ": " : "", why != 0 ? strerror(why) : "");
	return status == 0 ? unsaid : status;
}

struct record *ui_dataset(const struct ui *u, const char *name)
{
	return record_map(record_map(u->run, "datasets"), name);
}

/* Text for people in a record, see ui_text(). NULL adds nothing. */
static void add_text(struct record *to, const char *key, const char *text)
{
	if (to == NULL || text == NULL)
		return;
	char *said = ui_text(text);
	record_str(to, key, said);
	free(said);
}

/* What another host says to do is no remedy of ours: whoever pastes remedies does not paste that. */
static void add_remedy(struct record *to, const char *text, bool quoted)
{
	if (!quoted)
		add_text(to, "remedy", text);
	else if (to != NULL && text != NULL)
		record_str(to, "said", text);
}

void ui_add_finding(const struct ui *u, struct record *to, const char *level,
		    const struct finding *f)
{
	struct record *one = record_item(to, "findings");

	record_str(one, "level", level);
	if (f->reason != REASON_NONE)
		record_str(one, "reason", err_reason_word(f->reason));
	add_text(one, "text", f->text);
	add_text(one, "fix", f->mend);
	add_remedy(one, f->remedy, f->quoted);
}

static const char *const kinds[] = {
    [ERR_FAILED] = "failed",           [ERR_USAGE] = "usage",
    [ERR_REFUSED] = "refused",         [ERR_BUSY] = "busy",
    [ERR_UNREACHABLE] = "unreachable",
};

static void fill_error(struct record *to, const struct err *e)
{
	record_str(to, "kind", kinds[e->kind]);
	record_str(to, "reason", err_reason_word(e->reason));
	char *what = ui_text(e->what);
	record_str(to, "text", what);
	free(what);
	add_remedy(to, e->remedy, e->quoted);
}

void ui_add_error(const struct ui *u, const char *dataset, const struct err *e)
{
	struct record *d = ui_dataset(u, dataset), *to;

	if (d == NULL)
		return;
	if (!record_has(d, "exit")) {
		record_u64(d, "exit", e->kind);
		to = record_map(d, "error");
	} else {
		to = record_item(u->run, "errors");
		record_str(to, "dataset", dataset);
	}
	fill_error(to, e);
}

/* --- words --- */

static void print_line(const char *fmt, va_list ap)
{
	vprintf(fmt, ap);
	putchar('\n');
}

void ui_line(const struct ui *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (u->format == NULL)
		print_line(fmt, ap);
	va_end(ap);
}

void ui_done(const struct ui *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (u->format == NULL && !u->quiet)
		print_line(fmt, ap);
	va_end(ap);
}

void ui_table(const struct ui *u, const struct table *t)
{
	if (u->format == NULL)
		table_print(t, table_width(STDOUT_FILENO), stdout);
}

void ui_flush(const struct ui *u)
{
	(void)u;
	if (fflush(stdout) != 0 && atomic_load(&lost_for) == 0)
		atomic_store(&lost_for, errno);
}

/* Frees it. */
static int print_error(const struct ui *u, struct err *e)
{
	int kind = e->kind;
	char *what = ui_text(e->what);
	char *remedy = e->remedy && !e->quoted ? ui_text(e->remedy) : NULL;

	fprintf(stderr, "zrep: %s\n", what);
	if (e->quoted)
		fprintf(stderr, "      %s\n", e->remedy);
	else if (remedy != NULL)
		fprintf(stderr, "      -> %s\n", remedy);
	free(what);
	free(remedy);
	err_free(e);
	return kind;
}

int ui_error(const struct ui *u, struct err *e)
{
	if (e == NULL)
		return 0;
	pthread_mutex_lock(&saying);
	if (u->run != NULL)
		fill_error(record_item(u->run, "errors"), e);
	int kind = print_error(u, e);
	pthread_mutex_unlock(&saying);
	return kind;
}

int ui_dataset_error(const struct ui *u, const char *dataset, struct err *e)
{
	if (e == NULL)
		return 0;
	ui_add_error(u, dataset, e);
	return print_error(u, e);
}

void ui_note(const struct ui *u, const char *fmt, ...)
{
	va_list ap;

	if (u->quiet)
		return;
	va_start(ap, fmt);
	char *text = remedy_vfmt(fmt, ap);
	va_end(ap);
	char *said = ui_text(text);
	fprintf(stderr, "zrep: %s\n", said);
	free(said);
	free(text);
}

void ui_trace(void *u, const char *text)
{
	if (!((const struct ui *)u)->debug)
		return;
	char *clean = str_clean(mem_strdup(text));
	fprintf(stderr, "zrep: debug: %s\n", clean);
	free(clean);
}

struct err *ui_confirm(const struct ui *u, const char *question)
{
	char answer[16] = "";

	if (u->yes)
		return NULL;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_remedy(
		    err_refuse(REASON_DECLINED, "%s: there is no terminal to ask on", question),
		    "say -y if it is meant");
	fprintf(stderr, "%s? [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) != NULL && (*answer == 'y' || *answer == 'Y'))
		return NULL;
	return err_refuse(REASON_DECLINED, "nothing was done");
}

#define COUNTDOWN 10

struct err *ui_countdown(const struct ui *u, const char *what)
{
	char *clean = ui_text(what);
	struct err *e = NULL;

	if (u->yes)
		ui_note(u, "%s", clean);
	else if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		e = err_remedy(
		    err_refuse(REASON_DECLINED, "%s: there is no terminal to wait on", clean),
		    "say -y if it is meant");
	else
		fprintf(stderr, "zrep: %s\n", clean);
	free(clean);
	if (e != NULL || u->yes)
		return e;
	for (int left = COUNTDOWN; left > 0 && !cancelled(u->cancel); left--) {
		fprintf(stderr, "\r      -> %d s left to stop it with ^C ", left);
		fflush(stderr);
		nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
	fprintf(stderr, "\n");
	if (!cancelled(u->cancel))
		return NULL;
	atomic_store(&u->cancel->signal, 0); /* that was the answer */
	return err_refuse(REASON_DECLINED, "stopped: nothing was done");
}
