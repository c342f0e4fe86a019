/* A connection: first zrep with its agent, both ends real, over two pipes; then each end with a peer
 * that is made of bytes and breaks the rules. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "os/pipe.h"
#include "test.h"
#include "util/spawn.h"
#include "wire/call.h"
#include "wire/conn.h"
#include "wire/conn_send.h"
#include "wire/frame.h"

#define MEG (1u << 20)

/* The linker leads pthread_create() here. */
static atomic_bool no_threads;
int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	return atomic_load(&no_threads) ? EAGAIN : __real_pthread_create(t, attr, fn, arg);
}

static void sleep_ms(unsigned ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- what the agent of these tests can do --- */

/* Byte i of every stream. */
static unsigned char pattern(size_t i)
{
	return (unsigned char)(i ^ i >> 8 ^ i >> 16);
}

/* Writes n bytes of the pattern. */
static bool write_pattern(struct pump_stream *to, size_t n)
{
	static const size_t chunk = 70001; /* fits nothing */
	unsigned char *buf = mem_alloc(chunk);
	bool ok = true;

	for (size_t i = 0; i < n && ok;) {
		size_t k = n - i < chunk ? n - i : chunk;
		for (size_t j = 0; j < k; j++)
			buf[j] = pattern(i + j);
		ok = to->write(to->ctx, buf, k) == 0;
		i += k;
	}
	free(buf);
	return ok;
}

/* Reads up to `max` bytes. *end is what the last read gave: 0 complete, -1 broken, 1 more to come. */
static size_t read_pattern(struct pump_stream *from, size_t max, int *end)
{
	unsigned char *buf = mem_alloc(100003);
	size_t n = 0;

	*end = 1;
	while (n < max) {
		ssize_t k = from->read(from->ctx, buf, 100003);
		if (k <= 0) {
			*end = (int)k;
			break;
		}
		for (ssize_t j = 0; j < k; j++)
			if (buf[j] != pattern(n + (size_t)j))
				abort(); /* in whatever thread */
		n += (size_t)k;
	}
	free(buf);
	return n;
}

static void serve(void *ctx, struct call *call, const char *op, nvlist_t *args)
{
	nvlist_t *result = fnvlist_dup(args);
	struct err *e = NULL;
	int end = 0;

	if (strcmp(op, "echo") == 0) {
		sleep_ms((unsigned)nv_u64(args, "ms", 0));
	} else if (strcmp(op, "slow") == 0) {
		assert_int_equal(call_timeout(call), 1);
		for (int i = 0; i < 12; i++) {
			sleep_ms(200);
			call_progress(call);
		}
	} else if (strcmp(op, "stuck") == 0) {
		sleep_ms(3000);
	} else if (strcmp(op, "quiet") == 0) {
		call_progress(call);
	} else if (strcmp(op, "fail") == 0) {
		e = err_remedy(err_new(ERR_REFUSED, "not today"), "ask tomorrow");
	} else if (strcmp(op, "much") == 0) {
		size_t n = (size_t)nv_u64(args, "n", 0);
		uint64_t *numbers = mem_zalloc(n * sizeof(*numbers));
		nv_add_u64s(result, "numbers", numbers, n);
		free(numbers);
	} else if (strcmp(op, "receive") == 0) {
		struct pump_stream in = call_reader(call);
		nv_add_u64(result, "bytes",
			   read_pattern(&in, (size_t)nv_u64(args, "max", UINT64_MAX), &end));
		in.close(in.ctx, end == 0);
		if (end != 0)
			e = err_new(ERR_FAILED, end < 0 ? "the stream broke off" : "no space left");
	} else if (strcmp(op, "send") == 0) {
		struct pump_stream out = call_writer(call);
		bool ok = write_pattern(&out, (size_t)nv_u64(args, "bytes", 0)) &&
			  !nv_flag(args, "broken");
		out.close(out.ctx, ok);
		if (!ok)
			e = err_new(ERR_FAILED, "the send failed");
	}
	call_reply(call, result, e);
	nv_free(result);
}

/* --- both ends real --- */

struct link {
	int to_agent[2], to_here[2];
	pthread_t agent;
	struct conn *here;
	char *agent_heard_tag;
	unsigned agent_heard_timeout;
};

static void *agent_thread(void *arg)
{
	struct link *l = arg;
	struct conn_opts opts = {
	    .peer = "the caller", .version = "3", .host = "host2", .serve = serve};
	struct conn *c;
	struct buf noise = {0};
	struct err *e = conn_open(l->to_agent[0], l->to_here[1], &opts, &c, &noise);

	buf_free(&noise);
	err_free(e);
	if (e == NULL) {
		l->agent_heard_tag = mem_strdup(conn_hello(c)->tag);
		l->agent_heard_timeout = conn_hello(c)->timeout;
		(void)conn_wait(c, 10);
		conn_free(c);
	}
	close(l->to_agent[0]);
	close(l->to_here[1]);
	return NULL;
}

static void link_up_for(struct link *l, unsigned timeout)
{
	struct conn_opts opts = {
	    .peer = "host2", .version = "3", .host = "host1", .tag = "zrep", .timeout = timeout};
	struct buf noise = {0};

	*l = (struct link){0};
	works(spawn_pipe(l->to_agent));
	works(spawn_pipe(l->to_here));
	assert_int_equal(pthread_create(&l->agent, NULL, agent_thread, l), 0);
	works(conn_open(l->to_here[0], l->to_agent[1], &opts, &l->here, &noise));
	buf_free(&noise);
}

static void link_up(struct link *l)
{
	link_up_for(l, 30);
}

/* The reader may be saying that we live: it must not find another file under that number. */
static void hang_up(struct link *l)
{
	int fd = conn_take_wfd(l->here, 10000);

	assert_true(fd >= 0);
	close(fd);
}

static void link_down(struct link *l)
{
	hang_up(l);
	pthread_join(l->agent, NULL);
	conn_free(l->here);
	close(l->to_here[0]);
	free(l->agent_heard_tag);
}

static struct call *start(struct link *l, const char *op, const char *key, uint64_t n)
{
	nvlist_t *args = nv_new();

	if (key != NULL)
		nv_add_u64(args, key, n);
	struct call *k = call_start(l->here, op, args);
	nv_free(args);
	return k;
}

static void each_tells_the_other_who_it_is(void **state)
{
	struct link l;

	link_up(&l);
	assert_string_equal(conn_hello(l.here)->host, "host2");
	assert_string_equal(conn_hello(l.here)->version, "3");
	link_down(&l);
}

static void the_agent_hears_the_tag_and_the_timeout(void **state)
{
	struct link l;

	link_up(&l);
	hang_up(&l);
	pthread_join(l.agent, NULL);
	assert_string_equal(l.agent_heard_tag, "zrep");
	assert_int_equal(l.agent_heard_timeout, 30);
	conn_free(l.here);
	close(l.to_here[0]);
	free(l.agent_heard_tag);
}

static void a_call_is_answered(void **state)
{
	struct link l;
	nvlist_t *result;

	link_up(&l);
	works(call_wait(start(&l, "echo", "n", 42), &result));
	assert_int_equal(nv_u64(result, "n", 0), 42);
	nv_free(result);
	struct err *e = call_wait(start(&l, "fail", NULL, 0), &result);
	assert_null(result);
	assert_int_equal(e->kind, ERR_REFUSED);
	assert_string_equal(e->remedy, "host2 says: ask tomorrow");
	fails(e, "not today");
	link_down(&l);
}

static void an_answer_that_is_too_long_is_an_error_of_its_call(void **state)
{
	struct link l;
	nvlist_t *result;
	size_t n;

	link_up(&l);
	struct call *large = start(&l, "much", "n", WIRE_MESSAGE_MAX / sizeof(uint64_t));
	fails(call_wait(large, &result), "host2: the answer is too long");
	assert_null(result);
	works(call_wait(start(&l, "much", "n", 1000000), &result));
	assert_non_null(nv_u64s(result, "numbers", &n));
	assert_int_equal(n, 1000000);
	nv_free(result);
	link_down(&l);
}

static void calls_run_beside_each_other(void **state)
{
	enum { N = 30 };
	struct link l;
	struct call *calls[N];
	nvlist_t *result;

	link_up(&l);
	double begin = now();
	for (int i = 0; i < N; i++)
		calls[i] = start(&l, "echo", "ms", (uint64_t)(100 + i));
	for (int i = N; i-- > 0;) {
		works(call_wait(calls[i], &result));
		assert_int_equal(nv_u64(result, "ms", 0), 100 + i);
		nv_free(result);
	}
	assert_true(now() - begin < 2.5); /* one after the other would take 3.4 */
	link_down(&l);
}

static void twenty_megabytes_go_over(void **state)
{
	struct link l;
	nvlist_t *result;

	link_up(&l);
	struct call *k = start(&l, "receive", NULL, 0);
	struct pump_stream out = call_writer(k);
	assert_true(write_pattern(&out, 20 * MEG));
	out.close(out.ctx, true);
	works(call_wait(k, &result));
	assert_int_equal(nv_u64(result, "bytes", 0), 20 * MEG);
	nv_free(result);
	link_down(&l);
}

static void twenty_megabytes_come_back(void **state)
{
	struct link l;
	int end;

	link_up(&l);
	struct call *k = start(&l, "send", "bytes", 20 * MEG);
	struct pump_stream in = call_reader(k);
	assert_int_equal(read_pattern(&in, SIZE_MAX, &end), 20 * MEG);
	assert_int_equal(end, 0);
	in.close(in.ctx, true);
	works(call_wait(k, NULL));
	link_down(&l);
}

static void *write_thread(void *arg)
{
	struct pump_stream out = call_writer(arg);

	out.close(out.ctx, write_pattern(&out, 20 * MEG));
	return NULL;
}

/* The stream that nobody reads stops at its window; those beside it do not notice. */
static void a_stuck_stream_holds_up_no_other(void **state)
{
	struct link l;
	nvlist_t *result;
	pthread_t t;
	int end;

	link_up(&l);
	struct call *stuck = start(&l, "send", "bytes", 20 * MEG);
	struct call *there = start(&l, "receive", NULL, 0),
		    *back = start(&l, "send", "bytes", 20 * MEG);
	assert_int_equal(pthread_create(&t, NULL, write_thread, there), 0);
	struct pump_stream in = call_reader(back), late = call_reader(stuck);
	assert_int_equal(read_pattern(&in, SIZE_MAX, &end), 20 * MEG);
	pthread_join(t, NULL);
	works(call_wait(there, &result));
	assert_int_equal(nv_u64(result, "bytes", 0), 20 * MEG);
	nv_free(result);
	works(call_wait(back, NULL));
	assert_int_equal(read_pattern(&late, SIZE_MAX, &end), 20 * MEG);
	assert_int_equal(end, 0);
	works(call_wait(stuck, NULL));
	link_down(&l);
}

static void an_empty_stream_is_complete(void **state)
{
	struct link l;
	int end;

	link_up(&l);
	struct call *k = start(&l, "send", "bytes", 0);
	struct pump_stream in = call_reader(k);
	assert_int_equal(read_pattern(&in, SIZE_MAX, &end), 0);
	assert_int_equal(end, 0);
	works(call_wait(k, NULL));
	link_down(&l);
}

static void a_receiver_that_gives_up_says_why(void **state)
{
	struct link l;

	link_up(&l);
	struct call *k = start(&l, "receive", "max", MEG);
	struct pump_stream out = call_writer(k);
	assert_false(write_pattern(&out, 20 * MEG));
	out.close(out.ctx, false);
	fails(call_wait(k, NULL), "no space left");
	works(call_wait(start(&l, "echo", NULL, 0), NULL)); /* the connection lives */
	link_down(&l);
}

static void a_reader_here_that_gives_up_stops_the_agent(void **state)
{
	struct link l;
	int end;

	link_up(&l);
	struct call *k = start(&l, "send", "bytes", 20 * MEG);
	struct pump_stream in = call_reader(k);
	assert_true(read_pattern(&in, MEG, &end) >= MEG);
	in.close(in.ctx, false);
	fails(call_wait(k, NULL), "the send failed");
	works(call_wait(start(&l, "echo", NULL, 0), NULL));
	link_down(&l);
}

static void a_stream_that_its_sender_abandons_is_a_fragment(void **state)
{
	struct link l;
	nvlist_t *args = nv_new();
	int end;

	link_up(&l);
	struct call *k = start(&l, "receive", NULL, 0);
	struct pump_stream out = call_writer(k);
	assert_true(write_pattern(&out, MEG));
	out.close(out.ctx, false);
	fails(call_wait(k, NULL), "the stream broke off");

	nv_add_u64(args, "bytes", MEG);
	nv_add_flag(args, "broken");
	k = call_start(l.here, "send", args);
	nv_free(args);
	struct pump_stream in = call_reader(k);
	assert_int_equal(read_pattern(&in, SIZE_MAX, &end), MEG);
	assert_int_equal(end, -1);
	in.close(in.ctx, false);
	fails(call_wait(k, NULL), "the send failed");
	link_down(&l);
}

static void a_connection_that_is_ended_here_ends_every_call(void **state)
{
	struct link l;

	link_up(&l);
	struct call *k = start(&l, "echo", "ms", 300), *m = start(&l, "receive", NULL, 0);
	conn_fail(l.here, err_new(ERR_FAILED, "enough"));
	fails(call_wait(k, NULL), "enough");
	fails(call_wait(m, NULL), "enough");
	fails(call_wait(start(&l, "echo", NULL, 0), NULL), "enough");
	link_down(&l);
}

/* --- one end real, the other made of bytes --- */

struct raw {
	int in[2];  /* what the connection hears: we write in[1] */
	int out[2]; /* what it says: we read out[0] */
	struct conn *c;
	struct cancel cancel;
	struct buf heard; /* all that was read from out[0] */
};

static void put(struct raw *r, const void *data, size_t len)
{
	assert_int_equal(write(r->in[1], data, len), len);
}

static void put_frame(struct raw *r, enum frame_type type, uint32_t id, const void *data,
		      size_t len)
{
	unsigned char head[WIRE_HEAD_LEN];

	frame_write(&(struct frame){.type = type, .id = id, .length = (uint32_t)len}, head);
	put(r, head, sizeof(head));
	put(r, data, len);
}

/* Takes nv over. */
static void put_nv(struct raw *r, enum frame_type type, uint32_t id, nvlist_t *nv)
{
	char *data;
	size_t len;

	nv_pack(nv, &data, &len);
	put_frame(r, type, id, data, len);
	free(data);
	nv_free(nv);
}

static nvlist_t *hello(uint64_t protocol)
{
	static char *const features[] = {(char *)"progress"};
	nvlist_t *nv = nv_new();

	nv_add_u64(nv, "protocol", protocol);
	nv_add_strs(nv, "features", features, 1);
	nv_add_str(nv, "version", "9.9");
	nv_add_str(nv, "host", "raw");
	return nv;
}

static nvlist_t *request(const char *op, uint64_t ms)
{
	nvlist_t *nv = nv_new(), *args = nv_new();

	nv_add_u64(args, "ms", ms);
	if (op != NULL)
		nv_add_str(nv, "op", op);
	nv_add_nv(nv, "args", args);
	nv_free(args);
	return nv;
}

static void raw_begin(struct raw *r)
{
	*r = (struct raw){0};
	works(spawn_pipe(r->in));
	works(spawn_pipe(r->out));
	fd_enlarge_pipe(r->in[1]);
}

/* Opens the connection; what it hears was written before. */
static struct err *raw_open(struct raw *r, bool agent, unsigned timeout, struct buf *noise)
{
	struct conn_opts opts = {.peer = "raw",
				 .version = "3",
				 .host = "host1",
				 .tag = agent ? NULL : "zrep",
				 .timeout = timeout,
				 .cancel = &r->cancel,
				 .serve = agent ? serve : NULL};
	return conn_open(r->in[0], r->out[1], &opts, &r->c, noise);
}

/* Takes greeting over. */
static void raw_up_to(struct raw *r, bool agent, unsigned timeout, nvlist_t *greeting)
{
	struct buf noise = {0};

	raw_begin(r);
	put(r, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	put_nv(r, FRAME_HELLO, 0, greeting);
	works(raw_open(r, agent, timeout, &noise));
	buf_free(&noise);
}

static void raw_up(struct raw *r, bool agent, unsigned timeout)
{
	raw_up_to(r, agent, timeout, hello(WIRE_PROTOCOL));
}

/* A peer of the protocol's base. */
static void old_up(struct raw *r, bool agent, unsigned timeout)
{
	nvlist_t *nv = hello(WIRE_PROTOCOL);

	nv_remove(nv, "features");
	raw_up_to(r, agent, timeout, nv);
}

static void raw_down(struct raw *r)
{
	if (r->in[1] >= 0)
		close(r->in[1]);
	if (r->c != NULL) {
		assert_true(conn_wait(r->c, 10));
		conn_free(r->c);
	}
	close(r->in[0]);
	close(r->out[0]);
	close(r->out[1]);
	buf_free(&r->heard);
}

/* The greeting fails with these words. */
static void greeting_fails(struct raw *r, const char *words, const char *noise_is)
{
	struct buf noise = {0};

	close(r->in[1]);
	r->in[1] = -1;
	fails(raw_open(r, false, 5, &noise), words);
	assert_string_equal(buf_str(&noise), noise_is);
	buf_free(&noise);
	raw_down(r);
}

static void a_login_script_that_talks_is_found_out(void **state)
{
	struct raw r;

	raw_begin(&r);
	put(&r, "Welcome!\n", 9);
	put(&r, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	put_nv(&r, FRAME_HELLO, 0, hello(WIRE_PROTOCOL));
	greeting_fails(&r, "wrote text before zrep's agent answered", "Welcome!\n");
}

static void a_shell_without_zrep_is_quoted(void **state)
{
	struct raw r;

	raw_begin(&r);
	put(&r, "sh: zrep: not found\n", 20);
	greeting_fails(&r, "closed", "sh: zrep: not found\n");
}

static void nothing_at_all_is_a_closed_connection(void **state)
{
	struct raw r;

	raw_begin(&r);
	greeting_fails(&r, "closed", "");
}

static void a_flood_of_noise_has_an_end(void **state)
{
	struct raw r;
	struct buf noise = {0};
	char *flood = mem_zalloc(WIRE_NOISE_MAX + 100);

	memset(flood, 'x', WIRE_NOISE_MAX + 100);
	raw_begin(&r);
	put(&r, flood, WIRE_NOISE_MAX + 100);
	fails(raw_open(&r, false, 5, &noise), "bytes that are not zrep's");
	free(flood);
	buf_free(&noise);
	raw_down(&r);
}

static void translated_line_ends_are_found_out(void **state)
{
	struct raw r;
	struct buf noise = {0};

	raw_begin(&r);
	put(&r, "\x89ZREP\n\x1a", 7);
	put_nv(&r, FRAME_HELLO, 0, hello(WIRE_PROTOCOL));
	close(r.in[1]);
	r.in[1] = -1;
	fails(raw_open(&r, false, 5, &noise), "closed");
	assert_true(noise.len > 7);
	buf_free(&noise);
	raw_down(&r);
}

static void another_protocol_is_refused_with_both_versions(void **state)
{
	struct raw r;
	struct buf noise = {0};
	char both[80];

	snprintf(both, sizeof(both), "protocol %u; this one (3, on host1) speaks protocol %u",
		 WIRE_PROTOCOL + 1, WIRE_PROTOCOL);
	raw_begin(&r);
	put(&r, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	put_nv(&r, FRAME_HELLO, 0, hello(WIRE_PROTOCOL + 1));
	struct err *e = raw_open(&r, false, 5, &noise);
	assert_int_equal(e->kind, ERR_REFUSED);
	assert_int_equal(e->reason, REASON_UPGRADE);
	assert_non_null(strstr(e->what, "zrep 9.9"));
	assert_non_null(strstr(e->remedy, "upgrade zrep on host1,"));
	fails(e, both);
	buf_free(&noise);
	raw_down(&r);
}

static void a_greeting_must_be_one(void **state)
{
	struct raw r;
	nvlist_t *nv = hello(WIRE_PROTOCOL);

	nv_remove(nv, "version");
	raw_begin(&r);
	put(&r, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	put_nv(&r, FRAME_HELLO, 0, nv);
	greeting_fails(&r, "greeting that is not zrep's", "");
	raw_begin(&r);
	put(&r, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	put_frame(&r, FRAME_PING, 0, "", 0);
	greeting_fails(&r, "did not begin with a greeting", "");
	raw_begin(&r);
	put(&r, WIRE_PREAMBLE, WIRE_PREAMBLE_LEN);
	put_frame(&r, FRAME_HELLO, 0, "rubbish", 7);
	greeting_fails(&r, "not an XDR nvlist", "");
}

/* --- a peer that lives, and does nothing --- */

/* Says something every 200 ms, so many times. */
struct talk {
	struct raw *r;
	enum frame_type type;
	uint32_t id;
	int times;
	bool reply; /* and then that */
};

static void *talk_thread(void *arg)
{
	const struct talk *t = arg;

	for (int i = 0; i < t->times; i++) {
		sleep_ms(200);
		put_frame(t->r, t->type, t->id, "", 0);
	}
	if (t->reply)
		put_nv(t->r, FRAME_REPLY, t->id, nv_new());
	return NULL;
}

static struct call *ask(struct raw *r, const char *op)
{
	nvlist_t *args = nv_new();
	struct call *k = call_start(r->c, op, args);

	nv_free(args);
	return k;
}

static void a_peer_that_lives_and_does_nothing_is_given_up_for_all_calls(void **state)
{
	struct raw r;
	pthread_t t;

	raw_up(&r, false, 1);
	struct call *list = ask(&r, "list"), *set = ask(&r, "set");
	struct talk talk = {&r, FRAME_PING, 0, 20, false};
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	double begin = now();
	struct err *e = call_wait(list, NULL);
	assert_true(now() - begin > 0.8 && now() - begin < 3);
	assert_int_equal(e->kind, ERR_UNREACHABLE);
	assert_non_null(strstr(e->remedy, "zpool status"));
	fails(e, "ZFS on raw does not answer: nothing has happened for 1 s (list)");
	fails(call_wait(set, NULL), "(list)");
	fails(call_wait(ask(&r, "hold"), NULL), "(list)");
	assert_true(now() - begin < 3); /* at once */
	pthread_join(t, NULL);
	raw_down(&r);
}

static void one_that_makes_progress_has_all_the_time(void **state)
{
	struct raw r;
	pthread_t t;

	raw_up(&r, false, 1);
	struct call *k = ask(&r, "list");
	struct talk talk = {&r, FRAME_PROGRESS, 1, 15, true};
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	works(call_wait(k, NULL));
	pthread_join(t, NULL);
	raw_down(&r);
}

/* It cannot say that ZFS is slow. */
static void one_that_knows_no_progress_has_all_the_time(void **state)
{
	struct raw r;
	pthread_t t;

	old_up(&r, false, 1);
	struct call *k = ask(&r, "list");
	struct talk talk = {&r, FRAME_PING, 0, 15, false};
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	pthread_join(t, NULL);
	put_nv(&r, FRAME_REPLY, 1, nv_new());
	works(call_wait(k, NULL));
	raw_down(&r);
}

static void a_frame_that_was_not_agreed_upon_is_a_fault(void **state)
{
	struct raw r;

	old_up(&r, false, 5);
	struct call *k = ask(&r, "list");
	put_frame(&r, FRAME_PROGRESS, 1, "", 0);
	struct err *e = call_wait(k, NULL);
	assert_int_equal(e->reason, REASON_PROTOCOL);
	fails(e, "frame of type 9, which was not agreed upon");
	raw_down(&r);
}

/* Progress of one call is some of the host's. */
static void a_call_beside_one_that_makes_progress_may_wait(void **state)
{
	struct raw r;
	pthread_t t;

	raw_up(&r, false, 1);
	struct call *k = ask(&r, "list"), *other = ask(&r, "set");
	struct talk talk = {&r, FRAME_PROGRESS, 2, 10, true};
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	works(call_wait(other, NULL));
	pthread_join(t, NULL);
	talk = (struct talk){&r, FRAME_PING, 0, 15, false};
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	fails(call_wait(k, NULL), "ZFS on raw does not answer");
	pthread_join(t, NULL);
	raw_down(&r);
}

/* What is sent through it comes from elsewhere, and slowly. */
static void a_peer_that_waits_for_us_is_not_to_blame(void **state)
{
	struct raw r;
	pthread_t t;

	raw_up(&r, false, 1);
	struct call *k = ask(&r, "receive");
	struct pump_stream out = call_writer(k);
	struct talk talk = {&r, FRAME_PING, 0, 12, false};
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	assert_int_equal(out.write(out.ctx, "some", 4), 0);
	sleep_ms(1800);
	assert_int_equal(out.write(out.ctx, "more", 4), 0);
	out.close(out.ctx, true);
	pthread_join(t, NULL);
	put_nv(&r, FRAME_REPLY, 1, nv_new());
	works(call_wait(k, NULL));
	raw_down(&r);
}

static void a_stream_that_stands_still_is_given_up(void **state)
{
	struct raw r;
	pthread_t t;
	char byte;

	raw_up(&r, false, 1);
	struct call *k = ask(&r, "send");
	struct pump_stream in = call_reader(k);
	struct talk talk = {&r, FRAME_PING, 0, 15, false};
	put_frame(&r, FRAME_DATA, 1, "x", 1);
	assert_int_equal(in.read(in.ctx, &byte, 1), 1);
	assert_int_equal(pthread_create(&t, NULL, talk_thread, &talk), 0);
	assert_int_equal(in.read(in.ctx, &byte, 1), -1);
	in.close(in.ctx, false);
	fails(call_wait(k, NULL),
	      "ZFS on raw does not answer: nothing has happened for 1 s (send)");
	pthread_join(t, NULL);
	raw_down(&r);
}

/* Nor does writing end where nobody takes any more. */
static void a_stream_that_is_not_taken_is_given_up(void **state)
{
	struct link l;

	link_up_for(&l, 1);
	struct call *k = start(&l, "stuck", NULL, 0);
	struct pump_stream out = call_writer(k);
	assert_false(write_pattern(&out, 20 * MEG));
	out.close(out.ctx, false);
	fails(call_wait(k, NULL),
	      "ZFS on host2 does not answer: nothing has happened for 1 s (stuck)");
	link_down(&l);
}

static void an_agent_may_say_that_it_makes_progress(void **state)
{
	struct link l;

	link_up_for(&l, 1);
	works(call_wait(start(&l, "slow", NULL, 0), NULL));
	link_down(&l);
}

/* A call is under way; then the peer does something; the call fails with these words. */
static void breaks(void (*something)(struct raw *), const char *words)
{
	struct raw r;
	nvlist_t *args = nv_new();

	raw_up(&r, false, 5);
	struct call *k = call_start(r.c, "list", args);
	nv_free(args);
	something(&r);
	fails(call_wait(k, NULL), words);
	raw_down(&r);
}

static void says_hello_twice(struct raw *r)
{
	put_nv(r, FRAME_HELLO, 0, hello(WIRE_PROTOCOL));
}

static void sends_an_unknown_frame(struct raw *r)
{
	put(r, "\0\0\0\0\12\0\0\0\0\0\0\1", WIRE_HEAD_LEN);
}

static void sends_a_huge_frame(struct raw *r)
{
	put(r, "\xff\xff\xff\xff\3\0\0\0\0\0\0\1", WIRE_HEAD_LEN);
}

static void asks_us(struct raw *r)
{
	put_nv(r, FRAME_REQUEST, 1, request("list", 0));
}

static void sends_rubbish(struct raw *r)
{
	put_frame(r, FRAME_REPLY, 1, "rubbish", 7);
}

/* Of names that have one hash, and cost nobody time. Written here, as libnvpair itself would take minutes over it. */
static struct buf list_of_one_hash(void)
{
	static const char head[] = "\1\1\0\0\0\0\0\0\0\0\0\1", end[8];
	struct buf b = {0};

	buf_add(&b, head, 12);
	for (unsigned i = 0; i < 65536; i++) {
		/* pair: sizes; name; no values */
		buf_add(&b, "\0\0\0\64\0\0\0\70\0\0\0\40", 12);
		for (unsigned bit = 0; bit < 16; bit++)
			buf_add(&b, i >> bit & 1 ? "b!" : "a1", 2);
		buf_add(&b, "\0\0\0\1\0\0\0\0", 8);
	}
	buf_add(&b, end, 8);
	return b;
}

static void *talk_of_one_hash(void *arg)
{
	struct raw *r = arg;
	struct buf b = list_of_one_hash();

	put_frame(r, r->c != NULL ? FRAME_REPLY : FRAME_REQUEST, 1, b.data, b.len);
	buf_free(&b);
	return NULL;
}

/* Both from the agent and from whoever asks it; the time is that of a busy machine. */
static void a_list_of_one_hash_is_refused_at_once(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();
	pthread_t t;

	for (int agent = 0; agent < 2; agent++) {
		raw_up(&r, agent, agent ? 0 : 5);
		struct call *k = agent ? NULL : call_start(r.c, "list", args);
		double begin = now();
		struct conn *c = r.c;
		if (agent)
			r.c = NULL;
		assert_int_equal(pthread_create(&t, NULL, talk_of_one_hash, &r), 0);
		if (k != NULL)
			fails(call_wait(k, NULL), "made to cost time");
		else
			assert_true(conn_wait(c, 10));
		assert_true(now() - begin < 4);
		pthread_join(t, NULL);
		r.c = c;
		raw_down(&r);
	}
	nv_free(args);
}

/* Whoever reads does not look into what others wait for: it could not see that time goes by meanwhile. */
static void what_is_said_to_one_is_taken_apart_by_that_one(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();

	raw_up(&r, false, 5);
	struct call *k = call_start(r.c, "list", args), *m = call_start(r.c, "list", args);
	put_frame(&r, FRAME_REPLY, 1, "rubbish", 7);
	put_nv(&r, FRAME_REPLY, 2, nv_new());
	works(call_wait(m, NULL));
	fails(call_wait(k, NULL), "not an XDR nvlist");
	fails(call_wait(call_start(r.c, "list", args), NULL), "not an XDR nvlist");
	nv_free(args);
	raw_down(&r);
}

static void ends_at_length(struct raw *r)
{
	char *much = mem_zalloc(WIRE_END_MAX + 1);

	put_frame(r, FRAME_END, 1, much, WIRE_END_MAX + 1);
	free(much);
}

static void gives_too_much_credit(struct raw *r)
{
	put_frame(r, FRAME_CREDIT, 1, "\0\0\0\0\0\0\0\1", 8);
}

static void sends_more_than_the_window(struct raw *r)
{
	char *data = mem_zalloc(WIRE_DATA_MAX);

	for (size_t sum = 0; sum < WIRE_WINDOW; sum += WIRE_DATA_MAX)
		put_frame(r, FRAME_DATA, 1, data, WIRE_DATA_MAX);
	put_frame(r, FRAME_DATA, 1, data, 1);
	free(data);
}

static void sends_data_behind_the_end(struct raw *r)
{
	put_nv(r, FRAME_END, 1, nv_new());
	put_frame(r, FRAME_DATA, 1, "x", 1);
}

static void breaks_off_inside_a_frame(struct raw *r)
{
	put(r, "\0\0\0\12\3\0\0", 7);
	close(r->in[1]);
	r->in[1] = -1;
}

static void a_peer_that_breaks_the_rules_is_left(void **state)
{
	breaks(says_hello_twice, "HELLO twice");
	breaks(sends_an_unknown_frame, "unknown type 10");
	breaks(sends_a_huge_frame, "does not speak zrep's protocol");
	breaks(asks_us, "makes no sense");
	breaks(sends_rubbish, "not an XDR nvlist");
	breaks(ends_at_length, "does not speak zrep's protocol");
	breaks(gives_too_much_credit, "more credit than it took");
	breaks(sends_more_than_the_window, "more data than it was allowed");
	breaks(sends_data_behind_the_end, "more data than it was allowed");
	breaks(breaks_off_inside_a_frame, "it was closed");
}

/* A call that was given up may still be answered; that is no fault. */
static void an_answer_that_nobody_waits_for_is_dropped(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new(), *result;

	raw_up(&r, false, 5);
	put_nv(&r, FRAME_REPLY, 77, nv_new());
	put_frame(&r, FRAME_DATA, 78, "x", 1);
	struct call *k = call_start(r.c, "list", args);
	put_nv(&r, FRAME_REPLY, 1, nv_new());
	works(call_wait(k, &result));
	assert_true(nv_empty(result));
	nv_free(result);
	nv_free(args);
	raw_down(&r);
}

static void a_second_answer_is_a_fault(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();

	raw_up(&r, false, 5);
	struct call *k = call_start(r.c, "list", args), *m = call_start(r.c, "list", args);
	put_nv(&r, FRAME_REPLY, 1, nv_new());
	put_nv(&r, FRAME_REPLY, 1, nv_new());
	fails(call_wait(m, NULL), "answered a request that was not made");
	works(call_wait(k, NULL)); /* what came before stands */
	nv_free(args);
	raw_down(&r);
}

static void the_end_of_the_connection_is_not_the_end_of_the_stream(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();
	char buf[10];

	raw_up(&r, false, 5);
	struct call *k = call_start(r.c, "send", args);
	struct pump_stream in = call_reader(k);
	put_frame(&r, FRAME_DATA, 1, "hello", 5);
	close(r.in[1]);
	r.in[1] = -1;
	assert_int_equal(in.read(in.ctx, buf, 10), 5);
	assert_int_equal(in.read(in.ctx, buf, 10), -1);
	in.close(in.ctx, false);
	struct err *e = call_wait(k, NULL);
	assert_int_equal(e->kind, ERR_UNREACHABLE);
	assert_non_null(e->remedy);
	fails(e, "the connection to raw was lost");
	nv_free(args);
	raw_down(&r);
}

static void a_silent_peer_is_given_up(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();

	raw_up(&r, false, 1);
	double begin = now();
	fails(call_wait(call_start(r.c, "list", args), NULL), "silent for too long");
	assert_true(now() - begin > 0.9 && now() - begin < 3);
	nv_free(args);
	raw_down(&r);
}

static void a_peer_that_never_greets_is_given_up(void **state)
{
	struct raw r;
	struct buf noise = {0};

	raw_begin(&r);
	fails(raw_open(&r, false, 1, &noise), "silent for too long");
	buf_free(&noise);
	raw_down(&r);
}

/* The frames of one type among what the connection has said so far. */
static unsigned said(struct raw *r, enum frame_type type)
{
	struct buf *all = &r->heard;
	struct frame f;
	unsigned n = 0;
	char chunk[4096];
	ssize_t k;

	(void)fcntl(r->out[0], F_SETFL, O_NONBLOCK);
	while ((k = read(r->out[0], chunk, sizeof(chunk))) > 0)
		buf_add(all, chunk, (size_t)k);
	for (size_t at = WIRE_PREAMBLE_LEN; at + WIRE_HEAD_LEN <= all->len;
	     at += WIRE_HEAD_LEN + f.length) {
		works(frame_read((const unsigned char *)all->data + at, &f));
		n += f.type == type;
	}
	return n;
}

/* The peer talks without a pause and wants to hear that we live, all the same. */
static void keep_alives_go_out_while_the_peer_talks(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();

	raw_up(&r, false, 1);
	struct call *k = call_start(r.c, "send", args);
	for (int i = 0; i < 44; i++) {
		put_frame(&r, FRAME_DATA, 1, "x", 1);
		sleep_ms(50);
	}
	put_nv(&r, FRAME_REPLY, 1, nv_new());
	works(call_wait(k, NULL));
	assert_true(said(&r, FRAME_PING) >= 4);
	nv_free(args);
	raw_down(&r);
}

static void waiting_ends_when_everything_is_to_stop(void **state)
{
	struct raw r;
	nvlist_t *args = nv_new();
	char byte;

	raw_up(&r, false, 30);
	struct call *k = call_start(r.c, "send", args);
	struct pump_stream in = call_reader(k);
	cancel_set(&r.cancel, SIGINT);
	assert_int_equal(in.read(in.ctx, &byte, 1), -1);
	fails(call_wait(k, NULL), "interrupted");
	nv_free(args);
	raw_down(&r);
}

/* --- the agent, and a caller made of bytes --- */

/* What the caller sends ends the connection; the agent ends as well. */
static void caller_breaks(void (*something)(struct raw *))
{
	struct raw r;

	raw_up(&r, true, 0);
	something(&r);
	assert_true(conn_wait(r.c, 10)); /* comes back although the caller has not closed */
	raw_down(&r);
}

static void asks_without_a_question(struct raw *r)
{
	put_nv(r, FRAME_REQUEST, 1, request(NULL, 0));
}

static void asks_twice_under_one_number(struct raw *r)
{
	put_nv(r, FRAME_REQUEST, 1, request("echo", 200));
	put_nv(r, FRAME_REQUEST, 1, request("echo", 200));
}

static void answers_the_agent(struct raw *r)
{
	put_nv(r, FRAME_REQUEST, 1, request("echo", 200));
	put_nv(r, FRAME_REPLY, 1, nv_new());
}

static void makes_progress_for_the_agent(struct raw *r)
{
	put_nv(r, FRAME_REQUEST, 1, request("echo", 200));
	put_frame(r, FRAME_PROGRESS, 1, "", 0);
}

static void asks_for_too_much(struct raw *r)
{
	for (uint32_t i = 1; i <= 257; i++)
		put_nv(r, FRAME_REQUEST, i, request("receive", 0));
}

static void a_caller_that_breaks_the_rules_is_left(void **state)
{
	caller_breaks(asks_without_a_question);
	caller_breaks(asks_twice_under_one_number);
	caller_breaks(answers_the_agent);
	caller_breaks(asks_for_too_much);
	caller_breaks(makes_progress_for_the_agent);
}

static void a_stream_ends_when_the_caller_hangs_up(void **state)
{
	struct raw r;

	raw_up(&r, true, 0);
	put_nv(&r, FRAME_REQUEST, 1, request("receive", 0));
	put_frame(&r, FRAME_DATA, 1, "\0", 1);
	raw_down(&r); /* asserts that nothing is served any more */
}

static void progress_is_told_to_who_knows_it(void **state)
{
	for (unsigned knows = 0; knows <= 1; knows++) {
		struct raw r;
		(knows ? raw_up : old_up)(&r, true, 0);
		put_nv(&r, FRAME_REQUEST, 1, request("quiet", 0));
		for (int i = 0; i < 100 && said(&r, FRAME_REPLY) == 0; i++)
			sleep_ms(20);
		assert_int_equal(said(&r, FRAME_REPLY), 1);
		assert_int_equal(said(&r, FRAME_PROGRESS), knows);
		raw_down(&r);
	}
}

/* Then that call fails; what runs goes on, and the end is clean. */
static void a_call_for_which_there_is_no_thread_fails_alone(void **state)
{
	struct link l;
	nvlist_t *result;

	link_up(&l);
	struct call *runs = start(&l, "echo", "ms", 600);
	sleep_ms(200);
	atomic_store(&no_threads, true);
	fails(call_wait(start(&l, "echo", NULL, 0), NULL), "cannot start a thread");
	atomic_store(&no_threads, false);
	works(call_wait(runs, &result));
	nv_free(result);
	works(call_wait(start(&l, "echo", NULL, 0), NULL));
	link_down(&l);
}

static void a_call_may_be_cancelled(void **state)
{
	struct raw r;

	raw_up(&r, true, 0);
	put_nv(&r, FRAME_REQUEST, 1, request("receive", 0));
	put_frame(&r, FRAME_CANCEL, 1, "", 0);
	put_frame(&r, FRAME_CANCEL, 55, "", 0); /* of what is over already: nothing */
	for (int i = 0; i < 100 && said(&r, FRAME_REPLY) == 0; i++)
		sleep_ms(20);
	assert_int_equal(said(&r, FRAME_REPLY), 1);
	raw_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_tells_the_other_who_it_is),
	    cmocka_unit_test(the_agent_hears_the_tag_and_the_timeout),
	    cmocka_unit_test(a_call_is_answered),
	    cmocka_unit_test(an_answer_that_is_too_long_is_an_error_of_its_call),
	    cmocka_unit_test(a_call_for_which_there_is_no_thread_fails_alone),
	    cmocka_unit_test(calls_run_beside_each_other),
	    cmocka_unit_test(twenty_megabytes_go_over),
	    cmocka_unit_test(twenty_megabytes_come_back),
	    cmocka_unit_test(a_stuck_stream_holds_up_no_other),
	    cmocka_unit_test(an_empty_stream_is_complete),
	    cmocka_unit_test(a_receiver_that_gives_up_says_why),
	    cmocka_unit_test(a_reader_here_that_gives_up_stops_the_agent),
	    cmocka_unit_test(a_stream_that_its_sender_abandons_is_a_fragment),
	    cmocka_unit_test(a_connection_that_is_ended_here_ends_every_call),
	    cmocka_unit_test(a_login_script_that_talks_is_found_out),
	    cmocka_unit_test(a_shell_without_zrep_is_quoted),
	    cmocka_unit_test(nothing_at_all_is_a_closed_connection),
	    cmocka_unit_test(a_flood_of_noise_has_an_end),
	    cmocka_unit_test(translated_line_ends_are_found_out),
	    cmocka_unit_test(another_protocol_is_refused_with_both_versions),
	    cmocka_unit_test(a_greeting_must_be_one),
	    cmocka_unit_test(a_peer_that_breaks_the_rules_is_left),
	    cmocka_unit_test(an_answer_that_nobody_waits_for_is_dropped),
	    cmocka_unit_test(a_second_answer_is_a_fault),
	    cmocka_unit_test(a_list_of_one_hash_is_refused_at_once),
	    cmocka_unit_test(what_is_said_to_one_is_taken_apart_by_that_one),
	    cmocka_unit_test(the_end_of_the_connection_is_not_the_end_of_the_stream),
	    cmocka_unit_test(a_silent_peer_is_given_up),
	    cmocka_unit_test(a_peer_that_never_greets_is_given_up),
	    cmocka_unit_test(a_peer_that_lives_and_does_nothing_is_given_up_for_all_calls),
	    cmocka_unit_test(one_that_makes_progress_has_all_the_time),
	    cmocka_unit_test(one_that_knows_no_progress_has_all_the_time),
	    cmocka_unit_test(a_frame_that_was_not_agreed_upon_is_a_fault),
	    cmocka_unit_test(progress_is_told_to_who_knows_it),
	    cmocka_unit_test(a_call_beside_one_that_makes_progress_may_wait),
	    cmocka_unit_test(a_peer_that_waits_for_us_is_not_to_blame),
	    cmocka_unit_test(a_stream_that_stands_still_is_given_up),
	    cmocka_unit_test(a_stream_that_is_not_taken_is_given_up),
	    cmocka_unit_test(an_agent_may_say_that_it_makes_progress),
	    cmocka_unit_test(keep_alives_go_out_while_the_peer_talks),
	    cmocka_unit_test(waiting_ends_when_everything_is_to_stop),
	    cmocka_unit_test(a_caller_that_breaks_the_rules_is_left),
	    cmocka_unit_test(a_stream_ends_when_the_caller_hangs_up),
	    cmocka_unit_test(a_call_may_be_cancelled),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
