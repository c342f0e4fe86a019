/* The operations of ops.h that are one call of libzfs_core for each pool. */
#include "zfs/local_ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/local_batch.h"
#include "zfs/local_bookmark.h"
#include "zfs/local_destroy.h"
#include "zfs/local_drill.h"
#include "zfs/local_guid.h"
#include "zfs/local_hook.h"
#include "zfs/local_key.h"
#include "zfs/local_list.h"
#include "zfs/local_mount.h"
#include "zfs/local_quiesce.h"
#include "zfs/local_reach.h"
#include "zfs/local_roster.h"
#include "zfs/local_set.h"
#include "zfs/local_tokens.h"
#include "zfs/local_tree.h"
#include "zfs/lock.h"
#include "zfs/ops.h"
#include "zfs/watch.h"

static bool nothing_harmless(int code)
{
	(void)code;
	return false;
}

static bool exists_already(int code)
{
	return code == EEXIST;
}

static int do_snapshot(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	int rc = b->marks != NULL ? bookmark_with_snapshots(b->marks, snaps, n, errs) : EPERM;
	if (b->marks != NULL && rc != EPERM) {
		nv_free(nv);
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		nv_add_flag(nv, snaps[i]);
	rc = lzc_snapshot(nv, NULL, errs);
	nv_free(nv);
	return rc;
}

static int do_hold(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	for (size_t i = 0; i < n; i++)
		nv_add_str(nv, snaps[i], b->tag);
	int rc = lzc_hold(nv, -1, errs);
	nv_free(nv);
	return rc;
}

static int do_release(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	int code = batch_still_named(b, snaps, n, errs);

	if (code != 0)
		return code;
	nvlist_t *nv = nv_new(), *tags = nv_new();
	nv_add_flag(tags, b->tag);
	for (size_t i = 0; i < n; i++)
		nv_add_nv(nv, snaps[i], tags);
	int rc = lzc_release(nv, errs);
	nv_free(tags);
	nv_free(nv);
	return rc;
}

static int do_rollback(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	if (n != 1)
		return EXDEV; /* libzfs_core does one at a time: the batch is split then */
	int code = batch_still_named(b, snaps, n, errs);
	if (code != 0)
		return code;
	char *fs = name_dataset(snaps[0]);
	int rc = lzc_rollback_to(fs, snaps[0]);
	free(fs);
	return rc;
}

/* What is to be bookmarked along with the snapshots. */
static struct err *read_marks(const nvlist_t *args, struct marks *m)
{
	char **names;
	size_t n, n_guids;
	const uint64_t *guids = nv_u64s(args, "bookmark_guids", &n_guids);
	struct err *e = batch_tag(args, &m->tag);

	if (e != NULL || (e = local_names(args, "bookmark", true, &names, &n)) != NULL)
		return e;
	for (size_t i = 0; i < n && n == n_guids; i++)
		nv_add_u64(m->of, names[i], guids[i]);
	return NULL;
}

/* The GUIDs of what was made: what comes next goes by these. Where they cannot be had, it goes by the names. */
static void tell_made(struct local *l, const nvlist_t *args, const struct marks *m,
		      nvlist_t *result)
{
	struct strv rest = {0}, done = {0};
	char **names;
	size_t n;

	names = nv_strs(args, "snaps", &n);
	for (size_t i = 0; i < n; i++)
		if (!nvlist_exists(m->made, names[i]))
			strv_add(&rest, names[i]);
	if (rest.n > 0)
		err_free(guid_read(l, rest.items, rest.n, m->made));
	nv_each(m->done, p)
		strv_add(&done, nvpair_name(p));
	nv_add_nv(result, "guids", m->made);
	nv_add_strs(result, "bookmarked", done.items, done.n);
	strv_free(&rest);
	strv_free(&done);
}

/* ZFS adds up what room they could take in an `int` (dst_space of sys/dsl_synctask.h): it has no more in one transaction. */
#define SNAPSHOTS_OF_ONE_MOMENT 14000u

static struct err *op_snapshot(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct marks marks = {.of = nv_new(), .made = nv_new(), .done = nv_new()};
	bool any = nvlist_exists((nvlist_t *)(uintptr_t)args, "bookmark");
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "snapshot",
			  .fn = do_snapshot,
			  .at_once = SNAPSHOTS_OF_ONE_MOMENT,
			  .harmless = nothing_harmless,
			  .marks = any ? &marks : NULL};
	struct err *e = any ? read_marks(args, &marks) : NULL;

	if (e == NULL && (e = batch_run_snaps(&b, args)) == NULL)
		tell_made(l, args, &marks, result);
	nv_free(marks.of);
	nv_free(marks.made);
	nv_free(marks.done);
	return e;
}

