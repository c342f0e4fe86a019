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

static struct pump_end end_of(struct fake *f)
{
	return (struct pump_end){
	    .ctx = f, .read = fake_read, .write = fake_write, .close = fake_close};
}

static bool run(struct fake *in, struct fake *out, struct pump_meter *meter, struct cancel *cancel)
{
	struct pump_end a = end_of(in), b = end_of(out);
	bool ok = pump_run(&a, &b, meter, cancel);

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
		struct pump_end pipe = pump_fd_end(fd[writing], &cancel), fake = end_of(&other);
		assert_int_equal(pthread_create(&t, NULL, cancel_soon, &cancel), 0);
		assert_false(
		    pump_run(writing ? &fake : &pipe, writing ? &pipe : &fake, &meter, &cancel));
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
	struct pump_end out = pump_fd_end(fd[1], &cancel), from = end_of(&in);
	assert_false(pump_run(&from, &out, &meter, &cancel));
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
	    cmocka_unit_test(the_first_reason_to_stop_is_kept),
	};
	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
