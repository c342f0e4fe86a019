#include "zfs/host.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "zfs/local.h"
#include "zfs/lock.h"
#include "zfs/ops.h"

struct host {
	char *name;
	struct ssh *ssh; /* NULL: this host */
	struct local local;
};

struct host_stream {
	struct local_stream *local;
	struct call *call;
	struct pump_end remote;
};

struct host *host_local(const char *name, const char *run_dir, struct cancel *cancel)
{
	struct host *h = mem_zalloc(sizeof(*h));

	h->name = mem_strdup(name);
	h->local = (struct local){.host = h->name, .locks = locks_new(run_dir), .cancel = cancel};
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

void host_close(struct host *h)
{
	if (h == NULL)
		return;
	ssh_close(h->ssh);
	locks_free(h->local.locks);
	free(h->name);
	free(h);
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
	return h->ssh != NULL ? err_new(ERR_FAILED, "%s is another host", h->name)
			      : local_known(&h->local, what, tag, names);
}

void host_abort(struct host *h, const char *why)
{
	if (h->ssh != NULL)
		ssh_abort(h->ssh, why);
}

void host_begin(struct host *h, const char *op, const nvlist_t *args, struct host_op *out)
{
	*out = (struct host_op){.host = h, .op = op, .args = args};
	if (h->ssh != NULL)
		out->call = call_start(ssh_conn(h->ssh), op, args);
}

struct err *host_end(struct host_op *op, nvlist_t **result)
{
	nvlist_t *mine = NULL;
	struct err *e = op->call != NULL ? call_wait(op->call, &mine)
					 : local_call(&op->host->local, op->op, op->args, &mine);

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
	struct host_stream *s = mem_zalloc(sizeof(*s));

	*out = NULL;
	if (h->ssh != NULL) {
		s->call = call_start(ssh_conn(h->ssh), op, args);
		s->remote = strcmp(op, OP_SEND) == 0 ? call_reader(s->call) : call_writer(s->call);
	} else {
		struct err *e = local_stream_begin(&h->local, op, args, &s->local);
		if (e != NULL) {
			free(s);
			return e;
		}
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
	struct err *e = s->local != NULL ? local_stream_end(s->local) : call_wait(s->call, NULL);

	free(s);
	return e;
}
