/* The operations of ops.h that are one call of libzfs_core for each pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libzfs_core.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "zfs/local.h"
#include "zfs/lock.h"
#include "zfs/ops.h"

/* One call on some snapshots of one pool: libzfs_core's result, and what it said of each. */
typedef int (*batch_fn)(const char *tag, char *const *snaps, size_t n, nvlist_t **errs);

struct batch {
	struct local *local;
	nvlist_t *result;
	const char *tag;
	const char *doing; /* for messages: "snapshot", "hold" */
	batch_fn fn;
	bool (*harmless)(int code); /* an outcome that is as good as done */
	size_t at_once;             /* names in a call; 0: all of a pool */
};

/* Takes out of snaps what the call complained of, noting it. How many are left. */
static size_t drop_failed(struct batch *b, char **snaps, size_t n, nvlist_t *errs)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		int32_t code = 0;
		if (errs == NULL || nvlist_lookup_int32(errs, snaps[i], &code) != 0 || code == 0) {
			snaps[left++] = snaps[i];
			continue;
		}
		if (!b->harmless(code))
			local_add_error(b->result, snaps[i],
					local_error(b->local, code, b->doing, snaps[i]));
	}
	return left;
}

/* libzfs_core does all of a batch or nothing. One bad name must not stop the others: without it the
 * call is made again. Ends because each turn drops at least one. */
static void run_pool(struct batch *b, char **snaps, size_t n)
{
	while (n > 0) {
		nvlist_t *errs = NULL;
		int rc = b->fn(b->tag, snaps, n, &errs);
		size_t left = drop_failed(b, snaps, n, errs);
		nvlist_free(errs);
		if (rc == 0)
			return;
		if (left == n && n == 1) {
			if (!b->harmless(rc))
				local_add_error(b->result, snaps[0],
						local_error(b->local, rc, b->doing, snaps[0]));
			return;
		}
		if (left == n) { /* it does not say which: one by one */
			for (size_t i = 0; i < n; i++)
				run_pool(b, &snaps[i], 1);
			return;
		}
		n = left;
	}
}

static struct err *run_batch(struct batch *b, const nvlist_t *args)
{
	char **names;
	size_t n;
	struct err *e = local_names(args, "snaps", true, &names, &n);

	if (e != NULL || n == 0)
		return e;
	char **todo = mem_array(NULL, n, sizeof(char *));
	bool *taken = mem_zalloc(n);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0, pool = name_pool_len(names[i]);
		if (taken[i])
			continue;
		for (size_t j = i; j < n; j++)
			if (!taken[j] && name_pool_len(names[j]) == pool &&
			    strncmp(names[i], names[j], pool) == 0) {
				taken[j] = true;
				todo[k++] = names[j];
			}
		size_t step = b->at_once != 0 ? b->at_once : k;
		for (size_t j = 0; j < k; j += step)
			run_pool(b, todo + j, k - j < step ? k - j : step);
	}
	free(taken);
	free(todo);
	return NULL;
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

static int do_snapshot(const char *tag, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	(void)tag;
	for (size_t i = 0; i < n; i++)
		nv_add_flag(nv, snaps[i]);
	int rc = lzc_snapshot(nv, NULL, errs);
	nv_free(nv);
	return rc;
}

static int do_hold(const char *tag, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	for (size_t i = 0; i < n; i++)
		nv_add_str(nv, snaps[i], tag);
	int rc = lzc_hold(nv, -1, errs);
	nv_free(nv);
	return rc;
}

static int do_release(const char *tag, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new(), *tags = nv_new();

	nv_add_flag(tags, tag);
	for (size_t i = 0; i < n; i++)
		nv_add_nv(nv, snaps[i], tags);
	int rc = lzc_release(nv, errs);
	nv_free(tags);
	nv_free(nv);
	return rc;
}

static int do_destroy(const char *tag, char *const *snaps, size_t n, nvlist_t **errs)
{
	nvlist_t *nv = nv_new();

	(void)tag;
	for (size_t i = 0; i < n; i++)
		nv_add_flag(nv, snaps[i]);
	int rc = lzc_destroy_snaps(nv, B_FALSE, errs);
	nv_free(nv);
	return rc;
}

static int do_rollback(const char *tag, char *const *snaps, size_t n, nvlist_t **errs)
{
	(void)tag;
	(void)errs;
	if (n != 1)
		return EXDEV; /* libzfs_core does one at a time: run_pool() then splits the batch */
	char *fs = name_dataset(snaps[0]);
	int rc = lzc_rollback_to(fs, snaps[0]);
	free(fs);
	return rc;
}

