/* OP_ROSTER and OP_WRITTEN: as few processes as there can be, since they are asked again and again. */
#include "zfs/local_roster.h"

#include <stdlib.h>
#include <string.h>

#include "os/written.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/local.h"
#include "zfs/local_get.h"
#include "zfs/local_seen.h"
#include "zfs/parse_roster.h"

static const char *said(const nvlist_t *one, const char *prop)
{
	const char *value = nv_str(one, prop);

	return value != NULL ? value : "";
}

/* One answer in the making: arrays of one length. */
struct roster {
	struct strv names, hosts, fss, rpos;
	uint64_t *paused, *recursive;
};

static void add(struct roster *r, const char *name, const nvlist_t *one, bool pulls)
{
	size_t n = r->names.n;

	strv_add(&r->names, name);
	strv_add(&r->hosts, said(one, pulls ? "src-host" : "dest-host"));
	strv_add(&r->fss, said(one, pulls ? "src-fs" : "dest-fs"));
	strv_add(&r->rpos, said(one, "rpo"));
	r->paused = mem_array(r->paused, n + 1, sizeof(*r->paused));
	r->recursive = mem_array(r->recursive, n + 1, sizeof(*r->recursive));
	r->paused[n] = strcmp(said(one, "paused"), "yes") == 0;
	r->recursive[n] = strcmp(said(one, "recursive"), "yes") == 0;
}

static void answer(const struct roster *r, nvlist_t *result)
{
	nv_add_strs(result, "names", r->names.items, r->names.n);
	nv_add_strs(result, "hosts", r->hosts.items, r->hosts.n);
	nv_add_strs(result, "fss", r->fss.items, r->fss.n);
	nv_add_strs(result, "rpos", r->rpos.items, r->rpos.n);
	nv_add_u64s(result, "paused", r->paused, r->names.n);
	nv_add_u64s(result, "recursive", r->recursive, r->names.n);
}

static void roster_free(struct roster *r)
{
	strv_free(&r->names);
	strv_free(&r->hosts);
	strv_free(&r->fss);
	strv_free(&r->rpos);
	free(r->paused);
	free(r->recursive);
}

struct err *local_roster(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	static const char *const props[] = {"master",  "src-host", "src-fs", "dest-host",
					    "dest-fs", "rpo",      "paused", "recursive"};
	const char *tag = nv_str(args, "tag");
	bool pulls = nv_flag(args, "pulls");
	struct strv argv = {0};
	struct buf out = {0}, names = {0};
	struct roster r = {0};
	struct err *e =
	    tag != NULL ? name_check_tag(tag) : err_new(ERR_FAILED, "roster lacks its tag");

	if (e != NULL)
		return e;
	for (size_t i = 0; i < ARRAY_LEN(props); i++)
		buf_addf(&names, "%s%s:%s", i > 0 ? "," : "", tag, props[i]);
	strv_split(&argv, "zfs get -Hp -s local,received,inherited -o name,property,value,source "
			  "-t filesystem,volume");
	strv_add(&argv, buf_str(&names));
	e = local_listing(l, &argv, &out);
	nvlist_t *datasets = nv_new();
	if (e == NULL)
		parse_roster(buf_str(&out), tag, datasets);
	nv_each(datasets, p) {
		const nvlist_t *one = nv_value(p);
		bool master = nv_str(one, "master") != NULL;
		if (pulls ? !master && nv_str(one, "src-host") != NULL : master)
			add(&r, nvpair_name(p), one, pulls);
	}
	answer(&r, result);
	local_seen_away(tag, result);
	roster_free(&r);
	nv_free(datasets);
	buf_free(&names);
	buf_free(&out);
	return e;
}

/* What changes when anything is written, or snapshots come or go; the last is not known everywhere. */
#define COLUMNS "name,written,referenced,logicalreferenced,guid"
#define COLUMNS_MORE COLUMNS ",snapshots_changed"

static struct err *list(struct local *l, const char *columns, bool trees, char *const *names,
			size_t n, struct buf *out)
{
	struct strv argv = {0};

	strv_split(&argv, "zfs list -Hp -t filesystem,volume");
	if (trees)
		strv_add(&argv, "-r");
	strv_add(&argv, "-o");
	strv_add(&argv, columns);
	return local_listing_of(l, &argv, names, n, out);
}

static struct err *look(struct local *l, bool trees, char *const *names, size_t n, nvlist_t *states,
			nvlist_t *written)
{
	struct buf out = {0};
	struct err *e = NULL;

	if (n == 0)
		return NULL;
	if (!atomic_load(&l->few_columns)) {
		e = list(l, COLUMNS_MORE, trees, names, n, &out);
		if (e != NULL && strstr(e->what, "snapshots_changed") != NULL) {
			atomic_store(&l->few_columns, true);
			err_free(e);
			e = NULL;
			buf_free(&out);
			out = (struct buf){0};
		}
	}
	if (e == NULL && atomic_load(&l->few_columns))
		e = list(l, COLUMNS, trees, names, n, &out);
	if (e == NULL)
		parse_written(buf_str(&out), names, n, trees, states, written);
	buf_free(&out);
	return e;
}

/* The names of an argument, in order. The caller frees what is in *out. */
static struct err *names_of(const nvlist_t *args, const char *key, struct strv *out)
{
	char **names = NULL;
	size_t n = 0;
	struct err *e =
	    nv_strs(args, key, &n) != NULL ? local_names(args, key, false, &names, &n) : NULL;

	for (size_t i = 0; e == NULL && i < n; i++)
		strv_add(out, names[i]);
	sorted_sort(out->items, out->n);
	return e;
}

struct err *local_written(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct strv singles = {0}, trees = {0};
	nvlist_t *states = nv_new(), *written = nv_new(), *counts = nv_new();
	struct err *e = names_of(args, "datasets", &singles);

	if (e == NULL)
		e = names_of(args, "trees", &trees);
	if (e == NULL) {
		written_count(l->counters, singles.items, singles.n, false, counts);
		if (trees.n > 0)
			written_count(l->counters, trees.items, trees.n, true, counts);
	}
	if (e == NULL && !nv_flag(args, "counted")) {
		e = look(l, false, singles.items, singles.n, states, written);
		if (e == NULL)
			e = look(l, true, trees.items, trees.n, states, written);
	}
	nv_add_nv(result, "states", states);
	nv_add_nv(result, "written", written);
	nv_add_nv(result, "counts", counts);
	nv_free(states);
	nv_free(written);
	nv_free(counts);
	strv_free(&singles);
	strv_free(&trees);
	return e;
}