/* A transaction that has to do with more of them keeps ZFS from answering. */
#define HELD_AT_ONCE 500u

static struct err *op_hold(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "hold",
			  .fn = do_hold,
			  .at_once = HELD_AT_ONCE,
			  .harmless = exists_already,
			  .keeps = true};
	struct err *e = batch_tag(args, &b.tag);
	return e != NULL ? e : batch_run_snaps(&b, args);
}

static struct err *op_release(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "release",
			  .fn = do_release,
			  .at_once = HELD_AT_ONCE,
			  .harmless = batch_gone_already};
	struct err *e = batch_tag(args, &b.tag);
	return e != NULL ? e : batch_run_snaps(&b, args);
}

static struct err *op_rollback(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "roll back to",
			  .fn = do_rollback,
			  .harmless = nothing_harmless};
	return batch_run_snaps(&b, args);
}

static struct err *op_abort(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	char **names;
	size_t n;
	struct err *e = local_names(args, "datasets", false, &names, &n);

	for (size_t i = 0; e == NULL && i < n; i++) {
		char *argv[] = {"zfs", "receive", "-A", names[i], NULL};
		struct buf out = {0}, said = {0};
		bool failed = false;
		e = local_zfs(l, argv, &out, &said, &failed);
		if (e == NULL && failed &&
		    strstr(buf_str(&said), "does not have any resumable") == NULL)
			local_add_error(result, names[i],
					err_new(ERR_FAILED, "%s: %s", l->host, buf_str(&said)));
		buf_free(&out);
		buf_free(&said);
	}
	return e;
}

static struct err *op_lock(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag;
	const char *word = nv_str(args, "mode");
	nvlist_t *busy = nv_new(), *gone = nv_new(), *without = nv_new();
	struct lock_wish wish = {.ends = nv_flag(args, "ends"),
				 .asks = nv_u64(args, "ask", 0) != 0,
				 .waits = nv_flag(args, "wait"),
				 .force = nv_flag(args, "force"),
				 .brief = nv_flag(args, "brief"),
				 .patience = nv_u64(args, "ask", 0) % 100000 * 1000};
	enum lock_mode mode = LOCK_ALONE;
	struct strv taken = {0};
	size_t n;
	struct err *e = batch_tag(args, &tag);
	char **names = nv_strs(args, "datasets", &n);

	if (e == NULL && word != NULL && !lock_mode_of(word, &mode))
		e = err_new(ERR_FAILED, "\"%.40s\" is no way to lock a dataset", word);
	for (size_t i = 0; e == NULL && i < n; i++) {
		struct lock_outcome what = {0};
		if (!lock_is_batch(names[i]) && !name_is_dataset(names[i]))
			e = err_new(ERR_FAILED, "\"%.300s\" is no dataset name", names[i]);
		else
			e = err_wrap(locks_wish(l->locks, tag, names[i], mode, &wish, &what), "%s",
				     l->host);
		if (what.busy != NULL)
			nv_add_str(busy, names[i], what.busy);
		else if (e == NULL)
			strv_add(&taken, names[i]);
		if (what.gone != NULL)
			nv_add_str(gone, names[i], what.gone);
		if (what.without != NULL)
			nv_add_str(without, names[i], what.without);
		lock_outcome_free(&what);
	}
	/* Whoever gets an error gives nothing back. */
	for (size_t i = 0; e != NULL && i < taken.n; i++)
		locks_drop(l->locks, tag, taken.items[i]);
	strv_free(&taken);
	nv_add_nv(result, "busy", busy);
	if (!nv_empty(gone))
		nv_add_nv(result, "gone", gone);
	if (!nv_empty(without))
		nv_add_nv(result, "without", without);
	strv_free(&wish.cast);
	nv_free(busy);
	nv_free(gone);
	nv_free(without);
	return e;
}

void local_let_go(struct local *l)
{
	struct strv still = {0};

	pthread_mutex_lock(&l->owed_lock);
	for (size_t i = 0; i < l->owed.n; i++) {
		char *tag = l->owed.items[i], *name = strchr(tag, ' ') + 1;
		if (watch_is_changing(l->watch, name)) {
			strv_add(&still, tag);
			continue;
		}
		name[-1] = '\0';
		locks_drop(l->locks, tag, name);
	}
	strv_free(&l->owed);
	l->owed = still;
	pthread_mutex_unlock(&l->owed_lock);
}

