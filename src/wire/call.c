/* Calls on a connection and the streams in them. */
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/patience.h"
#include "wire/conn_int.h"

/* What is shorter than this shares a chunk with others. */
#define CHUNK_SMALL 4096u
#define CHUNK_ROOM 65536u

/* What a REPLY is besides its result. */
#define REPLY_HEAD_MAX 1024u

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
	nv_free(call->message);
	err_free(call->error);
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

static void *serve_thread(void *arg)
{
	struct call *k = arg;

	k->conn->opts.serve(k->conn->opts.ctx, k, k->op, nv_nv(k->message, "args"));
	return NULL;
}

/* A REQUEST: checked, then handed to a thread of its own, and *nv with it. Lock held. */
static struct err *begin_serving(struct conn *c, uint32_t id, nvlist_t **nv)
{
	const char *op = nv_str(*nv, "op");
	nvlist_t *args = nv_nv(*nv, "args");
	pthread_attr_t attr;
	pthread_t t;

	if (c->opts.serve == NULL || op == NULL || args == NULL || call_find(c, id) != NULL)
		return err_new(ERR_FAILED, "%s sent a request that makes no sense", c->peer);
	if (c->serving >= CONN_CALLS_MAX)
		return err_new(ERR_FAILED, "%s asks for more than %u things at a time", c->peer,
			       CONN_CALLS_MAX);
	struct call *k = call_new(c, id);
	k->op = mem_strdup(op);
	k->message = *nv;
	*nv = NULL;
	c->serving++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int rc = pthread_create(&t, &attr, serve_thread, k);
	pthread_attr_destroy(&attr);
	if (rc != 0)
		return err_new(ERR_FAILED, "cannot start a thread");
	return NULL;
}

/* What a frame with an nvlist says to its call, which may keep it: *nv is NULL then. It is not copied here: that
 * would cost the one thread that reads. Lock held; k may be NULL (the call ended here). */
static struct err *take_message(struct conn *c, struct call *k, const struct frame *f,
				nvlist_t **nv)
{
	if (f->type == FRAME_REQUEST)
		return begin_serving(c, f->id, nv);
	if (k == NULL)
		return NULL;
	if (f->type == FRAME_END) {
		k->in_end = true;
		k->in_ok = nv_flag(*nv, "ok");
	} else if (c->opts.serve != NULL || k->replied) {
		return err_new(ERR_FAILED, "%s answered what was not asked", c->peer);
	} else {
		k->replied = true;
		k->error = nv_err(*nv, "error");
		k->message = *nv;
		*nv = NULL;
	}
	pthread_cond_broadcast(&k->changed);
	return NULL;
}

struct err *call_message(struct conn *c, const struct frame *f, const unsigned char *payload)
{
	struct err *e = NULL;
	nvlist_t *nv = NULL;

	if (f->type == FRAME_PROGRESS) /* that it came has been noted */
		return c->opts.serve == NULL
			   ? NULL
			   : err_new(ERR_FAILED, "%s answered what was not asked", c->peer);
	if (f->type != FRAME_CREDIT && f->type != FRAME_CANCEL &&
	    (e = nv_unpack((const char *)payload, f->length, &nv)) != NULL)
		return err_wrap(e, "%s", c->peer);
	pthread_mutex_lock(&c->lock);
	struct call *k = call_find(c, f->id);
	if (nv != NULL) {
		e = take_message(c, k, f, &nv);
	} else if (k != NULL && f->type == FRAME_CREDIT) {
		uint64_t more = frame_get_credit(payload);
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
	nv_free(nv);
	return e;
}

/* --- the stream of a call --- */

/* Has the peer done nothing for too long, while here waits for it? That it is asked by others as well, and works for
 * them, counts: what it sends for one stands behind what it sends for another. Lock held. */
static bool is_late(const struct call *k)
{
	const struct conn *c = k->conn;
	uint64_t moved = atomic_load(&c->moved), heard = atomic_load(&c->last_rx);
	uint64_t timeout = (uint64_t)c->timeout * 1000, now = clock_ms();

	/* Of one that is silent altogether the reader says so. */
	return c->opts.serve == NULL && !k->replied && c->dead == NULL && now < heard + timeout &&
	       now >= (moved > k->since ? moved : k->since) + timeout;
}

/* Waits for something to happen to the call, or a moment. False when everything is to stop. */
static bool wait_changed(struct call *k)
{
	struct conn *c = k->conn;

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

struct pump_end call_reader(struct call *call)
{
	return (struct pump_end){.ctx = call, .read = stream_read, .close = stream_abandon};
}

struct pump_end call_writer(struct call *call)
{
	return (struct pump_end){.ctx = call, .write = stream_write, .close = stream_end};
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
	struct err *e = call->replied ? call->error
			: c->dead != NULL
			    ? err_copy(c->dead)
			    : err_because(err_new(ERR_FAILED, "interrupted"), REASON_INTERRUPTED);
	call->error = NULL;
	pthread_mutex_unlock(&c->lock);
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
	conn_send(call->conn, FRAME_PROGRESS, call->id, NULL, 0);
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
	return err_remedy(err_new(ERR_FAILED, "%s: the answer is too long: %zu MiB of at most %u",
				  c->opts.host, (len >> 20) + 1, WIRE_MESSAGE_MAX >> 20),
			  "ask for fewer datasets at a time, or keep fewer snapshots of them");
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
	pthread_mutex_lock(&c->lock);
	c->serving--;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}
