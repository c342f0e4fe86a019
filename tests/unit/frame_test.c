#include "test.h"
#include "wire/frame.h"

static const struct {
	enum frame_type type;
	bool needs_id;
	uint32_t min, max;
} types[] = {
    {FRAME_HELLO, false, 0, WIRE_MESSAGE_MAX},
    {FRAME_REQUEST, true, 0, WIRE_MESSAGE_MAX},
    {FRAME_REPLY, true, 0, WIRE_MESSAGE_MAX},
    {FRAME_DATA, true, 1, WIRE_DATA_MAX},
    {FRAME_END, true, 0, WIRE_END_MAX},
    {FRAME_CREDIT, true, 8, 8},
    {FRAME_PING, false, 0, 0},
    {FRAME_CANCEL, true, 0, 0},
    {FRAME_PROGRESS, true, 0, 0},
};

/* Does a head of this type, id and length pass? */
static bool passes(enum frame_type type, uint32_t id, uint32_t length)
{
	unsigned char head[WIRE_HEAD_LEN];
	struct frame f, in = {.type = type, .id = id, .length = length};

	frame_write(&in, head);
	struct err *e = frame_read(head, &f);
	if (e == NULL)
		assert_true(f.type == type && f.id == id && f.length == length);
	bool ok = e == NULL;
	err_free(e);
	return ok;
}

static void every_type_keeps_to_its_lengths(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		uint32_t id = types[i].needs_id ? 0xdeadbeef : 0;
		assert_true(passes(types[i].type, id, types[i].min));
		assert_true(passes(types[i].type, id, types[i].max));
		assert_false(passes(types[i].type, id, types[i].max + 1));
		assert_false(passes(types[i].type, id, UINT32_MAX));
		if (types[i].min > 0)
			assert_false(passes(types[i].type, id, types[i].min - 1));
	}
}

static void only_hello_and_ping_have_no_id(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		assert_true(passes(types[i].type, types[i].needs_id ? 1 : 0, types[i].min));
		assert_false(passes(types[i].type, types[i].needs_id ? 0 : 1, types[i].min));
	}
}

static void unknown_types_are_refused(void **state)
{
	struct frame f;

	for (unsigned t = 0; t < 256; t++) {
		unsigned char head[WIRE_HEAD_LEN] = {0, 0, 0, 0, (unsigned char)t, 0, 0, 0,
						     0, 0, 0, 1};
		if (t < 1 || t > 9)
			fails(frame_read(head, &f), "unknown type");
	}
}

static void reserved_bytes_are_kept_for_later(void **state)
{
	struct frame f;

	for (int i = 5; i < 8; i++) {
		unsigned char head[WIRE_HEAD_LEN] = {0, 0, 0, 0, FRAME_PING};
		head[i] = 1;
		fails(frame_read(head, &f), "reserved");
	}
}

/* The bytes that zrep-protocol(5) promises. */
static void the_bytes_are_those_of_the_document(void **state)
{
	static const unsigned char bytes[] = {0, 1, 2, 3, 4, 0, 0, 0, 0x11, 0x22, 0x33, 0x44};
	unsigned char head[WIRE_HEAD_LEN], credit[8];

	frame_write(&(struct frame){.type = FRAME_DATA, .id = 0x11223344, .length = 0x010203},
		    head);
	assert_memory_equal(head, bytes, sizeof(bytes));
	frame_put_credit(0x0102030405060708, credit);
	assert_memory_equal(credit, "\1\2\3\4\5\6\7\10", 8);
	assert_true(frame_get_credit(credit) == 0x0102030405060708);
	assert_memory_equal(WIRE_PREAMBLE, "\x89\x5a\x52\x45\x50\x0d\x0a\x1a", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_keeps_to_its_lengths),
	    cmocka_unit_test(only_hello_and_ping_have_no_id),
	    cmocka_unit_test(unknown_types_are_refused),
	    cmocka_unit_test(reserved_bytes_are_kept_for_later),
	    cmocka_unit_test(the_bytes_are_those_of_the_document),
	};
	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
