#include "zfs/local.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libzfs_core.h>

#include "os/errors.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/user.h"
#include "util/spawn.h"
#include "zfs/allow.h"
#include "zfs/lock.h"

/* A listing of 100,000 snapshots is some 15 MB. */
#define LISTING_MAX (256u << 20)

/* Bytes of names in one command, if the system allows that much. */
#define NAMES_MAX (512u << 10)

static struct err *not_loaded(struct local *l, int code)
{
	struct err *e;

	if (code == EACCES || code == EPERM) {
		e = err_new(ERR_FAILED, "%s: no permission to use /dev/zfs", l->host);
		return err_remedy(e, "run zrep as root, or as a user with `{zfs allow}`");
	}
	e = err_new(ERR_FAILED, "%s: ZFS is not loaded", l->host);
	return err_remedy(e, "load the module (`modprobe zfs`) or install ZFS on %s", l->host);
}

static _Thread_local const struct patience *own_patience;

const struct patience *local_patience(void)
{
	return own_patience;
}

void local_set_patience(const struct patience *p)
{
	own_patience = p;
}

bool local_is_given_up(void)
{
	return patience_is_over(own_patience, clock_ms());
}

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;

struct err *local_init(struct local *l)
{
	static bool done; /* libzfs_core's own state is as global as the process */
	int rc = 0;

	pthread_mutex_lock(&init_lock);
	if (!done) {
		rc = libzfs_core_init();
		done = rc == 0;
	}
	pthread_mutex_unlock(&init_lock);
	return rc == 0 ? NULL : not_loaded(l, rc);
}

/* The line that says most, bounded and printable. */
static char *telling_line(const char *s)
{
	/* Of several complaints, one that is not just about a dataset being gone says more. */
	for (const char *l = s; *l != '\0'; l += strcspn(l, "\n"), l += *l == '\n') {
		char *copy = str_fmt("%.*s", (int)strcspn(l, "\n"), l);
		bool gone = *copy == '\0' || strstr(copy, "does not exist") != NULL;
		free(copy);
		if (!gone) {
			s = l;
			break;
		}
	}
	size_t n = strcspn(s, "\n");
	char *line = str_fmt("%.*s", (int)(n > 400 ? 400 : n), s);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return line;
}

struct err *local_hung(struct local *l, const char *op)
{
	if (!atomic_load(&l->leaving))
		return err_hung(l->host, l->timeout, op);
	return err_because(err_new(ERR_UNREACHABLE,
				   "ZFS on %s does not answer (%s), and zrep was "
				   "asked to let go of it",
				   l->host, op),
			   REASON_HUNG);
}

struct err *local_zfs(struct local *l, char *const argv[], struct buf *out, struct buf *said,
		      bool *failed)
{
	int status;
	struct lock_loan loan = {l->locks, argv, 0};

	/* Whoever waited for this has gone: it is not begun any more. */
	if (local_is_given_up())
		return local_hung(l, argv[0]);
	/* It may outlive us, and what it does must stay under our locks. */
	while (argv[loan.n] != NULL)
		loan.n++;
	struct spawn_lend lend = locks_lend(&loan);
	struct err *e = spawn_run(argv, &lend, LISTING_MAX, own_patience, out, said, &status);

	if (e != NULL && e->code == ETIMEDOUT) {
		err_free(e);
		char *what = str_fmt("%s %s", argv[0], argv[1]);
		e = local_hung(l, what);
		free(what);
		return e;
	}
	if (e != NULL && e->code == ENOENT) {
		err_free(e);
		e = err_new(ERR_FAILED, "%s: there is no `zfs` command", l->host);
		return err_remedy(e, "install the ZFS utilities on %s", l->host);
	}
	if (e != NULL)
		return err_wrap(e, "%s", l->host);
	*failed = status != 0;
	if (status == 0)
		return NULL;
	if (strstr(buf_str(said), "modules are not loaded") != NULL ||
	    strstr(buf_str(said), "/dev/zfs") != NULL)
		return not_loaded(l, strstr(buf_str(said), "ermission") ? EACCES : ENOENT);
	/* `zfs` also exits with 255, which is no signal. */
	if (status > 128 && status <= 128 + SIGRTMAX)
		return err_new(ERR_FAILED, "%s: `%s %s` was ended by signal %d", l->host, argv[0],
			       argv[1], status - 128);
	char *line = telling_line(buf_str(said));
	buf_free(said);
	buf_add(said, line, strlen(line));
	free(line);
	return NULL;
}

