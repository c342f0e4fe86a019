#include "wire/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/patience.h"
#include "wire/conn_send.h"
#include "wire/conn_state.h"

/* What is shorter than this shares a chunk with others. */
#define CHUNK_SMALL 4096u
#define CHUNK_ROOM 65536u

/* What a REPLY is besides its result. */
#define REPLY_HEAD_MAX 1024u

bool conn_waits(struct conn *c, uint64_t *quiet)
{
	uint64_t now = clock_ms(), moved = atomic_load(&c->moved);
	bool waits = c->opts.serve != NULL; /* who serves waits for news at all times */

	pthread_mutex_lock(&c->lock);
	for (const struct call *k = c->calls; k != NULL && c->opts.serve == NULL; k = k->next)
		if (k->waiting) {
			moved = k->since > moved ? k->since : moved;
			waits = true;
		}
	waits = waits && c->dead == NULL;
	pthread_mutex_unlock(&c->lock);
	*quiet = hello_has(&c->hello, FEATURE_NEWS) && now > moved ? now - moved : 0;
	return waits;
}

struct call *call_new(struct conn *c, uint32_t id)
{
	struct call *k = mem_zalloc(sizeof(*k));

	k->conn = c;
	k->id = id;
	k->window = WIRE_WINDOW;
	k->credit = WIRE_WINDOW;
	k->since = clock_ms();
	patience_cond_init(&k->changed);
	k->next = c->calls;
	c->calls = k;
	return k;
}

struct call *call_find(struct conn *c, uint32_t id)
{
	struct call *k = c->calls;

	while (k != NULL && k->id != id)
		k = k->next;
	return k;
}

void call_free(struct call *call)
{
	struct conn *c = call->conn;
	struct call **p = &c->calls;

	pthread_mutex_lock(&c->lock);
	while (*p != call)
		p = &(*p)->next;
	*p = call->next;
	pthread_mutex_unlock(&c->lock);
	for (struct chunk *n, *k = call->head; k != NULL; k = n) {
		n = k->next;
		free(k);
	}
	pthread_cond_destroy(&call->changed);
	free(call->said);
	nv_free(call->message);
	free(call->op);
	free(call);
}

/* --- frames that came in --- */

/* Credit counts bytes, and a chunk costs more than its bytes: small ones are put together, so that a
 * window of them is not many times its size. Takes chunk over. */
static void append(struct call *k, struct chunk *chunk)
{
	struct chunk *tail = k->tail;

	if (tail != NULL && tail->cap - tail->len >= chunk->len) {
		memcpy(tail->data + tail->len, chunk->data, chunk->len);
		tail->len += chunk->len;
		free(chunk);
		return;
	}
	if (chunk->len < CHUNK_SMALL) {
		struct chunk *large = mem_alloc(sizeof(*large) + CHUNK_ROOM);
		*large = (struct chunk){.len = chunk->len, .cap = CHUNK_ROOM};
		memcpy(large->data, chunk->data, chunk->len);
		free(chunk);
		chunk = large;
	}
	if (tail != NULL)
		tail->next = chunk;
	else
		k->head = chunk;
	k->tail = chunk;
}

/* Frames for a call that has ended here may still be under way; they are dropped. */
struct err *call_data(struct conn *c, uint32_t id, struct chunk *chunk)
{
	struct err *e = NULL;

	pthread_mutex_lock(&c->lock);
	struct call *k = call_find(c, id);
	if (k == NULL || k->replied || k->cancelled) {
		free(chunk);
	} else if (chunk->len > k->window || k->in_end) {
		e = err_new(ERR_FAILED, "%s sent more data than it was allowed to", c->peer);
		free(chunk);
	} else {
		k->window -= chunk->len;
		append(k, chunk);
		pthread_cond_broadcast(&k->changed);
	}
	pthread_mutex_unlock(&c->lock);
	return e;
}

/* What the peer said is no list, or none that makes sense: the connection is of no use any more. */
static struct err *broken(struct conn *c, struct err *e)
{
	err_because(e, REASON_PROTOCOL);
	conn_fail(c, err_copy(e));
	return e;
}

/* Takes apart what came for a call, in the thread that is to use it: a hostile list may take as long as nv_unpack()
 * lets it, and whoever reads from the connection has to see meanwhile that time goes by. */
static struct err *take_apart(struct call *k)
{
	struct chunk *said = k->said;
	struct err *e = nv_unpack((const char *)said->data, said->len, &k->message);

	k->said = NULL;
	free(said);
	return e == NULL ? NULL : broken(k->conn, err_wrap(e, "%s", k->conn->peer));
}

