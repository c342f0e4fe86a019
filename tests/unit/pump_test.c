#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "pump/pump.h"
#include "test.h"
#include "util/spawn.h"

/* An end made of nothing: gives `left` bytes and then `result`; takes bytes until `room` is used. */
struct fake {
	size_t left, taken, room;
	ssize_t result;
	bool closed, ok;
};

static ssize_t fake_read(void *ctx, void *buf, size_t len)
{
	struct fake *f = ctx;
	size_t n = len < f->left ? len : f->left;

	memset(buf, 'x', n);
	f->left -= n;
	return n > 0 ? (ssize_t)n : f->result;
}

static int fake_write(void *ctx, const void *buf, size_t len)
{
	struct fake *f = ctx;

	f->taken += len;
	return f->taken > f->room ? -1 : 0;
}

static void fake_close(void *ctx, bool ok)
{
	struct fake *f = ctx;

	f->closed = true;
	f->ok = ok;
}

static struct pump_stream end_of(struct fake *f)
{
	return (struct pump_stream){
	    .ctx = f, .read = fake_read, .write = fake_write, .close = fake_close};
}

static bool run(struct fake *in, struct fake *out, struct pump_meter *meter, struct cancel *cancel)
{
	struct pump_stream a = end_of(in), b = end_of(out);
	bool ok = pump_run(&a, &b, meter, NULL, cancel);

	assert_true(in->closed && out->closed);
	assert_true(in->ok == ok && out->ok == ok);
	return ok;
}

static void all_bytes_arrive_and_are_counted(void **state)
{
	struct fake in = {.left = 10000000}, out = {.room = SIZE_MAX};
	struct pump_meter meter = {0};
	struct cancel cancel = {0};

	assert_true(run(&in, &out, &meter, &cancel));
	assert_int_equal(out.taken, 10000000);
	assert_int_equal(atomic_load(&meter.bytes), 10000000);
}

static void an_empty_stream_is_complete(void **state)
{
	struct fake in = {0}, out = {.room = SIZE_MAX};
	struct pump_meter meter = {0};
	struct cancel cancel = {0};

	assert_true(run(&in, &out, &meter, &cancel));
}

static void a_stream_that_breaks_off_is_not_complete(void **state)
{
	struct fake in = {.left = 1000, .result = -1}, out = {.room = SIZE_MAX};
	struct pump_meter meter = {0};
	struct cancel cancel = {0};

	assert_false(run(&in, &out, &meter, &cancel));
	assert_int_equal(out.taken, 1000);
}

static void a_receiver_that_gives_up_ends_it(void **state)
{
	struct fake in = {.left = 10 * PUMP_CHUNK}, out = {.room = PUMP_CHUNK};
	struct pump_meter meter = {0};
	struct cancel cancel = {0};

	assert_false(run(&in, &out, &meter, &cancel));
	assert_true(in.left > 0);
	assert_int_equal(atomic_load(&meter.bytes), PUMP_CHUNK);
}

static void cancelled_before_it_began(void **state)
{
	struct fake in = {.left = 1000}, out = {.room = SIZE_MAX};
	struct pump_meter meter = {0};
	struct cancel cancel = {0};

	cancel_set(&cancel, SIGINT);
	assert_false(run(&in, &out, &meter, &cancel));
	assert_int_equal(out.taken, 0);
}

static void *cancel_soon(void *arg)
{
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	cancel_set(arg, SIGTERM);
	return NULL;
}

/* A pipe that nobody writes to (and, the second time, one that nobody reads) does not hold it. */
static void a_silent_pipe_is_left_when_cancelled(void **state)
{
	for (int writing = 0; writing < 2; writing++) {
		struct fake other = {.left = 10 << 20, .room = SIZE_MAX};
		struct pump_meter meter = {0};
		struct cancel cancel = {0};
		pthread_t t;
		int fd[2];

		works(spawn_pipe(fd));
		struct pump_stream pipe = pump_fd_end(fd[writing], &cancel, NULL),
				   fake = end_of(&other);
		assert_int_equal(pthread_create(&t, NULL, cancel_soon, &cancel), 0);
		assert_false(pump_run(writing ? &fake : &pipe, writing ? &pipe : &fake, &meter,
				      NULL, &cancel));
		pthread_join(t, NULL);
		assert_true(other.closed && !other.ok);
		close(fd[!writing]);
	}
}

static void a_broken_pipe_ends_it(void **state)
{
	struct fake in = {.left = 10 << 20};
	struct pump_meter meter = {0};
	struct cancel cancel = {0};
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	works(spawn_pipe(fd));
	close(fd[0]);
	struct pump_stream out = pump_fd_end(fd[1], &cancel, NULL), from = end_of(&in);
	assert_false(pump_run(&from, &out, &meter, NULL, &cancel));
}

/* --- bandwidth --- */

