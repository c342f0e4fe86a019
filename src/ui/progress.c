#include "ui/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ui/table.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/patience.h"

#define REFRESH_NS 250000000L
#define LINES_MAX 6u
/* What is over sooner than this is not worth a picture. */
#define QUIET_TICKS 3u

struct progress {
	struct progress_item *items;
	struct begun {
		double at; /* 0: not yet */
		uint64_t bytes;
	} * begun;       /* by item: when it was first seen to be under way, and how far it was */
	size_t n, shown; /* lines on the screen now */
	double first;    /* when the first of them was; 0: none yet */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static uint64_t bytes_of(const struct progress_item *i)
{
	return atomic_load_explicit(&i->meter->bytes, memory_order_relaxed);
}

/* --- rows as text --- */

/* Widths of the columns behind the label: "1023.9 MiB", " of 1023.9 MiB", "1023.9 MiB/s", "eta 23h 59m". */
#define DONE_WIDTH 10u
#define OF_WIDTH 14u
#define RATE_WIDTH 12u
#define ETA_WIDTH 11u
#define LABEL_MIN 12u /* below that, a column is left out rather */
#define ETA_MAX (100.0 * 86400)

/* Which columns there is room for, and what they take. */
static size_t choose(size_t width, bool *of, bool *rate, bool *eta)
{
	size_t room = width > LABEL_MIN + 3 ? width - LABEL_MIN - 3 : 0, used = DONE_WIDTH;

	*rate = room >= used + 2 + RATE_WIDTH;
	used += *rate ? 2 + RATE_WIDTH : 0;
	*of = *rate && room >= used + OF_WIDTH;
	used += *of ? OF_WIDTH : 0;
	*eta = *of && room >= used + 2 + ETA_WIDTH;
	return used + (*eta ? 2 + ETA_WIDTH : 0);
}

static void describe(struct buf *b, const struct progress_row *r, bool of, bool rate, bool eta)
{
	char text[NUM_TEXT], cell[NUM_TEXT + 8] = "";
	double speed = r->seconds > 0.1 ? (double)r->moved / r->seconds : 0;
	double left = r->expected > r->done ? (double)(r->expected - r->done) : 0;

	buf_addf(b, "%*s", (int)DONE_WIDTH, num_bytes(text, r->done));
	if (left > 0)
		snprintf(cell, sizeof(cell), " of %s", num_bytes(text, r->expected));
	if (of)
		buf_addf(b, "%-*s", (int)OF_WIDTH, cell);
	snprintf(cell, sizeof(cell), "%s/s", num_bytes(text, (uint64_t)speed));
	if (rate)
		buf_addf(b, "  %*s", (int)RATE_WIDTH, cell);
	if (eta && left > 0 && speed > 0 && left / speed < ETA_MAX)
		buf_addf(b, "  eta %s", num_seconds(text, (uint64_t)(left / speed)));
}

void progress_print(const struct progress_row *rows, size_t n, size_t width, struct buf *to)
{
	bool of, rate, eta;
	size_t used = choose(width, &of, &rate, &eta), labels = 0;
	size_t room = width > used + 5 ? width - used - 3 : 2;

	for (size_t i = 0; i < n; i++)
		if (strlen(rows[i].label) > labels)
			labels = strlen(rows[i].label);
	labels = labels < room ? labels : room;
	for (size_t i = 0; i < n; i++) {
		const char *label = rows[i].label;
		size_t len = strlen(label);
		/* The end of a dataset's name tells more. */
		if (len > labels)
			buf_addf(to, "..%s  ", label + len - (labels - 2));
		else
			buf_addf(to, "%-*s  ", (int)labels, label);
		describe(to, &rows[i], of, rate, eta);
		buf_add(to, "\n", 1);
	}
}

/* --- what is under way --- */

/* The lines of those under way, and of all together. Gives how many. */
static size_t fill_rows(struct progress *p, struct progress_row rows[LINES_MAX + 1], char label[64])
{
	struct progress_row all = {.label = label};
	size_t n = 0, running = 0, over = 0;
	double now = clock_now();

	for (size_t i = 0; i < p->n; i++) {
		int phase = atomic_load(p->items[i].phase);
		uint64_t bytes = bytes_of(&p->items[i]), expected = p->items[i].meter->expected;
		struct begun *b = &p->begun[i];
		all.done += bytes;
		/* A guess that was passed, and one that will not be reached any more, are none. */
		all.expected += phase > 1 || expected < bytes ? bytes : expected;
		over += phase > 1;
		if (phase != 1)
			continue;
		if (b->at == 0)
			*b = (struct begun){now, bytes};
		if (p->first == 0)
			p->first = now;
		if (++running <= LINES_MAX)
			rows[n++] = (struct progress_row){p->items[i].label, bytes, expected,
							  bytes - b->bytes, now - b->at};
	}
	all.moved = all.done;
	all.seconds = p->first > 0 ? now - p->first : 0;
	snprintf(label, 64, "%zu of %zu done", over, p->n);
	if (running > LINES_MAX)
		snprintf(label, 64, "%zu running, %zu of %zu done", running, over, p->n);
	if (p->n > 1 && running + over > 0)
		rows[n++] = all;
	return n;
}

static void draw(struct progress *p, bool visible)
{
	struct progress_row rows[LINES_MAX + 1];
	struct buf text = {0}, screen = {0};
	char label[64];
	size_t n = fill_rows(p, rows, label);

	if (!visible)
		return;
	progress_print(rows, n, table_width(STDERR_FILENO), &text);
	if (p->shown > 0)
		buf_addf(&screen, "\r\033[%zuA\033[J", p->shown);
	buf_addf(&screen, "%s", buf_str(&text));
	p->shown = n;
	/* Nothing depends on it being seen. */
	if (screen.len > 0 && write(STDERR_FILENO, screen.data, screen.len) < 0)
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
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += REFRESH_NS;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
		if (!p->stop)
			draw(p, tick >= QUIET_TICKS);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void release(struct progress *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	free(p->begun);
	free(p->items);
	free(p);
}

void progress_add(struct progress *p, const struct progress_item *items, size_t n)
{
	if (p == NULL || n == 0)
		return;
	pthread_mutex_lock(&p->lock);
	p->items = mem_array(p->items, p->n + n, sizeof(*items));
	p->begun = mem_array(p->begun, p->n + n, sizeof(*p->begun));
	memcpy(p->items + p->n, items, n * sizeof(*items));
	memset(p->begun + p->n, 0, n * sizeof(*p->begun));
	p->n += n;
	pthread_mutex_unlock(&p->lock);
}

struct progress *progress_start(const struct progress_item *items, size_t n)
{
	if (table_width(STDERR_FILENO) == 0)
		return NULL;
	struct progress *p = mem_zalloc(sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
	patience_cond_init(&p->wake);
	progress_add(p, items, n);
	if (pthread_create(&p->thread, NULL, show, p) == 0)
		return p;
	/* The run goes on unseen. */
	release(p);
	return NULL;
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
	release(p);
}
