#include "wire/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h> /* which the <sys/uio.h> of OpenZFS 2.3.9 wants */
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/patience.h"
#include "wire/call.h"
#include "wire/conn_send.h"
#include "wire/conn_state.h"

#define DEFAULT_TIMEOUT 60u

/* How soon the reader sees that somebody else has given the connection up. Milliseconds. */
#define DEAD_MS 1000

/* The same, before there is a greeting, of everything being to stop: nobody waits for a login that is of no use. */
#define GREET_MS 100

/* Reads len bytes; between them lives the keep-alive. *eof: the peer closed before the first. */
static struct err *read_all(struct conn *c, void *to, size_t len, bool *eof)
{
	char *p = to;
	size_t left = len;

	while (left > 0) {
		struct pollfd pfd = {.fd = c->rfd, .events = POLLIN};
		int tick = (int)(c->timeout * 1000 / 8);
		tick = tick < DEAD_MS ? tick : DEAD_MS;
		if (hello_has(&c->hello, FEATURE_NEWS) && tick > (int)NEWS_MS / 2)
			tick = (int)NEWS_MS / 2;
		/* While there is no call yet that could end by itself. */
		if (!c->greeted && c->opts.cancel != NULL) {
			if (cancelled(c->opts.cancel))
				return err_interrupted(c->peer);
			tick = tick < GREET_MS ? tick : GREET_MS;
		}
		int n = poll(&pfd, 1, tick);
		/* Also while the peer talks: one that only sends must still hear of us. */
		conn_ping(c);
		/* Whoever serves or waits found out what is wrong with it. */
		if (c->greeted && conn_is_dead(c))
			return conn_lost(c, "it is of no use any more");
		if (n <= 0) {
			if (clock_ms() - atomic_load(&c->last_rx) >= (uint64_t)c->timeout * 1000)
				return conn_lost(c, "it has been silent for too long");
			continue;
		}
		ssize_t k = read(c->rfd, p, left);
		if (k < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k <= 0) {
			*eof = k == 0 && left == len;
			return conn_lost(c, k == 0 ? "it was closed" : strerror(errno));
		}
		atomic_store(&c->last_rx, clock_ms());
		if (c->in_payload) /* a long REPLY on a slow line */
			atomic_store(&c->moved, clock_ms());
		p += k;
		left -= (size_t)k;
	}
	return NULL;
}

static struct err *read_frame(struct conn *c, bool *eof)
{
	unsigned char head[WIRE_HEAD_LEN];
	struct frame f;
	bool mid;
	struct err *e;

	if ((e = read_all(c, head, sizeof(head), eof)) != NULL)
		return e;
	if ((e = frame_read(head, &f)) != NULL)
		return err_wrap(e, "%s does not speak zrep's protocol", c->peer);
	if (!hello_allows(&c->hello, f.type))
		return err_new(ERR_FAILED, "%s sent a frame of type %d, which was not agreed upon",
			       c->peer, (int)f.type);
	struct chunk *chunk = mem_alloc(sizeof(*chunk) + f.length);
	*chunk = (struct chunk){.len = f.length, .cap = f.length};
	c->in_payload = true;
	e = read_all(c, chunk->data, f.length, &mid);
	c->in_payload = false;
	if (e != NULL) {
		free(chunk);
		return e;
	}
	/* Whoever waits for anything of this host's sees that something happens there. */
	if (f.type != FRAME_PING)
		atomic_store(&c->moved, clock_ms());
	if (f.type == FRAME_DATA)
		return call_data(c, f.id, chunk);
	if (f.type == FRAME_HELLO)
		e = err_new(ERR_FAILED, "%s said HELLO twice", c->peer);
	else if (f.type != FRAME_PING)
		return call_message(c, &f, chunk);
	free(chunk);
	return e;
}

