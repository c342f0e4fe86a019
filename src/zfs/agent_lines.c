#include "zfs/agent_lines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pump/parts.h"
#include "util/clock.h"
#include "util/mem.h"
#include "wire/call.h"
#include "wire/conn.h"
#include "wire/conn_send.h"
#include "zfs/meet.h"

/* How often whoever waits for somebody to join looks what has become of the others. Milliseconds. */
#define LOOK_MS 250

/* How long a part waits for its stream to begin. Milliseconds. */
#define PART_MS 60000u

/* Lines of one stream: the connections, and the first one. */
#define STREAM_LINES_MAX (AGENT_LINES_MAX + 1u)

/* A connection that has joined. */
struct joined {
	struct conn *conn;
	struct met met;
};

struct divided {
	struct agent_lines *all;
	struct divided *next;
	uint64_t id;
	bool sending;
	struct parts *parts;
	struct call *calls[STREAM_LINES_MAX]; /* under the lock; NULL: free */
	unsigned waiting;                     /* parts that are about to join, or have joined */
	pthread_t thread;                     /* of the first line */
};

struct agent_lines {
	struct agent_lines_opts opts;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* `streams`, or who waits for them */
	struct divided *streams;
	atomic_uint divided; /* how many */
	struct meet *meet;   /* NULL: nobody has asked for it */
	struct conn *first;
	pthread_t thread;
	atomic_bool stop;
	struct joined *joined[AGENT_LINES_MAX]; /* of the thread's, until it has ended */
};

struct agent_lines *agent_lines_new(const struct agent_lines_opts *opts)
{
	struct agent_lines *a = mem_zalloc(sizeof(*a));

	a->opts = *opts;
	pthread_mutex_init(&a->lock, NULL);
	patience_cond_init(&a->changed);
	return a;
}

/* --- who joins --- */

/* False: something runs there still. */
static bool end_joined(struct joined *j, unsigned grace)
{
	if (!conn_wait(j->conn, grace))
		return false;
	conn_free(j->conn);
	close(j->met.rfd);
	close(j->met.wfd);
	close(j->met.hold); /* the other process goes */
	free(j);
	return true;
}

static struct joined *begin_joined(struct agent_lines *a, const struct met *met)
{
	struct conn_opts opts = {.peer = "the caller",
				 .version = a->opts.version,
				 .host = a->opts.host,
				 .calls = AGENT_LINES_CALLS,
				 .serve = a->opts.serve,
				 .ctx = a->opts.ctx};
	struct joined *j = mem_zalloc(sizeof(*j));

	j->met = *met;
	j->conn = conn_greeted(met->rfd, met->wfd, &opts, conn_hello(a->first));
	struct err *e = conn_start(j->conn);
	if (e == NULL)
		return j;
	err_free(e);
	conn_free(j->conn);
	close(met->rfd);
	close(met->wfd);
	close(met->hold);
	free(j);
	return NULL;
}

static void *gather(void *arg)
{
	struct agent_lines *a = arg;
	struct met met;

	while (!atomic_load(&a->stop)) {
		struct joined **place = NULL;
		for (size_t i = 0; i < AGENT_LINES_MAX; i++) {
			struct joined **j = &a->joined[i];
			if (*j != NULL && conn_is_dead((*j)->conn) && end_joined(*j, 0))
				*j = NULL;
			place = *j == NULL ? j : place;
		}
		/* One that is too many waits until it has had enough. */
		if (place == NULL)
			nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
		else if (meet_take(a->meet, a->opts.version, LOOK_MS, &met))
			*place = begin_joined(a, &met);
	}
	return NULL;
}

struct err *agent_lines_session(struct agent_lines *a, struct conn *first, const char **session)
{
	struct err *e = NULL;

	pthread_mutex_lock(&a->lock);
	if (a->meet == NULL) {
		a->first = first;
		e = meet_open(a->opts.dir, &a->meet);
		int rc = e == NULL ? pthread_create(&a->thread, NULL, gather, a) : 0;
		if (rc != 0) {
			e = err_sys(ERR_FAILED, rc, "cannot start a thread");
			meet_close(a->meet);
			a->meet = NULL;
		}
	}
	*session = e == NULL ? meet_session(a->meet) : NULL;
	pthread_mutex_unlock(&a->lock);
	return e;
}

bool agent_lines_end(struct agent_lines *a, unsigned grace)
{
	uint64_t end = clock_ms() + (uint64_t)grace * 1000;
	bool ended = true;

	if (a == NULL)
		return true;
	if (a->meet != NULL) {
		atomic_store(&a->stop, true);
		meet_wake(a->meet);
		pthread_join(a->thread, NULL);
		meet_close(a->meet);
	}
	for (size_t i = 0; i < AGENT_LINES_MAX; i++)
		if (a->joined[i] != NULL)
			conn_fail(a->joined[i]->conn,
				  err_new(ERR_UNREACHABLE, "the caller has hung up"));
	for (size_t i = 0; i < AGENT_LINES_MAX; i++) {
		uint64_t now = clock_ms();
		if (a->joined[i] != NULL)
			ended = end_joined(a->joined[i],
					   end > now ? (unsigned)((end - now) / 1000) : 0) &&
				ended;
	}
	if (!ended)
		return false;
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return true;
}

