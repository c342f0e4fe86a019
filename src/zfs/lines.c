#include "zfs/lines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pump/parts.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/patience.h"
#include "wire/call.h"
#include "wire/conn_send.h"
#include "zfs/lines_want.h"
#include "zfs/ops.h"

/* A stream is divided from this size on. */
#define DIVIDE_MIN (8u << 20)

/* Streams of one connection for data; what is more goes over that of control. An agent serves twice as many. */
#define LINE_STREAMS 32u

/* How often the thread looks, while there are streams and while there are none; and how long nobody needs a connection
 * before it is closed. Milliseconds. */
#define LOOK_MS 100u
#define REST_MS 1000u
#define IDLE_MS 30000u

/* No connection is opened for so long after one could not be opened, or broke. Milliseconds. */
#define AGAIN_MS 60000u

struct line {
	struct ssh *ssh;
	unsigned used; /* streams */
};

/* A line of a stream that is divided, and its thread. */
struct carried {
	struct far_stream *of;
	struct line *line; /* NULL: the connection of control */
	struct call *call;
	struct parts_line ends;
	pthread_t thread;
	struct err *error;
};

struct far_stream {
	struct lines *all;
	struct far_stream *next;
	struct call *call;
	struct line *line; /* of one that is not divided; NULL: the connection of control */
	bool out;          /* it goes there */
	uint64_t bytes;    /* that are expected */
	atomic_uint_least64_t moved;
	struct pump_stream inner, end;
	/* Of one that is divided. */
	uint64_t id;
	struct parts *parts;
	bool closed;    /* it gets no more lines */
	bool extending; /* it gets one just now */
	struct carried *carried[LINES_MAX + 1];
	unsigned n_carried;
};

struct lines {
	char *host;
	struct ssh_opts opts; /* of a connection for data */
	struct cancel cancel; /* theirs: set when nobody needs them any more */
	struct conn *control;
	uint64_t login;
	unsigned most;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool started, stop;
	uint64_t
	    not_before; /* one could not be opened, or broke: there will be no more until then */
	struct call *asked; /* for the session, and not heard of yet */
	char *session;      /* NULL: not known */
	struct line *lines[LINES_MAX];
	unsigned n, opening;
	struct far_stream *streams;
	uint64_t last_id;
	uint64_t due;           /* bytes that are expected */
	uint64_t seen_at, seen; /* when, and how many bytes had been moved */
	uint64_t rate, needed;  /* bytes a second; when there was a stream last */
	atomic_uint_least64_t moved;
	atomic_uint divided; /* streams */
};

struct lines *lines_new(const char *host, const struct ssh_opts *opts, struct conn *control,
			uint64_t login)
{
	struct lines *l = mem_zalloc(sizeof(*l));

	l->host = mem_strdup(host);
	l->opts = *opts;
	l->cancel.above = opts->cancel;
	l->opts.cancel = &l->cancel;
	l->opts.batch = true; /* nobody is asked a second time */
	l->control = control;
	l->login = login;
	l->most = conn_has(control, FEATURE_LINES) ? opts->connections : 1;
	l->most = l->most > LINES_MAX + 1 ? LINES_MAX + 1 : l->most;
	pthread_mutex_init(&l->lock, NULL);
	patience_cond_init(&l->changed);
	return l;
}

void lines_expect(struct lines *l, uint64_t bytes)
{
	pthread_mutex_lock(&l->lock);
	l->due += bytes;
	pthread_mutex_unlock(&l->lock);
}

void lines_settle(struct lines *l, uint64_t bytes)
{
	pthread_mutex_lock(&l->lock);
	l->due -= bytes < l->due ? bytes : l->due;
	pthread_mutex_unlock(&l->lock);
}

/* --- what is seen; all with the lock held --- */

static void give_up(struct lines *l)
{
	l->not_before = clock_ms() + AGAIN_MS;
}

/* What is left of a stream; of one that has more than was expected, or of which nothing is known, a little. */
static uint64_t left_of(const struct far_stream *f)
{
	uint64_t moved = atomic_load(&f->moved);

	return moved < f->bytes ? f->bytes - moved : 1;
}