static void served(struct conn *c)
{
	pthread_mutex_lock(&c->lock);
	c->serving--;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

static void *serve_thread(void *arg)
{
	struct call *k = arg;
	struct conn *c = k->conn;
	struct err *e = take_apart(k);
	const char *op = nv_str(k->message, "op");
	nvlist_t *args = nv_nv(k->message, "args");

	if (e == NULL && (op == NULL || args == NULL))
		e = broken(c,
			   err_new(ERR_FAILED, "%s sent a request that makes no sense", c->peer));
	if (e == NULL) {
		c->opts.serve(c->opts.ctx, k, op, args);
		return NULL;
	}
	err_free(e);
	call_free(k);
	served(c);
	return NULL;
}

/* A REQUEST: handed to a thread of its own. *unserved: there is none to be had; that fails this call, to be answered so
 * without the lock, and not those that run. Lock held. */
static struct err *begin_serving(struct conn *c, uint32_t id, struct chunk **chunk,
				 struct call **unserved)
{
	pthread_attr_t attr;
	pthread_t t;

	if (c->opts.serve == NULL || call_find(c, id) != NULL)
		return err_new(ERR_FAILED, "%s sent a request that makes no sense", c->peer);
	unsigned most = c->opts.calls != 0 ? c->opts.calls : CONN_CALLS_MAX;
	if (c->serving >= most)
		return err_new(ERR_FAILED, "%s sent more than %u requests at a time", c->peer,
			       most);
	struct call *k = call_new(c, id);
	k->said = *chunk;
	*chunk = NULL;
	c->serving++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int rc = pthread_create(&t, &attr, serve_thread, k);
	pthread_attr_destroy(&attr);
	if (rc != 0)
		*unserved = k;
	return NULL;
}

/* A REPLY, kept as it came until somebody waits for it. Lock held; k may be NULL (the call ended here). */
static struct err *take_reply(struct conn *c, struct call *k, struct chunk **chunk)
{
	if (k == NULL)
		return NULL;
	if (c->opts.serve != NULL || k->replied)
		return err_new(ERR_FAILED, "%s answered a request that was not made", c->peer);
	uint64_t trip = clock_ms() - k->asked;
	if (trip < atomic_load(&c->trip)) /* only the reader writes it */
		atomic_store(&c->trip, trip);
	k->replied = true;
	k->said = *chunk;
	*chunk = NULL;
	return NULL;
}

/* The only list that is taken apart where frames are read, and for that it is a short one. */
static struct err *read_end(const struct conn *c, const struct chunk *chunk, bool *ok)
{
	nvlist_t *nv;
	struct err *e = nv_unpack((const char *)chunk->data, chunk->len, &nv);

	if (e != NULL)
		return err_wrap(e, "%s", c->peer);
	*ok = nv_flag(nv, "ok");
	nv_free(nv);
	return NULL;
}

struct err *call_message(struct conn *c, const struct frame *f, struct chunk *chunk)
{
	struct err *e = NULL;
	struct call *unserved = NULL;
	bool ok = false;

	if (f->type == FRAME_PROGRESS && /* else: that it came has been noted */
	    !hello_has(&c->hello, c->opts.serve == NULL ? FEATURE_PROGRESS : FEATURE_NEWS))
		e = err_new(ERR_FAILED, "%s answered a request that was not made", c->peer);
	else if (f->type == FRAME_END)
		e = read_end(c, chunk, &ok);
	if (e != NULL || f->type == FRAME_PROGRESS) {
		free(chunk);
		return e;
	}
	pthread_mutex_lock(&c->lock);
	struct call *k = call_find(c, f->id);
	if (f->type == FRAME_REQUEST) {
		e = begin_serving(c, f->id, &chunk, &unserved);
	} else if (f->type == FRAME_REPLY) {
		e = take_reply(c, k, &chunk);
	} else if (k != NULL && f->type == FRAME_END) {
		k->in_end = true;
		k->in_ok = ok;
	} else if (k != NULL && f->type == FRAME_CREDIT) {
		uint64_t more = frame_get_credit(chunk->data);
		if (more > WIRE_WINDOW || k->credit + more > WIRE_WINDOW)
			e = err_new(ERR_FAILED, "%s gave more credit than it took", c->peer);
		else
			k->credit += more;
	} else if (k != NULL) {
		k->cancelled = true;
	}
	if (k != NULL)
		pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&c->lock);
	if (unserved != NULL)
		call_reply(unserved, NULL,
			   err_new(ERR_FAILED, "%s: cannot start a thread", c->opts.host));
	free(chunk);
	return e;
}

/* --- the stream of a call --- */

/* Has the peer done nothing for too long, while here waits for it? That it is asked by others as well, and works for
 * them, counts: what it sends for one stands behind what it sends for another. One that could not say that it is
 * merely slow is never late. Lock held. */
