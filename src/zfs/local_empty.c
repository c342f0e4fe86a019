#include "zfs/local_empty.h"

#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"
#include "zfs/local.h"
#include "zfs/local_expect.h"
#include "zfs/local_get.h"
#include "zfs/local_guid.h"
#include "zfs/local_way.h"
#include "zfs/parse_line.h"

#define NAMED_MAX 5u

/* It stands in a command that is pasted. */
static bool is_plain(const char *tag)
{
	return *tag != '\0' && *tag != '-' &&
	       tag[strspn(tag,
			  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:+-")] ==
		   '\0';
}

/* Who needs it, as the end of a sentence, and in *remedy what lets it go; NULL: nobody. */
static char *holder(const char *snap, char **remedy)
{
	struct strv tags = {0};
	struct buf list = {0};
	char *text = NULL;

	local_way_holders(snap, NULL, &tags);
	for (size_t i = 0; i < tags.n && i < NAMED_MAX; i++)
		buf_addf(&list, "%s%s", i > 0 ? ", " : "", tags.items[i]);
	if (tags.n > NAMED_MAX)
		buf_addf(&list, " and %zu more", tags.n - NAMED_MAX);
	if (tags.n > 0) {
		text = str_fmt("held (%s)", list.data);
		*remedy = remedy_fmt("{zfs release %s %s}",
				     is_plain(tags.items[0]) ? tags.items[0] : "TAG", snap);
	}
	strv_free(&tags);
	buf_free(&list);
	return text;
}

static char *bookmarker(const char *dataset, uint64_t guid, char **remedy)
{
	nvlist_t *props = nv_new(), *marks = NULL;
	char *text = NULL;

	nv_add_flag(props, "guid");
	if (lzc_get_bookmarks(dataset, props, &marks) == 0)
		nv_each(marks, p) {
			const nvlist_t *value = nv_nv(nv_nv(marks, nvpair_name(p)), "guid");
			if (text != NULL || nv_u64(value, "value", 0) != guid || guid == 0)
				continue;
			char *mark = str_fmt("%s#%s", dataset, nvpair_name(p));
			text = str_fmt("bookmarked (%s)", mark);
			*remedy = remedy_fmt("{zfs destroy %s}", mark);
			free(mark);
		}
	nvlist_free(marks);
	nv_free(props);
	return text;
}

/* Takes text and way. */
static void in_the_way(struct local *l, const char *snap, char *text, char *way, nvlist_t *result)
{
	char *dataset = name_dataset(snap);

	local_add_error(
	    result, snap,
	    err_remedy(err_refuse(REASON_HELD,
				  "%s on %s cannot be destroyed: it has no data of its own, but it "
				  "is %s, and ZFS receives nothing as long as it is the newest",
				  snap, l->host, text),
		       "if nobody needs it any more: on %s, %s, then run the same again; to keep "
		       "it, and go on beside it: on %s, {zrep rejoin %s}",
		       l->host, way, l->host, dataset));
	free(dataset);
	free(text);
	free(way);
}

/* Snapshot -> its clones, as zfs prints them. */
static struct err *read_clones(struct local *l, char *const *snaps, size_t n, nvlist_t *clones)
{
	struct strv argv = {0};
	struct buf out = {0};

	strv_split(&argv, "zfs list -Hp -t snapshot -o name,clones");
	struct err *e = local_listing_of(l, &argv, snaps, n, &out);
	char *copy = mem_strdup(buf_str(&out)), *rest = copy, *line;
	while (e == NULL && (line = parse_next_line(&rest)) != NULL) {
		char *f[2];
		if (!parse_split(line, f, 2))
			e = err_wrap(parse_unexpected("list", line), "%s", l->host);
		else if (*f[1] != '\0' && strcmp(f[1], "-") != 0)
			nv_add_str(clones, f[0], f[1]);
	}
	free(copy);
	buf_free(&out);
	return e;
}

static struct err *find_needed(struct local *l, char *const *snaps, size_t n, nvlist_t *result)
{
	nvlist_t *clones = nv_new(), *guids = nv_new();
	struct err *e = read_clones(l, snaps, n, clones);

	if (e == NULL)
		e = guid_read(l, snaps, n, guids);
	for (size_t i = 0; e == NULL && i < n; i++) {
		char *dataset = name_dataset(snaps[i]), *way = NULL;
		const char *cloned = nv_str(clones, snaps[i]);
		char *text = holder(snaps[i], &way);
		if (text == NULL && cloned != NULL) {
			text = str_fmt("the origin of %s", cloned);
			/* To promote it would take along what both sides have in common. */
			way = remedy_fmt("{zfs destroy %s}", cloned);
		}
		if (text == NULL)
			text = bookmarker(dataset, nv_u64(guids, snaps[i], 0), &way);
		if (text != NULL)
			in_the_way(l, snaps[i], text, way, result);
		free(dataset);
	}
	nv_free(clones);
	nv_free(guids);
	return e;
}

/* What stands beside one that stays would be destroyed for nothing. */
static void spare_others(char *const *snaps, size_t n, const nvlist_t *failed, nvlist_t *result)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n && !local_has_failed(result, snaps[i]); k++)
			if (nv_nv(failed, snaps[k]) != NULL &&
			    strcspn(snaps[i], "@") == strcspn(snaps[k], "@") &&
			    strncmp(snaps[i], snaps[k], strcspn(snaps[i], "@")) == 0)
				local_add_error(result, snaps[i], nv_err(failed, snaps[k], NULL));
}

struct err *empty_check(struct local *l, char *const *snaps, size_t n, nvlist_t *result)
{
	struct err *e = find_needed(l, snaps, n, result);
	const nvlist_t *errors = nv_nv(result, "errors");
	nvlist_t *failed = errors != NULL ? nv_dup(errors) : nv_new();

	if (e == NULL)
		spare_others(snaps, n, failed, result);
	nv_free(failed);
	return e;
}

bool empty_is_touched(struct local *l, char *const *snaps, size_t n, const nvlist_t *state,
		      nvlist_t *errs)
{
	char *pool = name_pool(snaps[0]);
	nvlist_t *differs = NULL;
	struct err *e = state_look(l, state, pool, &differs);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		char *dataset = name_dataset(snaps[i]);
		bool touched = e != NULL || nv_nv(differs, dataset) != NULL;
		if (touched)
			nv_add_i32(errs, snaps[i], SET_NOT_SO);
		any = any || touched;
		free(dataset);
	}
	err_free(e);
	nv_free(differs);
	free(pool);
	return any;
}
