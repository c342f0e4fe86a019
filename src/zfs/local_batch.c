#include "zfs/local_batch.h"

#include <errno.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_guid.h"
#include "zfs/program.h"
#include "zfs/watch.h"

struct err *batch_tag(const nvlist_t *args, const char **tag)
{
	*tag = nv_str(args, "tag");
	if (*tag == NULL)
		return err_new(ERR_FAILED, "an operation lacks its tag");
	return name_check_tag(*tag);
}

nvlist_t *batch_guids(const nvlist_t *args, char *const *names, size_t n)
{
	size_t n_guids;
	const uint64_t *guids = nv_u64s(args, "guids", &n_guids);

	if (guids == NULL || n_guids != n)
		return NULL;
	nvlist_t *all = nv_new();
	for (size_t i = 0; i < n; i++)
		if (guids[i] != 0)
			nv_add_u64(all, names[i], guids[i]);
	return all;
}

/* Takes out of names what the call complained of, noting it. How many are left. */
static size_t drop_failed(struct batch *b, char **names, size_t n, nvlist_t *errs)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		int32_t code = 0;
		if (errs == NULL || nvlist_lookup_int32(errs, names[i], &code) != 0 || code == 0) {
			names[left++] = names[i];
			continue;
		}
		if (code == SET_NOT_SO)
			local_add_error(b->result, names[i],
					guid_differs(b->local, b->doing, names[i]));
		else if (!b->harmless(code))
			local_add_error(b->result, names[i],
					local_error(b->local, code, b->doing, names[i]));
	}
	return left;
}

/* libzfs_core does all of a batch or nothing. One bad name must not stop the others: without it the
 * call is made again. Ends because each turn drops at least one. */
static void run_pool(struct batch *b, char **names, size_t n)
{
	while (n > 0) {
		nvlist_t *errs = NULL;
		if (!local_goes_on(b->local, b->doing, names, n, b->result))
			return;
		int rc = b->fn(b, names, n, &errs);
		size_t left = drop_failed(b, names, n, errs);
		nvlist_free(errs);
		if (rc == 0)
			return;
		if (left == n && n == 1) {
			if (!b->harmless(rc))
				local_add_error(b->result, names[0],
						local_error(b->local, rc, b->doing, names[0]));
			return;
		}
		if (left == n) { /* it does not say which: one by one */
			for (size_t i = 0; i < n; i++)
				run_pool(b, &names[i], 1);
			return;
		}
		n = left;
	}
}

void batch_run(struct batch *b, char *const *names, size_t n)
{
	char **todo = mem_array(NULL, n + 1, sizeof(char *));
	bool *taken = mem_zalloc(n + 1);

	for (size_t i = 0; i < n; i++)
		taken[i] = local_has_failed(b->result, names[i]);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		if (taken[i])
			continue;
		for (size_t j = i; j < n; j++)
			if (!taken[j] && name_same_pool(names[i], names[j])) {
				taken[j] = true;
				todo[k++] = names[j];
			}
		size_t step = b->at_once != 0 ? b->at_once : k;
		for (size_t j = 0; j < k; j += step)
			run_pool(b, todo + j, k - j < step ? k - j : step);
	}
	free(taken);
	free(todo);
}

int batch_still_named(const struct batch *b, char *const *names, size_t n, nvlist_t **errs)
{
	nvlist_t *result = nv_new();
	struct err *e = guid_check(b->local, names, n, b->guids, b->doing, result);
	const nvlist_t *differ = nv_nv(result, "errors");
	int code = e != NULL ? (e->code != 0 ? e->code : EIO) : 0;

	if (!nv_empty(differ)) {
		code = SET_NOT_SO;
		*errs = nv_new();
		nv_each(differ, p)
			nv_add_i32(*errs, nvpair_name(p), SET_NOT_SO);
	}
	err_free(e);
	nv_free(result);
	return code;
}

struct err *batch_run_snaps(struct batch *b, const nvlist_t *args)
{
	char **names;
	size_t n;
	struct err *e = local_names(args, "snaps", true, &names, &n);

	if (e != NULL || n == 0)
		return e;
	b->guids = batch_guids(args, names, n);
	e = guid_check(b->local, names, n, b->guids, b->doing, b->result);
	if (e == NULL)
		batch_run(b, names, n);
	if (e == NULL && b->keeps) /* only now it is certain */
		e = guid_check(b->local, names, n, b->guids, b->doing, b->result);
	nv_free(b->guids);
	b->guids = NULL;
	return e;
}

bool batch_gone_already(int code)
{
	return code == ENOENT || code == ESRCH;
}
