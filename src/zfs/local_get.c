#include "zfs/local_get.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/parse.h"

struct err *local_listing(struct local *l, struct strv *argv, struct buf *out)
{
	struct buf said = {0};
	bool failed = false;
	struct err *e = local_zfs(l, argv->items, out, &said, &failed);

	if (e == NULL && failed && strstr(buf_str(&said), "does not exist") == NULL &&
	    strstr(buf_str(&said), "no datasets available") == NULL)
		e = err_new(ERR_FAILED, "%s: %s", l->host, buf_str(&said));
	strv_free(argv);
	buf_free(&said);
	return e;
}

struct err *local_listing_of(struct local *l, struct strv *argv, char *const *names, size_t n,
			     struct buf *out)
{
	struct err *e = NULL;

	for (size_t next = 0; next < n && e == NULL;) {
		struct strv all = {0};
		for (size_t i = 0; i < argv->n; i++)
			strv_add(&all, argv->items[i]);
		local_add_names(&all, names, n, &next);
		e = local_listing(l, &all, out);
	}
	strv_free(argv);
	return e;
}

/* What `zfs get` prints about them. */
static struct err *run_get(struct local *l, const char *const *props, size_t n_props,
			   char *const *names, size_t n, struct buf *out)
{
	struct strv argv = {0};
	struct buf joined = {0};

	for (size_t i = 0; i < n_props; i++)
		buf_addf(&joined, "%s%s", i ? "," : "", props[i]);
	strv_split(&argv, "zfs get -Hp -o name,property,value,source -t filesystem,volume");
	strv_add(&argv, buf_str(&joined));
	buf_free(&joined);
	return local_listing_of(l, &argv, names, n, out);
}

struct err *local_get(struct local *l, const char *const *props, size_t n_props, char *const *names,
		      size_t n, nvlist_t *datasets)
{
	struct buf out = {0};
	struct err *e = run_get(l, props, n_props, names, n, &out);

	if (e == NULL)
		e = err_wrap(parse_get(buf_str(&out), names, n, props, n_props, datasets), "%s",
			     l->host);
	buf_free(&out);
	return e;
}

struct err *local_get_apart(struct local *l, const char *const *props, size_t n_props,
			    char *const *names, size_t n, nvlist_t *datasets, nvlist_t *unreadable)
{
	struct buf out = {0};
	struct err *e = run_get(l, props, n_props, names, n, &out), *broken = NULL;

	if (e == NULL)
		broken = parse_get(buf_str(&out), names, n, props, n_props, datasets);
	for (size_t i = 0; i < n && broken != NULL; i++)
		nv_remove(datasets, names[i]);
	if (broken != NULL && n == 1) {
		const char *prop = parse_get_culprit(buf_str(&out), props, n_props);
		nv_add_str(unreadable, names[0], prop != NULL ? prop : "");
	}
	buf_free(&out);
	for (size_t half = 0; half < 2 && broken != NULL && n > 1 && e == NULL; half++)
		e = half == 0
			? local_get_apart(l, props, n_props, names, n / 2, datasets, unreadable)
			: local_get_apart(l, props, n_props, names + n / 2, n - n / 2, datasets,
					  unreadable);
	err_free(broken);
	return e;
}