static uint64_t left_of_all(const struct lines *l)
{
	uint64_t left = l->due, here = 0;

	for (const struct far_stream *f = l->streams; f != NULL; f = f->next) {
		uint64_t moved = f->bytes - (left_of(f) < f->bytes ? left_of(f) : f->bytes);
		left -= moved < left ? moved : left;
		here += left_of(f);
	}
	return left > here ? left : here;
}

static struct lines_seen seen_of(const struct lines *l)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct lines_seen s = {.trip = conn_trip(l->control),
			       .login = l->login,
			       .rate = l->rate,
			       .left = left_of_all(l),
			       .have = 1 + l->n + l->opening,
			       .most = l->most,
			       .cores = cores > 0 ? (unsigned)cores : 1};

	if (s.trip > l->login) /* none was seen yet, or the host took its time */
		s.trip = l->login;
	return s;
}

/* `but`: a stream that has all its lines but this one. All streams that are divided come to have the same number of lines,
 * each of them to itself as far as there are enough; those that are being opened count, or all streams would crowd on the
 * first one that is there. */
static struct line *least_used(const struct lines *l, const struct far_stream *but)
{
	unsigned divided = atomic_load(&l->divided), lines = l->n + l->opening;
	unsigned most = but == NULL || lines == 0 ? LINE_STREAMS : (divided + lines - 1) / lines;
	struct line *best = NULL;

	for (unsigned i = 0; i < l->n; i++) {
		struct line *at = l->lines[i];
		bool has = false;
		for (unsigned k = 0; but != NULL && k < but->n_carried; k++)
			has = has || but->carried[k]->line == at;
		if (!has && at->used < most && at->used < LINE_STREAMS &&
		    !conn_is_dead(ssh_conn(at->ssh)) && (best == NULL || at->used < best->used))
			best = at;
	}
	return best;
}

/* --- streams that are divided --- */

