/* Bookmarks cost a transaction, as everything does; so those of a sync are made in the one that takes its snapshot, where
 * channel programs are allowed. */
#include "zfs/local_bookmark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_batch.h"
#include "zfs/local_guid.h"
#include "zfs/program.h"

/* A bookmark takes ZFS the longer the more snapshots its dataset has, and while a transaction makes many of them the pool
 * answers nobody. */
#define OF_ONE_DATASET 100u
#define WITH_SNAPSHOTS 500u
#define AT_A_TIME 200u

/* Snapshots that one program may take: ZFS adds up what room they could take, 144 KiB each, once where it is tried and once
 * where it is done, in an `int` (zri_space_used of sys/zcp.h, to 2.4): beyond 7,000 it calls the pool full, having taken half
 * of them. lzc_snapshot() has twice the room. */
#ifndef SNAPSHOTS_AT_ONCE
#define SNAPSHOTS_AT_ONCE 5000u
#endif
#define SNAPSHOT_ROOM ((int64_t)3 * (144 << 10)) /* with what a bookmark wants */

/* --- with a snapshot --- */

/* All snapshots are tried before the first is taken: one that cannot be must not leave the others of its tree alone. */
static const char program[] =
    "args = ...\n"
    "errors, made, marked, fine = {}, {}, {}, true\n"
    "if zfs.get_prop(args['pool'], 'available') < #args['snaps'] * args['room'] then\n"
    "  return {errors = errors, made = made, marked = marked, tight = true}\n"
    "end\n"
    "for i, name in ipairs(args['snaps']) do\n"
    "  e = zfs.check.snapshot(name)\n"
    "  if e ~= 0 then errors[name], fine = e, false end\n"
    "end\n"
    "if not fine then return {errors = errors, made = made, marked = marked} end\n"
    "for i, name in ipairs(args['snaps']) do\n"
    "  e = zfs.sync.snapshot(name)\n"
    "  if e ~= 0 then errors[name] = e else made[name] = zfs.get_prop(name, 'guid') end\n"
    "end\n"
    "for name, want in pairs(args['marks']) do\n"
    "  guid = made[name]\n"
    "  if guid == nil and want ~= 0 and zfs.exists(name) then\n"
    "    guid = zfs.get_prop(name, 'guid')\n"
    "    if guid ~= want then guid = nil end\n"
    "  end\n"
    "  if guid ~= nil and zfs.sync.bookmark ~= nil then\n"
    "    fs = string.sub(name, 1, string.find(name, '@', 1, true) - 1)\n"
    "    e = zfs.sync.bookmark(name, fs .. '#' .. args['tag'] .. '_' .. string.format('%016x', "
    "guid))\n"
    "    if e == 0 or e == EEXIST then marked[name] = true end\n"
    "  end\n"
    "end\n"
    "return {errors = errors, made = made, marked = marked}\n";

static void add_guid(nvlist_t *to, nvpair_t *p)
{
	int64_t guid; /* Lua's numbers have a sign */

	if (nvpair_value_int64(p, &guid) == 0)
		nv_add_u64(to, nvpair_name(p), (uint64_t)guid);
}

static void take_answer(const struct marks *m, const nvlist_t *said, nvlist_t *errs)
{
	nv_each(nv_nv(said, "errors"), p) {
		int64_t code = EIO;
		(void)nvpair_value_int64(p, &code);
		nv_add_i32(errs, nvpair_name(p), (int32_t)code);
	}
	nv_each(nv_nv(said, "made"), p)
		add_guid(m->made, p);
	nv_each(nv_nv(said, "marked"), p)
		nv_add_flag(m->done, nvpair_name(p));
}

/* As lzc_snapshot() has it: none was taken, and why. Where some were, they must not be tried again. */
static int outcome_of(const nvlist_t *said, const nvlist_t *errs)
{
	int32_t code = 0;

	nv_each(errs, p)
		if (code == 0)
			(void)nvpair_value_int32(p, &code);
	return nv_empty(nv_nv(said, "made")) ? code : 0;
}

int bookmark_with_snapshots(const struct marks *m, char *const *snaps, size_t n, nvlist_t **errs)
{
	if (n > SNAPSHOTS_AT_ONCE)
		return EPERM;
	char *pool = name_pool(snaps[0]);
	nvlist_t *args = nv_new(), *marks = nv_new(), *out = NULL;

	const char *of = "";
	size_t have = 0, all = 0;
	nv_each(m->of, p) {
		const char *name = nvpair_name(p);
		size_t len = strcspn(name, "@");
		uint64_t guid = nv_u64(m->of, name, 0);
		bool another = strcspn(of, "@") != len || strncmp(of, name, len) != 0;
		of = name;
		have = another ? 0 : have + 1;
		if (name_same_pool(name, pool) && all < WITH_SNAPSHOTS &&
		    (guid == 0 || have < OF_ONE_DATASET)) {
			nv_add_i64(marks, name, (int64_t)guid);
			all++;
		}
	}
	nv_add_str(args, "tag", m->tag);
	nv_add_strs(args, "snaps", snaps, n);
	nv_add_nv(args, "marks", marks);
	nv_add_str(args, "pool", pool);
	nv_add_i64(args, "room", SNAPSHOT_ROOM);
	int rc =
	    lzc_channel_program(pool, program, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY, args, &out);
	/* It would be refused where a snapshot by itself is not. */
	if (rc == 0 && nvlist_exists(nv_nv(out, ZCP_RET_RETURN), "tight")) {
		rc = EPERM;
	} else if (rc == 0) {
		*errs = nv_new();
		take_answer(m, nv_nv(out, ZCP_RET_RETURN), *errs);
		rc = outcome_of(nv_nv(out, ZCP_RET_RETURN), *errs);
	} else if (rc ==
		   EINVAL) { /* what it may take was made less on this host: it was not begun */
		rc = EPERM;
	}
	nv_free(out);
	nv_free(marks);
	nv_free(args);
	free(pool);
	return rc;
}

