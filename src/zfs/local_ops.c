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
#include "zfs/local_empty.h"
#include "zfs/local_expect.h"
#include "zfs/local_guid.h"
#include "zfs/local_hook.h"
#include "zfs/local_list.h"
#include "zfs/local_mount.h"
#include "zfs/local_quiesce.h"
#include "zfs/local_reach.h"
#include "zfs/local_set.h"
#include "zfs/local_tokens.h"
#include "zfs/local_tree.h"
#include "zfs/lock.h"
#include "zfs/ops.h"
#include "zfs/program.h"
#include "zfs/watch.h"

static struct err *run_batch(struct batch *b, const nvlist_t *args)
{
	char **names;
	size_t n;
	struct err *e = local_names(args, "snaps", true, &names, &n);

	if (e != NULL || n == 0)
		return e;
	b->guids = batch_guids(args, names, n);
	e = guid_check(b->local, names, n, b->guids, b->doing, b->result);
	if (e == NULL)
		batch_run(b, names, n);
	if (e == NULL && b->keeps) /* only now it is certain */
		e = guid_check(b->local, names, n, b->guids, b->doing, b->result);
	nv_free(b->guids);
	return e;
}

static bool nothing_harmless(int code)
{
	(void)code;
	return false;
}

static bool exists_already(int code)
{
	return code == EEXIST;
}

static bool gone_already(int code)
{
	return code == ENOENT || code == ESRCH;
}

/* The origin of a clone stays, like one that is held: what a rejoin has kept aside is such a clone. */
static bool gone_or_cloned(int code)
{
	return gone_already(code) || code == EEXIST;
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

/* Have they the GUIDs that they are to have, right before they are touched? Of a batch of hundreds the first look was minutes
 * ago. 0, or why not, with who is another one now in *errs. */
static int still_named(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *result = nv_new();
	struct err *e = guid_check(b->local, snaps, n, b->guids, b->doing, result);
	const nvlist_t *differ = nv_nv(result, "errors");
	int code = e != NULL ? (e->code != 0 ? e->code : EIO) : 0;

	if (!nv_empty(differ)) {
		code = SET_NOT_SO;
		*errs = nv_new();
		nv_each(differ, p)
			nv_add_i32(*errs, nvpair_name(p), SET_NOT_SO);
	}
	err_free(e);
	nv_free(result);
	return code;
}

static int do_release(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	int code = still_named(b, snaps, n, errs);

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

/* Destroys each of `snaps` that has the GUID named there, and whose dataset is as `state` says, all in one transaction. Gives
 * back name -> errno. */
static const char destroy_program[] =
    STATE_PROGRAM "args = ...\n"
		  "errors = {}\n"
		  "touched = {}\n"
		  "for name, want in pairs(args['state']) do\n"
		  "  touched[name] = state_differs(name, want)\n"
		  "end\n"
		  "for name, guid in pairs(args['snaps']) do\n"
		  "  if touched[args['of'][name]] ~= nil then\n"
		  "    errors[name] = args['differs']\n"
		  "  elseif not zfs.exists(name) then\n"
		  "    errors[name] = ENOENT\n"
		  "  elseif guid ~= 0 and zfs.get_prop(name, 'guid') ~= guid then\n"
		  "    errors[name] = args['differs']\n"
		  "  else\n"
		  "    e = zfs.sync.destroy(name)\n"
		  "    if e ~= 0 then errors[name] = e end\n"
		  "  end\n"
		  "end\n"
		  "return errors\n";

static int destroy_named(char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	for (size_t i = 0; i < n; i++)
		nv_add_flag(nv, snaps[i]);
	int rc = lzc_destroy_snaps(nv, B_FALSE, errs);
	nv_free(nv);
	return rc;
}

/* What the program could not destroy: a snapshot that somebody looks into is mounted, and only this unmounts it. */
static void destroy_mounted(const struct batch *b, const char *snap, nvlist_t *errs)
{
	char *name[] = {(char *)(uintptr_t)snap};
	struct err *e = guid_check_one(b->local, snap, nv_u64(b->guids, snap, 0), b->doing);
	int rc = e == NULL ? destroy_named(name, 1, NULL) : e->code;

	err_free(e);
	nv_add_i32(errs, snap, rc);
}

/* The GUIDs are compared where they cannot change any more. Who is not root has had them compared right before. */
static int do_destroy(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	char *pool = name_pool(snaps[0]);
	nvlist_t *args = nv_new(), *all = nv_new(), *of = nv_new(), *out = NULL;

	for (size_t i = 0; i < n; i++) {
		char *dataset = name_dataset(snaps[i]);
		nv_add_i64(all, snaps[i], (int64_t)nv_u64(b->guids, snaps[i], 0));
		nv_add_str(of, snaps[i], dataset);
		free(dataset);
	}
	nv_add_nv(args, "snaps", all);
	nv_add_nv(args, "of", of);
	nv_add_i64(args, "differs", SET_NOT_SO);
	state_args(b->state, pool, args);
	int rc = lzc_channel_program(pool, destroy_program, PROGRAM_INSTRUCTIONS, PROGRAM_MEMORY,
				     args, &out);
	const nvlist_t *said = nv_nv(out, ZCP_RET_RETURN);
	if (rc == 0)
		*errs = nv_new();
	nv_each(rc == 0 ? said : NULL, p) {
		int64_t code = EIO;
		(void)nvpair_value_int64(p, &code);
		if (code == EBUSY)
			destroy_mounted(b, nvpair_name(p), *errs);
		else
			nv_add_i32(*errs, nvpair_name(p), (int32_t)code);
	}
	nv_free(out);
	nv_free(all);
	nv_free(of);
	nv_free(args);
	free(pool);
	if (rc != EPERM)
		return rc;
	if (b->state != NULL) {
		nvlist_t *touched = nv_new();
		if (empty_is_touched(b->local, snaps, n, b->state, touched)) {
			*errs = touched;
			return SET_NOT_SO;
		}
		nv_free(touched);
	}
	int code = still_named(b, snaps, n, errs);
	return code != 0 ? code : destroy_named(snaps, n, errs);
}

static int do_rollback(const struct batch *b, char *const *snaps, size_t n, nvlist_t **errs)
{
	if (n != 1)
		return EXDEV; /* libzfs_core does one at a time: the batch is split then */
	int code = still_named(b, snaps, n, errs);
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

static struct err *op_snapshot(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct marks marks = {.of = nv_new(), .made = nv_new(), .done = nv_new()};
	bool any = nvlist_exists((nvlist_t *)(uintptr_t)args, "bookmark");
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "snapshot",
			  .fn = do_snapshot,
			  .harmless = nothing_harmless,
			  .marks = any ? &marks : NULL};
	struct err *e = any ? read_marks(args, &marks) : NULL;

	if (e == NULL && (e = run_batch(&b, args)) == NULL)
		tell_made(l, args, &marks, result);
	nv_free(marks.of);
	nv_free(marks.made);
	nv_free(marks.done);
	return e;
}

static struct err *op_hold(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "hold",
			  .fn = do_hold,
			  .harmless = exists_already,
			  .keeps = true};
	struct err *e = batch_tag(args, &b.tag);
	return e != NULL ? e : run_batch(&b, args);
}

static struct err *op_release(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "release",
			  .fn = do_release,
			  .harmless = gone_already};
	struct err *e = batch_tag(args, &b.tag);
	return e != NULL ? e : run_batch(&b, args);
}