static void *carry(void *arg)
{
	struct carried *k = arg;
	struct lines *l = k->of->all;

	(void)parts_carry(k->of->parts, &k->ends);
	if (k->line == NULL)
		return NULL;
	k->error = call_wait(k->call, NULL);
	pthread_mutex_lock(&l->lock);
	k->line->used--;
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* False: there is no thread to be had. */
static bool add_line(struct far_stream *f, struct line *line, struct call *call)
{
	struct carried *k = mem_zalloc(sizeof(*k));

	*k = (struct carried){.of = f, .line = line, .call = call};
	k->ends = (struct parts_line){.end = f->out ? call_writer(call) : call_reader(call),
				      .stop = call_stop,
				      .first = line == NULL};
	f->carried[f->n_carried] = k;
	if (pthread_create(&k->thread, NULL, carry, k) != 0) {
		free(k);
		return false;
	}
	f->n_carried++;
	return true;
}

/* A stream that has fewer lines than is its share of what there is to do, and one for it. Lock held. */
static bool find_pair(const struct lines *l, struct far_stream **stream, struct line **line)
{
	uint64_t all = left_of_all(l);

	for (struct far_stream *f = l->streams; f != NULL; f = f->next)
		if (f->parts != NULL && !f->closed && f->n_carried <= LINES_MAX &&
		    f->n_carried < lines_share(l->n + l->opening, left_of(f), all) + 1 &&
		    !parts_failed(f->parts) && (*line = least_used(l, f)) != NULL) {
			*stream = f;
			return true;
		}
	return false;
}

/* Gives a stream one more line. False: that cannot be. Lock held, but for what the line may take its time for. */
static bool extend(struct lines *l, struct far_stream *f, struct line *line)
{
	nvlist_t *args = nv_new();
	bool added = parts_join(f->parts);

	if (added) {
		nv_add_u64(args, "id", f->id);
		if (!f->out)
			nv_add_flag(args, "send");
		line->used++;
		f->extending = true;
		pthread_mutex_unlock(&l->lock);
		struct call *call = call_start(ssh_conn(line->ssh), OP_PART, args);
		added = add_line(f, line, call);
		if (!added) {
			struct pump_stream end = f->out ? call_writer(call) : call_reader(call);
			parts_leave(f->parts);
			end.close(end.ctx, f->out); /* nothing went over it */
			err_free(call_wait(call, NULL));
		}
		pthread_mutex_lock(&l->lock);
		f->extending = false;
		line->used -= !added;
		pthread_cond_broadcast(&l->changed);
	}
	nv_free(args);
	return added;
}

/* --- the thread --- */

struct opening {
	struct lines *all;
	char *session;
};

static void *open_line(void *arg)
{
	struct opening *o = arg;
	struct lines *l = o->all;
	struct ssh_opts opts = l->opts;
	nvlist_t *args = nv_new();
	struct ssh *ssh = NULL;

	opts.session = o->session;
	struct err *e = ssh_open(l->host, &opts, &ssh);
	if (e == NULL) /* the agent has taken it when it answers */
		e = call_wait(call_start(ssh_conn(ssh), OP_LINES, args), NULL);
	if (e != NULL) {
		ssh_close(ssh);
		ssh = NULL;
	}
	err_free(e);
	nv_free(args);
	pthread_mutex_lock(&l->lock);
	if (ssh != NULL) {
		struct line *line = mem_zalloc(sizeof(*line));
		line->ssh = ssh;
		l->lines[l->n++] = line;
	} else {
		give_up(l);
	}
	l->opening--;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	free(o->session);
	free(o);
	return NULL;
}

/* The answer to what the first stream that may deserve more asked. Lock held; not meanwhile. */
static void hear_session(struct lines *l)
{
	struct call *asked = l->asked;
	nvlist_t *result = NULL;

	if (asked == NULL)
		return;
	l->asked = NULL;
	pthread_mutex_unlock(&l->lock);
	struct err *e = call_wait(asked, &result);
	const char *session = nv_str(result, "session");
	pthread_mutex_lock(&l->lock);
	if (e == NULL && session != NULL && hello_is_session(session))
		l->session = mem_strdup(session);
	err_free(e);
	nv_free(result);
}

static void open_lines(struct lines *l, unsigned n)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (; n > 0 && l->n + l->opening < LINES_MAX; n--) {
		struct opening *o = mem_zalloc(sizeof(*o));
		*o = (struct opening){l, mem_strdup(l->session)};
		l->opening++;
		if (pthread_create(&t, &attr, open_line, o) == 0)
			continue;
		l->opening--;
		give_up(l);
		free(o->session);
		free(o);
		break;
	}
	pthread_attr_destroy(&attr);
}

/* Bytes a second, since the last time that is long enough ago. */
static void measure(struct lines *l, uint64_t now)
{
	uint64_t least = conn_trip(l->control), moved = atomic_load(&l->moved);

	least = least > 1000 ? 1000 : least < LOOK_MS ? LOOK_MS : least;
	if (now - l->seen_at < least)
		return;
	l->rate = (moved - l->seen) * 1000 / (now - l->seen_at);
	l->seen_at = now;
	l->seen = moved;
}

/* Takes those away that are of no use, for the caller to close. */
static unsigned take_useless(struct lines *l, uint64_t now, struct line *useless[LINES_MAX])
{
	unsigned n = 0, kept = 0;

	for (unsigned i = 0; i < l->n; i++) {
		struct line *line = l->lines[i];
		bool dead = conn_is_dead(ssh_conn(line->ssh));
		if (dead)
			give_up(l);
		if (line->used == 0 && (dead || now - l->needed > IDLE_MS))
			useless[n++] = line;
		else
			l->lines[kept++] = line;
	}
	l->n = kept;
	return n;
}

static void close_line(struct line *line)
{
	ssh_close(line->ssh);
	free(line);
}

