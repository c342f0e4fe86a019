#include "pump/parts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* How long a wait may last before it is asked whether anybody still waits for the stream. Milliseconds. */
#define LOOK_MS 200u

enum state { EMPTY, BUSY, FULL };

/* A line while it is carried. `state` is under the lock; the piece belongs to its thread, or, from FULL on of a stream that
 * is put together, and from EMPTY to FULL of one that is cut, to whoever has the whole stream. */
struct carrier {
	struct carrier *next;
	struct parts_line *line;
	pthread_cond_t changed;
	enum state state;
	uint64_t number;
	size_t len, done;
	unsigned char piece[PARTS_HEAD + PARTS_PIECE];
};

struct parts {
	bool sending;
	bool (*gone)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* for whoever has the whole stream */
	struct carrier *carriers;
	unsigned joined;            /* lines that are carried, or about to be */
	uint64_t next;              /* the piece that is written or taken next */
	uint64_t total;             /* UINT64_MAX: not known yet */
	const atomic_uint *streams; /* see parts_crowd(); may be NULL */
	bool first_ended, failed;
};

struct parts *parts_new(bool sending, bool (*gone)(void *ctx), void *ctx)
{
	struct parts *p = mem_zalloc(sizeof(*p));

	p->sending = sending;
	p->gone = gone;
	p->ctx = ctx;
	p->total = UINT64_MAX;
	pthread_mutex_init(&p->lock, NULL);
	patience_cond_init(&p->changed);
	return p;
}

void parts_crowd(struct parts *p, const atomic_uint *streams)
{
	pthread_mutex_lock(&p->lock);
	p->streams = streams;
	pthread_mutex_unlock(&p->lock);
}

void parts_put_head(unsigned char head[PARTS_HEAD], uint64_t number, uint32_t len)
{
	for (unsigned i = 0; i < 8; i++)
		head[i] = (unsigned char)(number >> (8 * (7 - i)));
	for (unsigned i = 0; i < 4; i++)
		head[8 + i] = (unsigned char)(len >> (8 * (3 - i)));
}

static void get_head(const unsigned char head[PARTS_HEAD], uint64_t *number, uint32_t *len)
{
	*number = 0;
	*len = 0;
	for (unsigned i = 0; i < 8; i++)
		*number = *number << 8 | head[i];
	for (unsigned i = 8; i < PARTS_HEAD; i++)
		*len = *len << 8 | head[i];
}

/* Is it all over, in good order? Lock held. */
static bool is_whole(const struct parts *p)
{
	return p->next == p->total && (p->sending || p->first_ended);
}

/* Nobody waits in a line any more. Lock held. */
static void stop_lines(struct parts *p)
{
	for (struct carrier *c = p->carriers; c != NULL; c = c->next) {
		c->line->stop(c->line->end.ctx);
		pthread_cond_broadcast(&c->changed);
	}
	pthread_cond_broadcast(&p->changed);
}

/* What is put together already no line can break any more. Lock held. */
static void fail(struct parts *p)
{
	if (p->failed || (!p->sending && is_whole(p)))
		return;
	p->failed = true;
	stop_lines(p);
}

void parts_fail(struct parts *p)
{
	pthread_mutex_lock(&p->lock);
	fail(p);
	pthread_mutex_unlock(&p->lock);
}

bool parts_failed(struct parts *p)
{
	pthread_mutex_lock(&p->lock);
	bool yes = p->failed;
	pthread_mutex_unlock(&p->lock);
	return yes;
}

/* A while, or until something has changed. Lock held. */
static void wait_changed(struct parts *p)
{
	(void)patience_cond_wait(&p->changed, &p->lock, LOOK_MS);
	if (p->failed || p->gone == NULL)
		return;
	pthread_mutex_unlock(&p->lock);
	bool gone = p->gone(p->ctx);
	pthread_mutex_lock(&p->lock);
	if (gone)
		fail(p);
}

/* --- the whole stream --- */

/* The piece of that number, to be taken. */
static struct carrier *find_full(struct parts *p)
{
	for (struct carrier *c = p->carriers; c != NULL; c = c->next)
		if (c->state == FULL && c->number == p->next)
			return c;
	return NULL;
}

