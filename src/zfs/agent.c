#include "zfs/agent.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "wire/conn.h"
#include "zfs/local.h"
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

	watch_begin(l->watch, &d, op, args, call_timeout(call), &meter.bytes, is_alive, call);
	struct err *e = local_stream_begin(l, op, args, &s);
	if (e == NULL) {
		bool sending = strcmp(op, OP_SEND) == 0;
		if (sending)
			atomic_store(&l->limit.rate, nv_u64(args, "limit", 0));
		struct pump_end remote = sending ? call_writer(call) : call_reader(call);
		if (sending)
			pump_run(local_stream_pump(s), &remote, &meter, &l->limit, l->cancel);
		else
			pump_run(&remote, local_stream_pump(s), &meter, NULL, l->cancel);
		e = local_stream_end(s);
	}
	watch_end(&d);
	call_reply(call, NULL, e);
}

static void serve_call(void *ctx, struct call *call, const char *op, nvlist_t *args)
{
	struct local *l = ctx;
	nvlist_t *result = NULL;
	struct watched d;

	if (local_has_stream(op)) {
		serve_stream(l, call, op, args);
		return;
	}
	watch_begin(l->watch, &d, op, args, call_timeout(call), NULL, is_alive, call);
	struct err *e = local_call(l, op, args, &result);
	watch_end(&d);
	call_reply(call, result, e);
	nv_free(result);
}

static void on_failed(void *ctx)
{
	struct local *l = ctx;
	cancel_set(l->cancel, -1);
}

struct err *serve(int rfd, int wfd, const struct serve_opts *opts)
{
	struct local l = {.host = opts->host, .cancel = opts->cancel};
	struct conn_hello hello;
	struct conn *conn;
	struct buf noise = {0};

	l.locks = locks_new(opts->run_dir);
	l.watch = watch_new(&l);
	struct conn_opts copts = {.peer = "the caller",
				  .version = opts->version,
				  .host = opts->host,
				  .cancel = opts->cancel,
				  .serve = serve_call,
				  .failed = on_failed,
				  .ctx = &l};
	struct err *e = conn_open(rfd, wfd, &copts, &hello, &conn, &noise);
	buf_free(&noise);
	if (e == NULL) {
		conn_hello_free(&hello);
		if (!conn_wait(conn, GRACE))
			_exit(
			    1); /* something is stuck inside ZFS; the kernel ends it, then drops our locks */
		/* Before our end of the connection closes: whoever waits for that may lock at once. */
		locks_free(l.locks);
		conn_free(conn);
		if (!watch_free(l.watch))
			_exit(0);
		return NULL;
	}
	locks_free(l.locks);
	(void)watch_free(l.watch);
	return e;
}
