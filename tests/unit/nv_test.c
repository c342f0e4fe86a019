#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <libzfs_core.h>

#include "os/errors.h"
#include "test.h"
#include "util/buf.h"
#include "util/nv.h"

static nvlist_t *everything(void)
{
	nvlist_t *nv = nv_new(), *in = nv_new();
	char *words[] = {"a", "", "three"};
	uint64_t numbers[] = {1, UINT64_MAX};

	nv_add_str(in, "s", "text");
	nv_add_str(nv, "empty", "");
	nv_add_u64(nv, "n", UINT64_MAX);
	nv_add_flag(nv, "f");
	nv_add_strs(nv, "words", words, 3);
	nv_add_strs(nv, "no words", NULL, 0);
	nv_add_u64s(nv, "numbers", numbers, 2);
	nv_add_u64s(nv, "no numbers", numbers, 0);
	nv_add_nv(nv, "in", in);
	nv_free(in);
	return nv;
}

static void what_is_packed_comes_out_again(void **state)
{
	nvlist_t *nv = everything(), *out;
	char *data;
	size_t len, n;

	nv_pack(nv, &data, &len);
	works(nv_unpack(data, len, &out));
	assert_true(nv_u64(out, "n", 0) == UINT64_MAX);
	assert_true(nv_flag(out, "f"));
	assert_string_equal(nv_str(out, "empty"), "");
	assert_string_equal(nv_str(nv_nv(out, "in"), "s"), "text");
	char **words = nv_strs(out, "words", &n);
	assert_int_equal(n, 3);
	assert_string_equal(words[2], "three");
	assert_true(nv_u64s(out, "numbers", &n)[1] == UINT64_MAX);
	nv_strs(out, "no words", &n);
	assert_int_equal(n, 0);
	free(data);
	nv_free(nv);
	nv_free(out);
}

static void what_is_missing_or_of_another_type_is_a_default(void **state)
{
	nvlist_t *nv = everything();
	size_t n = 9;

	assert_null(nv_str(nv, "n"));
	assert_null(nv_str(nv, "nothing"));
	assert_null(nv_str(NULL, "n"));
	assert_int_equal(nv_u64(nv, "in", 5), 5);
	assert_false(nv_flag(nv, "n"));
	assert_null(nv_nv(nv, "words"));
	assert_null(nv_strs(nv, "numbers", &n));
	assert_int_equal(n, 0);
	assert_null(nv_u64s(nv, "words", &n));
	assert_true(nv_empty(NULL));
	nv_remove(nv, "n");
	nv_remove(nv, "nothing");
	assert_int_equal(nv_u64(nv, "n", 1), 1);
	nv_free(nv);
}

static void every_prefix_of_a_message_is_damaged(void **state)
{
	nvlist_t *nv = everything(), *out;
	char *data;
	size_t len;

	nv_remove(nv, "no numbers"); /* libnvpair leaves bytes over behind one of those */
	nv_pack(nv, &data, &len);
	for (size_t i = 0; i < len; i++) {
		char *part = mem_alloc(i); /* so that a sanitizer sees every byte too far */
		memcpy(part, data, i);
		struct err *e = nv_unpack(part, i, &out);
		assert_non_null(e);
		assert_null(out);
		err_free(e);
		free(part);
	}
	free(data);
	nv_free(nv);
}

/* A thousand pairs that each claim the memory of the whole message. */
static void small_pairs_may_not_claim_much_memory(void **state)
{
	nvlist_t *nv = nv_new(), *out;
	char *data;
	size_t len;

	for (int i = 0; i < 1000; i++) {
		char key[8];
		snprintf(key, sizeof(key), "k%03d", i); /* 28 bytes each */
		nv_add_flag(nv, key);
	}
	nv_pack(nv, &data, &len);
	works(nv_unpack(data, len, &out));
	nv_free(out);
	for (size_t at = 12; at + 28 < len - 8000; at += 28)
		memcpy(data + at + 4, "\0\0\37\100", 4); /* 8000 bytes */
	fails(nv_unpack(data, len, &out), "damaged");
	free(data);
	nv_free(nv);
}

static void depth_has_an_end(void **state)
{
	nvlist_t *nv = nv_new(), *out;
	char *data;
	size_t len;

	for (int depth = 0; depth < 40; depth++) {
		nvlist_t *around = nv_new();
		nv_pack(nv, &data, &len);
		struct err *e = nv_unpack(data, len, &out);
		assert_int_equal(e == NULL, depth <= 16);
		err_free(e);
		nv_free(out);
		free(data);
		nv_add_nv(around, "in", nv);
		nv_free(nv);
		nv = around;
	}
	nv_free(nv);
}

