#include "ui/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ui/remedy.h"
#include "util/mem.h"

char *ui_text(const struct ui *u, const char *text)
{
	return str_clean(remedy_with_tag(text, u->tag, u->takes_tag));
}

int ui_error(const struct ui *u, struct err *e)
{
	if (e == NULL)
		return 0;
	int kind = e->kind;
	char *what = ui_text(u, e->what), *remedy = e->remedy ? ui_text(u, e->remedy) : NULL;
	fprintf(stderr, "zrep: %s\n", what);
	if (remedy != NULL)
		fprintf(stderr, "      -> %s\n", remedy);
	free(what);
	free(remedy);
	err_free(e);
	return kind;
}

void ui_note(const struct ui *u, const char *fmt, ...)
{
	va_list ap;

	if (u->quiet)
		return;
	va_start(ap, fmt);
	char *text = str_vfmt(fmt, ap);
	va_end(ap);
	char *said = ui_text(u, text);
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
		    err_new(ERR_REFUSED, "%s: there is no terminal to ask on", question),
		    "say -y if it is meant");
	fprintf(stderr, "%s? [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) != NULL && (*answer == 'y' || *answer == 'Y'))
		return NULL;
	return err_new(ERR_REFUSED, "nothing was done");
}

#define COUNTDOWN 10

struct err *ui_countdown(const struct ui *u, const char *what)
{
	char *clean = ui_text(u, what);
	struct err *e = NULL;

	if (u->yes)
		ui_note(u, "%s", clean);
	else if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		e = err_remedy(err_new(ERR_REFUSED, "%s: there is no terminal to wait on", clean),
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
	return err_new(ERR_REFUSED, "stopped: nothing was done");
}
