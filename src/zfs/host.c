#include "zfs/host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/patience.h"
#include "zfs/local.h"
#include "zfs/lock.h"
#include "zfs/ops.h"
#include "zfs/watch.h"

struct host {
	char *name;
	struct ssh *ssh; /* NULL: this host */
	struct local local;
};

struct host_stream {
	struct local_stream *local;
	struct watched watched;
	struct call *call;
	struct pump_end remote;
};

/* --- this host's calls ---
 *
 * Each runs in a thread of its own, because one that hangs inside ZFS can be neither ended nor waited for: it is left
 * behind, with all that it may yet touch. */

struct errand {
	struct local *local;
	struct err *(*work)(struct errand *r);
	char *op;
	nvlist_t *args, *result;
	enum known what; /* of host_known(), as the next two */
	char *tag;
	struct strv names;
	struct err *error;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over, left; /* under lock */
};

/* How long one that was given up is waited for: a `zfs` that hangs is killed, which mostly helps. */
#define LEAVE_MS 2000

static void errand_free(struct errand *r)
{
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
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
	return local_known(r->local, r->what, r->tag, &r->names);
}

static void *errand_thread(void *arg)
{
	struct errand *r = arg;

	r->error = r->work(r);
	pthread_mutex_lock(&r->lock);
	r->over = true;
	bool left = r->left;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (left)
		errand_free(r);
	return NULL;
}

/* Waits for its end. False: it was given up, and belongs to its thread. */
static bool errand_wait(struct errand *r, const struct patience *patience)
{
	uint64_t since = clock_ms(), given_up = 0;

	pthread_mutex_lock(&r->lock);
	while (!r->over && !r->left) {
		(void)patience_cond_wait(&r->changed, &r->lock, PATIENCE_MS);
		if (given_up == 0 && !r->over) {
			pthread_mutex_unlock(&r->lock);
			if (patience_is_over(patience, since))
				given_up = clock_ms();
			pthread_mutex_lock(&r->lock);
		}
		r->left = !r->over && given_up != 0 && clock_ms() > given_up + LEAVE_MS;
	}
	bool left = r->left;
	pthread_mutex_unlock(&r->lock);
	return !left;
}

/* Runs it to its end. NULL, and *e: ZFS hangs. */
static struct errand *errand_run(struct errand *r, struct err **e)
{
	struct local *l = r->local;
	const char *op = r->op;
	struct watched d;
	pthread_t t;

	*e = NULL;
	pthread_mutex_init(&r->lock, NULL);
	patience_cond_init(&r->changed);
	if (atomic_load(&l->given_up)) {
		*e = err_hung(l->host, l->timeout, op);
		errand_free(r);
		return NULL;
	}
	char *name = mem_strdup(op);
	watch_begin(l->watch, &d, op, r->args, l->timeout, NULL, NULL, NULL);
	int rc = pthread_create(&t, NULL, errand_thread, r);
	bool over = rc == 0 && errand_wait(r, &l->patience);
	watch_end(&d);
	if (rc != 0) {
		*e = err_sys(ERR_FAILED, rc, "%s: cannot start a thread", l->host);
		errand_free(r);
		r = NULL;
	} else if (over) {
		pthread_join(t, NULL);
	} else {
		pthread_detach(t);
		atomic_store(&l->stuck, true);
		*e = err_hung(l->host, l->timeout, name);
		r = NULL;
	}
	free(name);
	return r;
}

/* What does not touch ZFS, or has a time limit of its own. */
static bool is_safe(const char *op)
{
	return strcmp(op, OP_LOCK) == 0 || strcmp(op, OP_UNLOCK) == 0 || strcmp(op, OP_HOOK) == 0;
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
	if (h->ssh == NULL)
		local_patience(&h->local, seconds != 0 ? seconds : 60);
}

struct host *host_local(const char *name, const char *run_dir, struct cancel *cancel)
{
	struct host *h = mem_zalloc(sizeof(*h));

	h->name = mem_strdup(name);
	h->local = (struct local){.host = h->name, .locks = locks_new(run_dir), .cancel = cancel};
	h->local.watch = watch_new(&h->local);
	host_set_timeout(h, 0);
	return h;
}

struct err *host_remote(const char *name, const struct ssh_opts *opts, struct host **out)
{
	struct ssh *ssh;
	struct err *e = ssh_open(name, opts, &ssh);

	*out = NULL;
	if (e != NULL)
		return e;
	*out = mem_zalloc(sizeof(**out));
	(*out)->name = mem_strdup(name);
	(*out)->ssh = ssh;
	return NULL;
}

bool host_close(struct host *h)
{
	if (h == NULL)
		return true;
	ssh_close(h->ssh);
	if (!watch_free(h->local.watch) || atomic_load(&h->local.stuck))
		return false;
	locks_free(h->local.locks);
	free(h->name);
	free(h);
	return true;
}

const char *host_name(const struct host *h)
{
	return h->name;
}

bool host_is_local(const struct host *h)
{
	return h->ssh == NULL;
}

struct err *host_known(struct host *h, enum known what, const char *tag, struct strv *names)
{
	struct err *e;

	if (h->ssh != NULL)
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
	return h->ssh == NULL || hello_knows(hello_of(h), op)
		   ? NULL
		   : local_unknown(h->name, version_of(h), op);
}

char *host_speech(const struct host *h)
{
	if (h->ssh == NULL)
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

struct err *host_stream_begin(struct host *h, const char *op, const nvlist_t *args,
			      struct host_stream **out)
{
	struct err *lacks = host_lacks(h, op);

	*out = NULL;
	if (lacks != NULL)
		return lacks;
	struct host_stream *s = mem_zalloc(sizeof(*s));
	if (h->ssh != NULL) {
		s->call = call_start(ssh_conn(h->ssh), op, args);
		s->remote = strcmp(op, OP_SEND) == 0 ? call_reader(s->call) : call_writer(s->call);
	} else {
		struct local *l = &h->local;
		struct err *e =
		    atomic_load(&l->given_up) ? err_hung(h->name, l->timeout, op) : NULL;
		watch_begin(l->watch, &s->watched, op, args, l->timeout, NULL, NULL, NULL);
		if (e == NULL)
			e = local_stream_begin(l, op, args, &s->local);
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

struct pump_end *host_stream_pump(struct host_stream *s)
{
	return s->local != NULL ? local_stream_pump(s->local) : &s->remote;
}

struct err *host_stream_end(struct host_stream *s)
{
	struct err *e;

	if (s->local != NULL) {
		watch_bytes(&s->watched, NULL); /* they end with the stream */
		e = local_stream_end(s->local);
		watch_end(&s->watched);
	} else {
		e = call_wait(s->call, NULL);
	}
	free(s);
	return e;
}
