/* What the first bytes of a ZFS stream say. */
#include "test.h"
#include "zfs/stream_head.h"

/* A begin record of a stream from snapshot 7 to snapshot 9, in this host's byte order or the other. */
static void make(unsigned char *bytes, bool swapped)
{
	uint64_t fields[7] = {0, 0x2F5bacbacULL, 17, 1, 2, 9, 7};

	for (size_t i = 1; i < 7 && swapped; i++)
		fields[i] = __builtin_bswap64(fields[i]);
	memcpy(bytes, fields, STREAM_HEAD_LEN);
}

static bool take_all(struct stream_head h, const unsigned char *bytes, size_t piece)
{
	bool ok = true;

	for (size_t at = 0; ok && at < STREAM_HEAD_LEN; at += piece)
		ok = stream_head_take(&h, bytes + at,
				      piece < STREAM_HEAD_LEN - at ? piece : STREAM_HEAD_LEN - at);
	return ok;
}

static void says_what_it_is_of(void **state)
{
	unsigned char bytes[STREAM_HEAD_LEN];

	(void)state;
	for (int swapped = 0; swapped < 2; swapped++)
		for (size_t piece = 1; piece <= STREAM_HEAD_LEN; piece += 5) {
			make(bytes, swapped);
			assert_true(
			    take_all((struct stream_head){.to = 9, .from = 7}, bytes, piece));
			assert_true(take_all((struct stream_head){.to = 9}, bytes, piece));
			assert_true(take_all((struct stream_head){0}, bytes, piece));
			assert_false(
			    take_all((struct stream_head){.to = 8, .from = 7}, bytes, piece));
			assert_false(
			    take_all((struct stream_head){.to = 9, .from = 6}, bytes, piece));
		}
}

static void what_is_no_stream_passes(void **state)
{
	unsigned char bytes[STREAM_HEAD_LEN];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_true(take_all((struct stream_head){.to = 9, .from = 7}, bytes, 8));
	make(bytes, false);
	bytes[0] = 1; /* a record of another kind */
	assert_true(take_all((struct stream_head){.to = 8}, bytes, 8));
}

/* A package of several, or with properties; and a clone of what was not named. */
static void what_has_to_be_plain(void **state)
{
	unsigned char bytes[STREAM_HEAD_LEN];

	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		const size_t version = swapped ? 23 : 16, flags = swapped ? 39 : 36;
		make(bytes, swapped);
		assert_true(take_all((struct stream_head){.plain = true}, bytes, 8));
		bytes[version] = 18;
		assert_false(take_all((struct stream_head){.plain = true}, bytes, 8));
		assert_true(take_all((struct stream_head){.to = 9}, bytes, 8));
		make(bytes, swapped);
		bytes[flags] = 0;
		memset(bytes + 32, 0, 8);
		bytes[flags] = 1;
		assert_false(take_all((struct stream_head){.plain = true}, bytes, 8));
		assert_true(take_all((struct stream_head){.plain = true, .clone = true}, bytes, 8));
	}
	memset(bytes, 'x', sizeof(bytes));
	assert_false(take_all((struct stream_head){.plain = true}, bytes, 8));
}

static void what_comes_later_is_not_looked_at(void **state)
{
	unsigned char bytes[STREAM_HEAD_LEN], more[100];
	struct stream_head h = {.to = 9};

	(void)state;
	make(bytes, false);
	memset(more, 0, sizeof(more));
	assert_true(stream_head_take(&h, bytes, sizeof(bytes)));
	assert_true(stream_head_take(&h, more, sizeof(more)));
	assert_int_equal(h.have, STREAM_HEAD_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_what_it_is_of),
	    cmocka_unit_test(what_is_no_stream_passes),
	    cmocka_unit_test(what_has_to_be_plain),
	    cmocka_unit_test(what_comes_later_is_not_looked_at),
	};

	return cmocka_run_group_tests_name("stream_head", tests, NULL, NULL);
}
