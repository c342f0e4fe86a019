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
#include "zfs/confine.h"
#include "zfs/local.h"
#include "zfs/local_confine.h"
#include "zfs/local_ops.h"
#include "zfs/local_stream.h"
#include "zfs/lock.h"
#include "zfs/ops.h"
#include "zfs/watch.h"

/* Seconds for what runs to notice that the peer is gone. A send or receive notices at once; an
 * operation inside ZFS ends by itself. */
#define GRACE 20u

static void is_alive(void *ctx)
{
	call_progress(ctx);
}

static void serve_stream(struct local *l, struct call *call, const char *op, nvlist_t *args)
{
	struct local_stream *s;
	struct pump_meter meter = {0};
	struct watched d;
	struct err *e =
	    watch_begin(l->watch, &d, op, args, call_timeout(call), &meter.bytes, is_alive, call);

	if (e != NULL) {
		call_reply(call, NULL, e);
		return;
	}
	local_set_patience(&d.patience);
	e = local_confine(l, op, args);
	if (e == NULL)
		e = local_stream_begin(l, op, args, &s);
	if (e == NULL) {
		bool sending = strcmp(op, OP_SEND) == 0;
		if (sending)
			atomic_store(&l->limit.rate, nv_u64(args, "limit", 0));
		struct pump_stream remote = sending ? call_writer(call) : call_reader(call);
		if (sending)
			pump_run(local_stream_pump(s), &remote, &meter, &l->limit, l->cancel);
		else
			pump_run(&remote, local_stream_pump(s), &meter, NULL, l->cancel);
		e = local_stream_end(s);
	}
	watch_end(&d);
	call_reply(call, NULL, e);
}

/* --- its locks, see lock_ask.h --- */

struct agent {
	struct local l;
	_Atomic(struct conn *) conn; /* set before any lock is taken */
};

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
	char *what = str_fmt("for %s", conn_hello(call_conn(call))->host);

	atomic_store(&a->conn, call_conn(call));
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
		serve_stream(l, call, op, args);
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
static void serve_call(void *ctx, struct call *call, const char *op, nvlist_t *args)
{
	struct agent *a = ctx;
	nvlist_t *clean = NULL;
	struct err *e = a->l.confine != NULL ? confine_check(a->l.confine, op, args, &clean) : NULL;

	if (e != NULL)
		call_reply(call, NULL, e);
	else
		serve_allowed(a, call, op, clean != NULL ? clean : args);
	nv_free(clean);
}

static void on_failed(void *ctx)
{
	struct agent *a = ctx;
	cancel_set(a->l.cancel, -1);
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

	l->locks = locks_new(opts->run_dir);
	pthread_mutex_init(&l->owed_lock, NULL);
	pthread_mutex_init(&l->unknown_lock, NULL);
	l->watch = watch_new(l);
	l->counters = written_counters_new();
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
	struct err *e = conn_open(rfd, wfd, &copts, &conn, &noise);
	buf_free(&noise);
	strv_free(&some); /* that was said */
	free(policy);
	if (e == NULL) {
		if (!conn_wait(conn, GRACE))
			_exit(
			    1); /* something is stuck inside ZFS; the kernel ends it, then drops our locks */
		if (atomic_load(&l->stuck))
			_exit(1); /* the same, of a stream: with our locks, it ends */
		/* Before our end of the connection closes: whoever waits for that may lock at once. */
		locks_free(l->locks);
		if (atomic_load(&l->leaving))
			_exit(0); /* the caller has not hung up, and may never */
		conn_free(conn);
		if (!watch_free(l->watch))
			_exit(0);
		written_counters_free(l->counters);
		strv_free(&l->owed);
		strv_free(&l->unknown);
		return NULL;
	}
	locks_free(l->locks);
	(void)watch_free(l->watch);
	written_counters_free(l->counters);
	strv_free(&l->owed);
	strv_free(&l->unknown);
	return e;
}