/* Arguments and environment together are bounded, on Linux by a quarter of the stack. */
static size_t room_for_names(void)
{
	long max = sysconf(_SC_ARG_MAX);

	return max > 0 && max < 4l * NAMES_MAX ? (size_t)max / 4 : NAMES_MAX;
}

void local_add_names(struct strv *argv, char *const *names, size_t n, size_t *next)
{
	size_t room = room_for_names(), used = 0;

	do {
		used += strlen(names[*next]) + 1 + sizeof(char *);
		strv_add(argv, names[(*next)++]);
	} while (*next < n && used + strlen(names[*next]) + 1 + sizeof(char *) <= room);
}

static const char *meaning(int code)
{
	switch (code) {
	case EPERM:
	case EACCES:
		return "permission denied";
	case ENOENT:
		return "it does not exist";
	case EEXIST:
		return "it exists already";
	case ENOSPC:
		return "the pool is full";
	case EDQUOT:
		return "the quota is reached";
	case EBUSY:
		return "it is busy";
	case EROFS:
		return "the pool is read-only";
	case EIO:
		return "an input/output error in the pool";
	case ENXIO:
		return "the pool is not available";
	case ETXTBSY:
		return "it was changed since its newest snapshot";
	case ENODEV:
		return "its newest snapshot is not the one that the stream begins from";
	case OS_ECKSUM:
		return "the stream is damaged or broke off";
	case EINTR:
		return "interrupted";
	case EPIPE:
		return "the other side takes no more";
	case ENAMETOOLONG:
		return "the name is too long";
	case EXDEV:
		return "not an earlier snapshot of the same dataset";
	case ENOTSUP:
		return "the pool or dataset lacks a feature that this needs";
	case ESTALE:
		return "the partial receive it would resume is gone";
	case ZFS_ERR_FROM_IVSET_GUID_MISSING:
		return "the encrypted snapshot it begins from has no IV set";
	case ZFS_ERR_FROM_IVSET_GUID_MISMATCH:
		return "the encrypted snapshot it begins from is not the same on both sides";
	case ZFS_ERR_STREAM_TRUNCATED:
		return "the stream broke off";
	case ZFS_ERR_WRONG_PARENT:
		return "the parent cannot hold it";
	case ZFS_ERR_UNKNOWN_SEND_STREAM_FEATURE:
		return "the stream uses a feature that this ZFS does not know";
	case ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH:
		return "large blocks were sent before and are not now";
	default:
		return code > 0 && code < 1024 ? strerror(code) : "a ZFS error without a name";
	}
}

static enum err_reason reason_of(int code)
{
	switch (code) {
	case EPERM:
	case EACCES:
		return REASON_PERMISSION;
	case ENOENT:
		return REASON_MISSING;
	case EEXIST:
		return REASON_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return REASON_NO_SPACE;
	case EBUSY:
		return REASON_IN_USE;
	case EROFS:
		return REASON_POOL_READONLY;
	case ETXTBSY:
	case ENODEV:
		return REASON_CHANGED;
	case EINTR:
		return REASON_INTERRUPTED;
	case EIO:
		return REASON_DAMAGED;
	case ENOTSUP:
		return REASON_FEATURE;
	case OS_ECKSUM:
	case ZFS_ERR_STREAM_TRUNCATED:
	case ZFS_ERR_UNKNOWN_SEND_STREAM_FEATURE:
		return REASON_STREAM;
	case ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH:
		return REASON_LARGE_BLOCKS;
	default:
		return REASON_NONE;
	}
}

struct err *local_allow(struct local *l, struct err *e, const char *name, int len, const char *more)
{
	char *user = user_name("USER");

	err_remedy(e, "as root on %s: {zfs allow -u %s " ALLOW_DATASET "%s %.*s}", l->host, user,
		   more ? more : "", len, name);
	free(user);
	return e;
}

struct err *local_lacks_feature(struct err *e, const char *name, const char *host)
{
	return err_remedy(
	    err_because(e, REASON_FEATURE),
	    "on %s, {zpool get all %.*s} shows the features that the pool has not enabled; of a "
	    "pair, `{zrep check -v %.*s}` there names the one that is needed",
	    host, (int)name_pool_len(name), name, (int)strcspn(name, "@"), name);
}

bool local_pool_gone(const char *name)
{
	char *pool = name_pool(name);

	errno = 0;
	bool gone = !lzc_exists(pool) && errno == ENOENT;
	free(pool);
	return gone;
}

