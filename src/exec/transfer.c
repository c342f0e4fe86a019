/* One stream, from one host to the other. */
#include <errno.h>

#include "exec/run.h"
#include "zfs/filter.h"
#include "zfs/ops.h"

static nvlist_t *send_args(const struct run *r, const struct step *s)
{
	nvlist_t *args = nv_new();
	uint64_t rate = r->limit != NULL ? atomic_load(&r->limit->rate) : 0;

	if (rate != 0)
		nv_add_u64(args, "limit", rate);

	if (r->send_flags != NULL && *r->send_flags != '\0')
		nv_add_str(args, "flags", r->send_flags);
	if (s->raw)
		nv_add_flag(args, "raw");
	if (s->token != NULL) {
		nv_add_str(args, "token", s->token);
		return args;
	}
	nv_add_str(args, "snap", s->name);
	if (s->from != NULL)
		nv_add_str(args, "from", s->from);
	return args;
}

/* Below this a broken transfer is sooner sent again than its state is kept: storing it would cost
 * the receiving pool more than the data does. */
#define WORTH_RESUMING (4u << 20)

static nvlist_t *receive_args(const struct step *s)
{
	nvlist_t *args = nv_new();

	nv_add_str(args, "snap", s->to);
	if (s->props != NULL)
		nv_add_nv(args, "props", s->props);
	if (s->raw)
		nv_add_flag(args, "raw");
	if (s->over)
		nv_add_flag(args, "over");
	if (s->origin != NULL)
		nv_add_str(args, "origin", s->origin);
	else if (s->from != NULL && s->token == NULL && s->bytes < WORTH_RESUMING)
		nv_add_flag(args, "brief");
	return args;
}

/* Both ends report; which of the two is the cause? A lost connection always is. A sender whose pipe
 * broke was cut off by the receiver. Otherwise a receiver that saw the stream break off only says
 * what the sender did. Takes both over. */
static struct err *cause(struct err *src, struct err *dst)
{
	if (dst != NULL && dst->kind == ERR_UNREACHABLE)
		return err_first(dst, src);
	if (src != NULL && src->kind != ERR_UNREACHABLE && dst != NULL &&
	    (src->code == EPIPE || src->code == EINTR || src->code == 0))
		return err_first(dst, src);
	return err_first(src, dst);
}

struct err *transfer(const struct run *r, struct task *t, const struct step *s)
{
	struct host_stream *in = NULL, *out = NULL;
	nvlist_t *sargs = send_args(r, s), *rargs = receive_args(s);
	struct err *es = NULL, *er = NULL;

	er = host_stream_begin(t->dst, OP_RECEIVE, rargs, &out);
	if (er == NULL)
		es = host_stream_begin(t->src, OP_SEND, sargs, &in);
	if (in != NULL && out != NULL) {
		bool ok = pump_run(host_stream_pump(in), host_stream_pump(out), &t->meter, r->limit,
				   r->cancel);
		es = host_stream_end(in);
		er = host_stream_end(out);
		if (!ok && es == NULL && er == NULL)
			es = err_new(ERR_FAILED, "the stream of %s broke off", s->name);
	} else if (out != NULL) {
		struct pump_end *end = host_stream_pump(out);
		end->close(end->ctx, false);
		err_free(host_stream_end(out));
	}
	nv_free(sargs);
	nv_free(rargs);
	struct err *e = cause(es, er);
	/* Neither of these knows what it was about. */
	return e != NULL && (e->kind == ERR_UNREACHABLE || e->code == FILTER_CODE)
		   ? err_wrap(e, "%s", t->label)
		   : e;
}
