/* What a run says to whoever started it: the only code that prints, besides the files beside this one. Errors and notes
 * go to standard error, results to standard output. A result is said in words (ui_line()) and collected as values
 * (ui_dataset()); of the two, the one is printed that was asked for. Another format than JSON is one more file with a
 * struct ui_format, and the option that chooses it. */
#ifndef ZREP_UI_UI_H
#define ZREP_UI_UI_H

#include <stdbool.h>

#include "ui/record.h"
#include "ui/table.h"
#include "util/cancel.h"
#include "util/err.h"
#include "util/nv.h"

/* How a run is printed when it has ended, where not in words. */
struct finding;

struct ui_format {
	const char *name;
	void (*print)(const nvlist_t *run); /* to standard output */
};

/* What the command line said of it. */
struct ui {
	bool verbose;                   /* -v */
	bool quiet;                     /* --quiet: only what went wrong */
	const struct ui_format *format; /* --json; NULL: words */
	bool debug;                     /* -D */
	bool yes;                       /* -y: nothing is asked, nothing waited for */
	struct cancel *cancel;
	struct record *run; /* what is collected; NULL in words */
};

/* A run begins; `verb` is "" where none was found. */
void ui_begin(struct ui *u, const char *verb, const char *host);

/* It ended with that status: prints what was collected, of every run one object, also where it came to nothing. The exit
 * status: `unsaid` where it was 0 and standard output took not all of it, which is said. */
int ui_end(struct ui *u, int status, int unsaid);

/* --- results --- */

/* What is collected of a dataset, made where there is nothing yet. NULL in words: see record.h. */
struct record *ui_dataset(const struct ui *u, const char *name);

/* One more of the "findings" of a dataset; `level` is the verb's word for its level. */
void ui_add_finding(const struct ui *u, struct record *to, const char *level,
		    const struct finding *f);

/* Why a dataset failed, as "error" and "exit" in its record, and nothing printed. Another one that has an error already
 * is among those of the run. */
void ui_add_error(const struct ui *u, const char *dataset, const struct err *e);

/* A line on standard output, in words only; the line break is added. */
void ui_line(const struct ui *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of what was done, which --quiet leaves out. */
void ui_done(const struct ui *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As wide as the terminal, if that is one. */
void ui_table(const struct ui *u, const struct table *t);
/* What follows on standard error stands behind the lines so far. */
void ui_flush(const struct ui *u);

/* --- errors and notes --- */

/* Text for people, in printable ASCII. The caller frees. */
char *ui_text(const char *text);

/* Prints an error with its remedy, and collects it. Frees it. Returns its exit status; 0 for NULL. From any thread, as
 * ui_note(). */
int ui_error(const struct ui *u, struct err *e);
/* The same of one that is a dataset's. */
int ui_dataset_error(const struct ui *u, const char *dataset, struct err *e);

/* "zrep: ..." to standard error, unless --quiet. */
void ui_note(const struct ui *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* With -D, "zrep: debug: ..." to standard error. From any thread; u is a struct ui. */
void ui_trace(void *u, const char *text);

/* Asks on the terminal; true with -y. Where there is no terminal, an ERR_REFUSED names -y. */
struct err *ui_confirm(const struct ui *u, const char *question);

/* Says what is about to happen, and waits ten seconds for second thoughts; not with -y. Where there is no terminal, an
 * ERR_REFUSED names -y. */
struct err *ui_countdown(const struct ui *u, const char *what);

#endif