static void *reader(void *arg)
{
	struct conn *c = arg;
	bool eof = false;
	struct err *e = NULL;

	while (e == NULL)
		e = read_frame(c, &eof);
	/* What else ends it is a peer that breaks the rules. */
	conn_fail(c, e->reason == REASON_NONE ? err_because(e, REASON_PROTOCOL) : e);
	pthread_mutex_lock(&c->lock);
	c->eof = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static struct hello_self self_of(const struct conn *c)
{
	return (struct hello_self){.version = c->opts.version,
				   .host = c->opts.host,
				   .tag = c->opts.tag,
				   .timeout = c->opts.timeout,
				   .session = c->opts.session,
				   .operations = c->opts.operations,
				   .confined = c->opts.confined};
}

static void say_hello(struct conn *c)
{
	struct hello_self self = self_of(c);
	nvlist_t *nv = hello_print(&self);
	struct iovec iov = {(void *)(uintptr_t)WIRE_PREAMBLE, WIRE_PREAMBLE_LEN};

	if (!conn_write(c, &iov, 1))
		conn_fail(c, conn_lost(c, "it takes no data"));
	conn_send_nv(c, FRAME_HELLO, 0, nv);
	nv_free(nv);
}

/* Reads up to the end of the preamble. Byte by byte: what follows is not ours to swallow. */
static struct err *read_preamble(struct conn *c, struct buf *noise)
{
	bool eof;
	char b;

	for (;;) {
		struct err *e = read_all(c, &b, 1, &eof);
		if (e != NULL)
			return e;
		buf_add(noise, &b, 1);
		if (noise->len >= WIRE_PREAMBLE_LEN &&
		    memcmp(noise->data + noise->len - WIRE_PREAMBLE_LEN, WIRE_PREAMBLE,
			   WIRE_PREAMBLE_LEN) == 0)
			break;
		if (noise->len > WIRE_NOISE_MAX)
			return err_new(ERR_UNREACHABLE, "%s wrote %u bytes that are not zrep's",
				       c->peer, WIRE_NOISE_MAX);
	}
	noise->len -= WIRE_PREAMBLE_LEN;
	noise->data[noise->len] = '\0';
	if (noise->len > 0)
		return err_new(ERR_UNREACHABLE, "%s wrote text before zrep's agent answered",
			       c->peer);
	return NULL;
}

static struct err *read_hello(struct conn *c)
{
	struct hello_self self = self_of(c);
	unsigned char head[WIRE_HEAD_LEN];
	struct frame f;
	nvlist_t *nv;
	bool eof;
	struct err *e;

	if ((e = read_all(c, head, sizeof(head), &eof)) != NULL)
		return e;
	if ((e = frame_read(head, &f)) != NULL)
		return err_wrap(e, "%s", c->peer);
	if (f.type != FRAME_HELLO || f.length > 65536)
		return err_new(ERR_FAILED, "%s did not begin with a greeting", c->peer);
	char *payload = mem_alloc(f.length);
	if ((e = read_all(c, payload, f.length, &eof)) == NULL &&
	    (e = nv_unpack(payload, f.length, &nv)) == NULL) {
		e = hello_parse(nv, c->peer, &self, &c->hello);
		nv_free(nv);
	}
	free(payload);
	return e;
}

static void conn_end(struct conn *c)
{
	pthread_mutex_destroy(&c->wlock);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	hello_free(&c->hello);
	err_free(c->dead);
	free(c->peer);
	free(c);
}

static struct conn *conn_new(int rfd, int wfd, const struct conn_opts *opts)
{
	struct conn *c = mem_zalloc(sizeof(*c));

	c->opts = *opts;
	c->peer = mem_strdup(opts->peer);
	c->rfd = rfd;
	c->wfd = wfd;
	c->timeout = opts->timeout ? opts->timeout : DEFAULT_TIMEOUT;
	/* Here it is our own end of a pipe; the agent's may be shared with who started it. */
	if (opts->serve == NULL)
		(void)fcntl(wfd, F_SETFL, fcntl(wfd, F_GETFL) | O_NONBLOCK);
	pthread_mutex_init(&c->wlock, NULL);
	pthread_mutex_init(&c->lock, NULL);
	patience_cond_init(&c->changed);
	atomic_store(&c->last_rx, clock_ms());
	atomic_store(&c->moved, clock_ms());
	atomic_store(&c->trip, UINT64_MAX);
	return c;
}

struct err *conn_greet(int rfd, int wfd, const struct conn_opts *opts, struct conn **out,
		       struct buf *noise)
{
	struct conn *c = conn_new(rfd, wfd, opts);
	struct err *e;

	*out = NULL;
	say_hello(c);
	if ((e = read_preamble(c, noise)) != NULL || (e = read_hello(c)) != NULL) {
		if (e->reason == REASON_NONE && e->code == 0)
			err_because(e, REASON_PROTOCOL);
		conn_end(c);
		return e;
	}
	if (opts->timeout == 0 && c->hello.timeout != 0)
		c->timeout = c->hello.timeout;
	c->greeted = true;
	*out = c;
	return NULL;
}

struct conn *conn_greeted(int rfd, int wfd, const struct conn_opts *opts, const struct hello *hello)
{
	struct conn *c = conn_new(rfd, wfd, opts);

	c->hello = hello_copy(hello);
	if (opts->timeout == 0 && c->hello.timeout != 0)
		c->timeout = c->hello.timeout;
	c->greeted = true;
	return c;
}

struct err *conn_start(struct conn *c)
{
	int rc = pthread_create(&c->reader, NULL, reader, c);

	c->started = rc == 0;
	return rc == 0 ? NULL : err_sys(ERR_FAILED, rc, "cannot start a thread");
}

struct err *conn_open(int rfd, int wfd, const struct conn_opts *opts, struct conn **out,
		      struct buf *noise)
{
	struct err *e = conn_greet(rfd, wfd, opts, out, noise);

	if (e == NULL && (e = conn_start(*out)) != NULL) {
		conn_free(*out);
		*out = NULL;
	}
	return e;
}

const struct hello *conn_hello(const struct conn *c)
{
	return &c->hello;
}

bool conn_has(const struct conn *c, enum feature feature)
{
	return hello_has(&c->hello, feature);
}

uint64_t conn_trip(const struct conn *c)
{
	return atomic_load(&c->trip);
}

bool conn_wait(struct conn *c, unsigned grace)
{
	struct timespec until;

	pthread_mutex_lock(&c->lock);
	while (!c->eof && c->dead == NULL)
		pthread_cond_wait(&c->changed, &c->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += grace;
	while (c->serving > 0)
		if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT)
			break;
	bool idle = c->serving == 0;
	pthread_mutex_unlock(&c->lock);
	return idle;
}

void conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	if (c->started)
		pthread_join(c->reader, NULL);
	conn_end(c);
}
