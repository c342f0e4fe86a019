/* What a confined peer asks for. The first byte says by which role, the second for which operation; the rest are its arguments,
 * packed. Of what passes every name is below, and what passed once passes again as it is. */
#include "fuzz.h"
#include "util/nv.h"
#include "zfs/confine.h"
#include "zfs/local_ops.h"
#include "zfs/ops.h"

static char *under[] = {"t/a", "p", NULL};

static void check_names(const struct confine *c, const char *op, const nvlist_t *args)
{
	static const char *const arrays[] = {"trees", "snaps", "bookmarks", "bookmark"};
	static const char *const texts[] = {"snap", "from", "origin"};
	static const char *const lists[] = {"items", "expect", "state", "props"};
	size_t n;

	for (size_t k = 0; k < ARRAY_LEN(arrays); k++) {
		char **names = nv_strs(args, arrays[k], &n);
		for (size_t i = 0; i < n; i++)
			PROMISE(confine_has(c, names[i]));
	}
	/* What they are in is told of, in part. */
	char **names = nv_strs(args, "datasets", &n);
	for (size_t i = 0; i < n; i++)
		PROMISE(confine_has(c, names[i]) ||
			(strcmp(op, OP_LIST) == 0 && strcmp(names[i], "t") == 0));
	for (size_t k = 0; k < ARRAY_LEN(texts); k++)
		PROMISE(nv_str(args, texts[k]) == NULL || confine_has(c, nv_str(args, texts[k])));
	for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
		const nvlist_t *all = nv_nv(args, lists[k]);
		if (strcmp(op, OP_RECEIVE) == 0) /* of one dataset */
			continue;
		nv_each(all, p) {
			const nvlist_t *one = nv_value(p);
			PROMISE(confine_has(c, nvpair_name(p)) && one != NULL);
			PROMISE(nv_str(one, "to") == NULL || confine_has(c, nv_str(one, "to")) ||
				strcmp(lists[k], "items") != 0);
			PROMISE(nv_str(one, "from") == NULL ||
				confine_has(c, nv_str(one, "from")) ||
				strcmp(lists[k], "items") != 0);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum confine_role roles[] = {CONFINE_REPLICA, CONFINE_SOURCE, CONFINE_PEER};
	const char *const *ops = local_operations();
	size_t n = 0;
	nvlist_t *args, *clean = NULL, *again = NULL;

	if (size < 2)
		return 0;
	while (ops[n] != NULL)
		n++;
	struct confine c = {.host = "h",
			    .under = {.items = under, .n = 2},
			    .role = roles[data[0] % 3],
			    .tag = "z",
			    .append_only = (data[0] & 4) != 0};
	const char *op = ops[data[1] % n];
	struct err *e = nv_unpack((const char *)data + 2, size - 2, &args);
	if (e != NULL) {
		err_free(e);
		return 0;
	}
	e = confine_check(&c, op, args, &clean);
	PROMISE((e == NULL) == (clean != NULL));
	if (e == NULL) {
		check_names(&c, op, clean);
		struct err *twice = confine_check(&c, op, clean, &again);
		PROMISE(twice == NULL);
		nv_free(again);
	}
	for (const char *p = e != NULL ? e->what : ""; *p != 0; p++)
		PROMISE(*p >= 32 && *p < 127);
	err_free(e);
	confine_filter(&c, OP_LIST, clean != NULL ? clean : args, args);
	nv_free(clean);
	nv_free(args);
	return 0;
}
