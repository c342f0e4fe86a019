/* What `zfs` prints: a user property's value may hold anything, so all of it is outside text. */
#include "fuzz.h"
#include "os/linux/mountinfo.h"
#include "state/picture.h"
#include "util/buf.h"
#include "util/name.h"
#include "zfs/parse.h"
#include "zfs/parse_allow.h"
#include "zfs/parse_roster.h"
#include "zfs/parse_snaps.h"
#include "zfs/parse_way.h"

static char *datasets[] = {"tank/a", "tank/b c"};
static const char *const props[] = {"zrep:src-host", "zrep:master", "type", "guid"};

static nvlist_t *empty_datasets(void)
{
	nvlist_t *all = nv_new(), *one = nv_new();

	nv_add_nv(one, "value", all);
	nv_add_nv(one, "source", all);
	for (size_t i = 0; i < ARRAY_LEN(datasets); i++)
		nv_add_nv(all, datasets[i], one);
	nv_free(one);
	return all;
}

static void get(const char *text)
{
	nvlist_t *nv = nv_new();
	struct err *e = parse_get(text, datasets, ARRAY_LEN(datasets), props, ARRAY_LEN(props), nv);
	nv_each(nv, p) {
		PROMISE(strcmp(nvpair_name(p), datasets[0]) == 0 ||
			strcmp(nvpair_name(p), datasets[1]) == 0);
		for (size_t i = 0; i < ARRAY_LEN(props); i++) {
			nvlist_t *one = nv_nv(nv, nvpair_name(p));
			PROMISE(nv_str(nv_nv(one, "value"), props[i]) != NULL);
			PROMISE(nv_str(nv_nv(one, "source"), props[i]) != NULL);
		}
	}
	err_free(e);
	nv_free(nv);
}

static void native(const char *text)
{
	nvlist_t *all = empty_datasets();
	err_free(parse_native(text, all));
	nv_each(all, d)
		nv_each(nv_nv(all, nvpair_name(d)), p)
			PROMISE(strchr(nvpair_name(p), ':') == NULL);
	nv_free(all);
}

/* Whatever it says, what lacks is of what was wanted. */
static void allowed(const char *text)
{
	struct strv groups = {0};
	struct allow_who who = {"bob", &groups};
	char *lacks;

	strv_add(&groups, "users");
	struct err *e = parse_allow(text, "tank/b c", &who, "hold,send", &lacks);
	PROMISE(lacks == NULL ||
		(e == NULL && (strcmp(lacks, "hold") == 0 || strcmp(lacks, "send") == 0 ||
			       strcmp(lacks, "hold,send") == 0)));
	err_free(e);
	free(lacks);
	strv_free(&groups);
}

/* What is told of a limit has both numbers. */
static void limits(const char *text)
{
	nvlist_t *all = nv_new();
	struct err *e = parse_limits(text, all);

	nv_each(all, p)
		PROMISE(e != NULL ||
			nv_u64(nv_nv(all, nvpair_name(p)), "count", UINT64_MAX) != UINT64_MAX);
	err_free(e);
	nv_free(all);
}

/* What the parser takes, the picture takes, once the holds are added. */
static void snaps(const char *text)
{
	nvlist_t *all = empty_datasets(), *listing = nv_new();
	struct side side;
	struct err *e = parse_way(text, NULL, all);
	err_free(e);
	e = parse_snaps(text, all);

	if (e == NULL) {
		nv_each(all, p) {
			nvlist_t *s = nv_nv(nv_nv(all, nvpair_name(p)), "snaps");
			size_t n;
			uint64_t *holds = nv_u64s(s, "holds", &n);
			if (s != NULL)
				nv_add_u64s(s, "held", holds, n);
		}
		nv_add_nv(listing, "datasets", all);
		nv_add_str(listing, "host", "here");
		PROMISE(side_read(listing, "zrep", "here", &side) == NULL);
		side_free(&side);
	}
	err_free(e);
	nv_free(all);
	nv_free(listing);
}

