#include "zfs/agent.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/written.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/name.h"
#include "util/remedy.h"
#include "wire/call.h"
#include "wire/conn.h"
#include "wire/conn_send.h"
#include "zfs/agent_lines.h"
#include "zfs/confine.h"
#include "zfs/local.h"
#include "zfs/local_confine.h"
#include "zfs/local_ops.h"
#include "zfs/local_stream.h"
#include "zfs/lock.h"
#include "zfs/meet.h"
#include "zfs/ops.h"
#include "zfs/spend.h"
#include "zfs/watch.h"

/* Seconds for what runs to notice that the peer is gone. A send or receive notices at once; an
 * operation inside ZFS ends by itself. */
#define GRACE 20u

static void is_alive(void *ctx)
{
	call_progress(ctx);
}

static void stream_is_alive(void *ctx)
{
	divided_alive(ctx);
}

struct agent {
	struct local l;
	_Atomic(struct conn *) conn; /* set before anything is served */
	struct agent_lines *lines;
	struct spend spend;
};

/* Between ZFS and the caller. */
static struct err *move_stream(struct agent *a, const char *op, const nvlist_t *args,
			       struct local_stream *s, struct pump_stream *remote, bool sending,
			       struct pump_meter *meter)
{
	struct local *l = &a->l;
	struct spend_stream counted;
	struct pump_stream in =
	    spend_stream(&counted, &a->spend, sending ? *local_stream_pump(s) : *remote);

	if (sending)
		atomic_store(&l->limit.rate, nv_u64(args, "limit", 0));
	pump_run(&in, sending ? remote : local_stream_pump(s), meter, sending ? &l->limit : NULL,
		 l->cancel);
	return spend_stream_end(&counted, op, local_stream_end(s));
}

static void serve_stream(struct agent *a, struct call *call, const char *op, nvlist_t *args)
{
	struct local *l = &a->l;
	bool sending = strcmp(op, OP_SEND) == 0, watching = false;
	struct pump_stream remote = sending ? call_writer(call) : call_reader(call);
	uint64_t parts = nv_u64(args, "parts", 0);
	struct divided *divided = NULL;
	struct local_stream *s;
	struct pump_meter meter = {0};
	struct watched d;
	struct err *e = NULL;

	if (parts != 0)
		e = divided_begin(a->lines, call, parts, sending, &divided, &remote);
	if (e == NULL) {
		e = watch_begin(l->watch, &d, op, args, call_timeout(call), &meter.bytes,
				divided != NULL ? stream_is_alive : is_alive,
				divided != NULL ? (void *)divided : call);
		watching = e == NULL;
	}
	if (e == NULL) {
		local_set_patience(&d.patience);
		e = local_confine(l, op, args);
		if (e == NULL)
			e = local_stream_begin(l, op, args, &s);
		if (e == NULL)
			e = move_stream(a, op, args, s, &remote, sending, &meter);
		else if (divided != NULL)
			remote.close(remote.ctx, false);
	} else if (divided != NULL) {
		remote.close(remote.ctx, false);
	}
	divided_end(divided);
	if (watching)
		watch_end(&d);
	divided_free(divided);
	call_reply(call, NULL, e);
}

/* --- its locks, see lock_ask.h --- */

/* The caller has to make progress, or wait for us; and what he waits for. */
static uint64_t quiet(void *ctx)
{
	struct agent *a = ctx;
	uint64_t here, there;

	here = watch_waits(a->l.watch, &here) ? here : 0;
	there = conn_waits(atomic_load(&a->conn), &there) ? there : 0;
	return here > there ? here : there;
}

/* Hangs up; what runs is not waited for. */
static void go(void *ctx, const char *who, uint64_t ms)
{
	struct agent *a = ctx;

	atomic_store(&a->l.leaving, true);
	conn_fail(atomic_load(&a->conn), err_new(ERR_UNREACHABLE, "%s asked for it after %llu s",
						 who, (unsigned long long)ms / 1000));
}

static void answer(struct agent *a, struct call *call)
{
	char *what = str_fmt(LOCK_FOR "%s", conn_hello(call_conn(call))->host);

	locks_answer(a->l.locks, what, &(struct lock_owner){.quiet = quiet, .go = go, .ctx = a});
	free(what);
}

/* Whoever asks for a list says by which tag: what our messages tell to type is about that one's pairs. */
static void learn_tag(const nvlist_t *args)
{
	static _Atomic bool known;
	const char *tag = nv_str(args, "tag");
	struct err *bad = tag != NULL ? name_check_tag(tag) : NULL;

	if (tag != NULL && bad == NULL && !atomic_exchange(&known, true))
		remedy_set_tag(strcmp(tag, "zrep") != 0 || getenv("ZREPTAG") != NULL
				   ? mem_strdup(tag) /* for as long as this process lives */
				   : NULL);
	err_free(bad);
}

static void serve_lines(struct agent *a, struct call *call)
{
	nvlist_t *result = nv_new();
	const char *session;
	struct err *e = agent_lines_session(a->lines, call_conn(call), &session);

	if (e == NULL)
		nv_add_str(result, "session", session);
	call_reply(call, result, e);
	nv_free(result);
}

/* Of a connection that has joined. */
static void serve_line_allowed(struct agent *a, struct call *call, const char *op, nvlist_t *args)
{
	if (local_has_stream(op))
		serve_stream(a, call, op, args);
	else if (strcmp(op, OP_PART) == 0)
		divided_part(a->lines, call, args);
	else if (strcmp(op, OP_LINES) == 0)
		call_reply(call, NULL, NULL); /* it has joined */
	else
		call_reply(call, NULL,
			   err_new(ERR_FAILED, "%s: a connection for data is asked for \"%.40s\"",
				   a->l.host, op));
}