/* Lock held, but for what takes its time. */
static void look(struct lines *l)
{
	uint64_t now = clock_ms();
	struct line *useless[LINES_MAX];

	hear_session(l);
	if (l->streams != NULL) {
		measure(l, now);
		l->needed = now;
		struct lines_seen s = seen_of(l);
		unsigned want = now < l->not_before ? s.have : lines_want(&s);
		if (want > s.have && l->session != NULL && !l->stop)
			open_lines(l, want - s.have);
		struct far_stream *f;
		struct line *line;
		while (l->n > 0 && !l->stop && find_pair(l, &f, &line) && extend(l, f, line))
			;
	}
	unsigned n = take_useless(l, now, useless);
	if (n == 0)
		return;
	pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < n; i++)
		close_line(useless[i]);
	pthread_mutex_lock(&l->lock);
}

static void *keep(void *arg)
{
	struct lines *l = arg;

	pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		look(l);
		if (!l->stop)
			(void)patience_cond_wait(&l->changed, &l->lock,
						 l->streams != NULL ? LOOK_MS : REST_MS);
	}
	hear_session(l);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* --- streams --- */

static ssize_t read_counted(void *ctx, void *buf, size_t len)
{
	struct far_stream *f = ctx;
	ssize_t n = f->inner.read(f->inner.ctx, buf, len);

	if (n > 0) {
		atomic_fetch_add(&f->moved, (uint64_t)n);
		atomic_fetch_add(&f->all->moved, (uint64_t)n);
	}
	return n;
}

static int write_counted(void *ctx, const void *buf, size_t len)
{
	struct far_stream *f = ctx;
	int rc = f->inner.write(f->inner.ctx, buf, len);

	if (rc == 0) {
		atomic_fetch_add(&f->moved, len);
		atomic_fetch_add(&f->all->moved, len);
	}
	return rc;
}

static void close_counted(void *ctx, bool ok)
{
	struct far_stream *f = ctx;

	f->inner.close(f->inner.ctx, ok);
}

/* Is there a thread that looks after it? *first: it was started just now. Lock held. */
static bool is_kept(struct lines *l, bool *first)
{
	struct lines_seen s = seen_of(l);

	if (!l->started && !l->stop && lines_may(&s)) {
		l->seen_at = l->needed = clock_ms();
		l->seen = atomic_load(&l->moved);
		l->started = pthread_create(&l->thread, NULL, keep, l) == 0;
		*first = l->started;
	}
	return l->started && !l->stop && lines_may(&s);
}

/* Before there is any data on the connection, so that its answer also tells how long a round trip takes. */
static void ask_session(struct lines *l)
{
	nvlist_t *args = nv_new();
	struct call *asked = call_start(l->control, OP_LINES, args);

	nv_free(args);
	pthread_mutex_lock(&l->lock);
	l->asked = asked;
	pthread_mutex_unlock(&l->lock);
}

/* A stream that may be divided, over its first line. */
static void begin_divided(struct far_stream *f, const char *op, const nvlist_t *args)
{
	nvlist_t *more = nv_dup(args);

	nv_add_u64(more, "parts", f->id);
	f->call = call_start(f->all->control, op, more);
	nv_free(more);
	f->parts = parts_new(f->out, NULL, NULL);
	atomic_fetch_add(&f->all->divided, 1);
	parts_crowd(f->parts, &f->all->divided);
	(void)parts_join(f->parts);
	f->inner = parts_end(f->parts);
	if (add_line(f, NULL, f->call))
		return;
	/* Nobody carries it: it breaks off. */
	parts_leave(f->parts);
	parts_fail(f->parts);
	call_stop(f->call);
	struct pump_stream end = f->out ? call_writer(f->call) : call_reader(f->call);
	end.close(end.ctx, false);
}

struct far_stream *far_begin(struct lines *l, const char *op, const nvlist_t *args, uint64_t bytes)
{
	struct far_stream *f = mem_zalloc(sizeof(*f));
	bool first = false;