/* A line that has room. */
static struct carrier *find_empty(struct parts *p)
{
	bool crowded = p->streams != NULL && atomic_load(p->streams) > 1 && p->carriers != NULL &&
		       p->carriers->next != NULL;

	for (struct carrier *c = p->carriers; c != NULL; c = c->next)
		if (c->state == EMPTY && !(crowded && c->line->first))
			return c;
	return NULL;
}

static int write_whole(void *ctx, const void *buf, size_t len)
{
	struct parts *p = ctx;
	const unsigned char *from = buf;
	struct carrier *c;

	while (len > 0) {
		size_t n = len < PARTS_PIECE ? len : PARTS_PIECE;
		pthread_mutex_lock(&p->lock);
		while (!p->failed && (c = find_empty(p)) == NULL)
			wait_changed(p);
		if (p->failed) {
			pthread_mutex_unlock(&p->lock);
			return -1;
		}
		c->state = BUSY;
		c->number = p->next++;
		pthread_mutex_unlock(&p->lock);
		/* Its thread does not leave while it is busy. */
		parts_put_head(c->piece, c->number, (uint32_t)n);
		memcpy(c->piece + PARTS_HEAD, from, n);
		c->len = PARTS_HEAD + n;
		pthread_mutex_lock(&p->lock);
		c->state = FULL;
		pthread_cond_signal(&c->changed);
		pthread_mutex_unlock(&p->lock);
		from += n;
		len -= n;
	}
	return 0;
}

/* A piece that was taken already would wait for its turn for ever. Lock held. */
static bool is_stale(const struct parts *p)
{
	for (const struct carrier *c = p->carriers; c != NULL; c = c->next)
		if (c->state == FULL && c->number < p->next)
			return true;
	return false;
}

static ssize_t read_whole(void *ctx, void *buf, size_t len)
{
	struct parts *p = ctx;
	struct carrier *c = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->failed && !is_whole(p) && (c = find_full(p)) == NULL)
		wait_changed(p);
	if (p->failed || c == NULL) {
		bool whole = !p->failed;
		pthread_mutex_unlock(&p->lock);
		return whole ? 0 : -1;
	}
	/* Its thread waits until it is empty; should all fail meanwhile, it is ours all the same while it is busy. */
	c->state = BUSY;
	pthread_mutex_unlock(&p->lock);
	size_t n = c->len - c->done < len ? c->len - c->done : len;
	memcpy(buf, c->piece + PARTS_HEAD + c->done, n);
	pthread_mutex_lock(&p->lock);
	c->done += n;
	c->state = c->done < c->len ? FULL : EMPTY;
	if (c->state == EMPTY) {
		p->next++;
		if (is_stale(p))
			fail(p);
	}
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&p->lock);
	return (ssize_t)n;
}

static void close_whole(void *ctx, bool ok)
{
	struct parts *p = ctx;

	pthread_mutex_lock(&p->lock);
	if (!ok)
		fail(p);
	if (p->sending && !p->failed) {
		p->total = p->next;
		for (struct carrier *c = p->carriers; c != NULL; c = c->next)
			pthread_cond_signal(&c->changed);
	} else if (!p->failed) {
		stop_lines(p); /* whose end may be under way still, or never come */
	}
	pthread_mutex_unlock(&p->lock);
}

struct pump_stream parts_end(struct parts *p)
{
	return (struct pump_stream){.ctx = p,
				    .read = p->sending ? NULL : read_whole,
				    .write = p->sending ? write_whole : NULL,
				    .close = close_whole};
}

/* --- a line --- */

