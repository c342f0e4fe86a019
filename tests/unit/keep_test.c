/* T:keep: what it says, the periods it counts, and what of 10,000 snapshots it wants. */
#include <time.h>

#include "plan/retention/select.h"
#include "state/foreign.h"
#include "state/retention_spec.h"
#include "test.h"

static void words_of_a_number_and_a_unit(void **state)
{
	struct retention k;

	assert_true(retention_parse("24h 14d 8w 12m 3y", &k));
	assert_int_equal(k.n[KEEP_HOUR], 24);
	assert_int_equal(k.n[KEEP_DAY], 14);
	assert_int_equal(k.n[KEEP_WEEK], 8);
	assert_int_equal(k.n[KEEP_MONTH], 12);
	assert_int_equal(k.n[KEEP_YEAR], 3);
	assert_true(retention_parse("  9999y  1h ", &k));
	assert_int_equal(k.n[KEEP_HOUR], 1);
	assert_int_equal(k.n[KEEP_DAY], 0);
	assert_int_equal(k.n[KEEP_YEAR], KEEP_MAX);
	assert_true(retention_parse("0007d", &k));
	assert_int_equal(k.n[KEEP_DAY], 7);
}

static void anything_else_says_nothing(void **state)
{
	static const char *const bad[] = {
	    "",           " ",
	    "24",         "h",
	    "h24",        "24 h",
	    "0h",         "0000d",
	    "10000h",     "00001h",
	    "-1d",        "+1d",
	    "1.5d",       "24h,7d",
	    "24hd",       "24H",
	    "24s",        "1h 2h",
	    "1h 1h",      "24h x",
	    "24h\t7d",    "24h\n",
	    "24h 7d 0w",  "0x1h",
	    "1\xc2\xa0h", "99999999999999999999h",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct retention k, none = {0};
		memset(&k, 7, sizeof(k));
		if (retention_parse(bad[i], &k))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_memory_equal(&k, &none, sizeof(k));
	}
}

/* What gmtime() makes of it, with consecutive numbers for consecutive periods. */
static uint64_t by_calendar(enum retention_unit unit, uint64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	gmtime_r(&when, &tm);
	uint64_t year = (uint64_t)tm.tm_year + 1900;
	if (unit == KEEP_YEAR)
		return year;
	if (unit == KEEP_MONTH)
		return year * 12 + (uint64_t)tm.tm_mon;
	/* The day that the week began, and what else is the same all through the period. */
	uint64_t day = t / 86400;
	if (unit == KEEP_WEEK)
		return (day + 7 - (uint64_t)(tm.tm_wday + 6) % 7) / 7;
	return unit == KEEP_DAY ? day : day * 24 + (uint64_t)tm.tm_hour;
}

static void periods_are_those_of_the_calendar(void **state)
{
	for (int unit = 0; unit < KEEP_UNITS; unit++) {
		for (uint64_t day = 0; day < 400000; day++) { /* until the year 3065 */
			uint64_t t = day * 86400, n = retention_period(unit, t);
			assert_true(n == by_calendar(unit, t));
			if (unit != KEEP_HOUR)
				assert_true(retention_period(unit, t + 86399) == n);
			uint64_t before = day > 0 ? retention_period(unit, t - 1) : n;
			assert_true(before == n || before + 1 == n);
			assert_true(before == n || unit != KEEP_WEEK || day % 7 == 4); /* Monday */
		}
		assert_true(retention_period(unit, UINT64_MAX) >
			    retention_period(unit, UINT64_MAX / 2));
	}
}

/* --- plan_retained --- */

static struct dataset dataset_of(const uint64_t *creation, size_t n)
{
	struct dataset d = {.n_snaps = n, .snaps = mem_zalloc((n + 1) * sizeof(struct snap))};

	for (size_t i = 0; i < n; i++)
		d.snaps[i] = (struct snap){
		    .guid = i + 1, .createtxg = i + 1, .creation = creation[i], .zrep_named = true};
	return d;
}

/* The definition, word for word: an own snapshot with none of its period before it, and fewer than n periods
 * that are newer. (Clocks that run forwards only.) */
static bool is_wanted(const struct dataset *d, size_t at, enum retention_unit unit)
{
	uint64_t period = retention_period(unit, d->snaps[at].creation), last = period, newer = 0;

	for (size_t i = 0; i < d->n_snaps; i++) {
		uint64_t p = retention_period(unit, d->snaps[i].creation);
		if (i < at && p == period)
			return false;
		newer += p > last;
		last = p > last ? p : last;
	}
	return newer < d->keep.n[unit];
}

