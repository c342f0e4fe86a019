#include "os/openers.h"

#include <stdlib.h>

#include "util/err.h"
#include "util/mem.h"

#define NAMED_MAX 3

void openers_add(struct openers *o, long pid, const char *name)
{
	if (++o->n > NAMED_MAX)
		return;
	char *clean = str_clean(mem_strdup(name));
	char *all = str_fmt("%s%spid %ld (%s)", o->named ? o->named : "", o->named ? ", " : "", pid,
			    *clean ? clean : "?");
	free(clean);
	free(o->named);
	o->named = all;
}

char *openers_text(const struct openers *o)
{
	const char *named = o->named ? o->named : "";

	if (o->n > NAMED_MAX)
		return str_fmt("%s and %zu more", named, o->n - NAMED_MAX);
	return mem_strdup(named);
}

void openers_free(struct openers *o)
{
	free(o->named);
	*o = (struct openers){0};
}
