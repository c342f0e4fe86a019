#include "out/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "out/table.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/num.h"

#define REFRESH_NS 250000000L
#define LINES_MAX 6u
/* What is over sooner than this is not worth a picture. */
#define QUIET_TICKS 3u

struct progress {
	struct progress_item *items;
	size_t n, width, shown; /* lines on the screen now */
	double begun;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static uint64_t bytes_of(const struct progress_item *i)
{
	return atomic_load_explicit(&i->meter->bytes, memory_order_relaxed);
}

/* "  1.2 GiB of 3.4 GiB  56.7 MiB/s  eta 40s" */
static void describe(struct buf *b, uint64_t done, uint64_t expected, double seconds)
{
	char x[NUM_TEXT], y[NUM_TEXT], z[NUM_TEXT];
	double rate = seconds > 0.1 ? (double)done / seconds : 0;

	buf_addf(b, "%s", num_bytes(x, done));
	if (expected > done)
		buf_addf(b, " of %s", num_bytes(y, expected));
	buf_addf(b, "  %s/s", num_bytes(z, (uint64_t)rate));
	if (expected > done && rate > 1)
		buf_addf(b, "  eta %s",
			 num_seconds(x, (uint64_t)((double)(expected - done) / rate)));
}

static void add_line(struct progress *p, struct buf *screen, const char *label, const char *text)
{
	size_t room = p->width > strlen(text) + 4 ? p->width - strlen(text) - 4 : 0;
	size_t n = strlen(label);

	buf_addf(screen, "\r\033[K%s%s  %s\n", n > room ? ".." : "",
		 n > room ? label + n - (room > 2 ? room - 2 : 0) : label, text);
	p->shown++;
}

static void draw(struct progress *p)
{
	struct buf screen = {0}, text = {0};
	uint64_t done = 0, expected = 0;
	size_t running = 0, over = 0;
	double seconds = clock_now() - p->begun;

	if (p->shown > 0)
		buf_addf(&screen, "\r\033[%zuA\033[J", p->shown);
	p->shown = 0;
	for (size_t i = 0; i < p->n; i++) {
		int phase = atomic_load(p->items[i].phase);
		done += bytes_of(&p->items[i]);
		expected += p->items[i].meter->expected;
		over += phase > 1;
		if (phase != 1 || ++running > LINES_MAX)
			continue;
		text.len = 0;
		describe(&text, bytes_of(&p->items[i]), p->items[i].meter->expected, seconds);
		add_line(p, &screen, p->items[i].label, text.data);
	}
	if (p->n > 1) {
		char label[64];
		text.len = 0;
		describe(&text, done, expected, seconds);
		snprintf(label, sizeof(label), "%zu of %zu datasets", over, p->n);
		add_line(p, &screen, label, text.data);
	}
	/* Nothing depends on it being seen. */
	if (write(STDERR_FILENO, buf_str(&screen), screen.len) < 0)
		p->shown = 0;
	buf_free(&screen);
	buf_free(&text);
}

static void *show(void *arg)
{
	struct progress *p = arg;

	pthread_mutex_lock(&p->lock);
	for (unsigned tick = 0; !p->stop; tick++) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += REFRESH_NS;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
		if (!p->stop && tick >= QUIET_TICKS)
			draw(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_start(const struct progress_item *items, size_t n)
{
	size_t width = table_width(STDERR_FILENO);

	if (width == 0 || n == 0)
		return NULL;
	struct progress *p = mem_zalloc(sizeof(*p));
	p->items = mem_array(NULL, n, sizeof(*items));
	memcpy(p->items, items, n * sizeof(*items));
	p->n = n;
	p->width = width;
	p->begun = clock_now();
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	if (pthread_create(&p->thread, NULL, show, p) != 0)
		mem_exhausted();
	return p;
}

void progress_stop(struct progress *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	if (p->shown > 0)
		fprintf(stderr, "\r\033[%zuA\033[J", p->shown);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	free(p->items);
	free(p);
}
