#include "state/drill_mark.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/mem.h"
#include "util/num.h"

struct drill_mark drill_mark_parse(const char *text)
{
	struct drill_mark m = {0};
	char *copy = mem_strdup(text != NULL ? text : ""), *save = NULL, *f[5];
	size_t n = 0;

	for (char *word = strtok_r(copy, " ", &save); word != NULL && n < 5;
	     word = strtok_r(NULL, " ", &save))
		f[n++] = word;
	if (n != 4 || (strcmp(f[1], "ok") != 0 && strcmp(f[1], "failed") != 0) ||
	    !num_parse_u64(f[0], &m.time) || !num_parse_u64(f[2], &m.ms) ||
	    !num_parse_u64(f[3], &m.age))
		m = (struct drill_mark){0};
	else
		m.well = strcmp(f[1], "ok") == 0;
	free(copy);
	return m;
}

char *drill_mark_print(const struct drill_mark *m)
{
	return str_fmt("%" PRIu64 " %s %" PRIu64 " %" PRIu64, m->time, m->well ? "ok" : "failed",
		       m->ms, m->age);
}