static void serve_allowed(struct agent *a, struct call *call, const char *op, nvlist_t *args)
{
	struct local *l = &a->l;
	nvlist_t *result = NULL;
	struct watched d;

	if (strcmp(op, OP_LOCK) == 0)
		answer(a, call);
	else if (strcmp(op, OP_LIST) == 0)
		learn_tag(args);
	if (local_has_stream(op)) {
		serve_stream(a, call, op, args);
		return;
	}
	if (strcmp(op, OP_LINES) == 0) {
		serve_lines(a, call);
		return;
	}
	struct err *e =
	    watch_begin(l->watch, &d, op, args, call_timeout(call), NULL, is_alive, call);
	if (e == NULL) {
		local_set_patience(&d.patience);
		e = local_confine(l, op, args);
		if (e == NULL)
			e = local_call(l, op, args, &result);
		local_confine_result(l, op, args, result);
		watch_end(&d);
		local_let_go(l);
	}
	call_reply(call, result, e);
	nv_free(result);
}

/* Nothing looks at what a confined peer says before this has. */
static void serve_checked(struct agent *a, struct call *call, const char *op, nvlist_t *args,
			  void (*fn)(struct agent *a, struct call *call, const char *op,
				     nvlist_t *args))
{
	nvlist_t *clean = NULL;
	struct err *e = spend_call(&a->spend, op);

	if (e != NULL) {
		struct err *why = err_copy(e);
		call_reply(call, NULL, e);
		conn_fail(atomic_load(&a->conn), why); /* the next one may begin anew */
		return;
	}
	if (a->l.confine != NULL)
		e = confine_check(a->l.confine, op, args, &clean);
	if (e != NULL)
		call_reply(call, NULL, e);
	else
		fn(a, call, op, clean != NULL ? clean : args);
	nv_free(clean);
}

static void serve_call(void *ctx, struct call *call, const char *op, nvlist_t *args)
{
	serve_checked(ctx, call, op, args, serve_allowed);
}

static void serve_line(void *ctx, struct call *call, const char *op, nvlist_t *args)
{
	serve_checked(ctx, call, op, args, serve_line_allowed);
}

static void on_failed(void *ctx)
{
	struct agent *a = ctx;
	cancel_set(a->l.cancel, -1);
}

static void time_is_over(void *ctx, struct err *why)
{
	struct agent *a = ctx;

	conn_fail(atomic_load(&a->conn), why);
}

/* What it has, but for the connection. */
static void agent_free(struct agent *a)
{
	written_counters_free(a->l.counters);
	strv_free(&a->l.owed);
	strv_free(&a->l.unknown);
}

/* Up to its end, and with that of the process where something is stuck. */
static void serve_until_end(struct agent *a, struct conn *conn)
{
	struct local *l = &a->l;

	if (!conn_wait(conn, GRACE) || !agent_lines_end(a->lines, GRACE))
		_exit(
		    1); /* something is stuck inside ZFS; the kernel ends it, then drops our locks */
	if (atomic_load(&l->stuck))
		_exit(1); /* the same, of a stream: with our locks, it ends */
	spend_end(&a->spend);
	/* Before our end of the connection closes: whoever waits for that may lock at once. */
	locks_free(l->locks);
	if (atomic_load(&l->leaving))
		_exit(0); /* the caller has not hung up, and may never */
	conn_free(conn);
	if (!watch_free(l->watch))
		_exit(0);
	agent_free(a);
}

struct err *serve(int rfd, int wfd, const struct serve_opts *opts)
{
	struct agent a = {.l = {.host = opts->host,
				.cancel = opts->cancel,
				.ssh = opts->ssh,
				.confine = opts->confine}};
	struct strv some = {0};
	char *policy = NULL;
	struct local *l = &a.l;
	struct conn *conn;
	struct buf noise = {0};

	if (opts->confine != NULL) {
		some = confine_operations(opts->confine, local_operations());
		policy = confine_text(opts->confine);
	}
	struct conn_opts copts = {.peer = "the caller",
				  .version = opts->version,
				  .host = opts->host,
				  .cancel = opts->cancel,
				  .operations = opts->confine != NULL
						    ? (const char *const *)some.items
						    : local_operations(),
				  .confined = policy,
				  .serve = serve_call,
				  .failed = on_failed,
				  .ctx = &a};
	struct err *e = conn_greet(rfd, wfd, &copts, &conn, &noise);

	buf_free(&noise);
	strv_free(&some); /* that was said */
	free(policy);
	if (e != NULL)
		return e;
	if (conn_hello(conn)->session != NULL) {
		e = meet_join(opts->run_dir, conn_hello(conn)->session, opts->version, rfd, wfd,
			      opts->cancel);
		conn_free(conn);
		return e;
	}
	l->locks = locks_new(opts->run_dir);
	pthread_mutex_init(&l->owed_lock, NULL);
	pthread_mutex_init(&l->unknown_lock, NULL);
	l->watch = watch_new(l);
	l->counters = written_counters_new();
	struct agent_lines_opts lopts = {.dir = opts->run_dir,
					 .version = opts->version,
					 .host = opts->host,
					 .serve = serve_line,
					 .ctx = &a};
	a.lines = agent_lines_new(&lopts);
	atomic_store(&a.conn, conn);
	e = spend_begin(&a.spend, opts->confine, time_is_over, &a);
	if (e == NULL && (e = conn_start(conn)) == NULL) {
		serve_until_end(&a, conn);
		return NULL;
	}
	spend_end(&a.spend);
	conn_free(conn);
	(void)agent_lines_end(a.lines, 0);
	locks_free(l->locks);
	(void)watch_free(l->watch);
	agent_free(&a);
	return e;
}
