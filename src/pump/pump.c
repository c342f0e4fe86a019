#include "pump/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"

/* How long a wait may last before the cancel flag is looked at again. */
#define POLL_MS 200

struct fd_end {
	int fd;
	struct cancel *cancel;
	const struct patience *patience;
};

/* False when cancelled, or patience is over. */
static bool wait_fd(struct fd_end *f, short events)
{
	struct pollfd p = {.fd = f->fd, .events = events};
	uint64_t since = clock_ms();

	while (!cancelled(f->cancel) && !patience_is_over(f->patience, since)) {
		int n = poll(&p, 1, POLL_MS);
		if (n > 0 || (n < 0 && errno != EINTR))
			return true; /* what is wrong, if anything, the read or write will say */
	}
	return false;
}

static ssize_t fd_read(void *ctx, void *buf, size_t len)
{
	struct fd_end *f = ctx;

	for (;;) {
		ssize_t n = read(f->fd, buf, len);
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (!wait_fd(f, POLLIN))
			return -1;
	}
}

static int fd_write(void *ctx, const void *buf, size_t len)
{
	struct fd_end *f = ctx;
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(f->fd, p, len);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno != EAGAIN && errno != EINTR) {
			return -1;
		} else if (!wait_fd(f, POLLOUT)) {
			return -1;
		}
	}
	return 0;
}

/* A receive told apart a complete from a broken stream by the stream's own end record, so closing
 * says the same in both cases. */
static void fd_close(void *ctx, bool ok)
{
	struct fd_end *f = ctx;

	(void)ok;
	close(f->fd);
	free(f);
}

struct pump_stream pump_fd_end(int fd, struct cancel *cancel, const struct patience *patience)
{
	struct fd_end *f = mem_zalloc(sizeof(*f));

	/* Our end of the pipe only; the other end is another open file. */
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	f->fd = fd;
	f->cancel = cancel;
	f->patience = patience;
	return (struct pump_stream){
	    .ctx = f, .read = fd_read, .write = fd_write, .close = fd_close};
}

/* --- bandwidth --- */

#define SECOND 1000000000ull
#define BURST (SECOND / 8)

size_t pump_limit_piece(const struct pump_limit *l)
{
	uint64_t rate = l != NULL ? atomic_load(&l->rate) : 0, piece = rate / 8;

	if (rate == 0 || piece > PUMP_CHUNK)
		return PUMP_CHUNK;
	return piece > 0 ? (size_t)piece : 1;
}

uint64_t pump_limit_take(struct pump_limit *l, size_t n, uint64_t now)
{
	uint64_t rate = atomic_load(&l->rate), due = atomic_load(&l->due), begin;
	uint64_t saved = now > BURST ? now - BURST : 0;

	if (rate == 0)
		return 0;
	do
		begin = due > saved ? due : saved;
	while (!atomic_compare_exchange_weak(&l->due, &due, begin + n * SECOND / rate));
	return begin > now ? begin - now : 0;
}

/* Until it is the turn of n bytes. False when cancelled. */
static bool wait_turn(struct pump_limit *l, size_t n, struct cancel *cancel)
{
	struct timespec t;

	if (l == NULL || atomic_load(&l->rate) == 0)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &t);
	uint64_t left = pump_limit_take(l, n, (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec);
	while (left > 0 && !cancelled(cancel)) {
		uint64_t nap = left < POLL_MS * 1000000ull ? left : POLL_MS * 1000000ull;
		nanosleep(&(struct timespec){.tv_nsec = (long)nap}, NULL);
		left -= nap;
	}
	return !cancelled(cancel);
}

bool pump_run(struct pump_stream *in, struct pump_stream *out, struct pump_meter *meter,
	      struct pump_limit *limit, struct cancel *cancel)
{
	char *buf = mem_alloc(PUMP_CHUNK);
	bool ok = false;

	while (!cancelled(cancel)) {
		ssize_t n = in->read(in->ctx, buf, pump_limit_piece(limit));
		if (n == 0)
			ok = true;
		if (n <= 0 || !wait_turn(limit, (size_t)n, cancel))
			break;
		if (out->write(out->ctx, buf, (size_t)n) != 0)
			break;
		atomic_fetch_add_explicit(&meter->bytes, (uint64_t)n, memory_order_relaxed);
	}
	free(buf);
	/* `out` first: its reader must see the end before the sender is told to stop. */
	out->close(out->ctx, ok);
	in->close(in->ctx, ok);
	return ok;
}
