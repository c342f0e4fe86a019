#include "wire/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/patience.h"
#include "wire/conn_int.h"

#define DEFAULT_TIMEOUT 60u

void conn_fail(struct conn *c, struct err *e)
{
	pthread_mutex_lock(&c->lock);
	bool first = c->dead == NULL;
	c->dead = err_first(c->dead, e);
	for (struct call *k = c->calls; k != NULL; k = k->next)
		pthread_cond_broadcast(&k->changed);
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	if (first && c->opts.failed != NULL)
		c->opts.failed(c->opts.ctx);
}

static struct err *lost(struct conn *c, const char *how)
{
	return err_remedy(
	    err_new(ERR_UNREACHABLE, "the connection to %s was lost: %s", c->peer, how),
	    "run the same command again: it goes on where this one stopped");
}

static bool is_dead(struct conn *c)
{
	pthread_mutex_lock(&c->lock);
	bool yes = c->dead != NULL;
	pthread_mutex_unlock(&c->lock);
	return yes;
}

/* Waits until the pipe to the peer takes more. False when it will not: the connection has failed, or
 * everything is to stop and the peer has not taken a byte for a while. */
static bool wait_writable(struct conn *c)
{
	struct pollfd p = {.fd = c->wfd, .events = POLLOUT};
	int stopping = 0;

	while (stopping < STOP_MS && !is_dead(c)) {
		int n = poll(&p, 1, WAIT_MS);
		if (n > 0 || (n < 0 && errno != EINTR))
			return true; /* what is wrong, if anything, the write will say */
		if (c->opts.cancel != NULL && cancelled(c->opts.cancel))
			stopping += WAIT_MS;
	}
	return false;
}

/* Writes it all with the write lock held. False when the peer is gone. */
static bool write_all(struct conn *c, struct iovec *iov, int n)
{
	while (n > 0) {
		ssize_t k = writev(c->wfd, iov, n);
		if (k < 0 && (errno == EINTR || (errno == EAGAIN && wait_writable(c))))
			continue;
		if (k < 0)
			return false;
		while (n > 0 && (size_t)k >= iov->iov_len) {
			k -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + k;
			iov->iov_len -= (size_t)k;
		}
	}
	return true;
}

void conn_send(struct conn *c, enum frame_type type, uint32_t id, const void *data, size_t len)
{
	unsigned char head[WIRE_HEAD_LEN];
	struct frame f = {.type = type, .id = id, .length = (uint32_t)len};
	struct iovec iov[2] = {{head, sizeof(head)}, {(void *)(uintptr_t)data, len}};

	frame_write(&f, head);
	pthread_mutex_lock(&c->wlock);
	bool ok = !is_dead(c) && write_all(c, iov, len > 0 ? 2 : 1);
	atomic_store(&c->last_tx, clock_ms());
	/* Before the next writer's turn: its frame must not land in the rest of a broken one. */
	if (!ok && c->opts.cancel != NULL && cancelled(c->opts.cancel))
		conn_fail(c, err_because(err_new(ERR_FAILED, "interrupted"), REASON_INTERRUPTED));
	else if (!ok)
		conn_fail(c, lost(c, "it takes no more data"));
	pthread_mutex_unlock(&c->wlock);
}

void conn_send_nv(struct conn *c, enum frame_type type, uint32_t id, const nvlist_t *nv)
{
	char *data;
	size_t len;

	nv_pack(nv, &data, &len);
	if (len > WIRE_MESSAGE_MAX)
		conn_fail(c,
			  err_new(ERR_FAILED, "a message of %zu bytes is too long to send", len));
	else
		conn_send(c, type, id, data, len);
	free(data);
}

/* Says that we live, unless somebody is writing anyway or the pipe is full. */
static void maybe_ping(struct conn *c)
{
	struct pollfd p = {.fd = c->wfd, .events = POLLOUT};
	unsigned char head[WIRE_HEAD_LEN];
	struct frame f = {.type = FRAME_PING};

	if (clock_ms() - atomic_load(&c->last_tx) < (uint64_t)c->timeout * 1000 / 3 ||
	    pthread_mutex_trylock(&c->wlock) != 0)
		return;
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0) {
		struct iovec iov = {head, sizeof(head)};
		frame_write(&f, head);
		(void)write_all(c, &iov, 1); /* a failure will show in the next read */
		atomic_store(&c->last_tx, clock_ms());
	}
	pthread_mutex_unlock(&c->wlock);
}

/* Reads len bytes; between them lives the keep-alive. *eof: the peer closed before the first. */
static struct err *read_all(struct conn *c, void *to, size_t len, bool *eof)
{
	char *p = to;
	size_t left = len;