/* --- by themselves --- */

/* It can be done without: the pool has no such feature, the user may not, the snapshot is gone, or it is there. */
static bool can_do_without(int code)
{
	return code == ENOTSUP || code == EPERM || code == EACCES || code == EEXIST ||
	       batch_gone_already(code);
}

/* Where the pool has no such feature, none of it can have any: nothing is asked again, one by one. */
static int done_if_unknown(int rc)
{
	return rc == ENOTSUP ? 0 : rc;
}

static char *mark_of(const struct batch *w, const char *snap)
{
	char *part = name_mark(w->tag, nv_u64(w->guids, snap, 0));
	char *name = str_fmt("%.*s#%s", (int)strcspn(snap, "@"), snap, part);

	free(part);
	return name;
}

/* *errs is by snapshot, as it was asked. */
static int do_bookmark(const struct batch *w, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new(), *said = NULL;

	for (size_t i = 0; i < n; i++) {
		char *mark = mark_of(w, snaps[i]);
		nv_add_str(nv, mark, snaps[i]);
		free(mark);
	}
	int rc = lzc_bookmark(nv, &said);
	*errs = nv_new();
	for (size_t i = 0; i < n && said != NULL; i++) {
		char *mark = mark_of(w, snaps[i]);
		int32_t code = 0;
		if (nvlist_lookup_int32(said, mark, &code) == 0 && code != 0)
			nv_add_i32(*errs, snaps[i], code);
		free(mark);
	}
	nvlist_free(said);
	nv_free(nv);
	return done_if_unknown(rc);
}

static int do_destroy(const struct batch *w, char *const *names, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	(void)w;
	for (size_t i = 0; i < n; i++)
		nv_add_flag(nv, names[i]);
	int rc = lzc_destroy_bookmarks(nv, errs);
	nv_free(nv);
	return done_if_unknown(rc);
}

/* What comes without a GUID is not for us. */
static void run_all(struct batch *b, char *const *names, size_t n)
{
	struct strv known = {0};

	for (size_t i = 0; i < n; i++)
		if (nv_u64(b->guids, names[i], 0) != 0)
			strv_add(&known, names[i]);
	batch_run(b, known.items, known.n);
	strv_free(&known);
}

struct err *local_bookmark(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch w = {.local = l,
			  .result = result,
			  .doing = "bookmark",
			  .fn = do_bookmark,
			  .at_once = AT_A_TIME,
			  .harmless = can_do_without};
	char **names;
	size_t n;
	struct err *e = batch_tag(args, &w.tag);

	if (e != NULL || (e = local_names(args, "snaps", true, &names, &n)) != NULL || n == 0)
		return e;
	nvlist_t *guids = batch_guids(args, names, n);
	w.guids = guids;
	e = guid_check(l, names, n, guids, w.doing, result);
	if (e == NULL)
		run_all(&w, names, n);
	nv_free(guids);
	return e;
}

/* The bookmarks of the dataset that `name` is of: bookmark -> {guid: {value}}. */
static nvlist_t *bookmarks_of(const char *name)
{
	char *dataset = name_dataset(name);
	nvlist_t *props = nv_new(), *found = NULL;

	nv_add_flag(props, "guid");
	if (lzc_get_bookmarks(dataset, props, &found) != 0)
		found = NULL;
	nv_free(props);
	free(dataset);
	return found;
}

/* A gap of one system call is left: that a bookmark is not what it was costs nobody data. */
static void check_bookmarks(struct local *l, char *const *names, size_t n, const nvlist_t *guids,
			    const char *doing, nvlist_t *result)
{
	nvlist_t *found = NULL;
	const char *of = "";

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(names[i], "#");
		if (strcspn(of, "#") != len || strncmp(of, names[i], len) != 0) {
			nvlist_free(found);
			found = bookmarks_of(names[i]);
			of = names[i];
		}
		uint64_t is = nv_u64(nv_nv(nv_nv(found, names[i] + len + 1), "guid"), "value", 0);
		if (is != 0 && is != nv_u64(guids, names[i], 0))
			local_add_error(result, names[i], guid_differs(l, doing, names[i]));
	}
	nvlist_free(found);
}

struct err *local_destroy_bookmark(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch w = {.local = l,
			  .result = result,
			  .doing = "destroy bookmark",
			  .fn = do_destroy,
			  .at_once = AT_A_TIME,
			  .harmless = batch_gone_already};
	bool foreign = nv_flag(args, "foreign");
	size_t n;
	struct err *e = batch_tag(args, &w.tag);
	char **names = nv_strs(args, "bookmarks", &n);

	if (e == NULL && names == NULL)
		e = err_new(ERR_FAILED, "an operation lacks its argument \"bookmarks\"");
	nvlist_t *guids = e == NULL ? batch_guids(args, names, n) : NULL;
	for (size_t i = 0; e == NULL && i < n; i++) {
		uint64_t guid = nv_u64(guids, names[i], 0);
		if (!name_is_bookmark(names[i]))
			e = err_new(ERR_FAILED, "\"%.300s\" is no bookmark name", names[i]);
		else if (!foreign && !name_is_mark(strchr(names[i], '#') + 1, w.tag, guid))
			e = err_refuse(REASON_INVARIANT,
				       "%s on %s is not zrep's: it will not be destroyed", names[i],
				       l->host);
	}
	if (e == NULL) {
		w.guids = guids;
		check_bookmarks(l, names, n, guids, w.doing, result);
		run_all(&w, names, n);
	}
	nv_free(guids);
	return e;
}
