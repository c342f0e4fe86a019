#include "zfs/parse.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "util/sorted.h"
#include "zfs/parse_line.h"

static bool listed(char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* "inherited from x" is shortened: who it is inherited from decides nothing. */
static const char *source_kind(const char *s)
{
	static const char *const kinds[] = {"local", "received", "default", "temporary", "-"};

	if (strncmp(s, "inherited from ", 15) == 0)
		return "inherited";
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(s, kinds[i]) == 0)
			return kinds[i];
	return NULL;
}

/* The n_props lines of one dataset; `first` is the line already read. */
static struct err *parse_one(char *first, char **text, const char *const *props, size_t n_props,
			     nvlist_t *datasets, const nvlist_t *wanted)
{
	nvlist_t *one = nv_new(), *value = nv_new(), *source = nv_new();
	struct err *e = NULL;
	char *line = first, *name = NULL;

	for (size_t i = 0; i < n_props && e == NULL; i++) {
		char *f[4];
		if (i > 0)
			line = parse_next_line(text);
		const char *kind;
		if (line == NULL || !parse_split(line, f, 4) || strcmp(f[1], props[i]) != 0 ||
		    (name != NULL && strcmp(f[0], name) != 0) ||
		    (kind = source_kind(f[3])) == NULL) {
			e = parse_unexpected("get", line ? line : "(its end)");
			break;
		}
		name = f[0];
		nv_add_str(value, props[i], f[2]);
		nv_add_str(source, props[i], kind);
	}
	if (e == NULL && (!nv_flag(wanted, name) || nv_nv(datasets, name) != NULL))
		e = parse_unexpected("get", name);
	if (e == NULL) {
		nv_add_nv(one, "value", value);
		nv_add_nv(one, "source", source);
		nv_add_nv(datasets, name, one);
	}
	nv_free(value);
	nv_free(source);
	nv_free(one);
	return e;
}

struct err *parse_get(const char *text, char *const *names, size_t n_names,
		      const char *const *props, size_t n_props, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	nvlist_t *wanted = nv_new();
	struct err *e = NULL;

	for (size_t i = 0; i < n_names; i++)
		nv_add_flag(wanted, names[i]);
	while (e == NULL && (line = parse_next_line(&rest)) != NULL)
		e = parse_one(line, &rest, props, n_props, datasets, wanted);
	nv_free(wanted);
	free(copy);
	return e;
}

const char *parse_get_culprit(const char *text, const char *const *props, size_t n_props)
{
	char *copy = mem_strdup(text), *rest = copy;
	size_t i = 0;
	bool fits = true;

	while (i < n_props && fits) {
		char *line = parse_next_line(&rest), *f[4] = {NULL};
		fits = line != NULL && parse_split(line, f, 4) && strcmp(f[1], props[i]) == 0 &&
		       source_kind(f[3]) != NULL;
		/* It is this one's line that breaks, or what comes behind a line that seemed whole. */
		bool begins = f[0] != NULL && f[1] != NULL && strcmp(f[1], props[i]) == 0;
		i += fits || begins;
	}
	free(copy);
	return fits || i == 0 ? NULL : props[i - 1];
}

struct err *parse_native(const char *text, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	struct err *e = NULL;

	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		char *f[4];
		/* A user property's value may break lines, and a piece may pass for a native property:
		 * what is found here is only a list of what to ask for by name. */
		if (!parse_split(line, f, 4) || strchr(f[1], ':') != NULL)
			continue;
		nvlist_t *one = nv_nv(datasets, f[0]);
		if (source_kind(f[3]) == NULL)
			e = parse_unexpected("get", f[1]);
		else if (one != NULL)
			nv_add_str(one, f[1], f[2]);
	}
	free(copy);
	return e;
}

/* The tag of "TAG:src-fs" and the others that make a pair, in place; NULL for all else. */
static const char *tag_of(char *prop)
{
	static const char *const parts[] = {"src-host", "src-fs", "dest-host",
					    "dest-fs",  "master", "switch"};
	char *colon = strchr(prop, ':');
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(parts) && colon != NULL; i++)
		known = known || strcmp(colon + 1, parts[i]) == 0;
	if (!known)
		return NULL;
	*colon = '\0';
	struct err *e = name_check_tag(prop);
	bool ok = e == NULL;
	err_free(e);
	return ok ? prop : NULL;
}

static void add_tag(nvlist_t *one, const char *tag, size_t max)
{
	struct strv all = {0};
	size_t have;
	char **old = nv_strs(one, "tags", &have);

	if (listed(old, have, tag))
		return;
	if (have >= max) {
		nv_add_flag(one, "others_more");
		return;
	}
	for (size_t i = 0; i < have; i++)
		strv_add(&all, old[i]);
	strv_add(&all, tag);
	nv_add_strs(one, "tags", all.items, all.n);
	strv_free(&all);
}