static void kept_is_what_the_definition_says(void **state)
{
	uint64_t random = 1, times[200];

	for (int round = 0; round < 300; round++) {
		uint64_t t = 1500000000, step = (uint64_t)1 << (5 + round % 20);
		for (size_t i = 0; i < ARRAY_LEN(times); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			times[i] = t += (random >> 33) % step;
		}
		struct dataset d = dataset_of(times, ARRAY_LEN(times));
		for (int unit = 0; unit < KEEP_UNITS; unit++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			d.keep.n[unit] = (unsigned)(random >> 33) % 20;
		}
		bool *kept = plan_retained(&d, UINT64_MAX, &(struct arriving){0});
		for (size_t i = 0; i < d.n_snaps; i++) {
			bool want = false;
			for (int unit = 0; unit < KEEP_UNITS; unit++)
				want = want || is_wanted(&d, i, unit);
			assert_int_equal(kept[i], want);
		}
		free(kept);
		free(d.snaps);
	}
}

/* One every ten minutes for 69 days: a comparison of each with each would take its time. */
static void ten_thousand_of_them(void **state)
{
	static uint64_t times[10000];

	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		times[i] = 1694390400 + 600 * i; /* Monday, 2023-09-11 00:00 */
	struct dataset d = dataset_of(times, ARRAY_LEN(times));
	assert_true(retention_parse("24h 14d 8w 12m 3y", &d.keep));
	for (int turn = 0; turn < 20; turn++) {
		bool *kept = plan_retained(&d, UINT64_MAX, &(struct arriving){0});
		size_t n = 0;
		for (size_t i = 0; i < d.n_snaps; i++)
			n += kept[i];
		/* Hours up to the 19th of November, 10:00; of 14 days the newest is an hour too, of 8
		 * weeks the newest two are days; months from September, the first of which is the year. */
		assert_int_equal(n, 24 + (14 - 1) + (8 - 1 - 1) + 3);
		assert_true(kept[0]);
		free(kept);
	}
	free(d.snaps);
}

static void what_comes_has_its_period_and_what_goes_has_none(void **state)
{
	static const uint64_t times[] = {0, 86400, 2 * 86400, 2 * 86400 + 1}, soon[] = {3 * 86400};
	struct dataset d = dataset_of(times, ARRAY_LEN(times));

	d.keep.n[KEEP_DAY] = 2;
	bool *kept = plan_retained(&d, UINT64_MAX, &(struct arriving){1, soon, 1});
	assert_memory_equal(kept, ((bool[]){false, false, true, false}), 4);
	free(kept);
	kept = plan_retained(&d, UINT64_MAX, &(struct arriving){1, NULL, 0});
	assert_memory_equal(kept, ((bool[]){false, true, true, false}), 4);
	free(kept);
	kept = plan_retained(&d, 2, &(struct arriving){0});
	assert_memory_equal(kept, ((bool[]){true, true, false, false}), 4);
	free(kept);
	free(d.snaps);
}

static void which_of_others_go(void **state)
{
	(void)state;
	assert_true(foreign_goes(NULL, "auto-1"));
	assert_true(foreign_goes("all", "auto-1"));
	assert_false(foreign_goes("none", "none"));
	assert_true(foreign_goes("daily-* auto-?", "auto-1"));
	assert_false(foreign_goes("daily-* auto-?", "auto-12"));
	assert_false(foreign_goes("auto", "auto-1"));
	/* What is no list says nothing. */
	static const char *const bad[] = {"", " ", "all auto", "none x", "a@b", "tank/a"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(foreign_check(bad[i]));
		assert_true(foreign_goes(bad[i], "auto-1"));
	}
}

static void which_of_others_stay(void **state)
{
	struct foreign_keep k;

	(void)state;
	assert_true(foreign_keep_parse(NULL, &k) && k.kind == FOREIGN_KEEP_ALL);
	assert_true(foreign_keep_parse("all", &k) && k.kind == FOREIGN_KEEP_ALL);
	assert_true(foreign_keep_parse("mirror", &k) && k.kind == FOREIGN_KEEP_MIRROR);
	assert_true(foreign_keep_parse("0", &k) && k.kind == FOREIGN_KEEP_NEWEST && k.n == 0);
	assert_true(foreign_keep_parse("20", &k) && k.n == 20);
	assert_true(foreign_keep_parse("7d 4w", &k) && k.kind == FOREIGN_KEEP_AGE &&
		    k.age.n[KEEP_DAY] == 7);
	static const char *const bad[] = {"", "none", "-1", "2 3", "mirror 3", "1x", "Mirror"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(!foreign_keep_parse(bad[i], &k) && k.kind == FOREIGN_KEEP_ALL &&
			    k.n == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_of_a_number_and_a_unit),
	    cmocka_unit_test(which_of_others_go),
	    cmocka_unit_test(which_of_others_stay),
	    cmocka_unit_test(anything_else_says_nothing),
	    cmocka_unit_test(periods_are_those_of_the_calendar),
	    cmocka_unit_test(kept_is_what_the_definition_says),
	    cmocka_unit_test(ten_thousand_of_them),
	    cmocka_unit_test(what_comes_has_its_period_and_what_goes_has_none),
	};
	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
