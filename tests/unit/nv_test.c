#include <errno.h>
#include <stdio.h>

#include <libzfs_core.h>

#include "os/errors.h"
#include "test.h"
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
	struct err *there = nv_err(out, "error");
	assert_int_equal(there->kind, ERR_REFUSED);
	assert_int_equal(there->code, 28);
	assert_string_equal(there->what, e->what);
	assert_string_equal(there->remedy, "make room");
	assert_int_equal(there->reason, REASON_NO_SPACE);
	assert_null(nv_err(out, "none"));
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
	there = nv_err(nv, "error");
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
		struct err *e = nv_err(nv, "error");
		assert_int_equal(e->code, 0);
		err_free(e);
		nv_free(v);
		nv_free(nv);
	}
}

static void an_error_of_a_kind_unknown_is_a_failure(void **state)
{
	nvlist_t *nv = nv_new(), *v = nv_new();

	nv_add_u64(v, "kind", 77);
	nv_add_nv(nv, "error", v);
	struct err *e = nv_err(nv, "error");
	assert_int_equal(e->kind, ERR_FAILED);
	fails(e, "unnamed failure");
	nv_free(v);
	nv_free(nv);
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
	    cmocka_unit_test(an_error_of_a_kind_unknown_is_a_failure),
	};
	return cmocka_run_group_tests_name("nv", tests, NULL, NULL);
}
