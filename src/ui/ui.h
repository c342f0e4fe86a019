/* What a run says to whoever started it: the only code that prints, besides the files beside this one. Errors and notes
 * go to standard error, results to standard output. */
#ifndef ZREP_UI_UI_H
#define ZREP_UI_UI_H

#include <stdbool.h>

#include "ui/remedy.h"
#include "util/cancel.h"
#include "util/err.h"
#include "util/nv.h"

/* What the command line said of it. */
struct ui {
	const char
	    *tag; /* of the pairs, where commands in texts have to name it; NULL: they need not */
	remedy_verb_fn takes_tag;
	bool verbose; /* -v */
	bool quiet;   /* --quiet: only what went wrong */
	bool json;    /* --json */
	bool debug;   /* -D */
	bool yes;     /* -y: nothing is asked, nothing waited for */
	struct cancel *cancel;
};

/* Text for people: with the tag in its commands (see remedy_with_tag()), in printable ASCII. The caller frees. */
char *ui_text(const struct ui *u, const char *text);

/* Prints an error with its remedy. Frees it. Returns its exit status; 0 for NULL. */
int ui_error(const struct ui *u, struct err *e);

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
