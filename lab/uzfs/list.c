/*
 * What a pool holds, read in one go: for whoever looks at all of it again and again. These are the functions that
 * answer `zfs get` too.
 */
#include <sys/dmu.h>
#include <sys/dmu_objset.h>
#include <sys/dsl_bookmark.h>
#include <sys/dsl_prop.h>
#include <sys/dsl_userhold.h>

#include "uzfsd.h"

/* How a string of an nvlist is handed out. */
#if UZ_ZFS < 202
typedef char *nv_text;
#else
typedef const char *nv_text;
#endif

static bool is_one_of(const char *prop, const char *const *names)
{
	while (*names != NULL && strcmp(prop, *names) != 0)
		names++;
	return *names != NULL;
}

static bool is_wanted(const char *prop, bool all)
{
	static const char *const usual[] = {
	    "guid", "createtxg", "written", "userrefs", "readonly", "receive_resume_token", NULL};
	/* What the clock, the object's number, or the pool's other datasets have a part in. */
	static const char *const chance[] = {"creation",
					     "snapshots_changed",
					     "objsetid",
					     "available",
					     "used",
					     "usedbysnapshots",
					     "usedbydataset",
					     "usedbychildren",
					     "usedbyrefreservation",
					     "logicalused",
					     "compressratio",
					     "refcompressratio",
					     "iv_set_guid",
					     NULL};
	return all ? !is_one_of(prop, chance) : is_one_of(prop, usual) || strchr(prop, ':') != NULL;
}

/* Where it is set, in zfs's words. */
static const char *source_of(nvlist_t *prop, const char *dataset)
{
	nv_text source = NULL;
	if (nvlist_lookup_string(prop, ZPROP_SOURCE, &source) != 0)
		return "-";
	if (*source == '\0')
		return "default";
	return strcmp(source, ZPROP_SOURCE_VAL_RECVD) == 0 ? "received"
	       : strcmp(source, dataset) == 0              ? "local"
							   : "inherited";
}

static void list_props(FILE *out, const char *name, nvlist_t *props, bool all)
{
	for (nvpair_t *p = NULL; (p = nvlist_next_nvpair(props, p)) != NULL;) {
		const char *prop = nvpair_name(p);
		nv_text text;
		nvlist_t *in;
		uint64_t number;
		if (!is_wanted(prop, all) || nvpair_value_nvlist(p, &in) != 0)
			continue;
		if (nvlist_lookup_string(in, ZPROP_VALUE, &text) == 0)
			fprintf(out, "%s\t%s\t%s\t%s\n", name, prop, text, source_of(in, name));
		else if (nvlist_lookup_uint64(in, ZPROP_VALUE, &number) == 0)
			fprintf(out, "%s\t%s\t%llu\t%s\n", name, prop, (u_longlong_t)number,
				source_of(in, name));
	}
}

static void list_holds(FILE *out, const char *name)
{
	nvlist_t *holds = fnvlist_alloc();
	if (dsl_dataset_get_holds(name, holds) == 0)
		for (nvpair_t *p = NULL; (p = nvlist_next_nvpair(holds, p)) != NULL;)
			fprintf(out, "%s\thold\t%s\t-\n", name, nvpair_name(p));
	fnvlist_free(holds);
}

static void list_bookmarks(FILE *out, const char *name)
{
	nvlist_t *marks = fnvlist_alloc(), *props, *in;
	if (dsl_get_bookmarks(name, NULL, marks) != 0)
		fputs("bookmarks cannot be read\n", out);
	for (nvpair_t *p = NULL; (p = nvlist_next_nvpair(marks, p)) != NULL;)
		for (nvpair_t *q = NULL; nvpair_value_nvlist(p, &props) == 0 &&
					 (q = nvlist_next_nvpair(props, q)) != NULL;) {
			uint64_t number;
			if (is_wanted(nvpair_name(q), true) && nvpair_value_nvlist(q, &in) == 0 &&
			    nvlist_lookup_uint64(in, ZPROP_VALUE, &number) == 0)
				fprintf(out, "%s#%s\t%s\t%llu\t-\n", name, nvpair_name(p),
					nvpair_name(q), (u_longlong_t)number);
		}
	fnvlist_free(marks);
}

struct entry {
	uint64_t createtxg;
	char *text;
	size_t len;
};
struct listing {
	struct entry *entries;
	size_t n, max;
	bool all;
};

static int by_age(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->createtxg != y->createtxg)
		return x->createtxg < y->createtxg ? -1 : 1;
	return strcmp(x->text, y->text);
}

static struct entry *new_entry(struct listing *l)
{
	if (l->n == l->max) {
		size_t max = l->max == 0 ? 64 : 2 * l->max;
		struct entry *p = realloc(l->entries, max * sizeof *p);
		if (p == NULL)
			return NULL;
		l->entries = p;
		l->max = max;
	}
	l->entries[l->n] = (struct entry){0, NULL, 0};
	return &l->entries[l->n++];
}

static int list_one(const char *name, void *arg)
{
	objset_t *os;
	nvlist_t *props = NULL, *prop;
	/* Gone meanwhile, or nobody's business: what a receive has under way. */
	if (strpbrk(name, "%$") != NULL || dmu_objset_hold(name, FTAG, &os) != 0)
		return 0;
	struct listing *l = arg;
	struct entry *e = new_entry(l);
	FILE *out = e != NULL ? open_memstream(&e->text, &e->len) : NULL;
	if (out != NULL && dsl_prop_get_all(os, &props) == 0) {
		dmu_objset_stats(os, props);
		list_props(out, name, props, l->all);
		if (nvlist_lookup_nvlist(props, "createtxg", &prop) == 0)
			(void)nvlist_lookup_uint64(prop, ZPROP_VALUE, &e->createtxg);
		fnvlist_free(props);
	}
	dmu_objset_rele(os, FTAG);
	if (out != NULL && strchr(name, '@') != NULL)
		list_holds(out, name);
	else if (out != NULL && l->all)
		list_bookmarks(out, name);
	return out != NULL && fclose(out) == 0 ? 0 : ENOMEM;
}

static int put_all(struct sink *dst, const struct entry *e)
{
	int error = 0;
	for (size_t at = 0; error == 0 && at < e->len; at += UZ_FRAME)
		error =
		    dst->put(dst, e->text + at, e->len - at < UZ_FRAME ? e->len - at : UZ_FRAME);
	return error;
}

int list_dataset(const char *dataset, bool all, struct sink *dst)
{
	struct listing l = {NULL, 0, 0, all};
	if (all && !caller_is_alone(cur))
		return EBUSY;
	int error = dmu_objset_find(dataset, list_one, &l, DS_FIND_CHILDREN | DS_FIND_SNAPSHOTS);
	if (error == 0 && l.n > 0)
		qsort(l.entries, l.n, sizeof *l.entries, by_age);
	for (size_t i = 0; i < l.n; i++) {
		if (error == 0)
			error = put_all(dst, &l.entries[i]);
		free(l.entries[i].text);
	}
	free(l.entries);
	return error;
}
