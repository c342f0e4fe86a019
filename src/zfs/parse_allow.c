#include "zfs/parse_allow.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/name.h"
#include "util/num.h"
#include "zfs/parse_line.h"

#define HEAD "---- Permissions on "
struct reading {
	const char *name;
	const struct allow_who *who;
	bool here; /* what stands in this part of the text holds for `name` */
	bool sets; /* it says what sets hold */
	struct strv granted;
	struct strv set_names, set_perms; /* of one length */
};

/* "A,B,C", each once. */
static void add_words(struct strv *to, const char *list)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		char *word = str_fmt("%.*s", (int)n, list);
		if (n > 0 && !strv_has(to, word))
			strv_add(to, word);
		free(word);
		list += n + (list[n] == ',');
	}
}

/* The lines under one of these hold for the dataset that the part is of, for what is below it, or both. */
static bool read_kind(struct reading *r, const char *line, const char *of)
{
	bool itself = strcmp(r->name, of) == 0, below = !itself && name_within(r->name, of);

	/* Sets are seen from below. */
	bool sets = strcmp(line, "Permission sets:") == 0;
	r->sets = sets && (itself || below);
	if (strcmp(line, "Local permissions:") == 0)
		r->here = itself;
	else if (strcmp(line, "Descendent permissions:") == 0)
		r->here = below;
	else if (strcmp(line, "Local+Descendent permissions:") == 0)
		r->here = itself || below;
	else if (sets || strcmp(line, "Create time permissions:") == 0)
		r->here = false;
	else
		return false;
	return true;
}

/* "user NAME PERMS", "group NAME PERMS", "everyone PERMS"; a name may have blanks. */
static bool is_for(const struct reading *r, const char *line, size_t n)
{
	if (n == strlen("everyone") && strncmp(line, "everyone", n) == 0)
		return true;
	if (n > strlen("user ") && strncmp(line, "user ", strlen("user ")) == 0) {
		line += strlen("user ");
		n -= strlen("user ");
		return strlen(r->who->user) == n && strncmp(line, r->who->user, n) == 0;
	}
	if (n <= strlen("group ") || strncmp(line, "group ", strlen("group ")) != 0)
		return false;
	char *group = str_fmt("%.*s", (int)(n - strlen("group ")), line + strlen("group "));
	bool in = strv_has(r->who->groups, group);
	free(group);
	return in;
}

static void read_grant(struct reading *r, const char *line)
{
	const char *perms = strrchr(line, ' ');

	if (perms == NULL)
		return;
	if (r->sets && *line == '@') {
		strv_addf(&r->set_names, "%.*s", (int)(perms - line), line);
		strv_add(&r->set_perms, perms + 1);
	} else if (r->here && is_for(r, line, (size_t)(perms - line))) {
		add_words(&r->granted, perms + 1);
	}
}

/* What is in the sets that were granted is granted; they may hold sets. */
static void resolve_sets(struct reading *r)
{
	for (size_t i = 0; i < r->granted.n; i++)
		for (size_t k = 0; k < r->set_names.n; k++)
			if (strcmp(r->set_names.items[k], r->granted.items[i]) == 0)
				add_words(&r->granted, r->set_perms.items[k]);
}

/* What is sent raw may be allowed by itself. */
static bool is_granted(const struct reading *r, const char *perm)
{
	return strv_has(&r->granted, perm) ||
	       (strcmp(perm, "send") == 0 && strv_has(&r->granted, "send:raw"));
}

struct err *parse_allow(const char *text, const char *name, const struct allow_who *who,
			const char *wanted, char **lacks)
{
	struct reading r = {.name = name, .who = who};
	char *copy = mem_strdup(text), *rest = copy, *line, *of = NULL;
	struct strv all = {0};
	struct err *e = NULL;

	*lacks = NULL;
	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		if (strncmp(line, HEAD, strlen(HEAD)) == 0) {
			/* Dashes fill the line up; a name has none after a blank. */
			char *end = strstr(line + strlen(HEAD), " -");
			free(of);
			of = end != NULL ? str_fmt("%.*s", (int)(end - line - (long)strlen(HEAD)),
						   line + strlen(HEAD))
					 : mem_strdup(line + strlen(HEAD));
			r.here = r.sets = false;
		} else if (*line == '\t' && of != NULL) {
			read_grant(&r, line + 1);
		} else if (*line != '\0' && (of == NULL || !read_kind(&r, line, of))) {
			e = parse_unexpected("allow", line);
		}
	}
	resolve_sets(&r);
	add_words(&all, wanted);
	struct buf missing = {0};
	for (size_t i = 0; i < all.n; i++)
		if (!is_granted(&r, all.items[i]))
			buf_addf(&missing, "%s%s", missing.len > 0 ? "," : "", all.items[i]);
	if (e == NULL && missing.len > 0)
		*lacks = mem_strdup(buf_str(&missing));
	buf_free(&missing);
	strv_free(&all);
	strv_free(&r.granted);
	strv_free(&r.set_names);
	strv_free(&r.set_perms);
	free(of);
	free(copy);
	return e;
}

struct err *parse_limits(const char *text, nvlist_t *out)
{
	char *copy = mem_strdup(text), *rest = copy, *line, *f[3];
	nvlist_t *counts = nv_new();
	struct err *e = NULL;

	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		uint64_t n;
		if (!parse_split(line, f, 3) || !name_is_dataset(f[0])) {
			e = parse_unexpected("get", line);
			continue;
		}
		/* "none", or what ZFS has for that. */
		bool set = num_parse_u64(f[2], &n) && n < INT64_MAX;
		if (set && strcmp(f[1], "snapshot_count") == 0)
			nv_add_u64(counts, f[0], n);
		else if (set && strcmp(f[1], "snapshot_limit") == 0) {
			nvlist_t *one = nv_new();
			nv_add_u64(one, "limit", n);
			nv_add_nv(out, f[0], one);
			nv_free(one);
		}
	}
	nv_each(out, p) {
		nvlist_t *one = nv_nv(out, nvpair_name(p));
		uint64_t n = nv_u64(counts, nvpair_name(p), 0);
		if (n != 0 || nv_u64(one, "count", UINT64_MAX) == UINT64_MAX)
			nv_add_u64(one, "count", n);
	}
	nv_free(counts);
	free(copy);
	return e;
}