static void owe(struct local *l, const char *tag, const char *name)
{
	pthread_mutex_lock(&l->owed_lock);
	strv_addf(&l->owed, "%s %s", tag, name);
	pthread_mutex_unlock(&l->owed_lock);
}

static struct err *op_unlock(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag;
	size_t n;
	struct err *e = batch_tag(args, &tag);
	char **names = nv_strs(args, "datasets", &n);

	(void)result;
	/* What was begun on it and not waited for is over first, or ends with this program. */
	for (size_t i = 0; e == NULL && i < n; i++) {
		if (watch_is_changing(l->watch, names[i]))
			owe(l, tag, names[i]);
		else
			locks_drop(l->locks, tag, names[i]);
	}
	return e;
}

/* Each operation that has no stream, its function, and whether that wants /dev/zfs. */
#define OPERATIONS(X)                                                                              \
	X(OP_LIST, local_list, true)                                                               \
	X(OP_TOKEN, local_tokens, true)                                                            \
	X(OP_SNAPSHOT, op_snapshot, true)                                                          \
	X(OP_HOLD, op_hold, true)                                                                  \
	X(OP_RELEASE, op_release, true)                                                            \
	X(OP_DESTROY, local_destroy, true)                                                         \
	X(OP_BOOKMARK, local_bookmark, true)                                                       \
	X(OP_DESTROY_BOOKMARK, local_destroy_bookmark, true)                                       \
	X(OP_SET, local_set, true)                                                                 \
	X(OP_DECIDE, local_decide, true)                                                           \
	X(OP_OFFER, local_decide, true)                                                            \
	X(OP_ROLLBACK, op_rollback, true)                                                          \
	X(OP_ABORT, op_abort, true)                                                                \
	X(OP_LOCK, op_lock, false)                                                                 \
	X(OP_UNLOCK, op_unlock, false)                                                             \
	X(OP_RENAME, local_rename, true)                                                           \
	X(OP_CLONE, local_clone, true)                                                             \
	X(OP_PROMOTE, local_promote, true)                                                         \
	X(OP_UNCLONE, local_unclone, true)                                                         \
	X(OP_WRITABLE, local_writable, true)                                                       \
	X(OP_QUIESCE, local_quiesce, true)                                                         \
	X(OP_KEY_OWN, local_key_own, true)                                                         \
	X(OP_KEY_INHERIT, local_key_inherit, true)                                                 \
	X(OP_MOUNT, local_mount, true)                                                             \
	X(OP_UNMOUNT, local_unmount, true)                                                         \
	X(OP_HOOK, local_hook, false)                                                              \
	X(OP_HOOKS, local_hooks, false)                                                            \
	X(OP_REACH, local_reach, true)                                                             \
	X(OP_ROSTER, local_roster, true)                                                           \
	X(OP_WRITTEN, local_written, true)                                                         \
	X(OP_DRILL, local_drill, true)                                                             \
	X(OP_DRILL_END, local_drill_end, true)

static const struct {
	const char *name;
	struct err *(*fn)(struct local *l, const nvlist_t *args, nvlist_t *result);
	bool zfs;
} ops[] = {
#define X(name, fn, zfs) {name, fn, zfs},
    OPERATIONS(X)
#undef X
};

const char *const *local_operations(void)
{
	static const char *const names[] = {
#define X(name, fn, zfs) name,
	    OPERATIONS(X)
#undef X
		OP_SEND,
	    OP_RECEIVE, OP_LINES, OP_PART, NULL};
	return names;
}

struct err *local_unknown(const char *host, const char *version, const char *op)
{
	struct err *e = err_refuse(REASON_UPGRADE, "zrep %.64s on %s knows no operation \"%.40s\"",
				   version, host, op);

	return err_because(err_remedy(e, "upgrade zrep on %s", host), REASON_UPGRADE);
}

struct err *local_call(struct local *l, const char *op, const nvlist_t *args, nvlist_t **result)
{
	*result = NULL;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (strcmp(ops[i].name, op) != 0)
			continue;
		struct err *e = ops[i].zfs ? local_init(l) : NULL;
		if (e != NULL)
			return e;
		*result = nv_new();
		if ((e = ops[i].fn(l, args, *result)) == NULL)
			return NULL;
		nv_free(*result);
		*result = NULL;
		return e;
	}
	return local_unknown(l->host, ZREP_VERSION, op);
}

bool local_has_stream(const char *op)
{
	return strcmp(op, OP_SEND) == 0 || strcmp(op, OP_RECEIVE) == 0;
}