static bool is_late(const struct call *k)
{
	const struct conn *c = k->conn;
	uint64_t moved = atomic_load(&c->moved), heard = atomic_load(&c->last_rx);
	uint64_t timeout = (uint64_t)c->timeout * 1000, now = clock_ms();

	/* Of one that is silent altogether the reader says so. */
	return c->opts.serve == NULL && hello_has(&c->hello, FEATURE_PROGRESS) && !k->replied &&
	       c->dead == NULL && now < heard + timeout &&
	       now >= (moved > k->since ? moved : k->since) + timeout;
}

/* Waits for something to happen to the call, or a moment. False when everything is to stop. Who has waited enough says so
 * (k->waiting). */
static bool wait_changed(struct call *k)
{
	struct conn *c = k->conn;

	k->waiting = true;
	(void)patience_cond_wait(&k->changed, &c->lock, WAIT_MS);
	if (is_late(k)) {
		pthread_mutex_unlock(&c->lock);
		conn_fail(c, err_hung(c->peer, c->timeout, k->op));
		pthread_mutex_lock(&c->lock);
	}
	return c->opts.cancel == NULL || !cancelled(c->opts.cancel);
}

/* Copies from the queued chunks and gives back credit by the half window. */
static size_t take_chunks(struct call *k, char *buf, size_t len)
{
	size_t got = 0;

	while (k->head != NULL && got < len) {
		struct chunk *c = k->head;
		size_t n = c->len - c->done < len - got ? c->len - c->done : len - got;
		memcpy(buf + got, c->data + c->done, n);
		c->done += n;
		got += n;
		if (c->done == c->len) {
			k->head = c->next;
			if (k->head == NULL)
				k->tail = NULL;
			free(c);
		}
	}
	return got;
}

static ssize_t stream_read(void *ctx, void *buf, size_t len)
{
	struct call *k = ctx;
	struct conn *c = k->conn;
	uint64_t credit = 0;
	ssize_t n;

	pthread_mutex_lock(&c->lock);
	k->since = clock_ms();
	while (k->head == NULL && !k->in_end && !k->replied && !k->cancelled && c->dead == NULL &&
	       wait_changed(k))
		;
	k->waiting = false;
	if (k->head != NULL) {
		n = (ssize_t)take_chunks(k, buf, len);
		k->unacked += (uint64_t)n;
		if (k->unacked >= WIRE_WINDOW / 2 && !k->in_end) {
			credit = k->unacked;
			k->window += credit;
			k->unacked = 0;
		}
	} else {
		n = k->in_end && k->in_ok ? 0 : -1;
	}
	pthread_mutex_unlock(&c->lock);
	if (credit > 0) {
		unsigned char payload[8];
		frame_put_credit(credit, payload);
		conn_send(c, FRAME_CREDIT, k->id, payload, sizeof(payload));
	}
	return n;
}

static int stream_write(void *ctx, const void *buf, size_t len)
{
	struct call *k = ctx;
	struct conn *c = k->conn;
	const char *p = buf;

	while (len > 0) {
		pthread_mutex_lock(&c->lock);
		k->since = clock_ms();
		while (k->credit == 0 && !k->replied && !k->cancelled && c->dead == NULL &&
		       wait_changed(k))
			;
		k->waiting = false;
		bool gone = k->credit == 0 || k->replied || k->cancelled || c->dead != NULL;
		size_t n = len < WIRE_DATA_MAX ? len : WIRE_DATA_MAX;
		if (n > k->credit)
			n = (size_t)k->credit;
		if (!gone)
			k->credit -= n;
		pthread_mutex_unlock(&c->lock);
		if (gone)
			return -1;
		conn_send(c, FRAME_DATA, k->id, p, n);
		p += n;
		len -= n;
	}
	return 0;
}

/* From here on the peer has all that it needs for its REPLY. */
static bool over(struct call *k)
{
	struct conn *c = k->conn;

	pthread_mutex_lock(&c->lock);
	k->since = clock_ms();
	bool yes = c->dead != NULL || k->replied;
	pthread_mutex_unlock(&c->lock);
	return yes;
}

static void stream_end(void *ctx, bool ok)
{
	struct call *k = ctx;
	nvlist_t *nv = nv_new();

	if (ok)
		nv_add_flag(nv, "ok");
	if (!over(k))
		conn_send_nv(k->conn, FRAME_END, k->id, nv);
	nv_free(nv);
}

/* The agent's way to abandon what it reads is its REPLY. */
static void stream_abandon(void *ctx, bool ok)
{
	struct call *k = ctx;

	if (!ok && k->conn->opts.serve == NULL && !over(k))
		conn_send(k->conn, FRAME_CANCEL, k->id, NULL, 0);
}

