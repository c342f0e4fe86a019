/* What status says of a dataset. */
#ifndef ZREP_CLI_STATUS_SAY_H
#define ZREP_CLI_STATUS_SAY_H

#include "plan/health/status.h"
#include "ui/ui.h"

/* Collects it. */
void status_say_record(const struct ui *u, const struct dataset *d, const struct status *s);

/* A row of the table. Times are as strftime() has them by `format`. */
void status_say_row(struct table *t, const struct dataset *d, const struct status *s,
		    const char *format);

/* -v: some lines. */
void status_say_long(const struct ui *u, const struct dataset *d, const struct status *s,
		     const char *format);

#endif