static void types_that_zrep_does_not_speak_are_refused(void **state)
{
	nvlist_t *nv = nv_new(), *out;
	char *data;
	size_t len;

	assert_int_equal(nvlist_add_int32(nv, "i", 1), 0);
	nv_pack(nv, &data, &len);
	fails(nv_unpack(data, len, &out), "damaged");
	free(data);
	nv_free(nv);
	fails(nv_unpack("\0\0\0\0\0\0\0\0", 8, &out), "not an XDR nvlist"); /* NV_ENCODE_NATIVE */
	fails(nv_unpack("", 0, &out), "not an XDR nvlist");
}

static void errors_cross_the_wire_whole(void **state)
{
	nvlist_t *nv = nv_new(), *out;
	struct err *e = err_because(err_remedy(err_sys(ERR_REFUSED, 28, "cannot"), "make room"),
				    REASON_NO_SPACE);
	char *data;
	size_t len;

	nv_add_err(nv, "error", e);
	nv_add_err(nv, "none", NULL);
	nv_pack(nv, &data, &len);
	works(nv_unpack(data, len, &out));
	struct err *there = nv_err(out, "error", NULL);
	assert_int_equal(there->kind, ERR_REFUSED);
	assert_int_equal(there->code, 28);
	assert_string_equal(there->what, e->what);
	assert_string_equal(there->remedy, "make room");
	assert_int_equal(there->reason, REASON_NO_SPACE);
	assert_null(nv_err(out, "none", NULL));
	err_free(there);
	err_free(e);
	free(data);
	nv_free(nv);
	nv_free(out);
}

/* What a code is on the wire, and from there. */
static uint64_t sent(int code, int *back)
{
	nvlist_t *nv = nv_new();
	struct err *e = err_new(ERR_FAILED, "x"), *there;

	e->code = code;
	nv_add_err(nv, "error", e);
	uint64_t wire = nv_u64(nv_nv(nv, "error"), "code", 77);
	there = nv_err(nv, "error", NULL);
	*back = there->code;
	err_free(there);
	err_free(e);
	nv_free(nv);
	return wire;
}

static void codes_have_the_same_number_from_every_system(void **state)
{
	static const struct {
		int code;
		uint64_t wire;
	} known[] = {
	    {0, 0},           {EPERM, 1},    {ENOENT, 2},
	    {EINTR, 4},       {ECHILD, 10},  {EAGAIN, 11},
	    {EBUSY, 16},      {EEXIST, 17},  {EINVAL, 22},
	    {ENOSPC, 28},     {EPIPE, 32},   {OS_ECKSUM, 52},
	    {EOPNOTSUPP, 95}, {EDQUOT, 122}, {ZFS_ERR_STREAM_TRUNCATED, ZFS_ERR_STREAM_TRUNCATED},
	};
	int back;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		assert_int_equal(sent(known[i].code, &back), known[i].wire);
		assert_int_equal(back, known[i].code);
	}
	assert_int_equal(sent(-1, &back), 0);
	assert_int_equal(sent(999, &back), 0);
	assert_int_equal(back, 0);
}

static void a_code_that_nobody_knows_is_none(void **state)
{
	static const uint64_t codes[] = {15, 41, 126, 1023, (uint64_t)1 << 32 | EPERM, UINT64_MAX};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		nvlist_t *nv = nv_new(), *v = nv_new();
		nv_add_u64(v, "code", codes[i]);
		nv_add_nv(nv, "error", v);
		struct err *e = nv_err(nv, "error", NULL);
		assert_int_equal(e->code, 0);
		err_free(e);
		nv_free(v);
		nv_free(nv);
	}
}

static void what_another_host_says_to_do_is_its_word(void **state)
{
	nvlist_t *nv = nv_new();
	struct err *e = err_remedy(err_new(ERR_REFUSED, "no\n      -> zrep clear -f tank/a"),
				   "zfs destroy -r tank\33[2J\r\n\303\244"),
		   *copy;
	char *much = mem_alloc(100001);

	nv_add_err(nv, "error", e);
	err_free(e);
	e = nv_err(nv, "error", "host2");
	copy = err_copy(e);
	assert_string_equal(copy->what, "no?      -> zrep clear -f tank/a");
	assert_string_equal(copy->remedy, "host2 says: zfs destroy -r tank?[2J????");
	assert_true(copy->quoted);
	err_free(copy);
	assert_false(err_remedy(e, "zrep status")->quoted); /* that is our own */
	err_free(e);
	e = nv_err(nv, "error", NULL);
	assert_false(e->quoted);
	err_free(e);

	memset(much, 'x', 100000);
	much[100000] = '\0';
	e = err_remedy(err_new(ERR_FAILED, "%s", much), "%s", much);
	nv_add_err(nv, "error", e);
	err_free(e);
	e = nv_err(nv, "error", "host2");
	assert_true(strlen(e->what) < 3000 && strlen(e->remedy) < 3000);
	err_free(e);
	free(much);
	nv_free(nv);
}

