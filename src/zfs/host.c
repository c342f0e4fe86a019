#include "zfs/host.h"

#include <stdlib.h>
#include <string.h>

#include "os/written.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/patience.h"
#include "wire/call.h"
#include "wire/conn_send.h"
#include "zfs/confine.h"
#include "zfs/leave.h"
#include "zfs/lines.h"
#include "zfs/local.h"
#include "zfs/local_known.h"
#include "zfs/local_ops.h"
#include "zfs/local_stream.h"
#include "zfs/lock.h"
#include "zfs/ops.h"
#include "zfs/watch.h"

struct host {
	char *name;
	bool remote;
	struct ssh *ssh;     /* of another host, until it is hung up on */
	struct lines *lines; /* the same: what streams go over */
	struct local local;
	_Atomic(struct strv *) unknown; /* see host_unknown() */
};

struct host_stream {
	struct local_stream *local;
	struct watched watched;
	struct far_stream *far;
};

/* --- this host's calls --- */

struct errand {
	struct local *local;
	struct watched watched;
	struct err *(*work)(struct errand *r);
	char *op;
	nvlist_t *args, *result;
	enum known what; /* of host_known(), as the next two */
	char *tag;
	struct strv names;
	struct err *error;
	struct leave leave;
};

static void errand_free(struct errand *r)
{
	leave_destroy(&r->leave);
	strv_free(&r->names);
	nv_free(r->args);
	nv_free(r->result);
	err_free(r->error);
	free(r->op);
	free(r->tag);
	free(r);
}

static struct err *do_call(struct errand *r)
{
	return local_call(r->local, r->op, r->args, &r->result);
}

static struct err *do_known(struct errand *r)
{
	return local_complete_names(r->local, r->what, r->tag, &r->names);
}

static void *errand_thread(void *arg)
{
	struct errand *r = arg;

	local_set_patience(&r->watched.patience);
	r->error = r->work(r);
	if (leave_over(&r->leave)) {
		watch_over(r->local->watch, r->op, r->args);
		local_let_go(r->local);
		errand_free(r);
	}
	return NULL;
}

/* What hangs is not waited for a second time. */
static struct err *begin_watching(struct local *l, struct watched *d, const char *op,
				  const nvlist_t *args)
{
	if (atomic_load(&l->leaving) || watch_is_hung(l->watch, args))
		return local_hung(l, op);
	return watch_begin(l->watch, d, op, args, l->timeout, NULL, NULL, NULL);
}

/* Runs it to its end. NULL, and *e: ZFS hangs. */
static struct errand *errand_run(struct errand *r, struct err **e)
{
	struct local *l = r->local;

	leave_init(&r->leave);
	if ((*e = begin_watching(l, &r->watched, r->op, r->args)) != NULL) {
		errand_free(r);
		return NULL;
	}
	char *name = mem_strdup(r->op);
	int rc = leave_start(&r->leave, errand_thread, r);
	bool over = rc == 0 && leave_wait(&r->leave, &r->watched.patience);
	/* Before it may be left behind: it goes on being given up, and `r` is not ours then. */
	watch_end(&r->watched);
	local_let_go(l);
	if (rc != 0) {
		*e = err_sys(ERR_FAILED, rc, "%s: cannot start a thread", l->host);
		errand_free(r);
		r = NULL;
	} else if (!over && leave_behind(&r->leave)) {
		atomic_store(&l->stuck, true);
		*e = local_hung(l, name);
		r = NULL;
	}
	free(name);
	return r;
}

/* What does not touch ZFS, or has a time limit of its own. */
static bool is_safe(const char *op)
{
	return strcmp(op, OP_LOCK) == 0 || strcmp(op, OP_UNLOCK) == 0 || strcmp(op, OP_HOOK) == 0 ||
	       strcmp(op, OP_HOOKS) == 0;
}

static struct err *call_here(struct host *h, const char *op, const nvlist_t *args,
			     nvlist_t **result)
{
	struct err *e;

	*result = NULL;
	if (is_safe(op))
		return local_call(&h->local, op, args, result);
	struct errand *r = mem_zalloc(sizeof(*r));
	r->local = &h->local;
	r->work = do_call;
	r->op = mem_strdup(op);
	r->args = nv_dup(args);
	if ((r = errand_run(r, &e)) == NULL)
		return e;
	e = r->error;
	*result = r->result;
	r->error = NULL;
	r->result = NULL;
	errand_free(r);
	return e;
}

/* --- hosts --- */

void host_set_timeout(struct host *h, unsigned seconds)
{
	if (!h->remote)
		h->local.timeout = seconds != 0 ? seconds : 60;
}

struct host *host_local(const char *name, const char *run_dir, struct cancel *cancel)
{
	struct host *h = mem_zalloc(sizeof(*h));

