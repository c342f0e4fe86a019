/* A stream over several lines: whole, in order, whatever the lines are like; and lines that are made of bytes and break the
 * rules. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "pump/parts.h"
#include "test.h"

static void sleep_us(unsigned us)
{
	nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L},
		  NULL);
}

/* --- a line in memory: bounded, and maybe slow --- */

#define ROOM (300u << 10)

struct wire {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned char bytes[ROOM];
	size_t head, n;
	unsigned slow; /* microseconds for each write */
	size_t broken; /* after so many bytes; 0: never */
	size_t sum;
	bool ended, ok, stopped_in, stopped_out;
};

static struct wire *wire_new(unsigned slow)
{
	struct wire *w = mem_zalloc(sizeof(*w));

	w->slow = slow;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	return w;
}

static void wire_free(struct wire *w)
{
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static int wire_write(void *ctx, const void *buf, size_t len)
{
	struct wire *w = ctx;
	const unsigned char *p = buf;

	sleep_us(w->slow);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < len; i++) {
		while (w->n == ROOM && !w->stopped_out && !w->stopped_in)
			pthread_cond_wait(&w->changed, &w->lock);
		if (w->stopped_out || w->stopped_in || (w->broken != 0 && w->sum >= w->broken)) {
			w->ended = true; /* the other end sees it too */
			pthread_cond_broadcast(&w->changed);
			pthread_mutex_unlock(&w->lock);
			return -1;
		}
		w->bytes[(w->head + w->n) % ROOM] = p[i];
		w->n++;
		w->sum++;
		if (w->n == 1)
			pthread_cond_broadcast(&w->changed);
	}
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static ssize_t wire_read(void *ctx, void *buf, size_t len)
{
	struct wire *w = ctx;
	unsigned char *p = buf;
	size_t n = 0;

	pthread_mutex_lock(&w->lock);
	while (w->n == 0 && !w->ended && !w->stopped_in)
		pthread_cond_wait(&w->changed, &w->lock);
	for (; n < len && w->n > 0; n++, w->n--, w->head = (w->head + 1) % ROOM)
		p[n] = w->bytes[w->head];
	ssize_t got = n > 0 ? (ssize_t)n : w->ended && w->ok ? 0 : -1;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return got;
}

static void wire_close_out(void *ctx, bool ok)
{
	struct wire *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->ended = true;
	w->ok = ok;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void stop_out(void *ctx)
{
	struct wire *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->stopped_out = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void stop_in(void *ctx)
{
	struct wire *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->stopped_in = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void wire_close_in(void *ctx, bool ok)
{
	if (!ok)
		stop_in(ctx);
}

/* --- both ends --- */

#define LINES 4u

struct side {
	struct parts *parts;
	struct parts_line lines[LINES];
	pthread_t threads[LINES];
	bool joined[LINES], ok[LINES];
};

struct carrying {
	struct side *side;
	unsigned i;
};

static void *carry(void *arg)
{
	struct carrying *c = arg;

	c->side->ok[c->i] = parts_carry(c->side->parts, &c->side->lines[c->i]);
	free(c);
	return NULL;
}

static bool join(struct side *s, unsigned i)
{
	if (!parts_join(s->parts))
		return false;
	struct carrying *c = mem_alloc(sizeof(*c));
	*c = (struct carrying){s, i};
	s->joined[i] = true;
	return pthread_create(&s->threads[i], NULL, carry, c) == 0;
}

static void set_lines(struct side *s, struct wire **w, bool out)
{
	for (unsigned i = 0; i < LINES; i++)
		s->lines[i] =
		    (struct parts_line){.end = {.ctx = w[i],
						.read = out ? NULL : wire_read,
						.write = out ? wire_write : NULL,
						.close = out ? wire_close_out : wire_close_in},
					.stop = out ? stop_out : stop_in,
					.first = i == 0};
}

static void end_side(struct side *s)
{
	for (unsigned i = 0; i < LINES; i++)
		if (s->joined[i])
			pthread_join(s->threads[i], NULL);
	parts_free(s->parts);
}

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i ^ i >> 8 ^ i >> 16);
}

struct reading {
	struct side *side;
	size_t max, got;
	int end;
	bool wrong;
};

static void *read_it(void *arg)
{
	struct reading *r = arg;
	struct pump_stream in = parts_end(r->side->parts);
	unsigned char *buf = mem_alloc(100003);
	ssize_t n = 1;

	while (r->got < r->max && (n = in.read(in.ctx, buf, 100003)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			r->wrong = r->wrong || buf[i] != pattern(r->got + (size_t)i);
		r->got += (size_t)n;
	}
	r->end = n > 0 ? 1 : (int)n;
	in.close(in.ctx, n == 0);
	free(buf);
	return NULL;
}

/* Writes n bytes; the lines from the second on join when a third of it each is through. */
static bool write_it(struct side *out, struct side *in, size_t n, bool ok)
{
	struct pump_stream to = parts_end(out->parts);
	size_t chunk = 250001, at = 0;
	unsigned char *buf = mem_alloc(chunk);
	unsigned next = 1;
	bool good = true;

	while (at < n && good) {
		if (next < LINES && at >= n / LINES * (next - 1)) {
			assert_true(join(out, next));
			assert_true(join(in, next));
			next++;
		}
		size_t k = n - at < chunk ? n - at : chunk;
		for (size_t i = 0; i < k; i++)
			buf[i] = pattern(at + i);
		good = to.write(to.ctx, buf, k) == 0;
		at += k;
	}
	to.close(to.ctx, good && ok);
	free(buf);
	return good;
}

/* What became of it, at the end that reads. */
static struct reading move(struct wire **w, size_t n, bool ok, size_t max)
{
	struct side out = {.parts = parts_new(true, NULL, NULL)},
		    in = {.parts = parts_new(false, NULL, NULL)};
	struct reading r = {.side = &in, .max = max};
	pthread_t reader;

	set_lines(&out, w, true);
	set_lines(&in, w, false);
	assert_true(join(&out, 0));
	assert_true(join(&in, 0));
	assert_int_equal(pthread_create(&reader, NULL, read_it, &r), 0);
	(void)write_it(&out, &in, n, ok);
	pthread_join(reader, NULL);
	end_side(&out);
	end_side(&in);
	return r;
}

static void wires_new(struct wire **w, unsigned slow)
{
	for (unsigned i = 0; i < LINES; i++)
		w[i] = wire_new(i * slow);
}

static void wires_free(struct wire **w)
{
	for (unsigned i = 0; i < LINES; i++)
		wire_free(w[i]);
}

static void test_whole(void **state)
{
	static const size_t sizes[] = {0, 1, PARTS_PIECE, PARTS_PIECE + 1, 20000003};

	for (unsigned slow = 0; slow <= 2000; slow += 1000)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			struct wire *w[LINES];
			wires_new(w, slow);
			struct reading r = move(w, sizes[i], true, SIZE_MAX);
			assert_false(r.wrong);
			assert_int_equal(r.end, 0);
			assert_int_equal(r.got, sizes[i]);
			if (i == ARRAY_LEN(sizes) - 1 && slow > 0) /* the slower, the less */
				assert_true(w[1]->sum > w[3]->sum);
			wires_free(w);
		}
}

/* The sender gives up, or the reader; or one of the lines breaks. Nobody is left waiting. */
static void test_broken(void **state)
{
	struct wire *w[LINES];

	wires_new(w, 0);
	struct reading r = move(w, 5000000, false, SIZE_MAX);
	assert_false(r.wrong);
	assert_int_equal(r.end, -1);
	wires_free(w);

	wires_new(w, 0);
	r = move(w, 20000000, true, 3000000);
	assert_false(r.wrong);
	assert_int_equal(r.end, 1);
	wires_free(w);

	for (unsigned i = 0; i < LINES; i++) {
		wires_new(w, 500);
		w[i]->broken = 400000;
		r = move(w, 20000000, true, SIZE_MAX);
		/* Beside other work a line that joins late may have so little to carry that it never breaks; the first one has not. */
		bool breaks = i == 0 || w[i]->sum >= w[i]->broken;
		assert_false(r.wrong);
		assert_int_equal(r.end, breaks ? -1 : 0);
		assert_int_equal(r.got < 20000000, breaks);
		wires_free(w);
	}
}

/* --- lines that break the rules --- */

struct piece {
	unsigned line;
	uint64_t number;
	uint32_t len;
	bool cut; /* fewer bytes than it says, and then the end */
};

/* How the stream ends (0 whole, -1 broken) that consists of such pieces. */
static int hear(const struct piece *pieces, size_t n, size_t *got)
{
	struct wire *w[LINES];
	struct side in = {.parts = parts_new(false, NULL, NULL)};
	struct reading r = {.side = &in, .max = SIZE_MAX};
	unsigned char *data = mem_zalloc(PARTS_HEAD + PARTS_PIECE + 2);

	wires_new(w, 0);
	set_lines(&in, w, false);
	for (size_t i = 0; i < n; i++) {
		size_t len = pieces[i].len <= PARTS_PIECE ? pieces[i].len : 0;
		parts_put_head(data, pieces[i].number, pieces[i].len);
		assert_int_equal(wire_write(w[pieces[i].line], data,
					    PARTS_HEAD + (pieces[i].cut ? len / 2 : len)),
				 0);
	}
	for (unsigned i = 0; i < LINES; i++) {
		wire_close_out(w[i], true);
		(void)join(&in, i); /* it may be broken by then */
	}
	read_it(&r);
	end_side(&in);
	wires_free(w);
	free(data);
	*got = r.got;
	return r.end;
}

static void test_rules(void **state)
{
	static const struct {
		struct piece pieces[4];
		size_t n, bytes;
		int end; /* 1: it may be whole before the wrong piece comes */
	} cases[] = {
	    {{{0, 0, 5, false}, {1, 1, 7, false}, {2, 2, 1, false}, {0, 3, 0, false}}, 4, 13, 0},
	    {{{3, 0, 5, false}, {3, 1, 7, false}, {0, 2, 0, false}}, 3, 12, 0},
	    {{{0, 0, 0, false}}, 1, 0, 0},
	    /* the end is not said, or by another line, or twice */
	    {{{0, 0, 5, false}}, 1, 5, -1},
	    {{{0, 0, 5, false}, {1, 1, 0, false}}, 2, 0, -1},
	    {{{0, 0, 5, false}, {0, 1, 0, false}, {0, 2, 0, false}}, 3, 0, -1},
	    /* a number twice: on one line, on two, one that was there */
	    {{{0, 0, 5, false}, {0, 0, 5, false}, {0, 1, 0, false}}, 3, 0, -1},
	    {{{0, 0, 5, false}, {1, 0, 5, false}, {0, 1, 0, false}}, 3, 5, 1},
	    /* beyond the end */
	    {{{0, 0, 5, false}, {0, 1, 0, false}, {1, 1, 5, false}}, 3, 5, 1},
	    {{{0, 0, 5, false}, {0, 1, 0, false}, {0, 2, 5, false}}, 3, 0, -1},
	    /* too long, the last number there is, and cut off */
	    {{{0, 0, PARTS_PIECE + 1, false}}, 1, 0, -1},
	    {{{0, UINT64_MAX, 0, false}}, 1, 0, -1},
	    {{{1, 0, 100, true}, {0, 1, 0, false}}, 2, 0, -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t got;
		int end = hear(cases[i].pieces, cases[i].n, &got);
		if ((end != cases[i].end && cases[i].end != 1) ||
		    (end == 0 && got != cases[i].bytes))
			fail_msg("case %zu: ended with %d after %zu bytes", i, end, got);
	}
}

/* Whoever has asked for it has gone: what never comes is not waited for. */
static bool is_gone(void *ctx)
{
	return atomic_load((atomic_bool *)ctx);
}

static void *go_soon(void *arg)
{
	sleep_us(300000);
	atomic_store((atomic_bool *)arg, true);
	return NULL;
}

static void test_gone(void **state)
{
	atomic_bool gone = false;
	struct wire *w[LINES];
	struct side in = {.parts = parts_new(false, is_gone, &gone)};
	struct reading r = {.side = &in, .max = SIZE_MAX};
	pthread_t t;

	wires_new(w, 0);
	set_lines(&in, w, false);
	assert_true(join(&in, 0));
	assert_true(join(&in, 1));
	assert_int_equal(pthread_create(&t, NULL, go_soon, &gone), 0);
	read_it(&r);
	assert_int_equal(r.end, -1);
	pthread_join(t, NULL);
	assert_false(parts_join(in.parts));
	end_side(&in);
	wires_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
