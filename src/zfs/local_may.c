#include "zfs/local_may.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/sorted.h"
#include "util/user.h"
#include "zfs/allow.h"
#include "zfs/local.h"
#include "zfs/parse_allow.h"

/* Names, of up to 255 bytes, in one command. */
#define LIMITS_AT_ONCE 300u

/* However many members it has: they are a part of what is read. False: it cannot be found out what it is called. */
static bool add_group(gid_t gid, struct strv *out)
{
	struct group gr, *found = NULL;
	int rc = ERANGE;

	for (size_t size = 16384; rc == ERANGE && size <= (16u << 20); size *= 4) {
		char *text = mem_array(NULL, size, 1);
		rc = getgrgid_r(gid, &gr, text, size, &found);
		if (rc == 0 && found != NULL)
			strv_add(out, gr.gr_name);
		else if (rc == 0)
			strv_addf(out, "(unknown: %lu)", (unsigned long)gid);
		free(text);
	}
	return rc == 0;
}

static bool my_groups(struct strv *out)
{
	int n = getgroups(0, NULL);
	gid_t *all = mem_array(NULL, n > 0 ? (size_t)n : 1, sizeof(*all));
	bool ok = n >= 0;

	n = n > 0 ? getgroups(n, all) : 0;
	for (int i = 0; i < n; i++)
		ok = add_group(all[i], out) && ok;
	ok = add_group(getegid(), out) && ok;
	free(all);
	return ok;
}

/* Asks once for each that nothing listed is below of: what holds for that says also what holds above. */
static void ask(struct local *l, const char *name, const struct strv *names,
		const struct allow_who *who, const char *user, nvlist_t *datasets)
{
	char *argv[] = {"zfs", "allow", (char *)(uintptr_t)name, NULL};
	struct buf out = {0}, said = {0};
	bool failed = false;
	struct err *e = local_zfs(l, argv, &out, &said, &failed);

	for (size_t i = 0; e == NULL && !failed && i < names->n; i++) {
		nvlist_t *one = nv_nv(datasets, names->items[i]);
		char *lacks = NULL;
		if (!name_within(name, names->items[i]) || nv_nv(one, "may") != NULL)
			continue;
		e = parse_allow(buf_str(&out), names->items[i], who, ALLOW_ROLE, &lacks);
		if (e == NULL && lacks != NULL) {
			nvlist_t *may = nv_new();
			nv_add_str(may, "user", user);
			nv_add_str(may, "lacks", lacks);
			nv_add_nv(one, "may", may);
			nv_free(may);
		}
		free(lacks);
	}
	err_free(e);
	buf_free(&out);
	buf_free(&said);
}

/* Adds to `all` the limits on these. */
static void ask_limits(struct local *l, char *const *names, size_t n, nvlist_t *all)
{
	static const char *const words[] = {
	    "zfs", "get", "-Hp", "-o", "name,property,value", "snapshot_limit,snapshot_count"};
	struct strv argv = {0};
	struct buf out = {0}, said = {0};
	bool failed = false;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(&argv, words[i]);
	for (size_t i = 0; i < n; i++)
		strv_add(&argv, names[i]);
	struct err *e = local_zfs(l, argv.items, &out, &said, &failed);
	if (e == NULL) /* of those that are there, although another is not any more */
		e = parse_limits(buf_str(&out), all);
	err_free(e); /* what cannot be found out is not told */
	strv_free(&argv);
	buf_free(&out);
	buf_free(&said);
}

/* On all of them, and on what they are in. */
static void all_limits(struct local *l, const struct strv *names, nvlist_t *all)
{
	nvlist_t *seen = nv_new();
	struct strv asked = {0};

	for (size_t i = 0; i < names->n; i++) {
		char *at = mem_strdup(names->items[i]);
		for (char *next; at != NULL && !nv_flag(seen, at); at = next) {
			nv_add_flag(seen, at);
			strv_add(&asked, at);
			next = name_parent(at);
			free(at);
		}
		free(at);
	}
	for (size_t i = 0; i < asked.n; i += LIMITS_AT_ONCE)
		ask_limits(l, asked.items + i,
			   asked.n - i < LIMITS_AT_ONCE ? asked.n - i : LIMITS_AT_ONCE, all);
	strv_free(&asked);
	nv_free(seen);
}

/* ZFS holds whoever is not root to the limits, and a sync takes a snapshot of each dataset before anything expires. */
static void judge_limits(const nvlist_t *limits, const struct strv *names, const char *user,
			 nvlist_t *datasets)
{
	nv_each(limits, p) {
		const char *at = nvpair_name(p);
		const nvlist_t *one = nv_nv(limits, at);
		uint64_t limit = nv_u64(one, "limit", 0), count = nv_u64(one, "count", 0), n = 0;
		for (size_t i = 0; i < names->n; i++)
			n += name_within(names->items[i], at);
		for (size_t i = 0; count + n > limit && i < names->n; i++) {
			nvlist_t *d = nv_nv(datasets, names->items[i]);
			if (!name_within(names->items[i], at))
				continue;
			nvlist_t *may =
			    nv_nv(d, "may") != NULL ? nv_dup(nv_nv(d, "may")) : nv_new();
			nv_add_str(may, "user", user);
			nv_add_str(may, "full", at);
			nv_add_u64(may, "limit", limit);
			nv_add_u64(may, "count", count);
			nv_add_nv(d, "may", may);
			nv_free(may);
		}
	}
}

void local_may(struct local *l, nvlist_t *datasets)
{
	struct strv names = {0}, groups = {0};

	if (geteuid() == 0)
		return;
	char *uid = str_fmt("%lu", (unsigned long)geteuid()), *user = user_name(uid);
	char *shown = strcmp(user, uid) == 0 ? str_fmt("(unknown: %s)", uid) : mem_strdup(user);
	bool known = my_groups(&groups);
	const struct allow_who who = {shown, &groups};
	nv_each(datasets, p)
		strv_add(&names, nvpair_name(p));
	sorted_sort(names.items, names.n);
	for (size_t i = 0; known && i < names.n; i++)
		if (i + 1 == names.n || !name_within(names.items[i + 1], names.items[i]))
			ask(l, names.items[i], &names, &who, user, datasets);
	nvlist_t *limits = nv_new();
	all_limits(l, &names, limits);
	judge_limits(limits, &names, user, datasets);
	nv_free(limits);
	strv_free(&names);
	strv_free(&groups);
	free(shown);
	free(user);
	free(uid);
}
