#include "engine/job_index.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/sorted.h"

static int by_name(const void *a, const void *b)
{
	const struct job_ref *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : x->i < y->i ? -1 : x->i > y->i;
}

void job_index_sort(struct job_index *x)
{
	if (x->n > 0)
		qsort(x->items, x->n, sizeof(*x->items), by_name);
}

void job_index_make(const struct session *s, enum pair_side side, struct job_index *out)
{
	*out = (struct job_index){.items = mem_zalloc((s->n + 1) * sizeof(*out->items))};
	for (size_t i = 0; i < s->n; i++)
		if (job_end(&s->jobs[i], side)->name != NULL)
			out->items[out->n++] =
			    (struct job_ref){job_end(&s->jobs[i], side)->name, i};
	job_index_sort(out);
}

void job_index_free(struct job_index *x)
{
	free(x->items);
	*x = (struct job_index){0};
}

size_t job_index_from(const struct job_index *x, const char *name)
{
	return sorted_first(x->items, x->n, sizeof(*x->items), name);
}