/* --- divided streams --- */

static struct divided *find_stream(const struct agent_lines *a, uint64_t id)
{
	struct divided *d = a->streams;

	while (d != NULL && d->id != id)
		d = d->next;
	return d;
}

/* False: there are as many as may be. Lock held. */
static bool add_call(struct divided *d, struct call *call)
{
	for (size_t i = 0; i < STREAM_LINES_MAX; i++)
		if (d->calls[i] == NULL) {
			d->calls[i] = call;
			return true;
		}
	return false;
}

static void drop_call(struct divided *d, const struct call *call)
{
	pthread_mutex_lock(&d->all->lock);
	for (size_t i = 0; i < STREAM_LINES_MAX; i++)
		if (d->calls[i] == call)
			d->calls[i] = NULL;
	pthread_mutex_unlock(&d->all->lock);
}

static void carry(struct divided *d, struct call *call, bool first)
{
	struct parts_line line = {.end = d->sending ? call_writer(call) : call_reader(call),
				  .stop = call_stop,
				  .first = first};

	(void)parts_carry(d->parts, &line);
	if (!first) /* whose REPLY is yet to come */
		drop_call(d, call);
}

static void *carry_first(void *arg)
{
	struct divided *d = arg;

	carry(d, d->calls[0], true);
	return NULL;
}

/* Whatever has come of the others, the caller wants no more. */
static bool is_gone(void *ctx)
{
	return call_is_stopped(ctx);
}

struct err *divided_begin(struct agent_lines *a, struct call *call, uint64_t id, bool sending,
			  struct divided **out, struct pump_stream *end)
{
	struct divided *d = mem_zalloc(sizeof(*d));
	struct err *e = NULL;

	*out = NULL;
	*d = (struct divided){.all = a, .id = id, .sending = sending, .calls = {call}};
	d->parts = parts_new(sending, is_gone, call);
	(void)parts_join(d->parts);
	pthread_mutex_lock(&a->lock);
	if (find_stream(a, id) != NULL)
		e = err_new(ERR_FAILED, "there is a stream of that number already");
	int rc = e == NULL ? pthread_create(&d->thread, NULL, carry_first, d) : 0;
	if (rc != 0)
		e = err_sys(ERR_FAILED, rc, "%s: cannot start a thread", a->opts.host);
	if (e == NULL) {
		d->next = a->streams;
		a->streams = d;
		atomic_fetch_add(&a->divided, 1);
		parts_crowd(d->parts, &a->divided);
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->lock);
	if (e != NULL) {
		parts_leave(d->parts);
		divided_free(d);
		return e;
	}
	*end = parts_end(d->parts);
	*out = d;
	return NULL;
}

void divided_end(struct divided *d)
{
	if (d == NULL)
		return;
	struct agent_lines *a = d->all;
	struct divided **at = &a->streams;

	pthread_join(d->thread, NULL);
	pthread_mutex_lock(&a->lock);
	for (; *at != d; at = &(*at)->next)
		;
	*at = d->next;
	atomic_fetch_sub(&a->divided, 1);
	while (d->waiting > 0)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

void divided_free(struct divided *d)
{
	if (d == NULL)
		return;
	parts_free(d->parts);
	free(d);
}

void divided_alive(struct divided *d)
{
	pthread_mutex_lock(&d->all->lock);
	for (size_t i = 0; i < STREAM_LINES_MAX; i++)
		if (d->calls[i] != NULL)
			call_progress(d->calls[i]);
	pthread_mutex_unlock(&d->all->lock);
}

/* The stream that a part is of, with the part counted among its lines. NULL: it is of none any more, or that does not begin. */
static struct divided *wait_for_stream(struct agent_lines *a, struct call *call, uint64_t id)
{
	uint64_t until = clock_ms() + PART_MS;
	struct divided *d;

	pthread_mutex_lock(&a->lock);
	while ((d = find_stream(a, id)) == NULL && clock_ms() < until) {
		pthread_mutex_unlock(&a->lock);
		bool over = call_is_over(call);
		pthread_mutex_lock(&a->lock);
		if (over)
			break;
		(void)patience_cond_wait(&a->changed, &a->lock, LOOK_MS);
	}
	if (d != NULL && (!add_call(d, call) || !parts_join(d->parts))) {
		for (size_t i = 0; i < STREAM_LINES_MAX; i++)
			if (d->calls[i] == call)
				d->calls[i] = NULL;
		d = NULL;
	}
	if (d != NULL)
		d->waiting++;
	pthread_mutex_unlock(&a->lock);
	return d;
}

void divided_part(struct agent_lines *a, struct call *call, const nvlist_t *args)
{
	struct divided *d = wait_for_stream(a, call, nv_u64(args, "id", 0));

	if (d != NULL) {
		carry(d, call, false);
		pthread_mutex_lock(&a->lock);
		d->waiting--;
		pthread_cond_broadcast(&a->changed);
		pthread_mutex_unlock(&a->lock);
	}
	if (d == NULL && nv_flag(args, "send")) {
		/* There is nothing for it to carry, and that is well. */
		struct pump_stream end = call_writer(call);
		end.close(end.ctx, true);
	}
	/* What has become of the stream its own call says. */
	call_reply(call, NULL, NULL);
}