static void examined(const char *text)
{
	nvlist_t *all = empty_datasets();
	size_t n, m;

	err_free(parse_tagged(text, "zrep", all));
	err_free(parse_tags(text, "zrep", 2, all));
	err_free(parse_preserved(text, all));
	nv_each(all, p) {
		nvlist_t *one = nv_nv(all, nvpair_name(p));
		char **tags = nv_strs(one, "tags", &n);
		PROMISE(n <= 2);
		for (size_t i = 0; i < n; i++) {
			struct err *e = name_check_tag(tags[i]);
			PROMISE(e == NULL && strcmp(tags[i], "zrep") != 0);
		}
		char **tagged = nv_strs(one, "tagged", &n);
		for (size_t i = 0; i < n; i++)
			PROMISE(strncmp(tagged[i], "zrep:", 5) == 0);
		char **kept = nv_strs(one, "kept", &n);
		PROMISE(nv_u64s(one, "kept_used", &m) == NULL || n == m);
		for (size_t i = 0; i < n; i++)
			PROMISE(name_is_dataset(kept[i]));
	}
	nv_free(all);
}

static void token(const char *text)
{
	nvlist_t *nv = nv_new();
	struct err *e = parse_token(text, nv);
	parse_token_is_dead(text);

	PROMISE(e != NULL || name_is_snapshot(nv_str(nv, "toname")));
	err_free(e);
	nv_free(nv);
}

static void asides(const char *text)
{
	struct strv v = {0};

	parse_asides(text, datasets, ARRAY_LEN(datasets), &v);
	for (size_t i = 0; i < v.n; i++)
		PROMISE(name_is_dataset(v.items[i]) && strcmp(v.items[i], datasets[0]) != 0);
	strv_free(&v);
}

static void roster(const char *text)
{
	nvlist_t *found = nv_new(), *states = nv_new(), *written = nv_new();

	parse_roster(text, "zrep", found);
	nv_each(found, p) {
		PROMISE(name_is_dataset(nvpair_name(p)));
		nv_each(nv_value(p), q)
			PROMISE(nv_str(nv_value(p), nvpair_name(q)) != NULL);
	}
	for (int trees = 0; trees < 2; trees++)
		parse_written(text, datasets, ARRAY_LEN(datasets), trees, states, written);
	nv_each(states, p)
		PROMISE(strcmp(nvpair_name(p), datasets[0]) == 0 ||
			strcmp(nvpair_name(p), datasets[1]) == 0);
	nv_free(found);
	nv_free(states);
	nv_free(written);
}

static void beside(const char *text)
{
	nvlist_t *mine = empty_datasets(), *found = nv_new();

	parse_beside(text, text, "zrep", mine, found);
	parse_beside_included(text, found);
	nv_each(found, p)
		PROMISE(name_is_dataset(nvpair_name(p)) && nv_nv(mine, nvpair_name(p)) == NULL);
	nv_free(found);
	nv_free(mine);
}

static void below(const char *text)
{
	nvlist_t *all = empty_datasets();
	struct err *e = parse_below(text, all);
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(datasets); i++) {
		char **names = nv_strs(nv_nv(all, datasets[i]), "below", &n);
		for (size_t j = 0; j < n; j++)
			PROMISE(name_within(names[j], datasets[i]));
	}
	err_free(e);
	nv_free(all);
}

static void mounts(const char *text)
{
	struct mounts m;
	size_t n;

	err_free(mounts_parse(text, &m));
	const struct mount **w = mounts_within(&m, datasets, ARRAY_LEN(datasets), &n);
	for (size_t i = 1; i < n; i++)
		PROMISE(w[i - 1]->depth >= w[i]->depth);
	free(w);
	mounts_free(&m);
}

static void column(const char *text)
{
	struct strv names = {0}, tags = {0};

	parse_column(text, name_is_dataset, &names);
	for (size_t i = 0; i < names.n; i++)
		PROMISE(name_is_dataset(names.items[i]) &&
			(i == 0 || strcmp(names.items[i - 1], names.items[i]) < 0));
	parse_column(text, parse_is_src_fs, &tags);
	for (size_t i = 0; i < tags.n; i++)
		PROMISE(strchr(tags.items[i], ':') != NULL);
	strv_free(&names);
	strv_free(&tags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *) = {get,    native,  snaps,    token,  asides,
							below,  mounts,  examined, column, beside,
							roster, allowed, limits};

	if (size == 0)
		return 0;
	char *text = fuzz_text(data + 1, size - 1);
	parsers[(uint8_t)(data[0] - '0') % ARRAY_LEN(parsers)](text);
	free(text);
	return 0;
}
