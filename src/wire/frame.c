#include "wire/frame.h"

static void put_be(unsigned char *to, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

static uint64_t get_be(const unsigned char *from, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | from[i];
	return v;
}

void frame_write(const struct frame *f, unsigned char head[WIRE_HEAD_LEN])
{
	put_be(head, f->length, 4);
	put_be(head + 4, (uint64_t)f->type << 24, 4);
	put_be(head + 8, f->id, 4);
}

struct err *frame_read(const unsigned char head[WIRE_HEAD_LEN], struct frame *f)
{
	f->length = (uint32_t)get_be(head, 4);
	f->id = (uint32_t)get_be(head + 8, 4);
	unsigned type = head[4];
	if (type < FRAME_HELLO || type > FRAME_PROGRESS)
		return err_new(ERR_FAILED, "a frame of unknown type %u came", type);
	f->type = (enum frame_type)type;
	if (head[5] != 0 || head[6] != 0 || head[7] != 0)
		return err_new(ERR_FAILED, "a frame with reserved bytes set came");
	bool empty = f->type == FRAME_PING || f->type == FRAME_CANCEL || f->type == FRAME_PROGRESS;
	uint32_t max = f->type == FRAME_DATA     ? WIRE_DATA_MAX
		       : f->type == FRAME_CREDIT ? 8
		       : empty                   ? 0
		       : f->type == FRAME_END    ? WIRE_END_MAX
						 : WIRE_MESSAGE_MAX;
	uint32_t min = f->type == FRAME_DATA ? 1 : f->type == FRAME_CREDIT ? 8 : 0;
	if (f->length < min || f->length > max)
		return err_new(ERR_FAILED, "a frame of type %u and %u bytes came (%u to %u may)",
			       type, f->length, min, max);
	bool needs_id = f->type != FRAME_HELLO && f->type != FRAME_PING;
	if (needs_id != (f->id != 0))
		return err_new(ERR_FAILED, "a frame of type %u with id %u came", type, f->id);
	return NULL;
}

void frame_put_credit(uint64_t bytes, unsigned char payload[8])
{
	put_be(payload, bytes, 8);
}

uint64_t frame_get_credit(const unsigned char payload[8])
{
	return get_be(payload, 8);
}