void parse_tag_prop(const char *prop, const char *tag, size_t max, nvlist_t *one)
{
	char *copy = mem_strdup(prop);
	const char *other = tag_of(copy);

	if (other != NULL && strcmp(other, tag) != 0)
		add_tag(one, other, max);
	free(copy);
}

/* The next line, a dataset and the name of a property of it; false at the end, or where there is another line. */
static bool next_prop(char **rest, char **f, struct err **e)
{
	char *line = parse_next_line(rest);

	if (line == NULL)
		return false;
	if (parse_split(line, f, 2) && name_is_dataset(f[0]) && name_is_prop_printed(f[1]))
		return true;
	*e = parse_unexpected("get", line);
	return false;
}

struct err *parse_tags(const char *text, const char *tag, size_t max, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *f[2];
	struct err *e = NULL;

	while (next_prop(&rest, f, &e)) {
		nvlist_t *one = nv_nv(datasets, f[0]);
		if (one != NULL)
			parse_tag_prop(f[1], tag, max, one);
	}
	free(copy);
	return e;
}

static void replace_last(struct strv *v, const char *s)
{
	free(v->items[v->n - 1]);
	v->items[v->n - 1] = mem_strdup(s);
}

void parse_masters(const char *text, struct strv *names, struct strv *hosts, struct strv *fss)
{
	char *copy = mem_strdup(text), *rest = copy, *line;

	while ((line = parse_next_line(&rest)) != NULL) {
		char *f[3];
		if (!parse_split(line, f, 3) || !name_is_dataset(f[0]) || strchr(f[1], ':') == NULL)
			continue;
		const char *prop = strrchr(f[1], ':') + 1;
		bool same = names->n > 0 && strcmp(names->items[names->n - 1], f[0]) == 0;
		if (strcmp(prop, "master") == 0 && !same) {
			strv_add(names, f[0]);
			strv_add(hosts, "");
			strv_add(fss, "");
		} else if (strcmp(prop, "dest-host") == 0 && same) {
			replace_last(hosts, f[2]);
		} else if (strcmp(prop, "dest-fs") == 0 && same) {
			replace_last(fss, f[2]);
		}
	}
	free(copy);
}

/* The NAME of "back GUID keep NAME"; NULL for anything else. */
static const char *kept_name(const char *value)
{
	static const char keep[] = " keep ";
	size_t digits;

	if (strncmp(value, "back ", 5) != 0)
		return NULL;
	value += 5;
	digits = strspn(value, "0123456789");
	if (digits == 0 || strncmp(value + digits, keep, sizeof(keep) - 1) != 0)
		return NULL;
	value += digits + sizeof(keep) - 1;
	return name_is_dataset(value) ? value : NULL;
}

static void add_beside(char **f, nvlist_t *beside)
{
	nvlist_t *one = nv_new();

	if (strcmp(f[1], "volume") == 0)
		nv_add_flag(one, "volume");
	if (strcmp(f[2], "on") == 0)
		nv_add_flag(one, "readonly");
	if (strcmp(f[3], "off") == 0)
		nv_add_flag(one, "unmounted");
	if (strcmp(f[4], "-") != 0)
		nv_add_flag(one, "clone");
	nv_add_nv(beside, f[0], one);
	nv_free(one);
}

void parse_beside(const char *listed, const char *set, const char *tag, const nvlist_t *datasets,
		  nvlist_t *beside)
{
	char *lines = mem_strdup(listed), *props = mem_strdup(set), *rest = lines, *line, *f[5];
	char *exclude = str_fmt("%s:exclude", tag);

	while ((line = parse_next_line(&rest)) != NULL)
		if (parse_split(line, f, 5) && name_is_dataset(f[0]) &&
		    nv_nv(datasets, f[0]) == NULL)
			add_beside(f, beside);
	for (rest = props; (line = parse_next_line(&rest)) != NULL;) {
		nvlist_t *one = parse_split(line, f, 2) ? nv_nv(beside, f[0]) : NULL;
		if (one != NULL && strcmp(f[1], exclude) == 0)
			nv_add_flag(one, "excluded");
		else if (one != NULL && parse_is_src_fs(f[1]))
			nv_add_flag(one, "tagged");
	}
	free(exclude);
	free(props);
	free(lines);
}