static struct err *op_snapshot(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {l, result, NULL, "snapshot", do_snapshot, nothing_harmless, 0};
	return run_batch(&b, args);
}

/* The tag of a hold is part of what it is asked for; a wrong one would touch another's. */
static struct err *need_tag(const nvlist_t *args, const char **tag)
{
	*tag = nv_str(args, "tag");
	if (*tag == NULL)
		return err_new(ERR_FAILED, "an operation lacks its tag");
	return name_check_tag(*tag);
}

static struct err *op_hold(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {l, result, NULL, "hold", do_hold, exists_already, 0};
	struct err *e = need_tag(args, &b.tag);
	return e != NULL ? e : run_batch(&b, args);
}

static struct err *op_release(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {l, result, NULL, "release", do_release, gone_already, 0};
	struct err *e = need_tag(args, &b.tag);
	return e != NULL ? e : run_batch(&b, args);
}

/* While a transaction destroys, nothing else about the pool is answered: not for so long that it looks hung. */
#define DESTROY_AT_ONCE 500u

/* The last guard before data goes: what is not zrep's own by its name needs to be meant. */
static struct err *op_destroy(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	bool foreign = nv_flag(args, "foreign"), relayed = nv_flag(args, "relayed");
	char other[NAME_TAG_MAX + 1];
	struct batch b = {l,
			  result,
			  NULL,
			  "destroy",
			  do_destroy,
			  foreign ? gone_already : gone_or_cloned,
			  DESTROY_AT_ONCE};
	struct name_seq seq;
	char **names;
	size_t n;
	struct err *e = need_tag(args, &b.tag);

	if (e != NULL || (e = local_names(args, "snaps", true, &names, &n)) != NULL)
		return e;
	for (size_t i = 0; i < n && !foreign; i++)
		if (!name_parse_seq(name_snap_part(names[i]), b.tag, &seq) &&
		    !(relayed && name_seq_tag(name_snap_part(names[i]), other)))
			return err_new(ERR_REFUSED,
				       "%s on %s is not zrep's: it will not be destroyed", names[i],
				       l->host);
	return run_batch(&b, args);
}

static struct err *op_rollback(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	struct batch b = {l, result, NULL, "roll back to", do_rollback, nothing_harmless, 0};
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
	nvlist_t *busy = nv_new();
	size_t n;
	struct err *e = need_tag(args, &tag);
	char **names = nv_strs(args, "datasets", &n);

	for (size_t i = 0; e == NULL && i < n; i++) {
		char *owner = NULL;
		if (*names[i] != '\0' && strcmp(names[i], "/") != 0 && !name_is_dataset(names[i]))
			e = err_new(ERR_FAILED, "\"%.300s\" is no dataset name", names[i]);
		else
			e = err_wrap(locks_take(l->locks, tag, names[i], &owner), "%s", l->host);
		if (owner != NULL)
			nv_add_str(busy, names[i], owner);
		free(owner);
	}
	nv_add_nv(result, "busy", busy);
	nv_free(busy);
	return e;
}

static struct err *op_unlock(struct local *l, const nvlist_t *args, nvlist_t *result)
{
	const char *tag;
	size_t n;
	struct err *e = need_tag(args, &tag);
	char **names = nv_strs(args, "datasets", &n);

	(void)result;
	for (size_t i = 0; e == NULL && i < n; i++)
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
	X(OP_SET, local_set, true)                                                                 \
	X(OP_ROLLBACK, op_rollback, true)                                                          \
	X(OP_ABORT, op_abort, true)                                                                \
	X(OP_LOCK, op_lock, false)                                                                 \
	X(OP_UNLOCK, op_unlock, false)                                                             \
	X(OP_RENAME, local_rename, true)                                                           \
	X(OP_CLONE, local_clone, true)                                                             \
	X(OP_PROMOTE, local_promote, true)                                                         \
	X(OP_QUIESCE, local_quiesce, true)                                                         \
	X(OP_MOUNT, local_mount, true)                                                             \
	X(OP_UNMOUNT, local_unmount, true)                                                         \
	X(OP_HOOK, local_hook, false)

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
	struct err *e = err_new(ERR_REFUSED, "zrep %.64s on %s knows no operation \"%.40s\"",
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
