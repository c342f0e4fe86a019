/* A hundred thousand snapshots on one dataset: what is done for each of them must not grow with their
 * number. Measured in processor time, which others on the machine do not take away. */
#include <inttypes.h>
#include <time.h>

#include "plan/plan.h"
#include "plan/retention/expire.h"
#include "plan/sync.h"
#include "test.h"
#include "util/buf.h"
#include "zfs/parse.h"
#include "zfs/parse_snaps.h"

#define MANY 100000u
#define SECONDS_MAX 10.0 /* it takes a fraction of one; a loop in a loop takes minutes */

static clock_t begun;

static int begin(void **state)
{
	begun = clock();
	return 0;
}

static int in_time(void **state)
{
	double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;

	if (seconds > SECONDS_MAX)
		print_error("%.1f s\n", seconds);
	return seconds > SECONDS_MAX;
}

static void add_prop(nvlist_t *one, const char *prop, const char *value)
{
	nvlist_t *values = nv_nv(one, "value"), *sources = nv_nv(one, "source");

	nv_add_str(values, prop, value);
	nv_add_str(sources, prop, "local");
}

/* One side of tank/a, as OP_LIST gives it, without its snapshots. */
static nvlist_t *dataset(bool master)
{
	nvlist_t *one = nv_new(), *none = nv_new();

	nv_add_nv(one, "value", none);
	nv_add_nv(one, "source", none);
	nv_free(none);
	add_prop(one, "zrep:src-host", "host1");
	add_prop(one, "zrep:src-fs", "tank/a");
	add_prop(one, "zrep:dest-host", "host2");
	add_prop(one, "zrep:dest-fs", "tank/a");
	add_prop(one, "zrep:savecount", "5");
	add_prop(one, "type", "filesystem");
	if (master)
		add_prop(one, "zrep:master", "yes");
	return one;
}

/* What `zfs list` prints of snapshots first .. first + n - 1, of zrep's own or of others. */
static void snaps(struct buf *text, unsigned first, unsigned n, bool own, uint64_t guid)
{
	for (unsigned i = first; i < first + n; i++)
		buf_addf(
		    text,
		    "tank/a@%s%06x\t%" PRIu64 "\t%u\t1600000000\t4096\t0\t-\t-\t-\ttank/a@%s%06x\n",
		    own ? "zrep_" : "hourly-", i, guid + i, i + 1, own ? "zrep_" : "hourly-", i);
}

/* Takes the text over. */
static void look(struct buf *text, bool master, const char *host, struct side *s)
{
	nvlist_t *listing = nv_new(), *all = nv_new(), *one = dataset(master);

	nv_add_nv(all, "tank/a", one);
	works(parse_snaps(buf_str(text), all));
	nv_add_nv(listing, "datasets", all);
	nv_add_str(listing, "host", host);
	nvlist_t *held = nv_nv(nv_nv(nv_nv(listing, "datasets"), "tank/a"), "snaps");
	size_t n;
	uint64_t *holds = nv_u64s(held, "holds", &n);
	nv_add_u64s(held, "held", holds, n); /* none */
	works(side_read(listing, "zrep", host, s));
	nv_free(one);
	nv_free(all);
	nv_free(listing);
	buf_free(text);
}

static size_t count(const struct plan *p, enum step_op op, enum pair_side at)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->steps[i].kind->op == op && p->steps[i].at == at;
	return n;
}

static struct pair pair_of(const struct side *s, const struct side *d)
{
	struct pair pair = pair_of_one("zrep", "host1", &s->datasets[0]);

	pair.dst.host_name = "host2";
	pair.dst.name = d->datasets[0].name;
	pair.dst.d = &d->datasets[0];
	pair.now = 1700000000;
	return pair;
}

static void printed(struct plan *p)
{
	struct plan_names names = {"host1", "host2"};
	struct buf text = {0};

	plan_print(p, &names, &text);
	assert_true(text.len > 0);
	buf_free(&text);
	plan_free(p);
}

/* Half of them are on both sides; the newer half is of others, and was not sent yet. */
static void a_sync_of_many(void **state)
{
	struct buf here = {0}, there = {0};
	struct side s, d;
	struct plan p = {0};

	snaps(&here, 0, MANY / 2, false, 1000);
	snaps(&here, MANY / 2, MANY / 2, false, 1000);
	snaps(&there, 0, MANY / 2, false, 1000);
	look(&here, true, "host1", &s);
	look(&there, false, "host2", &d);
	struct pair pair = pair_of(&s, &d);
	plan_sync(&pair, &(struct sync_opts){0}, &p);
	assert_null(p.refusal);
	assert_int_equal(count(&p, STEP_SEND, PAIR_SRC), MANY / 2 + 1);
	printed(&p);
	side_free(&s);
	side_free(&d);
}

/* The other side has as many of its own, and they are to go. */
static void a_rollback_of_many(void **state)
{
	struct buf here = {0}, there = {0};
	struct side s, d;
	struct plan p = {0};

	snaps(&here, 0, 1, true, 1000);
	snaps(&here, 1, MANY - 1, false, 1000);
	snaps(&there, 0, 1, true, 1000);
	snaps(&there, 1, MANY - 1, false, 2000000);
	look(&here, true, "host1", &s);
	look(&there, false, "host2", &d);
	struct pair pair = pair_of(&s, &d);
	plan_sync(&pair, &(struct sync_opts){.force = true}, &p);
	assert_null(p.refusal);
	assert_int_equal(count(&p, STEP_DESTROY, PAIR_DST), MANY - 1);
	assert_int_equal(count(&p, STEP_SEND, PAIR_SRC), MANY);
	printed(&p);
	side_free(&s);
	side_free(&d);
}

static void an_expire_of_many(void **state)
{
	struct buf here = {0}, there = {0};
	struct side s, d;
	struct plan p = {0};

	snaps(&here, 0, MANY, true, 1000);
	snaps(&there, 0, MANY, true, 1000);
	look(&here, true, "host1", &s);
	look(&there, false, "host2", &d);
	struct pair pair = pair_of(&s, &d);
	plan_expire(&pair, PAIR_DST, &p);
	assert_null(p.refusal);
	assert_int_equal(count(&p, STEP_DESTROY, PAIR_DST), MANY - 5);
	printed(&p);
	plan_sync(&pair, &(struct sync_opts){0}, &p);
	assert_int_equal(count(&p, STEP_DESTROY, PAIR_SRC), MANY - 5);
	printed(&p);
	side_free(&s);
	side_free(&d);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, in_time)
	const struct CMUnitTest tests[] = {
	    TEST(a_sync_of_many),
	    TEST(a_rollback_of_many),
	    TEST(an_expire_of_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