void call_stop(void *call)
{
	struct call *k = call;

	pthread_mutex_lock(&k->conn->lock);
	k->cancelled = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->conn->lock);
}

bool call_is_over(struct call *k)
{
	pthread_mutex_lock(&k->conn->lock);
	bool yes =
	    k->cancelled || k->replied || k->conn->dead != NULL || (k->in_end && k->head == NULL);
	pthread_mutex_unlock(&k->conn->lock);
	return yes;
}

bool call_is_stopped(struct call *k)
{
	pthread_mutex_lock(&k->conn->lock);
	bool yes = k->cancelled || k->replied || k->conn->dead != NULL;
	pthread_mutex_unlock(&k->conn->lock);
	return yes;
}

void call_cancel(struct call *call)
{
	if (!over(call))
		conn_send(call->conn, FRAME_CANCEL, call->id, NULL, 0);
}

struct pump_stream call_reader(struct call *call)
{
	return (struct pump_stream){.ctx = call, .read = stream_read, .close = stream_abandon};
}

struct pump_stream call_writer(struct call *call)
{
	return (struct pump_stream){.ctx = call, .write = stream_write, .close = stream_end};
}

/* --- beginning and ending a call --- */

struct call *call_start(struct conn *c, const char *op, const nvlist_t *args)
{
	nvlist_t *nv = nv_new();

	nv_add_str(nv, "op", op);
	nv_add_nv(nv, "args", args);
	pthread_mutex_lock(&c->lock);
	struct call *k = call_new(c, ++c->last_id);
	k->op = mem_strdup(op);
	k->asked = clock_ms();
	pthread_mutex_unlock(&c->lock);
	conn_send_nv(c, FRAME_REQUEST, k->id, nv);
	nv_free(nv);
	pthread_mutex_lock(&c->lock);
	k->since = clock_ms();
	pthread_mutex_unlock(&c->lock);
	return k;
}

struct err *call_wait(struct call *call, nvlist_t **result)
{
	struct conn *c = call->conn;

	pthread_mutex_lock(&c->lock);
	for (int ms = 0; !call->replied && c->dead == NULL && ms < STOP_MS;)
		if (!wait_changed(call))
			ms += WAIT_MS;
	struct err *e = call->replied     ? NULL
			: c->dead != NULL ? err_copy(c->dead)
					  : err_interrupted(c->peer);
	pthread_mutex_unlock(&c->lock);
	if (e == NULL && (e = take_apart(call)) == NULL)
		e = nv_err(call->message, "error", c->peer);
	if (result != NULL)
		*result = NULL;
	if (result != NULL && e == NULL) {
		const nvlist_t *in = nv_nv(call->message, "result");
		*result = in != NULL ? nv_dup(in) : nv_new();
	}
	call_free(call);
	return e;
}

void call_progress(struct call *call)
{
	/* Whoever says it may hold what others wait for. Where it cannot go out, something else does, or nobody reads. */
	(void)conn_send_now(call->conn, FRAME_PROGRESS, call->id);
}

struct conn *call_conn(const struct call *call)
{
	return call->conn;
}

unsigned call_timeout(const struct call *call)
{
	return call->conn->timeout;
}

/* Where it does not fit into a message, the call fails, and not the connection. Takes e over. */
static struct err *too_long(const struct conn *c, const nvlist_t *result, struct err *e)
{
	size_t len = 0;

	if (e != NULL || result == NULL)
		return e;
	if (nvlist_size((nvlist_t *)(uintptr_t)result, &len, NV_ENCODE_XDR) != 0)
		mem_exhausted();
	if (len <= WIRE_MESSAGE_MAX - REPLY_HEAD_MAX)
		return NULL;
	e = err_remedy(err_new(ERR_FAILED, "%s: the answer is too long: %zu MiB of at most %u",
			       c->opts.host, (len >> 20) + 1, WIRE_MESSAGE_MAX >> 20),
		       "ask for fewer datasets at a time, or keep fewer snapshots of them");
	e->code = E2BIG;
	return e;
}

void call_reply(struct call *call, const nvlist_t *result, struct err *e)
{
	struct conn *c = call->conn;
	uint32_t id = call->id;
	nvlist_t *nv = nv_new();

	e = too_long(c, result, e);
	if (e != NULL)
		nv_add_err(nv, "error", e);
	else if (result != NULL)
		nv_add_nv(nv, "result", result);
	err_free(e);
	/* Off the connection first: once the peer has the REPLY, it may use the id's memory no more. */
	call_free(call);
	conn_send_nv(c, FRAME_REPLY, id, nv);
	nv_free(nv);
	served(c);
}