	while (left > 0) {
		struct pollfd pfd = {.fd = c->rfd, .events = POLLIN};
		int tick = (int)(c->timeout * 1000 / 8);
		/* While there is no call yet that could end by itself. */
		if (!c->greeted && c->opts.cancel != NULL) {
			if (cancelled(c->opts.cancel))
				return err_because(err_new(ERR_FAILED, "interrupted"),
						   REASON_INTERRUPTED);
			tick = tick < WAIT_MS ? tick : WAIT_MS;
		}
		int n = poll(&pfd, 1, tick);
		/* Also while the peer talks: one that only sends must still hear of us. */
		maybe_ping(c);
		if (n <= 0) {
			if (clock_ms() - atomic_load(&c->last_rx) >= (uint64_t)c->timeout * 1000)
				return lost(c, "it has been silent for too long");
			continue;
		}
		ssize_t k = read(c->rfd, p, left);
		if (k < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k <= 0) {
			*eof = k == 0 && left == len;
			return lost(c, k == 0 ? "it was closed" : strerror(errno));
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
		e = call_message(c, &f, chunk->data);
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
	conn_fail(c, e);
	pthread_mutex_lock(&c->lock);
	c->eof = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void conn_hello_free(struct conn_hello *h)
{
	free(h->version);
	free(h->host);
	free(h->tag);
	*h = (struct conn_hello){0};
}

struct err *conn_hello_parse(const nvlist_t *nv, const char *peer, struct conn_hello *out)
{
	uint64_t protocol = nv_u64(nv, "protocol", 0);
	const char *version = nv_str(nv, "version"), *host = nv_str(nv, "host");
	const char *tag = nv_str(nv, "tag");
	uint64_t timeout = nv_u64(nv, "timeout", 0);

	*out = (struct conn_hello){0};
	if (version == NULL || host == NULL || strnlen(version, 65) > 64 ||
	    strnlen(host, 256) > 255)
		return err_new(ERR_FAILED, "%s answered with a greeting that is not zrep's", peer);
	if (protocol != WIRE_PROTOCOL)
		return err_remedy(err_new(ERR_REFUSED,
					  "%s runs zrep %s, which speaks protocol %" PRIu64
					  "; this one speaks %u",
					  peer, version, protocol, WIRE_PROTOCOL),
				  "install the same version of zrep on both hosts");
	if (tag != NULL) {
		struct err *e = name_check_tag(tag);
		if (e != NULL)
			return e;
		out->tag = mem_strdup(tag);
	}
	out->version = mem_strdup(version);
	out->host = mem_strdup(host);
	out->timeout = timeout > 3600 ? 3600 : (unsigned)timeout;
	return NULL;
}

static void say_hello(struct conn *c)
{
	nvlist_t *nv = nv_new();
	struct iovec iov = {(void *)(uintptr_t)WIRE_PREAMBLE, WIRE_PREAMBLE_LEN};

	if (!write_all(c, &iov, 1))
		conn_fail(c, lost(c, "it takes no data"));
	nv_add_u64(nv, "protocol", WIRE_PROTOCOL);
	nv_add_str(nv, "version", c->opts.version);
	nv_add_str(nv, "host", c->opts.host);
	if (c->opts.tag != NULL)
		nv_add_str(nv, "tag", c->opts.tag);
	if (c->opts.timeout != 0)
		nv_add_u64(nv, "timeout", c->opts.timeout);
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

static struct err *read_hello(struct conn *c, struct conn_hello *hello)
{
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
		e = conn_hello_parse(nv, c->peer, hello);
		nv_free(nv);
	}
	free(payload);
	return e;
}

struct err *conn_open(int rfd, int wfd, const struct conn_opts *opts, struct conn_hello *hello,
		      struct conn **out, struct buf *noise)
{
	struct conn *c = mem_zalloc(sizeof(*c));
	struct err *e;

	*out = NULL;
	*hello = (struct conn_hello){0};
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
	say_hello(c);
	if ((e = read_preamble(c, noise)) != NULL || (e = read_hello(c, hello)) != NULL)
		goto err1;
	if (opts->timeout == 0 && hello->timeout != 0)
		c->timeout = hello->timeout;
	c->greeted = true;
	if (pthread_create(&c->reader, NULL, reader, c) != 0) {
		e = err_new(ERR_FAILED, "cannot start a thread");
		goto err1;
	}
	*out = c;
	return NULL;
err1:
	conn_hello_free(hello);
	err_free(c->dead);
	free(c->peer);
	free(c);
	return e;
}

bool conn_wait(struct conn *c, unsigned grace)
{
	struct timespec until;

	pthread_mutex_lock(&c->lock);
	while (!c->eof)
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
	pthread_join(c->reader, NULL);
	pthread_mutex_destroy(&c->wlock);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	err_free(c->dead);
	free(c->peer);
	free(c);
}