/* The last guard before data goes: what is not zrep's own by its name needs to be meant. */
static struct err *op_destroy(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	bool foreign = nv_flag(args, "foreign"), cascaded = nv_flag(args, "relayed");
	char other[NAME_TAG_MAX + 1];
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "destroy",
			  .fn = do_destroy,
			  .harmless = nv_flag(args, "together") ? gone_already : gone_or_cloned,
			  .at_once = DESTROY_AT_ONCE,
			  .state = nv_nv(args, "state")};
	struct name_seq seq;
	char **names;
	size_t n;
	struct err *e = batch_tag(args, &b.tag);

	if (e != NULL || (e = local_names(args, "snaps", true, &names, &n)) != NULL)
		return e;
	for (size_t i = 0; i < n && !foreign; i++)
		if (!name_parse_seq(name_snap_part(names[i]), b.tag, &seq) &&
		    !(cascaded && name_seq_tag(name_snap_part(names[i]), other)))
			return err_refuse(REASON_INVARIANT,
					  "%s on %s is not zrep's: it will not be destroyed",
					  names[i], l->host);
	if (b.state != NULL &&
	    ((e = state_check(b.state)) != NULL || (e = empty_check(l, names, n, result)) != NULL))
		return e;
	/* What has to be so is looked at in the transaction of the batch, which goes or stays as a whole as well. */
	if (b.state != NULL || !nv_flag(args, "together"))
		return run_batch(&b, args);
	size_t n_guids;
	const uint64_t *guids = nv_u64s(args, "guids", &n_guids);
	local_destroy_together(l, names, n_guids == n ? guids : NULL, n, result);
	return NULL;
}

static struct err *op_rollback(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {.local = l,
			  .result = result,
			  .doing = "roll back to",
			  .fn = do_rollback,
			  .harmless = nothing_harmless};
	return run_batch(&b, args);
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
	struct lock_wish wish = {.asks = nv_u64(args, "ask", 0) != 0,
				 .waits = nv_flag(args, "wait"),
				 .force = nv_flag(args, "force"),
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
		if (*names[i] != '\0' && strcmp(names[i], "/") != 0 && !name_is_dataset(names[i]))
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

static struct err *op_unlock(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag;
	size_t n;
	struct err *e = batch_tag(args, &tag);
	char **names = nv_strs(args, "datasets", &n);

	(void)result;
	/* What was begun on it and not waited for ends with this program, or this program with that. */
	for (size_t i = 0; e == NULL && i < n; i++)
		if (!watch_is_changing(l->watch, names[i]))
			locks_drop(l->locks, tag, names[i]);
	return e;
}

/* Each operation that has no stream, its function, and whether that wants /dev/zfs. */
#define OPERATIONS(X)                                                                              \
	X(OP_LIST, local_list, true)                                                               \
	X(OP_TOKEN, local_tokens, true)                                                            \
	X(OP_SNAPSHOT, op_snapshot, true)                                                          \
	X(OP_HOLD, op_hold, true)                                                                  \
	X(OP_RELEASE, op_release, true)                                                            \
	X(OP_DESTROY, op_destroy, true)                                                            \
	X(OP_BOOKMARK, local_bookmark, true)                                                       \
	X(OP_DESTROY_BOOKMARK, local_destroy_bookmark, true)                                       \
	X(OP_SET, local_set, true)                                                                 \
	X(OP_DECIDE, local_decide, true)                                                           \
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
	X(OP_MOUNT, local_mount, true)                                                             \
	X(OP_UNMOUNT, local_unmount, true)                                                         \
	X(OP_HOOK, local_hook, false)                                                              \
	X(OP_REACH, local_reach, true)

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
	    OP_RECEIVE, NULL};
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