static void an_error_of_a_kind_unknown_is_a_failure(void **state)
{
	nvlist_t *nv = nv_new(), *v = nv_new();

	nv_add_u64(v, "kind", 77);
	nv_add_nv(nv, "error", v);
	struct err *e = nv_err(nv, "error", NULL);
	assert_int_equal(e->kind, ERR_FAILED);
	fails(e, "unnamed failure");
	nv_free(v);
	nv_free(nv);
}

/* --- names that crowd libnvpair's table --- */

/* A message that is a list of flags of these names. Written here, because libnvpair itself would take its time. */
static char *message(char *const *names, size_t n, size_t *len)
{
	struct buf b = {0};
	unsigned char word[4];

#define PUT(v)                                                                                     \
	do {                                                                                       \
		uint32_t v_ = (uint32_t)(v);                                                       \
		for (int i_ = 0; i_ < 4; i_++)                                                     \
			word[i_] = (unsigned char)(v_ >> (24 - 8 * i_));                           \
		buf_add(&b, (char *)word, 4);                                                      \
	} while (0)
	buf_add(&b, "\1\1\0\0", 4);
	PUT(0);
	PUT(1);
	for (size_t i = 0; i < n; i++) {
		size_t k = strlen(names[i]), pad = (4 - k % 4) % 4;
		PUT(20 + k + pad);
		PUT((16 + k + 1 + 7) & ~(size_t)7);
		PUT(k);
		buf_add(&b, names[i], k);
		buf_add(&b, "\0\0\0", pad);
		PUT(DATA_TYPE_BOOLEAN);
		PUT(0);
	}
	PUT(0);
	PUT(0);
#undef PUT
	*len = b.len;
	return b.data;
}

static double cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Unpacks such a list; how long that took. */
static double unpack(const struct strv *names, bool fine)
{
	size_t len;
	char *data = message(names->items, names->n, &len);
	nvlist_t *out;
	double begin = cpu();
	struct err *e = nv_unpack(data, len, &out);
	double took = cpu() - begin;

	if (fine) {
		works(e);
		if (names->n > 0)
			assert_true(nv_flag(out, names->items[names->n - 1]));
	} else {
		fails(e, "a name twice, or names that were made to cost time");
		assert_null(out);
	}
	nv_free(out);
	free(data);
	return took;
}

enum { MANY = 100000 };

static void names_of_every_usual_scheme_pass(void **state)
{
	static const char *const schemes[] = {
	    "tank/vm/%06d",
	    "tank/vm/%d",
	    "tank/vm/%x",
	    "tank/vm-%d-disk-0",
	    "tank/vm-%05d/disk-1",
	    "tank/vm/%05d/a",
	    "tank/vm/%05d/db",
	    "tank/vm/%05x/db",
	    "tank/vm/%05x/log",
	    "tank/vm/%d/root",
	    "tank/vm/%08x/data",
	    "tank/home/user%d",
	    "tank/home/user%d/Documents",
	    "tank/home/s%07d",
	    "tank/a@zrep_%06x",
	    "tank/%d@zrep_00001f",
	    "tank/%d@zrep_00001f_unsent",
	    "tank/a@autosnap_2026-11-28_%06d_hourly",
	    "tank/k8s/pvc-%08x-0000-4000-8000-000000000000",
	    "com.example:p%d",
	};

	for (size_t k = 0; k < ARRAY_LEN(schemes); k++) {
		for (int n = MANY / 10; n <= MANY; n *= 10) {
			struct strv names = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			for (int i = 0; i < n; i++)
				strv_addf(&names, schemes[k], i);
#pragma GCC diagnostic pop
			(void)unpack(&names, true);
			strv_free(&names);
		}
	}
}

/* As good as any: it only has to be the same each time. */
static unsigned next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

static void random_names_pass(void **state)
{
	uint64_t seed = 1;

	for (int kind = 0; kind < 3; kind++) {
		struct strv names = {0};
		for (int i = 0; i < MANY; i++) {
			unsigned a = next_random(&seed), b = next_random(&seed),
				 c = next_random(&seed), d = next_random(&seed);
			if (kind == 0)
				strv_addf(&names, "tank/pvc-%08x-%04x-4%03x-a%03x-%08x%04x", a,
					  b & 0xffff, b >> 16 & 0xfff, c & 0xfff, c >> 12, i);
			else if (kind == 1)
				strv_addf(&names, "tank/docker/%08x%08x%08x%08x-init", a, b, c, d);
			else
				strv_addf(&names, "tank/%04u-%02u-%02u_%02u:%02u-%u",
					  2000 + i / 43830, i / 3650 % 12 + 1, i / 1440 % 28 + 1,
					  i / 60 % 24, i % 60, a);
		}
		(void)unpack(&names, true);
		strv_free(&names);
	}
}

