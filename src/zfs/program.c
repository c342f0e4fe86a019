#include "zfs/program.h"

#include <stdlib.h>

#include <libzfs_core.h>

#include "util/name.h"

static bool ask_batch(const struct program_question *q, char *const *names, size_t n)
{
	char *pool = name_pool(names[0]);
	nvlist_t *args = nv_new(), *out = NULL;

	nv_add_strs(args, "names", names, n);
	int rc = lzc_channel_program_nosync(pool, q->text, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY,
					    args, &out);
	if (rc == 0)
		q->answer(q->ctx, nv_nv(out, ZCP_RET_RETURN));
	nv_free(args);
	nv_free(out);
	free(pool);
	return rc == 0;
}

/* How many of the first n names are of one pool, as many as are asked about together. */
static size_t batch_of(const struct program_question *q, char *const *names, size_t n)
{
	size_t k = 1;

	while (k < n && k < q->at_once && name_same_pool(names[0], names[k]))
		k++;
	return k;
}

bool program_ask(const struct program_question *q, char *const *names, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t k = batch_of(q, names + i, n - i);
		if (!ask_batch(q, names + i, k))
			return false;
		i += k;
	}
	return true;
}
