#include "zfs/spend.h"

#include "util/clock.h"
#include "util/patience.h"

/* How long what was refused may take to be answered before the connection ends. Milliseconds. */
#define ANSWER_MS 1000u

static const char no_bytes[] = "that was all that --max-bytes lets one connection move",
		  no_calls[] = "those were all calls that --max-calls lets one connection make",
		  no_time[] = "that was as long as --max-time lets one connection last";

/* What was received stays, and whoever connects again has as much once more. Of calls a run needs so many, each time. */
static struct err *refuse(const struct spend *s, const char *op, const char *why)
{
	struct err *e = confine_refuse(s->confine, op, "", why);

	if (why == no_calls)
		return err_remedy(e,
				  "have %s's root allow more calls where the key stands in "
				  "authorized_keys there",
				  s->confine->host);
	return err_remedy(
	    e,
	    "run the same command again: it goes on where this one stopped; if that is "
	    "needed too often, have %s's root allow more where the key stands in "
	    "authorized_keys there",
	    s->confine->host);
}

static bool has_stopped(struct spend *s, uint64_t until)
{
	pthread_mutex_lock(&s->lock);
	for (uint64_t now = clock_ms(); !s->stop && now < until; now = clock_ms())
		(void)patience_cond_wait(&s->changed, &s->lock, until - now);
	bool stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

/* First what is asked and what streams is refused, with the reason; then nobody is heard any more. */
static void *clock_thread(void *arg)
{
	struct spend *s = arg;
	uint64_t end = clock_ms() + s->confine->most.seconds * 1000;

	if (has_stopped(s, end))
		return NULL;
	atomic_store(&s->over, true);
	if (!has_stopped(s, end + ANSWER_MS))
		s->ended(s->ctx, refuse(s, "go on", no_time));
	return NULL;
}

struct err *spend_begin(struct spend *s, const struct confine *c,
			void (*ended)(void *ctx, struct err *why), void *ctx)
{
	*s = (struct spend){.confine = c, .ended = ended, .ctx = ctx};
	if (c == NULL || c->most.seconds == 0)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	patience_cond_init(&s->changed);
	int rc = pthread_create(&s->clock, NULL, clock_thread, s);
	s->timed = rc == 0;
	if (rc == 0)
		return NULL;
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	return err_sys(ERR_FAILED, rc, "%s: cannot start a thread", c->host);
}

void spend_end(struct spend *s)
{
	if (!s->timed)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->clock, NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	s->timed = false;
}

struct err *spend_call(struct spend *s, const char *op)
{
	if (s->confine == NULL)
		return NULL;
	uint64_t most = s->confine->most.calls, n = atomic_fetch_add(&s->calls, 1) + 1;
	if (atomic_load(&s->over))
		return refuse(s, op, no_time);
	return most != 0 && n > most ? refuse(s, op, no_calls) : NULL;
}

static ssize_t read_counted(void *ctx, void *buf, size_t len)
{
	struct spend_stream *t = ctx;
	struct spend *s = t->spend;
	ssize_t n = t->in.read(t->in.ctx, buf, len);

	if (n <= 0)
		return n;
	uint64_t most = s->confine->most.bytes,
		 all = atomic_fetch_add(&s->bytes, (uint64_t)n) + (uint64_t)n;
	if (atomic_load(&s->over))
		t->refused = no_time;
	else if (most != 0 && all > most)
		t->refused = no_bytes;
	return t->refused == NULL ? n : -1;
}

static void close_counted(void *ctx, bool ok)
{
	struct spend_stream *t = ctx;

	t->in.close(t->in.ctx, ok);
}

struct pump_stream spend_stream(struct spend_stream *t, struct spend *s, struct pump_stream in)
{
	*t = (struct spend_stream){.spend = s, .in = in};
	return s->confine == NULL
		   ? in
		   : (struct pump_stream){.ctx = t, .read = read_counted, .close = close_counted};
}

struct err *spend_stream_end(const struct spend_stream *t, const char *op, struct err *e)
{
	if (t->refused == NULL)
		return e;
	err_free(e);
	return refuse(t->spend, op, t->refused);
}
