/* Three lines of a divided stream that carry whatever the input says: the first byte cuts it among them. What is put together
 * is never more than came, and it ends, and nobody is left waiting once the lines have ended. */
#include <pthread.h>
#include <stdatomic.h>

#include "fuzz.h"
#include "pump/parts.h"

#define LINES 3u

struct bytes {
	const uint8_t *at;
	size_t left;
	atomic_bool stopped;
};

static ssize_t take(void *ctx, void *buf, size_t len)
{
	struct bytes *b = ctx;

	if (atomic_load(&b->stopped))
		return -1;
	size_t n = len < b->left ? len : b->left;
	memcpy(buf, b->at, n);
	b->at += n;
	b->left -= n;
	return (ssize_t)n;
}

static void stop(void *ctx)
{
	atomic_store(&((struct bytes *)ctx)->stopped, true);
}

static void end(void *ctx, bool ok)
{
	(void)ctx;
	(void)ok;
}

struct carrying {
	struct parts *parts;
	struct parts_line line;
	struct bytes bytes;
	pthread_t thread;
	bool joined;
};

static void *carry(void *arg)
{
	struct carrying *c = arg;

	(void)parts_carry(c->parts, &c->line);
	return NULL;
}

/* The second time that it is asked: by then the lines have said all that they will. */
static bool is_gone(void *ctx)
{
	return ++*(unsigned *)ctx > 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned asked = 0;
	struct carrying lines[LINES] = {0};
	struct parts *p = parts_new(false, is_gone, &asked);
	static char buf[70000];
	size_t sum = 0, at = size > 0;
	ssize_t n;

	for (unsigned i = 0; i < LINES; i++) {
		size_t rest = size - at;
		size_t len = i + 1 == LINES ? rest : rest * data[0] / 256;
		lines[i].parts = p;
		lines[i].bytes = (struct bytes){.at = data + at, .left = size > 0 ? len : 0};
		lines[i].line =
		    (struct parts_line){.end = {.ctx = &lines[i].bytes, .read = take, .close = end},
					.stop = stop,
					.first = i == 0};
		at += lines[i].bytes.left;
		lines[i].joined = parts_join(p);
		if (lines[i].joined)
			PROMISE(pthread_create(&lines[i].thread, NULL, carry, &lines[i]) == 0);
		if (size == 0)
			break;
	}
	struct pump_stream whole = parts_end(p);
	while ((n = whole.read(whole.ctx, buf, sizeof(buf))) > 0)
		sum += (size_t)n;
	PROMISE(sum <= size);
	whole.close(whole.ctx, n == 0);
	for (unsigned i = 0; i < LINES; i++)
		if (lines[i].joined)
			pthread_join(lines[i].thread, NULL);
	parts_free(p);
	return 0;
}
