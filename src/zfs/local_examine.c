/* What only `doctor` asks for: one zfs process for each of the two, however many datasets. */
#include "zfs/local_examine.h"

#include <string.h>

#include "util/buf.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/parse.h"

/* Every property with our tag that is set, by name only: the values that are known are read with care. */
static struct err *list_tagged(struct local *l, const char *tag, nvlist_t *datasets)
{
	struct strv argv = {0};
	struct buf out = {0};

	strv_split(&argv, "zfs get -H -s local,received -o name,property all");
	nv_each(datasets, p)
		strv_add(&argv, nvpair_name(p));
	struct err *e = local_listing(l, &argv, &out);
	if (e == NULL)
		e = err_wrap(parse_tagged(buf_str(&out), tag, datasets), "%s", l->host);
	buf_free(&out);
	return e;
}

/* What was kept aside lies beside the dataset. */
static struct err *list_kept(struct local *l, nvlist_t *datasets)
{
	struct strv argv = {0};
	struct buf out = {0};
	struct err *e = NULL;
	bool any = false;

	strv_split(&argv, "zfs list -Hp -d 1 -o name,used -t filesystem,volume");
	nv_each(datasets, p) {
		char *parent = name_parent(nvpair_name(p));
		if (parent == NULL)
			continue;
		strv_add(&argv, parent);
		free(parent);
		any = true;
	}
	if (any)
		e = local_listing(l, &argv, &out);
	else
		strv_free(&argv);
	if (any && e == NULL)
		e = err_wrap(parse_preserved(buf_str(&out), datasets), "%s", l->host);
	buf_free(&out);
	return e;
}

struct err *local_list_for_doctor(struct local *l, const char *tag, nvlist_t *datasets)
{
	struct err *e = list_tagged(l, tag, datasets);

	return e != NULL ? e : list_kept(l, datasets);
}
