/*
 * lzccheck: the libzfs_core calls that zrep lives on, made as zrep makes them: in batches, and sends and
 * receives by sixteen threads at once in one process. Part of lab/selftest; prints what failed.
 *
 *   lzccheck DATASET     an existing filesystem, which gets children; nothing is cleaned up
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libzfs_core.h>
#include <libnvpair.h>
#include <sys/fs/zfs.h>

enum { N = 100, THREADS = 16 };

static const char *top;
static int failures;

static void check(const char *what, int error)
{
	if (error != 0) {
		fprintf(stderr, "lzccheck: %s: %s\n", what, strerror(error));
		failures++;
	}
}

static const char *name(char *buf, const char *format, int i)
{
	char tail[64];
	snprintf(tail, sizeof tail, format, i);
	snprintf(buf, ZFS_MAX_DATASET_NAME_LEN, "%s/%s", top, tail);
	return buf;
}

static nvlist_t *all_snapshots(const char *format)
{
	char buf[ZFS_MAX_DATASET_NAME_LEN];
	nvlist_t *l = fnvlist_alloc();
	for (int i = 0; i < N; i++)
		fnvlist_add_boolean(l, name(buf, format, i));
	return l;
}

static void create(void)
{
	char buf[ZFS_MAX_DATASET_NAME_LEN];
	nvlist_t *none = fnvlist_alloc();
	for (int i = 0; i < N; i++)
		check("lzc_create",
		      lzc_create(name(buf, "src%d", i), LZC_DATSET_TYPE_ZFS, none, NULL, 0));
	check("lzc_create", lzc_create(name(buf, "dst", 0), LZC_DATSET_TYPE_ZFS, none, NULL, 0));
	fnvlist_free(none);
}

static void snapshot(const char *format)
{
	nvlist_t *snaps = all_snapshots(format), *errors = NULL;
	check("lzc_snapshot", lzc_snapshot(snaps, NULL, &errors));
	fnvlist_free(snaps);
	nvlist_free(errors);
}

/* A user property on every snapshot, one call. */
static void mark(void)
{
	static const char program[] = "args = ...\n"
				      "for s, v in pairs(args['marks']) do\n"
				      "  e = zfs.sync.set_prop(s, 'zrep:sent', v)\n"
				      "  if e ~= 0 then return e end\n"
				      "end\n"
				      "return 0\n";
	char pool[ZFS_MAX_DATASET_NAME_LEN], buf[ZFS_MAX_DATASET_NAME_LEN];
	nvlist_t *args = fnvlist_alloc(), *marks = fnvlist_alloc(), *out = NULL;
	int64_t result = -1;
	snprintf(pool, sizeof pool, "%.*s", (int)strcspn(top, "/"), top);
	for (int i = 0; i < N; i++)
		fnvlist_add_string(marks, name(buf, "src%d@one", i), "1700000000");
	fnvlist_add_nvlist(args, "marks", marks);
	check("lzc_channel_program",
	      lzc_channel_program(pool, program, 50ULL * 1000 * 1000, 32ULL << 20, args, &out));
	if (out != NULL)
		(void)nvlist_lookup_int64(out, ZCP_RET_RETURN, &result);
	check("set_prop", (int)result);
	fnvlist_free(args);
	fnvlist_free(marks);
	nvlist_free(out);
}

static void hold(const char *format)
{
	char buf[ZFS_MAX_DATASET_NAME_LEN];
	nvlist_t *holds = fnvlist_alloc(), *errors = NULL, *found = NULL;
	for (int i = 0; i < N; i++)
		fnvlist_add_string(holds, name(buf, format, i), "zrep");
	check("lzc_hold", lzc_hold(holds, -1, &errors));
	nvlist_free(errors);
	check("lzc_get_holds", lzc_get_holds(name(buf, format, 7), &found));
	check("the hold", found != NULL && nvlist_exists(found, "zrep") ? 0 : ENOENT);
	nvlist_free(found);
	fnvlist_free(holds);
}

static void destroy(const char *format, int expect)
{
	nvlist_t *snaps = all_snapshots(format), *errors = NULL;
	int error = lzc_destroy_snaps(snaps, B_FALSE, &errors);
	check("lzc_destroy_snaps", error == expect ? 0 : error == 0 ? EEXIST : error);
	fnvlist_free(snaps);
	nvlist_free(errors);
}

