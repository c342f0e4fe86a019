#include "wire/conn_send.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sysmacros.h> /* which the <sys/uio.h> of OpenZFS 2.3.9 wants */
#include <sys/uio.h>
#include <time.h>

#include "util/cancel.h"
#include "util/clock.h"
#include "wire/conn_state.h"

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

struct err *conn_lost(const struct conn *c, const char *how)
{
	return err_because(
	    err_remedy(err_new(ERR_UNREACHABLE, "the connection to %s was lost: %s", c->peer, how),
		       "run the same command again: it goes on where this one stopped"),
	    REASON_UNREACHABLE);
}

bool conn_is_dead(struct conn *c)
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

	while (stopping < STOP_MS && !conn_is_dead(c)) {
		int n = poll(&p, 1, WAIT_MS);
		if (n > 0 || (n < 0 && errno != EINTR))
			return true; /* what is wrong, if anything, the write will say */
		if (c->opts.cancel != NULL && cancelled(c->opts.cancel))
			stopping += WAIT_MS;
	}
	return false;
}

bool conn_write(struct conn *c, struct iovec *iov, int n)
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

	if (!hello_allows(&c->hello, type))
		return;
	frame_write(&f, head);
	pthread_mutex_lock(&c->wlock);
	bool ok = !conn_is_dead(c) && conn_write(c, iov, len > 0 ? 2 : 1);
	atomic_store(&c->last_tx, clock_ms());
	/* Before the next writer's turn: its frame must not land in the rest of a broken one. */
	if (!ok && c->opts.cancel != NULL && cancelled(c->opts.cancel))
		conn_fail(c, err_interrupted(c->peer));
	else if (!ok)
		conn_fail(c, conn_lost(c, "it takes no more data"));
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

/* Is it time to say that all is well? Data says so too, but not that the peer's call is only slow here. */
static bool has_news(struct conn *c)
{
	if (c->opts.serve != NULL || !hello_has(&c->hello, FEATURE_NEWS) ||
	    clock_ms() - c->last_news < NEWS_MS)
		return false;
	return c->opts.well == NULL || c->opts.well(c->opts.well_ctx);
}

bool conn_send_now(struct conn *c, enum frame_type type, uint32_t id)
{
	unsigned char head[WIRE_HEAD_LEN];
	struct frame f = {.type = type, .id = id};
	struct iovec iov = {head, sizeof(head)};

	if (!hello_allows(&c->hello, type) || pthread_mutex_trylock(&c->wlock) != 0)
		return false;
	/* Only under the lock is it ours: poll() passes over -1. */
	struct pollfd p = {.fd = c->wfd, .events = POLLOUT};
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0) {
		frame_write(&f, head);
		(void)conn_write(c, &iov, 1); /* a failure will show in the next read */
		atomic_store(&c->last_tx, clock_ms());
	}
	pthread_mutex_unlock(&c->wlock);
	return true;
}

void conn_ping(struct conn *c)
{
	bool news = has_news(c);

	if (!news && clock_ms() - atomic_load(&c->last_tx) < (uint64_t)c->timeout * 1000 / 3)
		return;
	/* News is of no call in particular; the frame has to have an id. */
	if (conn_send_now(c, news ? FRAME_PROGRESS : FRAME_PING, news ? 1 : 0) && news)
		c->last_news = clock_ms();
}

int conn_take_wfd(struct conn *c, unsigned ms)
{
	while (pthread_mutex_trylock(&c->wlock) != 0) {
		if (ms == 0)
			return -1;
		ms--;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	int fd = c->wfd;
	c->wfd = -1;
	pthread_mutex_unlock(&c->wlock);
	return fd;
}