void parse_beside_included(const char *text, nvlist_t *beside)
{
	char *copy = mem_strdup(text), *rest = copy, *line, *f[2];

	while ((line = parse_next_line(&rest)) != NULL) {
		nvlist_t *one = parse_split(line, f, 2) ? nv_nv(beside, f[0]) : NULL;
		if (one != NULL && strcmp(f[1], "no") == 0)
			nv_remove(one, "excluded");
	}
	free(copy);
}

void parse_asides(const char *text, char *const *names, size_t n, struct strv *asides)
{
	char *copy = mem_strdup(text), *rest = copy, *line;

	while ((line = parse_next_line(&rest)) != NULL) {
		char *f[2];
		if (!parse_split(line, f, 2) || !name_is_dataset(f[0]))
			continue;
		const char *kept = kept_name(f[1]);
		if (kept != NULL && (strcmp(kept, f[0]) == 0 || listed(names, n, f[0])) &&
		    !listed(names, n, kept) && !listed(asides->items, asides->n, kept))
			strv_add(asides, kept);
	}
	free(copy);
}

/* Adds those of `all` (sorted) that are below the dataset: they stand in a row, whose first is not less
 * than "NAME/". None twice. */
static void add_below(struct strv *below, const struct strv *all, const char *name)
{
	char *prefix = str_fmt("%s/", name);
	size_t len = strlen(prefix), i = sorted_from(all->items, all->n, prefix);

	for (; i < all->n && strncmp(all->items[i], prefix, len) == 0; i++)
		if (below->n == 0 || strcmp(below->items[below->n - 1], all->items[i]) != 0)
			strv_add(below, all->items[i]);
	free(prefix);
}

static void note_pool(char **field, nvlist_t *pools, struct strv *readonly)
{
	static const char feature[] = "feature@";
	nvlist_t *one = nv_nv(pools, field[0]);

	if (one == NULL) {
		nvlist_t *fresh = nv_new(), *none = nv_new();
		nv_add_nv(fresh, "features", none);
		nv_add_nv(pools, field[0], fresh);
		nv_free(none);
		nv_free(fresh);
		one = nv_nv(pools, field[0]);
	}
	if (strncmp(field[1], feature, strlen(feature)) == 0)
		nv_add_str(nv_nv(one, "features"), field[1] + strlen(feature), field[2]);
	else if (strcmp(field[1], "readonly") == 0 && strcmp(field[2], "on") == 0)
		strv_add(readonly, field[0]);
	else if (strcmp(field[1], "health") == 0 && strcmp(field[2], "SUSPENDED") == 0)
		nv_add_flag(one, "suspended");
}

void parse_pools(const char *text, nvlist_t *pools, struct strv *readonly)
{
	char *copy = mem_strdup(text), *at = copy, *line, *field[3];

	while ((line = parse_next_line(&at)) != NULL)
		if (parse_split(line, field, 3) && name_is_dataset(field[0]) &&
		    strchr(field[0], '/') == NULL)
			note_pool(field, pools, readonly);
	free(copy);
}

struct err *parse_below(const char *text, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	struct strv all = {0};
	struct err *e = NULL;

	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		if (!name_is_dataset(line))
			e = parse_unexpected("list", line);
		else
			strv_add(&all, line);
	}
	sorted_sort(all.items, all.n);
	nv_each(datasets, p) {
		const char *name = nvpair_name(p);
		struct strv below = {0};
		add_below(&below, &all, name);
		if (nv_nv(datasets, name) != NULL)
			nv_add_strs(nv_nv(datasets, name), "below", below.items, below.n);
		strv_free(&below);
	}
	strv_free(&all);
	free(copy);
	return e;
}

struct err *parse_tagged(const char *text, const char *tag, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *f[2];
	size_t n = strlen(tag), have;
	struct err *e = NULL;

	while (next_prop(&rest, f, &e)) {
		nvlist_t *one = nv_nv(datasets, f[0]);
		if (one == NULL || strncmp(f[1], tag, n) != 0 || f[1][n] != ':')
			continue;
		struct strv all = {0};
		char **old = nv_strs(one, "tagged", &have);
		for (size_t i = 0; i < have; i++)
			strv_add(&all, old[i]);
		if (!listed(all.items, all.n, f[1]))
			strv_add(&all, f[1]);
		nv_add_strs(one, "tagged", all.items, all.n);
		strv_free(&all);
	}
	free(copy);
	return e;
}