	h->name = mem_strdup(name);
	h->local = (struct local){.host = h->name, .locks = locks_new(run_dir), .cancel = cancel};
	pthread_mutex_init(&h->local.owed_lock, NULL);
	pthread_mutex_init(&h->local.unknown_lock, NULL);
	h->local.watch = watch_new(&h->local);
	h->local.counters = written_counters_new();
	host_set_timeout(h, 0);
	return h;
}

struct err *host_remote(const char *name, const struct ssh_opts *opts, struct host **out)
{
	struct ssh *ssh;
	uint64_t begun = clock_ms();
	struct err *e = ssh_open(name, opts, &ssh);

	*out = NULL;
	if (e != NULL)
		return e;
	*out = mem_zalloc(sizeof(**out));
	(*out)->name = mem_strdup(name);
	(*out)->remote = true;
	(*out)->ssh = ssh;
	(*out)->lines = lines_new((*out)->name, opts, ssh_conn(ssh), clock_ms() - begun + 1);
	return NULL;
}

void host_hang_up(struct host *h)
{
	if (h == NULL)
		return;
	lines_hang_up(h->lines);
	ssh_close(h->ssh);
	lines_free(h->lines);
	h->ssh = NULL;
	h->lines = NULL;
}

void host_cut(struct host *h)
{
	if (h == NULL)
		return;
	struct err *e = err_new(ERR_UNREACHABLE, "%s was hung up on, to connect anew", h->name);
	ssh_cut(h->ssh,
		err_because(err_remedy(e, "run the same command again"), REASON_UNREACHABLE));
	if (h->lines != NULL)
		lines_cut(h->lines);
}

bool host_close(struct host *h)
{
	if (h == NULL)
		return true;
	host_hang_up(h);
	/* What is left behind uses the watch. */
	if (atomic_load(&h->local.stuck) || !watch_free(h->local.watch))
		return false;
	locks_free(h->local.locks);
	written_counters_free(h->local.counters);
	strv_free(&h->local.owed);
	pthread_mutex_destroy(&h->local.owed_lock);
	strv_free(&h->local.unknown);
	pthread_mutex_destroy(&h->local.unknown_lock);
	struct strv *unknown = atomic_load(&h->unknown);
	if (unknown != NULL)
		strv_free(unknown);
	free(unknown);
	free(h->name);
	free(h);
	return true;
}

void host_note_unknown(struct host *h, struct strv *settings)
{
	struct strv *noted = mem_zalloc(sizeof(*noted)), *none = NULL;

	*noted = *settings;
	*settings = (struct strv){0};
	if (atomic_compare_exchange_strong(&h->unknown, &none, noted))
		return;
	strv_free(noted);
	free(noted);
}

const struct strv *host_unknown(const struct host *h)
{
	return atomic_load(&h->unknown);
}

const char *host_name(const struct host *h)
{
	return h->name;
}

bool host_is_local(const struct host *h)
{
	return !h->remote;
}

bool host_is_lost(const struct host *h)
{
	return h->remote && (h->ssh == NULL || conn_is_dead(ssh_conn(h->ssh)));
}

struct err *host_known(struct host *h, enum known what, const char *tag, struct strv *names)
{
	struct err *e;

	if (h->remote)
		return err_new(ERR_FAILED, "%s is another host", h->name);
	struct errand *r = mem_zalloc(sizeof(*r));
	r->local = &h->local;
	r->work = do_known;
	r->what = what;
	r->op = mem_strdup(OP_LIST);
	r->tag = mem_strdup(tag);
	if ((r = errand_run(r, &e)) == NULL)
		return e;
	e = r->error;
	r->error = NULL;
	for (size_t i = 0; i < r->names.n; i++)
		strv_add(names, r->names.items[i]);
	errand_free(r);
	return e;
}

static const struct hello *hello_of(const struct host *h)
{
	return conn_hello(ssh_conn(h->ssh));
}

static const char *version_of(const struct host *h)
{
	return h->ssh != NULL ? hello_of(h)->version : ZREP_VERSION;
}

struct err *host_lacks(const struct host *h, const char *op)
{
	if (h->remote && h->ssh == NULL)
		return err_new(ERR_UNREACHABLE, "%s was hung up on: zrep needed nothing more of it",
			       h->name);
	if (!h->remote || hello_knows(hello_of(h), op))
		return NULL;
	return host_confined(h) != NULL ? confine_unknown(h->name, host_confined(h), op)
					: local_unknown(h->name, version_of(h), op);
}

const char *host_confined(const struct host *h)
{
	return h->remote && h->ssh != NULL ? hello_of(h)->confined : NULL;
}