static void release(const char *format)
{
	char buf[ZFS_MAX_DATASET_NAME_LEN];
	nvlist_t *holds = fnvlist_alloc(), *errors = NULL, *tag = fnvlist_alloc();
	fnvlist_add_boolean(tag, "zrep");
	for (int i = 0; i < N; i++)
		fnvlist_add_nvlist(holds, name(buf, format, i), tag);
	check("lzc_release", lzc_release(holds, &errors));
	nvlist_free(errors);
	fnvlist_free(holds);
	fnvlist_free(tag);
}

struct transfer {
	int fd;
	char snap[ZFS_MAX_DATASET_NAME_LEN], from[ZFS_MAX_DATASET_NAME_LEN];
	int error;
};

static void *send_one(void *arg)
{
	struct transfer *t = arg;
	t->error = lzc_send(t->snap, t->from[0] != '\0' ? t->from : NULL, t->fd,
			    LZC_SEND_FLAG_LARGE_BLOCK | LZC_SEND_FLAG_EMBED_DATA);
	close(t->fd);
	return NULL;
}

static int next;
static const char *round_from, *round_to;

/* Each thread takes the next dataset, sends it in yet another thread and receives it itself. */
static void *worker(void *arg)
{
	char buf[ZFS_MAX_DATASET_NAME_LEN], fmt[64];
	(void)arg;
	for (int i; (i = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED)) < N;) {
		struct transfer t = {.error = 0};
		pthread_t sender;
		int fd[2];
		uint64_t space = 0;
		snprintf(fmt, sizeof fmt, "src%%d@%s", round_to);
		name(t.snap, fmt, i);
		if (round_from != NULL) {
			snprintf(fmt, sizeof fmt, "src%%d@%s", round_from);
			name(t.from, fmt, i);
		}
		check("lzc_send_space",
		      lzc_send_space(t.snap, round_from != NULL ? t.from : NULL, 0, &space));
		check("the estimate", space > 0 ? 0 : ENODATA);
		if (pipe(fd) != 0)
			abort();
		t.fd = fd[1];
		pthread_create(&sender, NULL, send_one, &t);
		snprintf(fmt, sizeof fmt, "dst/d%%d@%s", round_to);
		nvlist_t *props = fnvlist_alloc();
		fnvlist_add_uint64(props, "readonly", 1);
		int error =
		    lzc_receive_resumable(name(buf, fmt, i), props, NULL, B_FALSE, B_FALSE, fd[0]);
		fnvlist_free(props);
		close(fd[0]);
		pthread_join(sender, NULL);
		check("lzc_receive_resumable", error);
		check("lzc_send", t.error);
		check("lzc_exists", lzc_exists(buf) ? 0 : ENOENT);
	}
	return NULL;
}

static void transfer_all(const char *from, const char *to)
{
	pthread_t threads[THREADS];
	round_from = from;
	round_to = to;
	next = 0;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, worker, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	char buf[ZFS_MAX_DATASET_NAME_LEN], snap[ZFS_MAX_DATASET_NAME_LEN],
	    pool[ZFS_MAX_DATASET_NAME_LEN];
	if (argc != 2) {
		fprintf(stderr, "usage: lzccheck DATASET\n");
		return 2;
	}
	top = argv[1];
	if (libzfs_core_init() != 0) {
		perror("lzccheck: libzfs_core_init");
		return 1;
	}
	check("lzc_exists of nothing", lzc_exists(name(buf, "nothing", 0)) ? EEXIST : 0);
	create();
	snapshot("src%d@one");
	mark();
	transfer_all(NULL, "one");
	snapshot("src%d@two");
	transfer_all("one", "two");
	hold("src%d@two");
	destroy("src%d@two", EBUSY);
	release("src%d@two");
	destroy("src%d@two", 0);
	check("lzc_exists of a destroyed one", lzc_exists(name(buf, "src%d@two", 3)) ? EEXIST : 0);
	check("lzc_rollback_to",
	      lzc_rollback_to(name(buf, "src%d", 3), name(snap, "src%d@one", 3)));
	snprintf(pool, sizeof pool, "%.*s", (int)strcspn(top, "/"), top);
	nvlist_t *force = fnvlist_alloc();
	fnvlist_add_boolean_value(force, "force", B_FALSE);
	check("lzc_sync", lzc_sync(pool, force, NULL));
	fnvlist_free(force);
	libzfs_core_fini();
	return failures != 0;
}