/* Takes `total` bytes in pieces by a clock of our own; the milliseconds that it took. */
static uint64_t paced(struct pump_limit *l, uint64_t total, uint64_t *now)
{
	uint64_t begun = *now;

	for (size_t n = pump_limit_piece(l); total > 0; total -= n) {
		n = n < total ? n : total;
		*now += pump_limit_take(l, n, *now);
	}
	return (*now - begun) / 1000000;
}

static void a_limit_is_kept_to_however_long_it_was_idle(void **state)
{
	struct pump_limit l = {.rate = 1 << 20};
	uint64_t now = 1000, ms;

	ms = paced(&l, 8 << 20, &now);
	assert_in_range(ms, 7800, 8000);
	now += 3600000000000ull;
	ms = paced(&l, 8 << 20, &now);
	assert_in_range(ms, 7700, 8000);
	l.rate = 1;
	ms = paced(&l, 10, &now);
	assert_in_range(ms, 8000, 10000);
	/* More than that is no limit at all, nor is none. */
	l = (struct pump_limit){.rate = UINT64_MAX};
	assert_int_equal(paced(&l, 1 << 30, &now), 0);
	l.rate = 0;
	assert_int_equal(paced(&l, 1 << 30, &now), 0);
}

static void those_who_share_a_limit_take_turns(void **state)
{
	struct pump_limit l = {.rate = 1000};
	uint64_t now = 50, last = 0;

	for (int i = 0; i < 10; i++) {
		uint64_t wait = pump_limit_take(&l, 125, now);
		assert_true(i < 1 || wait > last);
		last = wait;
	}
	assert_in_range(last, 1000000000, 1125000000);
}

static void a_slow_stream_moves_in_small_pieces(void **state)
{
	assert_int_equal(pump_limit_piece(NULL), PUMP_CHUNK);
	assert_int_equal(pump_limit_piece(&(struct pump_limit){0}), PUMP_CHUNK);
	assert_int_equal(pump_limit_piece(&(struct pump_limit){.rate = UINT64_MAX}), PUMP_CHUNK);
	assert_int_equal(pump_limit_piece(&(struct pump_limit){.rate = 1024}), 128);
	assert_int_equal(pump_limit_piece(&(struct pump_limit){.rate = 1}), 1);
}

struct paced_pump {
	struct pump_limit *limit;
	pthread_t thread;
	struct cancel cancel;
	bool ok;
};

static void *run_paced(void *arg)
{
	struct paced_pump *p = arg;
	struct fake in = {.left = 100000}, out = {.room = SIZE_MAX};
	struct pump_stream a = end_of(&in), b = end_of(&out);
	struct pump_meter meter = {0};

	p->ok = pump_run(&a, &b, &meter, p->limit, &p->cancel);
	return NULL;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 200,000 bytes at 400,000 a second, but for what was saved up and the last piece, which nobody waits for. */
static void two_pumps_share_a_limit(void **state)
{
	struct pump_limit limit = {.rate = 400000};
	struct paced_pump p[2] = {{.limit = &limit}, {.limit = &limit}};
	double begun = seconds();

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&p[i].thread, NULL, run_paced, &p[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(p[i].thread, NULL);
	assert_true(p[0].ok && p[1].ok);
	assert_true(seconds() - begun > 0.2);
}

static void a_wait_for_bandwidth_ends_when_cancelled(void **state)
{
	struct pump_limit limit = {.rate = 1000};
	struct paced_pump p = {.limit = &limit};
	pthread_t t;
	double begun = seconds();

	pump_limit_take(&limit, 100000,
			(uint64_t)(begun * 1e9)); /* a hundred seconds are spoken for */
	assert_int_equal(pthread_create(&t, NULL, cancel_soon, &p.cancel), 0);
	run_paced(&p);
	pthread_join(t, NULL);
	assert_false(p.ok);
	assert_true(seconds() - begun < 20);
}

static void the_first_reason_to_stop_is_kept(void **state)
{
	struct cancel cancel = {0};

	assert_false(cancelled(&cancel));
	cancel_set(&cancel, SIGINT);
	cancel_set(&cancel, SIGTERM);
	assert_true(cancelled(&cancel));
	assert_int_equal(atomic_load(&cancel.signal), SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_bytes_arrive_and_are_counted),
	    cmocka_unit_test(an_empty_stream_is_complete),
	    cmocka_unit_test(a_stream_that_breaks_off_is_not_complete),
	    cmocka_unit_test(a_receiver_that_gives_up_ends_it),
	    cmocka_unit_test(cancelled_before_it_began),
	    cmocka_unit_test(a_silent_pipe_is_left_when_cancelled),
	    cmocka_unit_test(a_broken_pipe_ends_it),
	    cmocka_unit_test(a_limit_is_kept_to_however_long_it_was_idle),
	    cmocka_unit_test(those_who_share_a_limit_take_turns),
	    cmocka_unit_test(a_slow_stream_moves_in_small_pieces),
	    cmocka_unit_test(two_pumps_share_a_limit),
	    cmocka_unit_test(a_wait_for_bandwidth_ends_when_cancelled),
	    cmocka_unit_test(the_first_reason_to_stop_is_kept),
	};
	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