/* Of the lines in `all`, those about what is called NAME_kept_... */
static void add_kept(const struct strv *all, const uint64_t *used, const char *name, nvlist_t *one)
{
	char *front = str_fmt("%s_kept_", name);
	struct strv kept = {0};
	uint64_t *bytes = mem_array(NULL, all->n + 1, sizeof(*bytes));

	for (size_t i = 0; i < all->n; i++)
		if (strncmp(all->items[i], front, strlen(front)) == 0) {
			bytes[kept.n] = used[i];
			strv_add(&kept, all->items[i]);
		}
	if (kept.n > 0) {
		nv_add_strs(one, "kept", kept.items, kept.n);
		nv_add_u64s(one, "kept_used", bytes, kept.n);
	}
	strv_free(&kept);
	free(bytes);
	free(front);
}

struct err *parse_preserved(const char *text, nvlist_t *datasets)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	struct strv all = {0};
	uint64_t *used = NULL, n;
	struct err *e = NULL;

	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		char *f[2];
		if (!parse_split(line, f, 2) || !name_is_dataset(f[0]) ||
		    !num_parse_u64(f[1], &n)) {
			e = parse_unexpected("list", line);
			break;
		}
		if (listed(all.items, all.n, f[0])) /* of two parents, one within the other */
			continue;
		used = mem_array(used, all.n + 1, sizeof(*used));
		used[all.n] = n;
		strv_add(&all, f[0]);
	}
	nv_each(datasets, p)
		if (e == NULL && nv_nv(datasets, nvpair_name(p)) != NULL)
			add_kept(&all, used, nvpair_name(p), nv_nv(datasets, nvpair_name(p)));
	strv_free(&all);
	free(used);
	free(copy);
	return e;
}

/* "\tkey = value" as nvlist_print() writes it. */
static const char *token_field(char *line, const char *key)
{
	line += strspn(line, " \t");
	size_t n = strlen(key);
	if (strncmp(line, key, n) != 0 || strncmp(line + n, " = ", 3) != 0)
		return NULL;
	return line + n + 3;
}

static bool parse_c_hex(const char *s, uint64_t *v)
{
	return strncmp(s, "0x", 2) == 0 ? num_parse_hex(s + 2, v) : num_parse_u64(s, v);
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

struct err *parse_token(const char *text, nvlist_t *out)
{
	static const char *const numbers[] = {"toguid", "fromguid", "bytes"};
	char *copy = mem_strdup(text), *rest = copy, *line;
	bool twice = false;

	while ((line = parse_next_line(&rest)) != NULL) {
		const char *v = token_field(line, "toname");
		if (v != NULL && name_is_snapshot(v)) {
			twice = twice || nvlist_exists(out, "toname");
			nv_add_str(out, "toname", v);
		}
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
			uint64_t n;
			if ((v = token_field(line, numbers[i])) == NULL || !parse_c_hex(v, &n))
				continue;
			twice = twice || nvlist_exists(out, numbers[i]);
			nv_add_u64(out, numbers[i], n);
		}
	}
	free(copy);
	if (twice || nv_u64(out, "toguid", 0) == 0 || nv_str(out, "toname") == NULL)
		return err_new(ERR_FAILED,
			       "`{zfs send -nvP -t}` did not say what the token stands for");
	return NULL;
}

bool parse_token_is_dead(const char *said)
{
	static const char *const ends[] = {
	    " used in the initial send no longer exists",
	    " is no longer the same snapshot used in the initial send",
	    "dataset to be sent no longer exists",
	};
	static const char source[] = "incremental source 0x", gone[] = " no longer exists";
	char *copy = mem_strdup(said), *rest = copy, *line;
	bool dead = false;

	while ((line = parse_next_line(&rest)) != NULL) {
		for (size_t i = 0; i < ARRAY_LEN(ends); i++)
			dead = dead || ends_in(line, ends[i]);
		char *from = strstr(line, source);
		if (from != NULL) {
			from += strlen(source);
			dead = dead || strcmp(from + strspn(from, "0123456789abcdef"), gone) == 0;
		}
	}
	free(copy);
	return dead;
}

void parse_column(const char *text, bool (*fits)(const char *line), struct strv *out)
{
	char *copy = mem_strdup(text), *rest = copy, *line;
	struct strv all = {0};

	while ((line = parse_next_line(&rest)) != NULL)
		if (fits(line))
			strv_add(&all, line);
	sorted_sort(all.items, all.n);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || strcmp(all.items[i], all.items[i - 1]) != 0)
			strv_add(out, all.items[i]);
	strv_free(&all);
	free(copy);
}

bool parse_is_src_fs(const char *prop)
{
	const char *colon = strchr(prop, ':');

	if (colon == NULL || strcmp(colon, ":src-fs") != 0)
		return false;
	char *tag = str_fmt("%.*s", (int)(colon - prop), prop);
	struct err *e = name_check_tag(tag);
	bool is = e == NULL;
	err_free(e);
	free(tag);
	return is;
}