	f->all = l;
	f->out = strcmp(op, OP_RECEIVE) == 0;
	f->bytes = bytes;
	f->end = (struct pump_stream){
	    .ctx = f, .read = read_counted, .write = write_counted, .close = close_counted};
	pthread_mutex_lock(&l->lock);
	if (is_kept(l, &first) && bytes >= DIVIDE_MIN)
		f->id = ++l->last_id;
	else if ((f->line = least_used(l, NULL)) != NULL)
		f->line->used++;
	pthread_mutex_unlock(&l->lock);
	/* Not with the lock: a connection may take its time. */
	if (first)
		ask_session(l);
	if (f->id != 0) {
		begin_divided(f, op, args);
	} else {
		struct conn *c = f->line != NULL ? ssh_conn(f->line->ssh) : l->control;
		f->call = call_start(c, op, args);
		f->inner = f->out ? call_writer(f->call) : call_reader(f->call);
	}
	pthread_mutex_lock(&l->lock);
	f->next = l->streams;
	l->streams = f;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	return f;
}

struct pump_stream *far_pump(struct far_stream *f)
{
	return &f->end;
}

/* Waits for the lines. What was wrong with one of the connections for data. */
static struct err *end_lines(struct far_stream *f)
{
	struct lines *l = f->all;
	struct err *e = NULL;

	pthread_mutex_lock(&l->lock);
	f->closed = true;
	while (f->extending)
		pthread_cond_wait(&l->changed, &l->lock);
	pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < f->n_carried; i++) {
		pthread_join(f->carried[i]->thread, NULL);
		e = err_first(e, f->carried[i]->error);
		free(f->carried[i]);
	}
	if (f->parts != NULL) {
		parts_free(f->parts);
		atomic_fetch_sub(&l->divided, 1);
	}
	/* The end may have been said by then, and pieces be missing. */
	if (e != NULL)
		call_cancel(f->call);
	return e;
}

struct err *far_end(struct far_stream *f)
{
	struct lines *l = f->all;
	struct far_stream **at = &l->streams;
	struct err *lost = end_lines(f), *e = call_wait(f->call, NULL);

	/* Whole is whole. */
	if (e == NULL)
		err_free(lost);
	else
		e = err_first(lost, e);
	pthread_mutex_lock(&l->lock);
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (f->line != NULL)
		f->line->used--;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	free(f);
	return e;
}

bool lines_wait(struct lines *l, uint64_t *quiet)
{
	bool waits = conn_waits(l->control, quiet);
	uint64_t one;

	pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->n; i++)
		if (conn_waits(ssh_conn(l->lines[i]->ssh), &one)) {
			*quiet = waits && *quiet < one ? *quiet : one;
			waits = true;
		}
	pthread_mutex_unlock(&l->lock);
	return waits;
}

/* --- the end --- */

/* Nothing is opened any more; what is being opened ends. Lock held. */
static void stop(struct lines *l)
{
	l->stop = true;
	cancel_set(&l->cancel, -1);
	pthread_cond_broadcast(&l->changed);
}

void lines_cut(struct lines *l)
{
	pthread_mutex_lock(&l->lock);
	stop(l);
	for (unsigned i = 0; i < l->n; i++)
		ssh_cut(l->lines[i]->ssh,
			err_because(err_new(ERR_UNREACHABLE, "%s was hung up on", l->host),
				    REASON_UNREACHABLE));
	pthread_mutex_unlock(&l->lock);
}

void lines_let_go(struct lines *l, const struct err *why)
{
	pthread_mutex_lock(&l->lock);
	stop(l);
	for (unsigned i = 0; i < l->n; i++)
		conn_fail(ssh_conn(l->lines[i]->ssh), err_copy(why));
	pthread_mutex_unlock(&l->lock);
}

void lines_hang_up(struct lines *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	stop(l);
	while (l->opening > 0)
		pthread_cond_wait(&l->changed, &l->lock);
	pthread_mutex_unlock(&l->lock);
	if (l->started)
		pthread_join(l->thread, NULL);
	for (unsigned i = 0; i < l->n; i++)
		ssh_end(l->lines[i]->ssh);
}

void lines_free(struct lines *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < l->n; i++)
		close_line(l->lines[i]);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l->session);
	free(l->host);
	free(l);
}