bool host_may_destroy(const struct host *h, bool foreign)
{
	const char *policy = host_confined(h);

	return policy == NULL ||
	       (hello_knows(hello_of(h), OP_DESTROY) && (!foreign || confine_is_peer(policy)));
}

struct err *host_lacks_feature(const struct host *h, enum feature feature, const char *what)
{
	if (!h->remote || h->ssh == NULL || hello_has(hello_of(h), feature))
		return NULL;
	struct err *e =
	    err_refuse(REASON_UPGRADE, "zrep %.64s on %s cannot %s", version_of(h), h->name, what);
	return err_because(err_remedy(e, "upgrade zrep on %s", h->name), REASON_UPGRADE);
}

char *host_speech(const struct host *h)
{
	if (!h->remote)
		return mem_strdup("this program");
	char *features = hello_features(hello_of(h));
	char *text = str_fmt("zrep %s, protocol %u, features: %s", version_of(h),
			     hello_of(h)->protocol, *features != '\0' ? features : "none");
	free(features);
	return text;
}

void host_begin(struct host *h, const char *op, const nvlist_t *args, struct host_op *out)
{
	*out = (struct host_op){.host = h, .op = op, .args = args};
	out->error = host_lacks(h, op);
	if (h->ssh != NULL && out->error == NULL)
		out->call = call_start(ssh_conn(h->ssh), op, args);
}

struct err *host_end(struct host_op *op, nvlist_t **result)
{
	nvlist_t *mine = NULL;
	struct err *e = op->error;

	if (op->call != NULL)
		e = call_wait(op->call, &mine);
	else if (e == NULL)
		e = call_here(op->host, op->op, op->args, &mine);

	if (result != NULL)
		*result = mine;
	else
		nv_free(mine);
	return e;
}

struct err *host_call(struct host *h, const char *op, const nvlist_t *args, nvlist_t **result)
{
	struct host_op running;

	host_begin(h, op, args, &running);
	return host_end(&running, result);
}

void host_expect(struct host *h, uint64_t bytes)
{
	if (h->lines != NULL)
		lines_expect(h->lines, bytes);
}

void host_settle(struct host *h, uint64_t bytes)
{
	if (h->lines != NULL)
		lines_settle(h->lines, bytes);
}

struct err *host_stream_begin(struct host *h, const char *op, const nvlist_t *args, uint64_t bytes,
			      struct host_stream **out)
{
	struct err *lacks = host_lacks(h, op);

	*out = NULL;
	if (lacks != NULL)
		return lacks;
	struct host_stream *s = mem_zalloc(sizeof(*s));
	if (h->ssh != NULL) {
		s->far = far_begin(h->lines, op, args, bytes);
	} else {
		struct local *l = &h->local;
		struct err *e = begin_watching(l, &s->watched, op, args);
		if (e != NULL) {
			free(s);
			return e;
		}
		local_set_patience(&s->watched.patience);
		e = local_stream_begin(l, op, args, &s->local);
		local_set_patience(NULL);
		if (e != NULL) {
			watch_end(&s->watched);
			free(s);
			return e;
		}
		watch_bytes(&s->watched, local_stream_bytes(s->local));
	}
	*out = s;
	return NULL;
}

struct pump_stream *host_stream_pump(struct host_stream *s)
{
	return s->local != NULL ? local_stream_pump(s->local) : far_pump(s->far);
}

struct err *host_stream_end(struct host_stream *s)
{
	struct err *e;

	if (s->local != NULL) {
		watch_bytes(&s->watched, NULL); /* they end with the stream */
		e = local_stream_end(s->local);
		watch_end(&s->watched);
	} else {
		e = far_end(s->far);
	}
	free(s);
	return e;
}

/* --- who has the locks --- */

void host_answer(struct host *h, const char *what, const struct lock_owner *owner)
{
	locks_answer(h->local.locks, what, owner);
}

void host_be_silent(struct host *h)
{
	locks_be_silent(h->local.locks);
}

bool host_waits(struct host *h, uint64_t *quiet)
{
	if (!h->remote)
		return watch_waits(h->local.watch, quiet);
	return h->ssh != NULL && lines_wait(h->lines, quiet);
}

bool host_is_well(void *host)
{
	uint64_t quiet;

	return !host_waits(host, &quiet) || quiet <= WATCH_TICK_MAX;
}

void host_let_go(struct host *h)
{
	if (h->remote && h->ssh == NULL)
		return;
	if (h->remote) {
		struct err *e =
		    err_because(err_new(ERR_UNREACHABLE,
					"%s was hung up on: zrep was asked to let go", h->name),
				REASON_INTERRUPTED);
		lines_let_go(h->lines, e);
		conn_fail(ssh_conn(h->ssh), e);
	} else
		atomic_store(&h->local.leaving, true);
}
