#include "engine/task.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util/clock.h"

void task_fail(struct task *t, struct err *e)
{
	if (e != NULL && t->cancel != NULL && cancelled(t->cancel) &&
	    (e->kind == ERR_FAILED || e->kind == ERR_UNREACHABLE))
		err_because(e, REASON_INTERRUPTED);
	t->error = err_first(t->error, e);
}

void run_trace(const struct run *r, double begun, const struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (r->trace == NULL)
		return;
	va_start(ap, fmt);
	char *what = str_vfmt(fmt, ap);
	va_end(ap);
	char *text = str_fmt("%s, %.3f s%s", what, clock_now() - begun, e ? ": failed" : "");
	r->trace(r->trace_ctx, text);
	free(text);
	free(what);
}
