/* Frames: the twelve bytes in front of everything on the wire. See zrep-protocol(5). Pure functions. */
#ifndef ZREP_WIRE_FRAME_H
#define ZREP_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* The highest and the lowest protocol that this program speaks. */
#define WIRE_PROTOCOL 4u
#define WIRE_PROTOCOL_MIN 4u

#define WIRE_PREAMBLE "\x89ZREP\r\n\x1a"
#define WIRE_PREAMBLE_LEN 8u
#define WIRE_HEAD_LEN 12u
#define WIRE_DATA_MAX (256u << 10)
#define WIRE_MESSAGE_MAX (64u << 20)
#define WIRE_END_MAX (4u << 10) /* of an END; every zrep's has some 40 bytes */
#define WIRE_WINDOW (4u << 20)
#define WIRE_NOISE_MAX (64u << 10)

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_REQUEST = 2,
	FRAME_REPLY = 3,
	FRAME_DATA = 4,
	FRAME_END = 5,
	FRAME_CREDIT = 6,
	FRAME_PING = 7,
	FRAME_CANCEL = 8,
	FRAME_PROGRESS = 9,
};

struct frame {
	enum frame_type type;
	uint32_t id;
	uint32_t length; /* of the payload */
};

void frame_write(const struct frame *f, unsigned char head[WIRE_HEAD_LEN]);

/* Takes a head apart. The error says what is wrong with it; a payload of f->length bytes is safe to
 * make room for. */
struct err *frame_read(const unsigned char head[WIRE_HEAD_LEN], struct frame *f);

void frame_put_credit(uint64_t bytes, unsigned char payload[8]);
uint64_t frame_get_credit(const unsigned char payload[8]);

#endif
