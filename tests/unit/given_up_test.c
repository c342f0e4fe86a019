/* An operation that nobody waits for any more begins nothing: what it hung in may let go of it at any time later. */
#include <stdatomic.h>
#include <unistd.h>

#include "test.h"
#include "zfs/leave.h"
#include "zfs/local.h"
#include "zfs/local_destroy.h"
#include "zfs/local_set.h"
#include "zfs/local_tree.h"

static struct local here = {.host = "host1", .timeout = 60};

static bool at_once(void *ctx, uint64_t since)
{
	(void)since;
	return ctx == NULL;
}

static const struct patience none = {.is_over = at_once};

static nvlist_t *items(const char *key, const char *value)
{
	nvlist_t *args = nv_new(), *all = nv_new(), *one = nv_new();

	nv_add_str(one, key, value);
	nv_add_nv(all, "tank/a", one);
	nv_add_nv(all, "tank/b", one);
	nv_add_nv(args, "items", all);
	nv_add_str(args, "tag", "zrep");
	nv_free(one);
	nv_free(all);
	return args;
}

typedef struct err *(*op_fn)(struct local *l, const nvlist_t *args, nvlist_t *result);

/* Each of the two names has an error that says so; nothing was asked of ZFS, which is not there. */
static void check(op_fn op, nvlist_t *args, const char *first, const char *second)
{
	const char *const names[] = {first, second};
	nvlist_t *result = nv_new();

	local_set_patience(&none);
	works(op(&here, args, result));
	local_set_patience(NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		fails(nv_err(nv_nv(result, "errors"), names[i], NULL), "does not answer");
	nv_free(result);
	nv_free(args);
}

static void nothing_changes_its_place(void **state)
{
	(void)state;
	check(local_rename, items("to", "tank/c"), "tank/a", "tank/b");
	check(local_clone, items("from", "tank/c@snap"), "tank/a", "tank/b");
	check(local_unclone, items("from", "tank/c@snap"), "tank/a", "tank/b");
}

static void nothing_is_destroyed(void **state)
{
	char *snaps[] = {"tank/a@zrep_000001", "tank/a@zrep_000002"};

	(void)state;
	for (int together = 0; together < 2; together++) {
		nvlist_t *args = nv_new();
		nv_add_str(args, "tag", "zrep");
		nv_add_strs(args, "snaps", snaps, 2);
		if (together)
			nv_add_flag(args, "together");
		check(local_destroy, args, snaps[0], snaps[1]);
	}
}

static void nothing_is_set(void **state)
{
	nvlist_t *args = nv_new(), *props = nv_new(), *one = nv_new(), *result = nv_new();

	(void)state;
	nv_add_str(one, "zrep:savecount", "5");
	nv_add_nv(props, "tank/a", one);
	nv_add_nv(args, "props", props);
	local_set_patience(&none);
	fails(local_set(&here, args, result), "does not answer");
	local_set_patience(NULL);
	nv_free(result);
	nv_free(one);
	nv_free(props);
	nv_free(args);
}

/* --- what is left behind --- */

struct work {
	struct leave leave;
	atomic_bool may_end, *freed;
};

static void *hang(void *arg)
{
	struct work *w = arg;
	atomic_bool *freed = w->freed;

	while (!atomic_load(&w->may_end))
		usleep(1000);
	if (leave_over(&w->leave)) {
		leave_destroy(&w->leave);
		free(w);
		atomic_store(freed, true);
	}
	return NULL;
}

static struct work *start(atomic_bool *freed)
{
	struct work *w = mem_zalloc(sizeof(*w));

	w->freed = freed;
	leave_init(&w->leave);
	assert_int_equal(leave_start(&w->leave, hang, w), 0);
	return w;
}

static void what_ends_is_joined(void **state)
{
	struct work *w = start(NULL);

	(void)state;
	assert_false(leave_wait(&w->leave, &none));
	atomic_store(&w->may_end, true);
	assert_false(leave_behind(&w->leave)); /* in the moment that is left to it */
	leave_destroy(&w->leave);
	free(w);
	w = start(NULL);
	atomic_store(&w->may_end, true);
	assert_true(leave_wait(&w->leave, NULL));
	leave_destroy(&w->leave);
	free(w);
}

static void what_hangs_is_left_and_frees_itself(void **state)
{
	static atomic_bool freed;
	struct work *w = start(&freed);

	(void)state;
	assert_false(leave_wait(&w->leave, &none));
	assert_true(leave_behind(&w->leave));
	atomic_store(&w->may_end, true);
	for (int i = 0; i < 10000 && !atomic_load(&freed); i++)
		usleep(1000);
	assert_true(atomic_load(&freed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_changes_its_place),
	    cmocka_unit_test(nothing_is_destroyed),
	    cmocka_unit_test(nothing_is_set),
	    cmocka_unit_test(what_ends_is_joined),
	    cmocka_unit_test(what_hangs_is_left_and_frees_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
