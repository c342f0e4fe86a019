/* One stream divided over several lines, and put together again.
 *
 * It is cut into pieces, which are numbered from 0 on; each line carries some of them, in the order of their numbers, and
 * each piece goes over whichever line has room first. So a slow line gets fewer. The end is a piece without data: its number
 * says how many there were. Each line has a thread, which holds one piece; whoever puts the stream together takes the piece
 * whose turn it is from the line that has it. That line is never held up by another one: what was put on it before has lower
 * numbers, and has been taken. What the lines themselves hold meanwhile is bounded by their windows.
 *
 * Lines may join while the stream runs. The first one is there from the beginning to the end, and on it alone the end is
 * said. Where one line breaks, all is broken. */
#ifndef ZREP_PUMP_PARTS_H
#define ZREP_PUMP_PARTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pump/pump.h"

/* Bytes of a piece at most, and of what stands in front of it: its number and its length, the highest byte first. */
#define PARTS_PIECE (128u << 10)
#define PARTS_HEAD 12u

struct parts;

/* `sending`: it is cut; else put together. `gone` (may be NULL): is nobody waiting for the stream any more? Asked now and
 * then by whoever waits. */
struct parts *parts_new(bool sending, bool (*gone)(void *ctx), void *ctx);

/* `streams`, which outlives it, counts those that are cut and have the first line in common, this one among them. While there
 * are others, it puts nothing more on that line if it has another one: it is put together in order, and all its lines have
 * windows of one size, so that it would get on no faster on any than on the slowest. */
void parts_crowd(struct parts *p, const atomic_uint *streams);

/* A line of a stream. */
struct parts_line {
	struct pump_stream end;
	void (*stop)(void *ctx); /* whoever waits in `end` does so no more; from any thread */
	bool first;
};

/* Carries what goes over a line, until that is all, and closes the line. To be called in a thread of its own, after
 * parts_join(). False: the stream is broken. */
bool parts_carry(struct parts *p, struct parts_line *line);

/* One more line is about to be carried. False: it is of no use any more, and must not be. */
bool parts_join(struct parts *p);
/* It is not carried after all. */
void parts_leave(struct parts *p);

/* The whole stream: to be written to, or to be read from, by one thread. To be closed before parts_free(). */
struct pump_stream parts_end(struct parts *p);

/* Nothing more comes of it. */
void parts_fail(struct parts *p);
bool parts_failed(struct parts *p);

/* Waits until no line is carried any more, and frees. */
void parts_free(struct parts *p);

void parts_put_head(unsigned char head[PARTS_HEAD], uint64_t number, uint32_t len);

#endif