struct err *local_error(struct local *l, int code, const char *doing, const char *name)
{
	const char *host = l->host;
	int len = (int)strcspn(name, "@");
	struct err *e =
	    err_new(ERR_FAILED, "cannot %s %s on %s: %s", doing, name, host, meaning(code));

	e->code = code;
	e->reason = reason_of(code);
	if (code == ENOENT && local_pool_gone(name)) {
		int pool = (int)name_pool_len(name);
		err_free(e);
		e = err_refuse(REASON_POOL_AWAY, "cannot %s %s on %s: pool %.*s is not imported",
			       doing, name, host, pool, name);
		e->code = code;
		return err_remedy(e, "on %s: {zpool import %.*s}, then run the same again", host,
				  pool, name);
	}
	if (code > 1023 && strcmp(meaning(code), "a ZFS error without a name") == 0)
		e = err_wrap(e, "ZFS error %d", code);
	if (code == EPERM || code == EACCES) {
		local_allow(l, e, name, len, NULL);
	} else if (code == ENOSPC) {
		err_remedy(e, "free space in pool %.*s on %s, then run the same command again",
			   (int)name_pool_len(name), name, host);
	} else if (code == EDQUOT) {
		err_remedy(e, "raise the quota over %.*s on %s, then run the same command again",
			   len, name, host);
	} else if (code == EROFS) {
		int pool = (int)name_pool_len(name);
		err_remedy(
		    e, "on %s: {zpool export %.*s}, {zpool import %.*s}, then run the same again",
		    host, pool, name, pool, name);
	} else if (code == ETXTBSY || code == ENODEV) {
		err_remedy(
		    e,
		    "on %s, {zrep rejoin %.*s} keeps what it has beside it; if that may be lost: "
		    "on its master's host, {zrep sync -f DATASET} rolls it back",
		    host, len, name);
	} else if (code == ENOTSUP) {
		local_lacks_feature(e, name, host);
	} else if (code == EIO) {
		int pool = (int)name_pool_len(name);
		err_remedy(e,
			   "`{zpool status -v %.*s}` on %s names what is damaged: restore or "
			   "remove it%s%s",
			   pool, name, host,
			   strcmp(doing, "send") == 0
			       ? ", and destroy the snapshots that still have it: the "
				 "first is "
			       : "",
			   strcmp(doing, "send") == 0 ? name : "");
	} else if (code == ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH) {
		err_remedy(e, "add -L to ZREP_SEND_FLAGS where zrep was run, or unset that, and "
			      "run the same command again");
	}
	return e;
}

void local_add_error(nvlist_t *result, const char *name, struct err *e)
{
	if (nv_nv(result, "errors") == NULL) {
		nvlist_t *none = nv_new();
		nv_add_nv(result, "errors", none);
		nv_free(none);
	}
	nv_add_err(nv_nv(result, "errors"), name, e);
	err_free(e);
}

bool local_goes_on(struct local *l, const char *doing, char *const *names, size_t n,
		   nvlist_t *result)
{
	bool over = local_is_given_up();

	for (size_t i = 0; over && i < n; i++)
		local_add_error(result, names[i], local_hung(l, doing));
	return !over;
}

bool local_has_failed(const nvlist_t *result, const char *name)
{
	return nv_nv(nv_nv(result, "errors"), name) != NULL;
}

struct err *local_names(const nvlist_t *args, const char *key, bool snaps, char ***names, size_t *n)
{
	*names = nv_strs(args, key, n);
	if (*names == NULL)
		return err_new(ERR_FAILED, "an operation lacks its argument \"%s\"", key);
	for (size_t i = 0; i < *n; i++)
		if (snaps ? !name_is_snapshot((*names)[i]) : !name_is_dataset((*names)[i]))
			return err_new(ERR_FAILED, "\"%.300s\" is no %s name", (*names)[i],
				       snaps ? "snapshot" : "dataset");
	return NULL;
}

struct err *local_items(const nvlist_t *args, const nvlist_t **items)
{
	*items = nv_nv(args, "items");
	if (*items == NULL)
		return err_new(ERR_FAILED, "an operation lacks its argument \"items\"");
	nv_each(*items, p)
		if (!name_is_dataset(nvpair_name(p)) || nv_nv(*items, nvpair_name(p)) == NULL)
			return err_new(ERR_FAILED, "\"%.300s\" is no dataset name", nvpair_name(p));
	return NULL;
}
