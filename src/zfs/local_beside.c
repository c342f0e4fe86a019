#include "zfs/local_beside.h"

#include <string.h>

#include "os/zvol.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/parse.h"

static struct strv pools_of(const nvlist_t *datasets)
{
	struct strv pools = {0};

	nv_each(datasets, p) {
		char *pool = name_pool(nvpair_name(p));
		if (!strv_has(&pools, pool))
			strv_add(&pools, pool);
		free(pool);
	}
	return pools;
}

/* One `zfs` that goes through these pools. */
static struct err *ask(struct local *l, const char *words, const char *property,
		       const struct strv *pools, struct buf *out)
{
	struct strv argv = {0};

	strv_split(&argv, words);
	if (property != NULL)
		strv_add(&argv, property);
	return local_listing_of(l, &argv, pools->items, pools->n, out);
}

/* Which of them are excluded: values are asked for only where there is one. */
static struct err *add_excluded(struct local *l, const char *tag, const struct strv *pools,
				nvlist_t *beside)
{
	char *property = str_fmt("%s:exclude", tag);
	struct buf out = {0};
	bool any = false;
	struct err *e = NULL;

	nv_each(beside, p)
		any = any || nv_flag(nv_nv(beside, nvpair_name(p)), "excluded");
	if (any)
		e = ask(l, "zfs get -Hpr -s local,received -t filesystem,volume -o name,value",
			property, pools, &out);
	if (any && e == NULL)
		parse_beside_included(buf_str(&out), beside);
	buf_free(&out);
	free(property);
	return e;
}

struct err *local_beside(struct local *l, const char *tag, const nvlist_t *datasets,
			 nvlist_t *result)
{
	struct strv pools = pools_of(datasets);
	struct buf listed = {0}, set = {0};
	nvlist_t *beside = nv_new();
	struct err *e = NULL;

	if (pools.n > 0)
		e = ask(l,
			"zfs list -Hpr -t filesystem,volume -o name,type,readonly,canmount,origin",
			NULL, &pools, &listed);
	if (e == NULL && pools.n > 0)
		e = ask(l,
			"zfs get -Hpr -s local,received -t filesystem,volume -o name,property all",
			NULL, &pools, &set);
	if (e == NULL)
		parse_beside(buf_str(&listed), buf_str(&set), tag, datasets, beside);
	if (e == NULL)
		e = add_excluded(l, tag, &pools, beside);
	nv_each(beside, p) {
		nvlist_t *one = nv_nv(beside, nvpair_name(p));
		if (nv_flag(one, "volume") && zvol_is_swap(nvpair_name(p)))
			nv_add_flag(one, "swap");
	}
	if (e == NULL)
		nv_add_nv(result, "beside", beside);
	nv_free(beside);
	buf_free(&set);
	buf_free(&listed);
	strv_free(&pools);
	return e;
}