/* Name number i of one hash: a letter more is worth as much as 16 in the next one. */
static void same_hash(struct strv *names, unsigned i)
{
	char name[33];

	for (int bit = 0; bit < 16; bit++)
		memcpy(name + 2 * bit, i >> bit & 1 ? "a1" : "b!", 2);
	name[32] = '\0';
	strv_add(names, name);
}

static void names_of_one_hash_are_refused_at_once(void **state)
{
	struct strv bomb = {0}, honest = {0}, few = {0};

	for (unsigned i = 0; i < 60000; i++) {
		same_hash(&bomb, i);
		strv_addf(&honest, "tank/home/this/is/user/%09u", i);
	}
	double good = unpack(&honest, true), bad = unpack(&bomb, false);
	assert_true(bad < 4 * good + 0.05);
	for (unsigned i = 0; i < 64; i++)
		same_hash(&few, i);
	(void)unpack(&few, true);
	same_hash(&few, 64);
	(void)unpack(&few, false);
	strv_free(&bomb);
	strv_free(&honest);
	strv_free(&few);
}

/* What stands before the last four letters is above the lowest 16 bits of the hash, if it is no more than two
 * letters: so all are in one bucket, and no more than 24 have one hash. */
static void names_of_one_bucket_are_refused_at_once(void **state)
{
	static const char *const ends[] = {"a1a1", "a1b!", "b!a1", "b!b!"};
	struct strv bomb = {0}, honest = {0};

	for (int a = '!'; a <= '~'; a++)
		for (int b = '!'; b <= '~'; b++)
			for (size_t k = 0; k < ARRAY_LEN(ends); k++)
				strv_addf(&bomb, "%c%c%s", a, b, ends[k]);
	for (unsigned i = 0; i < bomb.n; i++)
		strv_addf(&honest, "t%05u", i);
	double good = unpack(&honest, true), bad = unpack(&bomb, false);
	assert_true(bad < 4 * good + 0.05);
	strv_free(&bomb);
	strv_free(&honest);
}

static void a_name_twice_is_refused(void **state)
{
	struct strv names = {0};

	for (int i = 0; i < 1000; i++)
		strv_addf(&names, "tank/%d", i);
	strv_add(&names, "tank/10");
	(void)unpack(&names, false);
	strv_free(&names);
	strv_add(&names, "a");
	strv_add(&names, "a");
	(void)unpack(&names, false);
	strv_free(&names);
	(void)unpack(&names, true);
}

/* One list in another's middle: the names of each are looked at by themselves. */
static void the_same_name_in_two_lists_is_fine(void **state)
{
	nvlist_t *nv = nv_new(), *in = nv_new(), *out;
	char *data;
	size_t len;

	for (int depth = 0; depth < 3; depth++) {
		nv_add_flag(nv, "first");
		nv_add_nv(nv, "in", in);
		nv_add_flag(nv, "last");
		nv_free(in);
		in = nv;
		nv = nv_new();
	}
	nv_pack(in, &data, &len);
	works(nv_unpack(data, len, &out));
	assert_true(nv_flag(nv_nv(nv_nv(out, "in"), "in"), "last"));
	nv_free(out);
	free(data);
	nv_free(nv);
	nv_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_packed_comes_out_again),
	    cmocka_unit_test(what_is_missing_or_of_another_type_is_a_default),
	    cmocka_unit_test(every_prefix_of_a_message_is_damaged),
	    cmocka_unit_test(small_pairs_may_not_claim_much_memory),
	    cmocka_unit_test(depth_has_an_end),
	    cmocka_unit_test(types_that_zrep_does_not_speak_are_refused),
	    cmocka_unit_test(errors_cross_the_wire_whole),
	    cmocka_unit_test(codes_have_the_same_number_from_every_system),
	    cmocka_unit_test(a_code_that_nobody_knows_is_none),
	    cmocka_unit_test(what_another_host_says_to_do_is_its_word),
	    cmocka_unit_test(an_error_of_a_kind_unknown_is_a_failure),
	    cmocka_unit_test(names_of_every_usual_scheme_pass),
	    cmocka_unit_test(random_names_pass),
	    cmocka_unit_test(names_of_one_hash_are_refused_at_once),
	    cmocka_unit_test(names_of_one_bucket_are_refused_at_once),
	    cmocka_unit_test(a_name_twice_is_refused),
	    cmocka_unit_test(the_same_name_in_two_lists_is_fine),
	};
	return cmocka_run_group_tests_name("nv", tests, NULL, NULL);
}