/* Writes what it is given. False: the line is broken. */
static bool carry_out(struct parts *p, struct carrier *c)
{
	struct pump_stream *end = &c->line->end;
	bool ok = true;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		while (c->state == BUSY ||
		       (c->state == EMPTY && !p->failed && p->total == UINT64_MAX))
			pthread_cond_wait(&c->changed, &p->lock);
		bool full = c->state == FULL && !p->failed;
		ok = !p->failed;
		pthread_mutex_unlock(&p->lock);
		if (!full)
			break;
		ok = end->write(end->ctx, c->piece, c->len) == 0;
		pthread_mutex_lock(&p->lock);
		c->state = EMPTY;
		pthread_cond_signal(&p->changed);
		pthread_mutex_unlock(&p->lock);
		if (!ok)
			return false;
	}
	if (ok && c->line->first) {
		parts_put_head(c->piece, p->total, 0);
		ok = end->write(end->ctx, c->piece, PARTS_HEAD) == 0;
	}
	return ok;
}

/* All of it: 1; 0: the line has ended; -1: it is broken. */
static int read_all(struct pump_stream *end, unsigned char *to, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = end->read(end->ctx, to + got, len - got);
		if (n <= 0)
			return n == 0 && got == 0 ? 0 : -1;
		got += (size_t)n;
	}
	return 1;
}

/* The end of the whole stream, said on this line. Lock held. */
static bool take_end(struct parts *p, const struct carrier *c, uint64_t number)
{
	if (!c->line->first || p->total != UINT64_MAX || number < p->next)
		return false;
	for (const struct carrier *k = p->carriers; k != NULL; k = k->next)
		if (k->state == FULL && k->number >= number)
			return false;
	p->total = number;
	return true;
}

/* Reads what comes. False: the line is broken, or what comes makes no sense. */
static bool carry_in(struct parts *p, struct carrier *c)
{
	struct pump_stream *end = &c->line->end;
	uint64_t least = 0, number;
	bool ended = false; /* only the end of the line may come */
	uint32_t len;
	int got;

	while ((got = read_all(end, c->piece, PARTS_HEAD)) > 0) {
		get_head(c->piece, &number, &len);
		if (ended || number < least || number == UINT64_MAX || len > PARTS_PIECE ||
		    (len > 0 && read_all(end, c->piece + PARTS_HEAD, len) <= 0))
			return false;
		pthread_mutex_lock(&p->lock);
		bool ok = !p->failed;
		if (ok && len == 0)
			ok = ended = take_end(p, c, number);
		else if (ok && (ok = number >= p->next && number < p->total)) {
			c->number = number;
			c->len = len;
			c->done = 0;
			c->state = FULL;
		}
		pthread_cond_signal(&p->changed);
		while (ok && c->state != EMPTY && (!p->failed || c->state == BUSY))
			pthread_cond_wait(&c->changed, &p->lock);
		ok = ok && !p->failed;
		pthread_mutex_unlock(&p->lock);
		if (!ok)
			return false;
		least = number + 1;
	}
	return got == 0 && ended == c->line->first;
}

bool parts_join(struct parts *p)
{
	pthread_mutex_lock(&p->lock);
	bool ok = !p->failed && (p->sending ? p->total == UINT64_MAX : !is_whole(p));
	p->joined += ok;
	pthread_mutex_unlock(&p->lock);
	return ok;
}

void parts_leave(struct parts *p)
{
	pthread_mutex_lock(&p->lock);
	p->joined--;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

bool parts_carry(struct parts *p, struct parts_line *line)
{
	struct carrier *c = mem_zalloc(sizeof(*c)), **at = &p->carriers;

	c->line = line;
	patience_cond_init(&c->changed);
	pthread_mutex_lock(&p->lock);
	/* Behind those that are there: what little there may be goes over the first one. */
	while (*at != NULL)
		at = &(*at)->next;
	*at = c;
	if (p->failed || (!p->sending && is_whole(p)))
		line->stop(line->end.ctx);
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	bool ok = p->sending ? carry_out(p, c) : carry_in(p, c);
	pthread_mutex_lock(&p->lock);
	if (!ok)
		fail(p);
	while (c->state == BUSY)
		pthread_cond_wait(&c->changed, &p->lock);
	for (at = &p->carriers; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	pthread_mutex_unlock(&p->lock);
	line->end.close(line->end.ctx, ok);
	pthread_mutex_lock(&p->lock);
	p->first_ended = p->first_ended || (ok && line->first);
	p->joined--;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&c->changed);
	free(c);
	return ok;
}

void parts_free(struct parts *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->joined > 0)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
